"""The provisioning gap: how long hires wait for their first LMS account, and who waits too long.

In: looks of members of staff with the permission to view gaps. Out: pages; names of people only to those who
may view people.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from connectors.admin.watch.page import WatchPages
from connectors.models import PersonVersion, ProvisioningGap, System
from connectors.watch import provisioning
from lrs.admin import chart

#: Upper edges of the columns, in hours.
EDGES = (0, 4, 8, 12, 24, 36, 48, 72, 96, 168)
#: Hires listed at most.
LISTED = 500


@admin.register(ProvisioningGap)
class ProvisioningAdmin(WatchPages):
    """From the effective date to the first account."""

    def pages(self) -> list[URLPattern]:
        return [self.route("", self.gaps, "connectors_provisioninggap_changelist")]

    def gaps(self, request: HttpRequest) -> HttpResponse:
        """One system: histogram, percentiles, and the hires over the target."""
        self.must_view(request)
        systems = list(
            System.objects.filter(pk__in=ProvisioningGap.objects.order_by().values("system").distinct())
            .select_related("store")
            .order_by("name", "pk")
        )
        asked = request.GET.get("system", "")
        system = next((each for each in systems if str(each.pk) == asked), systems[0] if systems else None)
        context: dict[str, Any] = {"systems": systems, "system": system}
        if system is not None:
            context |= _of(system, timezone.now(), names=request.user.has_perm("connectors.view_person"))
        return self.page(request, "provisioning.html", context, title="Provisioning gap")


def _of(system: System, now: datetime, *, names: bool) -> dict[str, Any]:
    percentiles, hours = provisioning.gap_percentiles(system, now)
    begun = provisioning.without_account(now).filter(system=system, effective__lte=now)
    waiting = list(begun.select_related("relationship").order_by("effective", "pk"))
    target = timedelta(hours=system.provisioning_hours)
    over = [each for each in waiting if each.effective + target <= now]
    keys = provisioning.keys_of(over[:LISTED])
    called = _names(over[:LISTED], system, now) if names else {}
    return {
        "percentiles": percentiles,
        "measured": len(hours),
        "within": sum(each <= system.provisioning_hours for each in hours),
        "waiting": len(waiting),
        "over": [
            {
                "gap": each,
                "key": keys.get(each.pk, ""),
                "name": called.get(each.relationship.person_id, ""),
                "late": (now - each.effective - target).total_seconds(),
            }
            for each in over[:LISTED]
        ],
        "more": max(0, len(over) - LISTED),
        "chart": _histogram(hours, system.provisioning_hours) if hours else "",
    }


def _names(gaps: list[ProvisioningGap], system: System, now: datetime) -> dict[int, str]:
    found = PersonVersion.objects.filter(
        person__in=[each.relationship.person_id for each in gaps],
        system=system,
        recorded__endswith=None,
        valid__contains=now,
    )
    return dict(found.values_list("person_id", "formatted_name"))


def _histogram(hours: list[float], target: int) -> Any:
    edges = sorted({*EDGES, target})
    labels = [_label(edges, place) for place in range(len(edges) + 1)]
    counts = [0] * len(labels)
    for each in hours:
        counts[next((place for place, edge in enumerate(edges) if each <= edge), len(edges))] += 1
    within = [count if place <= edges.index(target) else 0 for place, count in enumerate(counts)]
    beyond = [count - inside for count, inside in zip(counts, within, strict=True)]
    return chart.columns(
        labels,
        [chart.Series("within the target", within), chart.Series("later", beyond)],
        ticks=labels,
        title="Hires by the hours until their first account",
    )


def _label(edges: list[int], place: int) -> str:
    if place == 0:
        return "at once"
    if place == len(edges):
        return f"over {edges[-1]} h"
    return f"to {edges[place]} h"
