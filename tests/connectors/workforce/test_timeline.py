"""The algebra of periods, held against a calendar that is filled in day by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.workforce import timeline
from connectors.workforce.timeline import FOREVER, Overlap, Period, Timeline

DAYS = 14
FIRST = datetime(2026, 1, 1, tzinfo=UTC)

Calendar = dict[int, str]


def _moment(day: int) -> datetime:
    return FOREVER if day >= DAYS else FIRST + timedelta(days=day)


def _calendar(known: Timeline[str]) -> Calendar:
    found = {day: timeline.at(known, FIRST + timedelta(days=day)) for day in range(DAYS)}
    return {day: value for day, value in found.items() if value is not None}


def _timeline(calendar: Calendar) -> Timeline[str]:
    return timeline.normal(Period(_moment(day), _moment(day + 1), value) for day, value in calendar.items())


days = st.integers(0, DAYS - 1)
values = st.sampled_from("ABC")
calendars = st.dictionaries(days, values)
spans = st.tuples(st.integers(0, DAYS), st.integers(0, DAYS)).map(sorted)


@given(calendars)
def test_a_timeline_says_what_its_calendar_says_in_the_fewest_periods(calendar: Calendar) -> None:
    known = _timeline(calendar)
    assert _calendar(known) == calendar
    changes = sum(calendar.get(day) != calendar.get(day - 1) and day in calendar for day in range(DAYS))
    assert len(known) == changes


@given(calendars, spans)
def test_without_a_span_nothing_is_known_of_it(calendar: Calendar, span: list[int]) -> None:
    known = timeline.without(_timeline(calendar), _moment(span[0]), _moment(span[1]))
    assert _calendar(known) == {day: v for day, v in calendar.items() if not span[0] <= day < span[1]}


@given(calendars, days, values, days)
def test_what_is_asserted_holds_until_the_next_change_known_after_it_was_told(
    calendar: Calendar, since: int, value: str, told: int
) -> None:
    now = max(since, told)
    # The next change: a later day on which another period begins.
    starts = [
        day for day in range(now + 1, DAYS) if day in calendar and calendar.get(day - 1) != calendar[day]
    ]
    until = starts[0] if starts else DAYS
    expected = {**calendar, **dict.fromkeys(range(since, until), value)}
    found = timeline.asserted(_timeline(calendar), _moment(since), value, told=_moment(told))
    assert _calendar(found) == expected
    assert found == _timeline(expected)


@given(calendars, days)
def test_what_ended_is_not_so_afterwards(calendar: Calendar, day: int) -> None:
    found = timeline.ended(_timeline(calendar), _moment(day))
    assert _calendar(found) == {each: value for each, value in calendar.items() if each < day}


@given(calendars, calendars, spans)
def test_within_a_span_the_replacement_counts_and_outside_what_was_known(
    calendar: Calendar, other: Calendar, span: list[int]
) -> None:
    start, end = span
    found = timeline.replaced(_timeline(calendar), _timeline(other), start=_moment(start), end=_moment(end))
    inside = {day: value for day, value in other.items() if start <= day < end}
    outside = {day: value for day, value in calendar.items() if not start <= day < end}
    assert _calendar(found) == inside | outside


@given(calendars, calendars)
def test_what_was_closed_and_what_was_opened_lead_from_one_to_the_other(
    before: Calendar, after: Calendar
) -> None:
    old, new = _timeline(before), _timeline(after)
    gone, come = timeline.difference(old, new)
    assert timeline.normal([each for each in old if each not in gone] + come) == new


@given(calendars, calendars)
def test_the_touched_spans_are_those_with_another_answer(before: Calendar, after: Calendar) -> None:
    spans_ = timeline.touched(_timeline(before), _timeline(after))
    touched = {
        day for day in range(DAYS) for start, end in spans_ if start <= FIRST + timedelta(days=day) < end
    }
    assert touched == {day for day in range(DAYS) if before.get(day) != after.get(day)}


@given(calendars, st.lists(spans, max_size=3))
def test_within_spans_keeps_what_lies_in_any_of_them(calendar: Calendar, given_: list[list[int]]) -> None:
    found = timeline.within(_timeline(calendar), [(_moment(a), _moment(b)) for a, b in given_])
    kept = {day for a, b in given_ for day in range(a, b)}
    assert _calendar(found) == {day: value for day, value in calendar.items() if day in kept}


@pytest.mark.parametrize(
    "make",
    [
        lambda a, b: timeline.normal([a, b]),
        lambda a, b: timeline.replaced((), [a, b]),
    ],
)
def test_two_values_at_one_time_are_refused(
    make: Callable[[Period[str], Period[str]], Timeline[str]],
) -> None:
    with pytest.raises(Overlap):
        make(Period(_moment(0), _moment(5), "A"), Period(_moment(3), _moment(8), "B"))
