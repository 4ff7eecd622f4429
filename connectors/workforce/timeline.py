"""The algebra of what was true when: a timeline is a sequence of periods, each with a value.

In: timelines and what became known. Out: the timeline known now, and the difference to the one before. Pure;
knows neither tables nor records. Periods are half-open, sorted, never overlap, and two that touch never have
the same value: so equal knowledge is an equal timeline, whichever way it was arrived at.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Generic, TypeVar

#: Before every moment and after every moment: open ends of periods.
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)

Value = TypeVar("Value", bound=Hashable)


class Overlap(ValueError):
    """Two periods of one timeline overlap with different values."""


@dataclass(frozen=True, slots=True, order=True)
class Period(Generic[Value]):
    """From `start` inclusive to `end` exclusive, `value` was so."""

    start: datetime
    end: datetime
    value: Value


Timeline = tuple[Period[Value], ...]


def normal(periods: Iterable[Period[Value]]) -> Timeline[Value]:
    """Return a timeline of `periods`: empty ones left out, touching equal ones joined. Raises Overlap."""
    result: list[Period[Value]] = []
    for period in sorted((each for each in periods if each.start < each.end), key=lambda each: each.start):
        last = result[-1] if result else None
        if (
            last is None
            or last.end < period.start
            or (last.end == period.start and last.value != period.value)
        ):
            result.append(period)
        elif last.value == period.value:
            result[-1] = Period(last.start, max(last.end, period.end), last.value)
        else:
            raise Overlap(f"two values from {period.start:%Y-%m-%d} on")
    return tuple(result)


def at(timeline: Timeline[Value], moment: datetime) -> Value | None:
    """Return what was so at `moment`; None where nothing was."""
    for period in timeline:
        if period.start <= moment < period.end:
            return period.value
    return None


def without(timeline: Timeline[Value], start: datetime, end: datetime) -> Timeline[Value]:
    """Return the timeline with nothing from `start` to `end`."""
    kept = []
    for period in timeline:
        kept.append(Period(period.start, min(period.end, start), period.value))
        kept.append(Period(max(period.start, end), period.end, period.value))
    return normal(kept)


def replaced(
    timeline: Timeline[Value],
    periods: Iterable[Period[Value]],
    *,
    start: datetime = BEGINNING,
    end: datetime = FOREVER,
) -> Timeline[Value]:
    """Return the timeline that is `periods` from `start` to `end`, and as before outside. Raises Overlap."""
    inside = [Period(max(each.start, start), min(each.end, end), each.value) for each in periods]
    return normal([*without(timeline, start, end), *normal(inside)])


def asserted(
    timeline: Timeline[Value], moment: datetime, value: Value, *, told: datetime | None = None
) -> Timeline[Value]:
    """Return the timeline in which `value` is so from `moment` until the next change already known.

    Who says at `told` what has been so since `moment` denies every change between the two.
    """
    now = max(moment, told or moment)
    later = min((each.start for each in timeline if each.start > now), default=FOREVER)
    return replaced(timeline, [Period(moment, later, value)], start=moment, end=later)


def within(timeline: Timeline[Value], spans: Iterable[tuple[datetime, datetime]]) -> Timeline[Value]:
    """Return what of the timeline lies within `spans`."""
    return normal(
        Period(max(each.start, start), min(each.end, end), each.value)
        for each in timeline
        for start, end in spans
    )


def ended(timeline: Timeline[Value], moment: datetime) -> Timeline[Value]:
    """Return the timeline with nothing from `moment` on."""
    return without(timeline, moment, FOREVER)


def difference(
    before: Timeline[Value], after: Timeline[Value]
) -> tuple[list[Period[Value]], list[Period[Value]]]:
    """Return the periods no longer known so, and those newly known."""
    old, new = set(before), set(after)
    return [each for each in before if each not in new], [each for each in after if each not in old]


def touched(before: Timeline[Value], after: Timeline[Value]) -> list[tuple[datetime, datetime]]:
    """Return the spans in which the two give another answer, joined where they touch."""
    edges = sorted({edge for each in (*before, *after) for edge in (each.start, each.end)})
    spans: list[tuple[datetime, datetime]] = []
    for start, end in pairwise(edges):
        if at(before, start) == at(after, start):
            continue
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans
