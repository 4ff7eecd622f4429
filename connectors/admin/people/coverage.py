"""Coverage: which share of learners is told, by source and time, and why the others are not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from connectors.admin.people.base import PeopleAdmin, store_of
from connectors.identity import coverage
from connectors.models import CoverageDay, WhyNot
from lrs.admin import chart, dashboard

#: Days of the chart.
DAYS = 30


@admin.register(CoverageDay)
class CoverageAdmin(PeopleAdmin):
    """Counts that triggers keep; nothing here counts statements."""

    def pages(self) -> list[URLPattern]:
        return [self.route("", self.show, "connectors_coverageday_changelist")]

    def show(self, request: HttpRequest) -> HttpResponse:
        """The shares, and a chart of the last days."""
        self.must_view(request)
        chosen = store_of(request)
        if chosen["store"] is None:
            return self.page(request, "empty.html", {}, title="Coverage")
        sources = coverage.by_source(chosen["store"].pk)
        whole = coverage.together(sources)
        days = coverage.by_day(chosen["store"].pk, DAYS)
        series = _series(days)
        context = {
            **chosen,
            "sources": sources,
            "whole": whole,
            "chart": chart.columns(
                [f"{day:%d %b %Y}" for day, _ in days],
                series,
                ticks=[f"{day:%d %b}" if place % 5 == 0 else "" for place, (day, _) in enumerate(days)],
                title="Learners a day by what became of them",
            ),
            "legend": series,
        }
        return self.page(request, "coverage.html", context, title="Coverage")


def _series(days: list[tuple[Any, coverage.Share]]) -> list[chart.Series]:
    """Return a series for each reason that there is; what is told comes first, so that it stands below."""
    found = [
        chart.Series(
            "Told, with context" if why == WhyNot.NONE else str(why.label),
            [share.by_reason.get(why, 0) for _, share in days],
        )
        for why in WhyNot
    ]
    return [each for each in found if each.total]


def block(request: HttpRequest) -> dict[str, Any] | None:
    """Return what the first page of the administration shows; None where the user may not see it."""
    if not request.user.has_perm("connectors.view_coverageday"):
        return None
    chosen = store_of(request)
    if chosen["store"] is None:
        return None
    sources = coverage.by_source(chosen["store"].pk)
    if not sources:
        return None
    return {
        "template": "connectors/admin/people/coverage_block.html",
        "sources": sources[:8],
        "whole": coverage.together(sources),
        "store": chosen["store"],
    }


dashboard.add_part("Coverage", block, order=20)
