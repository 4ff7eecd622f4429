"""A spark line of runs and a line of a trend, as inline SVG: no script, light and dark alike.

In: values. Out: safe SVG with a title, which browsers show on hovering and screen readers read.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH, _HEIGHT, _COLUMN = 120, 24, 6


def runs(ended: Sequence[tuple[bool, float]]) -> SafeString:
    """Return a column for each run, oldest first: as high as it took long, red where it failed."""
    longest = max((seconds for _, seconds in ended), default=0.0) or 1.0
    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="4" height="{}"/>',
        (
            (
                "lrs-series-0" if good else "hub-failed",
                place * _COLUMN,
                f"{_HEIGHT - height:.1f}",
                f"{height:.1f}",
            )
            for place, (good, seconds) in enumerate(ended)
            for height in [max(3.0, (_HEIGHT - 2) * seconds / longest) if good else _HEIGHT - 2.0]
        ),
    )
    failed = sum(not good for good, _ in ended)
    return format_html(
        '<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
        "<title>{}</title>{}</svg>",
        _WIDTH,
        _HEIGHT,
        _WIDTH,
        _HEIGHT,
        *[f"The last {len(ended)} runs, {failed} of them failed"] * 2,
        bars,
    )
