"""When the quiet of an LMS is a silence, on simulated LMSs of known habits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.watch.rhythm import HOUR, Rhythm, learn, quiet

#: A Monday.
START = datetime(2026, 1, 5, tzinfo=UTC)
Usual = Callable[[datetime, Random], int]


def office(hour: datetime, dice: Random) -> int:
    """A weekday-only LMS: busy from eight to six."""
    return dice.randint(0, 40) if hour.weekday() < 5 and 8 <= hour.hour < 18 else 0


def hospital(hour: datetime, dice: Random) -> int:
    """Round the clock, with thin nights."""
    busy = 30 if 7 <= hour.hour < 20 else 4
    return dice.randint(0, busy)


def nightly(hour: datetime, dice: Random) -> int:
    """One batch at two in the morning."""
    return dice.randint(500, 900) if hour.hour == 2 else 0


def weekly(hour: datetime, dice: Random) -> int:
    """One batch on Sunday."""
    return 100 if hour.weekday() == 6 and hour.hour == 4 else 0


def posted(usual: Usual, weeks: int, seed: int = 1) -> dict[datetime, int]:
    """Return what an LMS of that habit posts, by hour."""
    dice = Random(seed)
    hours = [START + HOUR * place for place in range(weeks * 168)]
    return {hour: count for hour in hours if (count := usual(hour, dice))}


def without(counts: Mapping[datetime, int], start: datetime, hours: int) -> dict[datetime, int]:
    """Return the same with nothing posted for so many hours."""
    return {at: each for at, each in counts.items() if not start <= at < start + HOUR * hours}


def silent_after(counts: Mapping[datetime, int], hours: float, *, since: datetime | None = None) -> bool:
    """Whether it counts as silent so many hours behind its last statement, or behind `since`."""
    rhythm, last = learn(counts), max(counts)
    return quiet(rhythm, last, (since or last) + timedelta(hours=hours)).silent


def test_a_weekday_lms_may_rest_over_the_weekend() -> None:
    counts = posted(office, 8)
    assert max(counts).weekday() == 4
    assert not silent_after(counts, 9, since=START + timedelta(weeks=8))


def test_a_weekday_lms_may_have_a_holiday() -> None:
    counts = posted(office, 8)
    assert not silent_after(counts, 24, since=START + timedelta(weeks=8))


def test_a_weekday_lms_that_misses_more_than_a_day_is_silent() -> None:
    counts = posted(office, 8)
    assert silent_after(counts, 24 + 13, since=START + timedelta(weeks=8))


def test_a_gap_of_one_hour_is_no_silence_round_the_clock() -> None:
    assert not silent_after(posted(hospital, 8), 2)


def test_some_hours_are_a_silence_round_the_clock() -> None:
    assert silent_after(posted(hospital, 8), 9)


def test_a_nightly_batch_may_be_late() -> None:
    assert not silent_after(posted(nightly, 8), 30)


def test_a_nightly_batch_that_is_missed_twice_is_silent() -> None:
    assert silent_after(posted(nightly, 8), 50)


def test_a_young_lms_is_not_judged() -> None:
    assert not silent_after(posted(hospital, 2), 24 * 14)


def test_an_lms_without_a_rhythm_is_not_judged() -> None:
    assert not silent_after(posted(weekly, 8), 24 * 60)


def test_nothing_posted_is_nothing_learned() -> None:
    rhythm = learn({})
    assert not quiet(rhythm, START, START + timedelta(weeks=9)).silent


def test_one_outage_in_the_past_does_not_make_it_patient() -> None:
    counts = posted(hospital, 8)
    outage = without(counts, START + timedelta(weeks=6), 60)
    assert learn(outage).patience < learn(counts).patience + 4
    assert silent_after(outage, 12)


def test_holidays_that_come_again_make_it_patient() -> None:
    counts = posted(office, 8)
    for week in (3, 5):
        counts = without(counts, START + timedelta(weeks=week), 48)
    assert not silent_after(counts, 24 + 18, since=START + timedelta(weeks=8))


@pytest.mark.parametrize("seed", [7])
@pytest.mark.parametrize("usual", [office, hospital, nightly])
def test_in_half_a_year_hardly_anybody_is_called_for_an_lms_that_is_well(usual: Usual, seed: int) -> None:
    counts = posted(usual, 26, seed=seed)
    called = 0
    for week in range(4, 26):
        begun = START + timedelta(weeks=week)
        rhythm = learn({at: each for at, each in counts.items() if begun - timedelta(weeks=9) < at < begun})
        last = max(at for at in counts if at < begun)
        for place in range(168):
            now = begun + HOUR * place
            called += quiet(rhythm, last, now).silent
            if now in counts:
                last = now
    assert called <= 1


@pytest.mark.parametrize("usual", [office, hospital, nightly])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_three_days_of_the_week_without_a_word_are_always_a_silence(usual: Usual, seed: int) -> None:
    counts = posted(usual, 6, seed=seed)
    assert silent_after(counts, 24 * 5)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), hours=st.integers(1, 200))
def test_a_silence_does_not_end_by_itself(seed: int, hours: int) -> None:
    rhythm: Rhythm = learn(posted(hospital, 5, seed=seed))
    last = START + timedelta(weeks=5)
    if quiet(rhythm, last, last + HOUR * hours).silent:
        assert quiet(rhythm, last, last + HOUR * (hours + 1)).silent
