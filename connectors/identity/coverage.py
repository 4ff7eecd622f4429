"""Which share of learners is told, by source and time, and why the others are not.

In: a store, or all. Out: counts from connectors_coverage_day, which triggers keep: a few rows for each day
and source, whatever the number of statements. A learner here is one actor of one statement; a day is that of
its arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from connectors.models import CoverageDay, WhyNot

#: Name of each span, and its days; None for all.
SPANS: dict[str, int | None] = {"today": 1, "7 days": 7, "all": None}


@dataclass(slots=True)
class Share:
    """Learners by what became of them."""

    by_reason: dict[int, int] = field(default_factory=dict)

    def add(self, why_not: int, learners: int) -> None:
        """Count some more."""
        self.by_reason[why_not] = self.by_reason.get(why_not, 0) + learners

    @property
    def total(self) -> int:
        """All of them, but for those that are no people."""
        return sum(self.by_reason.values()) - self.by_reason.get(WhyNot.NOT_A_PERSON, 0)

    @property
    def resolved(self) -> int:
        """Those told to be a person, with an assignment at the time or without."""
        return self.by_reason.get(WhyNot.NONE, 0) + self.by_reason.get(WhyNot.NO_ASSIGNMENT_THEN, 0)

    @property
    def with_context(self) -> int:
        """Those that have a whole context."""
        return self.by_reason.get(WhyNot.NONE, 0)

    @property
    def share(self) -> float | None:
        """The share of those told; None where there are none."""
        return self.resolved / self.total if self.total else None

    @property
    def percent(self) -> str:
        """The share, to read; never 100 % while one is missing."""
        if self.share is None:
            return "–"
        return f"{int(self.share * 1000) / 10:g} %"

    @property
    def reasons(self) -> list[tuple[str, int, float]]:
        """(why not, how many, share of all) for every reason there is, the most frequent first."""
        whole = sum(self.by_reason.values()) or 1
        found = [
            (str(WhyNot(why).label), count, count / whole)
            for why, count in self.by_reason.items()
            if why != WhyNot.NONE and count
        ]
        return sorted(found, key=lambda each: -each[1])


@dataclass(slots=True)
class OfSource:
    """One source, in every span."""

    source_id: int
    name: str
    spans: dict[str, Share]


def by_source(store_id: int) -> list[OfSource]:
    """Return the coverage of each source of a store that ever posted, the most learners first."""
    today = _today()
    found: dict[int, dict[str, Share]] = {}
    for name, days in SPANS.items():
        rows = CoverageDay.objects.filter(store=store_id)
        if days is not None:
            rows = rows.filter(day__gt=today - timedelta(days=days))
        for source_id, why, learners in rows.values_list("source_id", "why_not").annotate(Sum("learners")):
            spans = found.setdefault(source_id, {each: Share() for each in SPANS})
            spans[name].add(why, learners)
    names = dict(_sources().filter(pk__in=found).values_list("pk", "name"))
    listed = [OfSource(pk, names.get(pk, f"source {pk}"), spans) for pk, spans in found.items()]
    return sorted(listed, key=lambda each: (-each.spans["all"].total, each.name))


def together(sources: Sequence[OfSource]) -> dict[str, Share]:
    """Return the coverage of all sources as one."""
    whole = {each: Share() for each in SPANS}
    for source in sources:
        for name, share in source.spans.items():
            for why, learners in share.by_reason.items():
                whole[name].add(why, learners)
    return whole


def by_day(store_id: int, days: int) -> list[tuple[date, Share]]:
    """Return the coverage of each of the last days, the oldest first."""
    today = _today()
    found = {today - timedelta(days=back): Share() for back in range(days - 1, -1, -1)}
    rows = CoverageDay.objects.filter(store=store_id, day__gt=today - timedelta(days=days))
    for day, why, learners in rows.values_list("day", "why_not").annotate(Sum("learners")):
        if day in found:
            found[day].add(why, learners)
    return list(found.items())


def families() -> list[GaugeMetricFamily]:
    """Return the numbers for /metrics: learners of the last seven days by source and reason."""
    family = GaugeMetricFamily(
        "connectors_learners",
        "Learners of statements of the last seven days, by source and by why they have no context.",
        labels=["source", "why_not"],
    )
    rows = CoverageDay.objects.filter(day__gt=_today() - timedelta(days=7))
    for source_id, why, learners in rows.values_list("source_id", "why_not").annotate(Sum("learners")):
        family.add_metric([str(source_id), WhyNot(why).name.lower()], learners)
    return [family]


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _sources() -> Any:
    return apps.get_model("lrs", "Source").objects
