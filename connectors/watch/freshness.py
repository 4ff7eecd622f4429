"""How fresh what the hub knows is: of each connected system, against the target set for it, and of each LMS.

In: runs, and the statistics of the record store. Out: `SystemFreshness` and `SourceFreshness`. Never a write.

The age of a system's data is counted from the moment its last successful run read it as of, not from the end
of that run. How long a change in the source takes to get here follows from the runs, too: what is changed
right after one was read arrives when the next has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from connectors.adapters import adapters
from connectors.models import AppliedRecord, RunMode, RunState, SyncRun, System, SystemState
from connectors.watch import silence
from connectors.watch.silence import Heard
from lrs import statistics
from lrs.statistics import Delay

#: Runs the error rate and the spark line are about, and the span of the lags.
RUNS_LAST = 20
SPAN = timedelta(days=7)
#: Share of the target's time from which on data counts as ageing.
AGEING = 0.8
IN_USE = (SystemState.PILOT, SystemState.LIVE)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Seconds: half of all are below the first, 95 of 100 below the second."""

    half: float
    most: float


@dataclass(frozen=True, slots=True)
class SystemFreshness:
    """One connected system."""

    system: System
    #: The end of the last run that succeeded, and the moment it read the source as of.
    last_success: datetime | None
    read_as_of: datetime | None
    #: Seconds; None where there is nothing to count from.
    age: float | None
    target: float
    #: fresh, ageing, stale, or unjudged: not in use, pushed, or read on demand only.
    light: str
    #: Runs that ended, oldest first: whether each succeeded, and how many seconds it took.
    runs: Sequence[tuple[bool, float]]
    #: Of a change in the source, until it is here.
    lag: Percentiles | None

    @property
    def error_rate(self) -> float | None:
        """Share of the last runs that failed."""
        return sum(not each[0] for each in self.runs) / len(self.runs) if self.runs else None

    @property
    def durations(self) -> Percentiles | None:
        """Of the last runs that succeeded."""
        return percentiles([each[1] for each in self.runs if each[0]])


@dataclass(frozen=True, slots=True)
class SourceFreshness:
    """One LMS."""

    heard: Heard
    delay: Delay | None
    #: good, silent, or unjudged.
    light: str

    @property
    def refusal_rate(self) -> float | None:
        """Share of what it sent in the last day that was refused."""
        seen = self.heard.standing
        every = seen.statements + seen.refused
        return seen.refused / every if every else None


def systems(now: datetime | None = None, *, runs: bool = True) -> list[SystemFreshness]:
    """Return every system, ordered by its name; without `runs` only how old its data is, which is cheap."""
    at = now or timezone.now()
    found = list(System.objects.select_related("store").order_by("name", "pk"))
    last = _last_successes()
    lately = _runs(found, at) if runs else {}
    pushed = [each.pk for each in found if (kind := adapters().get(each.adapter)) is not None and kind.live]
    applied = dict(
        AppliedRecord.objects.filter(system__in=pushed)
        .order_by()
        .values_list("system_id")
        .annotate(Max("applied"))
    )
    return [
        _system(each, lately.get(each.pk, []), last.get(each.pk), applied.get(each.pk), at, each.pk in pushed)
        for each in found
    ]


def sources(now: datetime | None = None) -> list[SourceFreshness]:
    """Return every LMS, ordered by its name."""
    at = now or timezone.now()
    every = silence.heard(at)
    delays: dict[int, Delay] = {}
    for store_id in sorted({each.standing.store_id for each in every}):
        delays |= statistics.delays(store_id)
    return [SourceFreshness(each, delays.get(each.standing.source_id), _light(each)) for each in every]


def percentiles(values: Iterable[float]) -> Percentiles | None:
    """Return the percentiles of some values; None where there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return Percentiles(_at(ordered, 0.5), _at(ordered, 0.95))


def _at(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _light(heard: Heard) -> str:
    if not heard.standing.active or heard.rhythm is None or not heard.rhythm.judged:
        return "unjudged"
    return "silent" if heard.silent else "good"


def _runs(found: Sequence[System], at: datetime) -> dict[int, list[SyncRun]]:
    """Return the runs of each system that ended lately and for good, oldest first."""
    ended = SyncRun.objects.filter(
        system__in=found,
        state__in=(RunState.SUCCEEDED, RunState.FAILED),
        ended__gt=at - SPAN,
        ended__lte=at,
    ).exclude(mode=RunMode.DRY)
    runs: dict[int, list[SyncRun]] = {}
    for each in ended.only("system_id", "state", "mode", "as_of", "started", "ended").order_by("ended", "pk"):
        runs.setdefault(each.system_id, []).append(each)
    return runs


def _system(
    system: System,
    runs: Sequence[SyncRun],
    last: SyncRun | None,
    applied: datetime | None,
    at: datetime,
    pushed: bool,
) -> SystemFreshness:
    good = [each for each in runs if each.state == RunState.SUCCEEDED]
    read = applied if pushed else last.as_of if last is not None else None
    since = read if read is not None else system.created
    target = timedelta(minutes=system.freshness_minutes)
    age = (at - since).total_seconds()
    judged = system.state in IN_USE and not pushed and bool(system.every_minutes)
    return SystemFreshness(
        system=system,
        last_success=applied if pushed else last.ended if last is not None else None,
        read_as_of=read,
        age=age if read is not None or judged else None,
        target=target.total_seconds(),
        light=_system_light(age, target.total_seconds()) if judged else "unjudged",
        runs=[
            (each.state == RunState.SUCCEEDED, _seconds(each.started, each.ended))
            for each in runs[-RUNS_LAST:]
        ],
        lag=_lag(good),
    )


def _system_light(age: float, target: float) -> str:
    if age > target:
        return "stale"
    return "ageing" if age > AGEING * target else "fresh"


def _last_successes() -> dict[int, SyncRun]:
    """Return the last run of each system that succeeded, however long ago."""
    of_system = SyncRun.objects.filter(system=OuterRef("pk"), state=RunState.SUCCEEDED)
    last = of_system.exclude(mode=RunMode.DRY).order_by("-pk").values("pk")[:1]
    ids = System.objects.annotate(last=Subquery(last)).exclude(last=None).values_list("last", flat=True)
    found = SyncRun.objects.filter(pk__in=list(ids))
    return {each.system_id: each for each in found.only("system_id", "as_of", "ended")}


def _seconds(start: datetime | None, end: datetime | None) -> float:
    return 0.0 if start is None or end is None else (end - start).total_seconds()


def _lag(good: Sequence[SyncRun]) -> Percentiles | None:
    """Return how long a change takes, made at any moment between the first and the last reading.

    Between two readings it takes from the end of the later one back to the change: a hundred moments of each
    pair stand for all, each weighing as much as the pair is long.
    """
    taken: list[tuple[float, float]] = []
    for earlier, later in pairwise(good):
        between, end = _seconds(earlier.as_of, later.as_of), _seconds(later.as_of, later.ended)
        taken += [(end + between * (part + 0.5) / 100, between) for part in range(100) if between > 0]
    if not taken:
        return None
    taken.sort()
    return Percentiles(_weighed(taken, 0.5), _weighed(taken, 0.95))


def _weighed(taken: Sequence[tuple[float, float]], share: float) -> float:
    wanted = share * sum(weight for _, weight in taken)
    for seconds, weight in taken:
        wanted -= weight
        if wanted <= 0:
            return seconds
    return taken[-1][0]
