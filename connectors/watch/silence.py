"""Which LMS has gone silent: rhythms learned from hourly statistics, and the quiet since the last statement.

In: the statistics of the record store (lrs.statistics). Out: `SourceRhythm` and `SourceHabit` rows, learned
anew each hour, and the sources that are silent now. Learning again changes nothing but what was learned.
What is stored but not counted yet is no silence: judged is up to where the counting has come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from connectors.models import SourceHabit, SourceRhythm
from connectors.watch import rhythm
from connectors.watch.rhythm import Cell, Quiet, Rhythm
from lrs import statistics
from lrs.statistics import Standing


@dataclass(frozen=True, slots=True)
class Heard:
    """An LMS, its rhythm where one is known, and its quiet."""

    standing: Standing
    rhythm: Rhythm | None
    quiet: Quiet | None

    @property
    def silent(self) -> bool:
        """Whether it usually posts and does not."""
        return self.standing.active and self.quiet is not None and self.quiet.silent


def learn(now: datetime | None = None) -> int:
    """Learn the rhythm of every source anew; return of how many."""
    at = now or timezone.now()
    # Those that have been silent for long keep what was learned of them.
    counts = statistics.hours(at - timedelta(weeks=2 * rhythm.WEEKS_MOST))
    for source_id, hours in sorted(counts.items()):
        _keep(source_id, rhythm.learn(hours), at)
    return len(counts)


def heard(now: datetime | None = None, *, stores: Iterable[int] | None = None) -> list[Heard]:
    """Return every source with its quiet."""
    at = now or timezone.now()
    wanted = None if stores is None else set(stores)
    standings = [each for each in statistics.standings(at) if wanted is None or each.store_id in wanted]
    known = _known(each.source_id for each in standings)
    until = statistics.reached(at)
    return [_heard(each, known.get(each.source_id), until) for each in standings]


def _heard(standing: Standing, known: Rhythm | None, until: datetime) -> Heard:
    if known is None or standing.last_hour is None:
        return Heard(standing, known, None)
    return Heard(standing, known, rhythm.quiet(known, standing.last_hour, until))


@transaction.atomic
def _keep(source_id: int, learned: Rhythm, at: datetime) -> None:
    SourceHabit.objects.update_or_create(
        source_id=source_id,
        defaults={
            "weeks": learned.weeks,
            "usual_hours": learned.usual_hours,
            "patience": learned.patience,
            "judged": learned.judged,
            "learned": at,
        },
    )
    SourceRhythm.objects.bulk_create(
        [
            SourceRhythm(
                source_id=source_id,
                hour_of_week=hour,
                weeks=cell.weeks,
                active_weeks=cell.active,
                median=cell.median,
                learned=at,
            )
            for hour, cell in enumerate(learned.cells)
        ],
        update_conflicts=True,
        unique_fields=["source_id", "hour_of_week"],
        update_fields=["weeks", "active_weeks", "median", "learned"],
    )


def _known(source_ids: Iterable[int]) -> Mapping[int, Rhythm]:
    ids = list(source_ids)
    cells: dict[int, list[Cell]] = {}
    rows = SourceRhythm.objects.filter(source_id__in=ids).order_by("source_id", "hour_of_week")
    for source_id, weeks, active, median in rows.values_list("source_id", "weeks", "active_weeks", "median"):
        cells.setdefault(source_id, []).append(Cell(weeks, active, median))
    return {
        each.source_id: Rhythm(cells[each.source_id], each.weeks, each.patience, judged=each.judged)
        for each in SourceHabit.objects.filter(source_id__in=ids)
        if len(cells.get(each.source_id, ())) == rhythm.HOURS_OF_WEEK
    }
