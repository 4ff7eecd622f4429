"""The rhythm of an LMS: in which hours of the week it usually posts, and when its quiet is too long for that.

In: how many statements it posted in each hour. Out: a `Rhythm`, and whether a quiet is a silence. Pure.

Each hour of the week has a share: in how many of the weeks learned from it had any statement. A quiet is
measured in usual hours it has missed (the sum of their shares), so nights and weekends in which the LMS never
posts weigh nothing. How many it may miss follows from what it is: an LMS that works round the clock a few
hours, one that rests for days a whole day more (a holiday falls on one), and each a little more than the
second-longest quiet it had before; the longest may have been an outage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

HOUR = timedelta(hours=1)
HOURS_OF_WEEK = 168
#: Weeks looked back on, and weeks an LMS must be known for before it is judged.
WEEKS_MOST, WEEKS_LEAST = 8, 3
#: An LMS that posts in fewer hours of a week has no rhythm to speak of.
USUAL_LEAST = 2.0
#: Hours in a row without statements by which an LMS is told to rest for days.
_REST = 36
#: Weeks in which chance alone may bring about one quiet that counts as silence, at most.
_CHANCE_WEEKS = 40


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of the week."""

    #: How often it was met while learning, and how often with statements.
    weeks: int
    active: int
    median: float

    @property
    def share(self) -> float:
        """How usual it is to post in this hour, from 0 to 1."""
        return self.active / self.weeks if self.weeks else 0.0

    @property
    def surprise(self) -> float:
        """How surprising no statement is in this hour: minus the logarithm of its probability."""
        return -math.log(1 - (self.active + 0.5) / (self.weeks + 1)) if self.active else 0.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is usual for one LMS."""

    #: By hour of the week; 0 is Monday 00:00 UTC.
    cells: Sequence[Cell]
    weeks: int
    #: Usual hours it may miss.
    patience: float
    judged: bool

    @property
    def usual_hours(self) -> float:
        """In how many hours of a week it usually posts."""
        return sum(each.share for each in self.cells)


@dataclass(frozen=True, slots=True)
class Quiet:
    """The time since the last statement, as the rhythm sees it."""

    #: Usual hours missed.
    missed: float
    surprise: float
    silent: bool


def hour_of_week(moment: datetime) -> int:
    """Return which hour of the week a moment is in."""
    at = moment.astimezone(UTC)
    return at.weekday() * 24 + at.hour


def start_of_hour(moment: datetime) -> datetime:
    """Return when the hour of a moment began."""
    return moment.replace(minute=0, second=0, microsecond=0)


def learn(counts: Mapping[datetime, int]) -> Rhythm:
    """Return the rhythm in statements counted by the beginnings of hours.

    What lies behind the last statement is not learned from: an LMS must not get used to its own silence.
    """
    active = sorted(hour for hour, count in counts.items() if count > 0)
    if not active:
        return Rhythm([Cell(0, 0, 0.0)] * HOURS_OF_WEEK, 0, 0.0, judged=False)
    last = active[-1]
    first = max(active[0], last - timedelta(weeks=WEEKS_MOST) + HOUR)
    hours = [first + HOUR * place for place in range(int((last - first) / HOUR) + 1)]
    posted: list[list[int]] = [[] for _ in range(HOURS_OF_WEEK)]
    for hour in hours:
        posted[hour_of_week(hour)].append(counts.get(hour, 0))
    cells = [
        Cell(len(each), sum(count > 0 for count in each), float(median(each)) if each else 0.0)
        for each in posted
    ]
    weeks = round((last - first + HOUR) / timedelta(weeks=1))
    usual = sum(each.share for each in cells)
    judged = last - first + HOUR >= timedelta(weeks=WEEKS_LEAST, days=-1) and usual >= USUAL_LEAST
    return Rhythm(cells, weeks, _patience(cells, _quiets(cells, hours, counts)), judged)


def quiet(rhythm: Rhythm, last: datetime, now: datetime) -> Quiet:
    """Return how the whole hours since the last statement look."""
    at, end = start_of_hour(last) + HOUR, start_of_hour(now)
    # More than some weeks of silence is silence, however long.
    at = max(at, end - timedelta(weeks=WEEKS_MOST))
    missed = surprise = 0.0
    while at < end:
        cell = rhythm.cells[hour_of_week(at)]
        missed += cell.share
        surprise += cell.surprise
        at += HOUR
    by_chance = math.log(max(1.0, rhythm.usual_hours) * _CHANCE_WEEKS)
    silent = rhythm.judged and missed >= rhythm.patience and surprise >= by_chance
    return Quiet(missed, surprise, silent)


def _patience(cells: Sequence[Cell], quiets: Sequence[float]) -> float:
    """Return how many usual hours may be missed."""
    rest = _longest_rest(cells)
    days = max(1, round((HOURS_OF_WEEK - rest) / 24)) if rest >= _REST else 7
    usual_day = sum(each.share for each in cells) / days
    for_a_holiday = usual_day + min(2.0, 0.75 * usual_day)
    round_the_clock = min(4.0, max(1.5, usual_day / 2))
    base = for_a_holiday if rest >= _REST else round_the_clock
    longest = sorted(quiets)[-2] if len(quiets) > 1 else 0.0
    return max(base, min(1.5 * longest, base + 2 * usual_day))


def _longest_rest(cells: Sequence[Cell]) -> int:
    """Return the most hours in a row, over the end of the week, in which hardly anything is posted."""
    longest = run = 0
    for cell in [*cells, *cells]:
        run = run + 1 if cell.share < 0.1 else 0
        longest = max(longest, run)
    return min(longest, HOURS_OF_WEEK)


def _quiets(cells: Sequence[Cell], hours: Sequence[datetime], counts: Mapping[datetime, int]) -> list[float]:
    """Return the usual hours each quiet in the past has missed."""
    found, missed = [], 0.0
    for hour in hours:
        if counts.get(hour, 0) > 0:
            if missed:
                found.append(missed)
            missed = 0.0
        else:
            missed += cells[hour_of_week(hour)].share
    return found
