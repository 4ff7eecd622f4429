"""A stacked column chart as inline SVG: no script, no service elsewhere, light and dark alike.

In: a label for each column and, for each series, its name and values. Out: safe SVG with a title for each
column, which browsers show on hovering and screen readers read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

#: Series drawn in colours of their own; what is beyond is one grey series.
SERIES_MOST = 6

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 960, 220, 48, 22, 8


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of the chart."""

    name: str
    values: Sequence[int]

    @property
    def total(self) -> int:
        """The sum of its values."""
        return sum(self.values)


def largest(series: Sequence[Series]) -> list[Series]:
    """Return the largest series, the others added up as one."""
    ordered = sorted(series, key=lambda each: (-each.total, each.name))
    if len(ordered) <= SERIES_MOST:
        return ordered
    rest = ordered[SERIES_MOST - 1 :]
    added = [sum(values) for values in zip(*(each.values for each in rest), strict=True)]
    return [*ordered[: SERIES_MOST - 1], Series(f"{len(rest)} others", added)]


def columns(
    labels: Sequence[str], series: Sequence[Series], *, ticks: Sequence[str], title: str
) -> SafeString:
    """Return the chart; `ticks[i]` stands under column i where it is not empty."""
    totals = [sum(each.values[place] for each in series) for place in range(len(labels))]
    top = _round_up(max(totals, default=0))
    step = (_WIDTH - _LEFT) / max(1, len(labels))
    plot = _HEIGHT - _BOTTOM - _TOP
    bars = []
    for place, label in enumerate(labels):
        base = float(_HEIGHT - _BOTTOM)
        pieces = []
        for number, each in enumerate(series):
            height = plot * each.values[place] / top
            if height:
                base -= height
                pieces.append((number, f"{_LEFT + place * step + step * 0.12:.1f}", f"{base:.1f}", height))
        said = "; ".join(f"{each.name}: {each.values[place]}" for each in series if each.values[place])
        bars.append(
            (
                f"{label}: {said or 'nothing'}",
                format_html_join(
                    "",
                    '<rect class="lrs-series-{}" x="{}" y="{}" width="{}" height="{}"/>',
                    ((n, x, y, f"{step * 0.76:.1f}", f"{max(h, 0.8):.1f}") for n, x, y, h in pieces),
                ),
                f"{_LEFT + place * step:.1f}",
                f"{step:.1f}",
            )
        )
    grid = format_html_join(
        "",
        '<line class="lrs-grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="lrs-axis" x="{}" y="{}" '
        'text-anchor="end">{}</text>',
        (
            (_LEFT, _WIDTH, y, y, _LEFT - 6, y + 4, _number(top * part))
            for part in (0, 0.5, 1)
            for y in [round(_HEIGHT - _BOTTOM - plot * part, 1)]
        ),
    )
    marks = format_html_join(
        "",
        '<text class="lrs-axis" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (f"{_LEFT + (place + 0.5) * step:.1f}", _HEIGHT - 6, tick)
            for place, tick in enumerate(ticks)
            if tick
        ),
    )
    drawn = format_html_join(
        "",
        '<g class="lrs-column"><title>{}</title>'
        '<rect class="lrs-hit" x="{}" y="{}" width="{}" height="{}"/>{}</g>',
        ((said, x, _TOP, width, plot, pieces) for said, pieces, x, width in bars),
    )
    return format_html(
        '<svg class="lrs-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        _WIDTH,
        _HEIGHT,
        title,
        grid,
        drawn,
        marks,
    )


def _round_up(value: int) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50 … that is at least `value`, for a readable axis."""
    if value <= 2:
        return 2
    size: int = 10 ** int(math.log10(value))
    return next(size * factor for factor in (1, 2, 4, 5, 10, 20) if size * factor >= value)


def _number(value: float) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"
