"""A person's assignments, leaves, identifiers and actors over time, as inline SVG.

In: lanes of bars between days. Out: safe SVG with a title for each bar, and a mark for the day looked at
that a script may move. No script is needed to read it; light and dark alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_WIDTH, _LEFT, _ROW, _TOP, _BOTTOM = 960, 150, 24, 6, 22
#: Letters of a lane's name that have room.
_NAME_MOST = 23


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that was so from a day to a day (left out); None where it is open."""

    start: date | None
    end: date | None
    text: str
    #: assignment, leave, ended, identifier, actor or engagement.
    kind: str


@dataclass(slots=True)
class Lane:
    """One row of the chart."""

    name: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Span:
    """The days a chart shows, from the first to the last."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days lie between the two."""
        return max(1, (self.last - self.first).days)

    def x(self, day: date | None, default: date) -> float:
        """Return where a day lies."""
        at = min(max(day or default, self.first), self.last)
        return _LEFT + (_WIDTH - _LEFT) * (at - self.first).days / self.days


def span_of(lanes: Sequence[Lane], today: date) -> Span:
    """Return the days to show: from the first thing known to a while after today or the last change."""
    edges = [edge for lane in lanes for bar in lane.bars for edge in (bar.start, bar.end) if edge is not None]
    edges = [each for each in edges if 1950 <= each.year <= today.year + 5]
    first = min([*edges, today - timedelta(days=30)])
    last = max([*edges, today])
    return Span(first - timedelta(days=15), last + timedelta(days=60))


def draw(lanes: Sequence[Lane], span: Span, day: date, today: date) -> SafeString:
    """Return the chart."""
    height = _TOP + _ROW * len(lanes) + _BOTTOM
    ground = height - _BOTTOM
    rows = format_html_join("", "{}", ((_lane(lane, number, span),) for number, lane in enumerate(lanes)))
    return format_html(
        '<svg class="ppl-timeline" viewBox="0 0 {} {}" role="img" aria-label="Timeline" data-left="{}" '
        'data-width="{}" data-days="{}">{}{}'
        '<line class="ppl-today" x1="{}" x2="{}" y1="0" y2="{}"><title>today</title></line>'
        '<line class="ppl-mark" id="ppl-mark" x1="{}" x2="{}" y1="0" y2="{}"/></svg>',
        _WIDTH,
        height,
        _LEFT,
        _WIDTH - _LEFT,
        span.days,
        _years(span, ground),
        rows,
        *_line(span.x(today, today), ground),
        *_line(span.x(day, day), ground),
    )


def _line(x: float, ground: int) -> tuple[str, str, int]:
    return f"{x:.1f}", f"{x:.1f}", ground


def _lane(lane: Lane, number: int, span: Span) -> SafeString:
    y = _TOP + _ROW * number
    bars = []
    for bar in lane.bars:
        x = span.x(bar.start, span.first)
        width = max(1.5, span.x(bar.end, span.last) - x)
        room = int(width / 6.2)
        text = bar.text if len(bar.text) <= room else f"{bar.text[: room - 1]}…" if room > 4 else ""
        last = bar.end - timedelta(days=1) if bar.end else "open"
        bars.append(
            (
                bar.kind,
                f"{bar.text}: {bar.start or 'always'} to {last}",
                f"{x:.1f}",
                y + 3,
                f"{width:.1f}",
                f"{x + 5:.1f}",
                y + 15.5,
                text,
            )
        )
    name = lane.name if len(lane.name) <= _NAME_MOST else f"{lane.name[: _NAME_MOST - 1]}…"
    return format_html(
        '<text class="lrs-axis" x="0" y="{}"><title>{}</title>{}</text>{}',
        y + 16,
        lane.name,
        name,
        format_html_join(
            "",
            '<g class="ppl-bar ppl-{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="18" rx="3"/>'
            '<text x="{}" y="{}">{}</text></g>',
            bars,
        ),
    )


def _years(span: Span, ground: int) -> SafeString:
    years = range(span.first.year + 1, span.last.year + 1)
    step = max(1, len(years) // 10)
    shown = [date(year, 1, 1) for year in years][::step]
    if len(years) < 2:
        months = [
            date(
                span.first.year + (span.first.month - 1 + each) // 12,
                (span.first.month - 1 + each) % 12 + 1,
                1,
            )
            for each in range(1, 25)
        ]
        shown = [each for each in months if span.first < each < span.last][::2]
    return format_html_join(
        "",
        '<line class="lrs-grid" x1="{}" x2="{}" y1="0" y2="{}"/>'
        '<text class="lrs-axis" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (
                f"{x:.1f}",
                f"{x:.1f}",
                ground,
                f"{x:.1f}",
                ground + 16,
                f"{day:%Y}" if len(years) > 1 else f"{day:%b %Y}",
            )
            for day in shown
            for x in [span.x(day, day)]
            if x < _WIDTH - 20
        ),
    )
