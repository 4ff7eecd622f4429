"""Freshness at a glance: every system against its target, every LMS against its rhythm.

In: looks of members of staff. Out: pages. Nothing is changed here: targets are set with each connection.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from connectors.admin.watch import spark
from connectors.admin.watch.page import WatchPages
from connectors.models import Alert, SourceHabit, SourceRhythm
from connectors.watch import freshness
from connectors.watch.rhythm import HOURS_OF_WEEK
from lrs.admin import chart

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Light → how it is shown.
LOOKS = {
    "fresh": "lrs-good",
    "good": "lrs-good",
    "ageing": "lrs-warn",
    "stale": "lrs-bad",
    "silent": "lrs-bad",
    "unjudged": "",
}
ORDER = ("stale", "silent", "ageing", "fresh", "good", "unjudged")


@admin.register(SourceRhythm)
class FreshnessAdmin(WatchPages):
    """How fresh what the hub knows is."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.overview, "connectors_sourcerhythm_changelist"),
            self.route("<int:source_id>/", self.rhythm, "connectors_sourcerhythm_page"),
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        """Every system and every LMS."""
        self.must_view(request)
        now = timezone.now()
        # What is wrong stands first.
        systems = sorted(freshness.systems(now), key=lambda each: ORDER.index(each.light))
        sources = sorted(freshness.sources(now), key=lambda each: ORDER.index(each.light))
        context = {
            "systems": [(each, LOOKS[each.light], spark.runs(each.runs)) for each in systems],
            "sources": [(each, LOOKS[each.light]) for each in sources],
            "stores": dict(apps.get_model("lrs", "Store").objects.values_list("pk", "name")),
            "stale": sum(each.light == "stale" for each in systems),
            "silent": sum(each.light == "silent" for each in sources),
            "open_alerts": Alert.objects.filter(cleared=None, acknowledged=None).count(),
            "judged": sum(each.light != "unjudged" for each in systems),
        }
        return self.page(request, "freshness.html", context, title="Freshness")

    def rhythm(self, request: HttpRequest, source_id: int) -> HttpResponse:
        """When one LMS usually posts, hour by hour of the week."""
        self.must_view(request)
        source: Any = (
            apps.get_model("lrs", "Source").objects.select_related("store").filter(pk=source_id).first()
        )
        if source is None:
            raise Http404
        cells = list(SourceRhythm.objects.filter(source_id=source_id).order_by("hour_of_week"))
        context = {
            "source": source,
            "habit": SourceHabit.objects.filter(source_id=source_id).first(),
            "chart": _chart(cells) if len(cells) == HOURS_OF_WEEK else "",
        }
        return self.page(request, "rhythm.html", context, title=f"Rhythm of {source.name}")


def _chart(cells: list[SourceRhythm]) -> Any:
    labels = [f"{_DAYS[hour // 24]} {hour % 24:02}:00 UTC" for hour in range(HOURS_OF_WEEK)]
    return chart.columns(
        labels,
        [chart.Series("Statements, median", [round(each.median) for each in cells])],
        ticks=[_DAYS[hour // 24] if hour % 24 == 12 else "" for hour in range(HOURS_OF_WEEK)],
        title="Statements usually posted in each hour of the week",
    )
