"""Connections on the first page of the administration: how fresh each is, and what waits for somebody.

In: looks of members of staff. Out: the part `lrs.admin.dashboard` shows, by a handful of queries whatever the
number of runs. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest

from connectors.admin.watch.overview import LOOKS, ORDER
from connectors.models import (
    Alert,
    DriftFinding,
    DriftState,
    ExceptionState,
    Reconciliation,
    SyncException,
)
from connectors.watch import freshness
from connectors.watch.freshness import SystemFreshness
from lrs.admin import dashboard

#: Connections listed, those in trouble first.
LISTED = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One connection."""

    fresh: SystemFreshness
    look: str
    exceptions: int
    drift: int
    #: Its last reconciliation; None where there is none.
    compared: Reconciliation | None

    @property
    def troubles(self) -> int:
        """What waits for somebody."""
        return self.exceptions + self.drift + int(self.fresh.light == "stale")


def part(request: HttpRequest) -> dict[str, Any] | None:
    """Return what the first page shows of connections; None where there is none, or the user may not look."""
    if not request.user.has_perm("connectors.view_system"):
        return None
    every = freshness.systems(runs=False)
    if not every:
        return None
    keys = [each.system.pk for each in every]
    exceptions = _counted(SyncException.objects.filter(state=ExceptionState.OPEN), keys)
    drift = _counted(DriftFinding.objects.filter(state=DriftState.OPEN), keys)
    last = Reconciliation.objects.filter(system__in=keys).exclude(state="running")
    compared = {each.system_id: each for each in last.order_by("system_id", "-pk").distinct("system_id")}
    lines = [
        Line(each, LOOKS[each.light], exceptions.get(pk, 0), drift.get(pk, 0), compared.get(pk))
        for pk, each in zip(keys, every, strict=True)
    ]
    lines.sort(key=lambda line: (ORDER.index(line.fresh.light), -line.troubles, line.fresh.system.name))
    return {
        "template": "connectors/admin/watch/connections_block.html",
        "lines": lines[:LISTED],
        "more": len(lines) - len(lines[:LISTED]),
        "judged": sum(each.light != "unjudged" for each in every),
        "stale": sum(each.light == "stale" for each in every),
        "exceptions": sum(exceptions.values()),
        "drift": sum(drift.values()),
        "alerts": Alert.objects.filter(cleared=None, acknowledged=None).count()
        if request.user.has_perm("connectors.view_alert")
        else None,
    }


def _counted(rows: QuerySet[Any], systems: Collection[int]) -> dict[int, int]:
    found = rows.filter(system__in=systems).order_by().values("system").annotate(count=Count("pk"))
    return {row["system"]: row["count"] for row in found}


dashboard.add_part("Connections", part, order=10, wide=True)
