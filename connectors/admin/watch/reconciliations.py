"""Reconciliations: started here, their trend, what differs in each, as a page and as CSV.

Looking needs the permission to view reconciliations, starting one the permission to add them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.http import content_disposition_header

from connectors.admin.watch.page import WatchPages, posted_only
from connectors.errors import ConnectorError
from connectors.mapping.sheet import harmless
from connectors.models import Reconciliation, ReconciliationDifference, System
from connectors.watch import reconciliation
from lrs.admin import chart
from lrs.admin.keyset import listing

#: Reconciliations in the trend.
TREND = 30
KINDS = {
    reconciliation.DIFFERS: "Other values",
    reconciliation.ONLY_IN_SOURCE: "Only in the source",
    reconciliation.ONLY_IN_HUB: "Only in the hub",
}


@admin.register(Reconciliation)
class ReconciliationAdmin(WatchPages):
    """Sources compared with the hub."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.reconciliations, "connectors_reconciliation_changelist"),
            self.route("start/", self.start, "connectors_reconciliation_start"),
            self.route("<int:pk>/", self.report, "connectors_reconciliation_page"),
            self.route("<int:pk>/differences.csv", self.sheet, "connectors_reconciliation_csv"),
        ]

    def reconciliations(self, request: HttpRequest) -> HttpResponse:
        """Those of one system, or of all, newest first; of one with the trend."""
        self.must_view(request)
        systems = list(System.objects.select_related("store").order_by("name", "pk"))
        asked = request.GET.get("system", "")
        system = next((each for each in systems if str(each.pk) == asked), None)
        rows: QuerySet[Any] = Reconciliation.objects.select_related("system__store", "asked_by")
        if system is not None:
            rows = rows.filter(system=system)
        context = {
            "systems": systems,
            "system": system,
            "listing": listing(request, rows),
            "trend": _trend(system) if system is not None else "",
            "may_add": self.may(request, "add"),
        }
        return self.page(request, "reconciliations.html", context, title="Reconciliation")

    def start(self, request: HttpRequest) -> HttpResponse:
        """Start one now."""
        if not self.may(request, "add"):
            raise PermissionDenied
        if refused := posted_only(request):
            return refused
        wanted = request.POST.get("system", "")
        system = get_object_or_404(System, pk=int(wanted) if wanted.isdecimal() else 0)
        try:
            found = reconciliation.start(system, by=cast("AbstractBaseUser", request.user))
        except ConnectorError as error:
            messages.error(request, f"{error.reason} {error.suggestion}".strip())
        else:
            self.log_addition(request, found, "Started.")
            messages.success(request, f"{system} is being compared. Reload to see the report.")
        return HttpResponseRedirect(
            f"{reverse('admin:connectors_reconciliation_changelist')}?system={system.pk}"
        )

    def report(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The counts of one, the fields that differ, and the records."""
        self.must_view(request)
        found = get_object_or_404(Reconciliation.objects.select_related("system__store", "asked_by"), pk=pk)
        kind, wanted = request.GET.get("kind", ""), request.GET.get("field", "")
        rows: QuerySet[Any] = ReconciliationDifference.objects.filter(reconciliation=found)
        if kind in KINDS:
            rows = rows.filter(kind=kind)
        if wanted:
            rows = rows.filter(fields__has_key=wanted)
        counts = {
            reconciliation.DIFFERS: found.differing,
            reconciliation.ONLY_IN_SOURCE: found.only_in_source,
            reconciliation.ONLY_IN_HUB: found.only_in_hub,
        }
        context = {
            "found": found,
            "kinds": [(name, label, counts[name]) for name, label in KINDS.items()],
            "kind": kind,
            "field": wanted,
            "labels": KINDS,
            "listing": listing(request, rows),
            "cut": any(each > reconciliation.KEPT_MOST for each in counts.values()),
            "kept_most": reconciliation.KEPT_MOST,
        }
        return self.page(request, "reconciliation.html", context, title=str(found))

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The differing records as CSV, a line for each field."""
        self.must_view(request)
        found = get_object_or_404(Reconciliation, pk=pk)
        response = StreamingHttpResponse(_lines(found), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = (
            content_disposition_header(as_attachment=True, filename=f"reconciliation-{found.pk}.csv") or ""
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _lines(found: Reconciliation) -> Iterator[str]:
    yield "\ufeff" + _line(["Kind", "Worker", "Field", "Source", "Hub"])
    for each in found.differences.order_by("pk").iterator(chunk_size=1_000):
        label = KINDS.get(each.kind, each.kind)
        for name, (source, hub) in each.fields.items() or [("", ("", ""))]:
            yield _line([label, each.key, name, source, hub])


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([harmless(str(cell)) for cell in cells])
    return written.getvalue()


def _trend(system: System) -> Any:
    last = list(Reconciliation.objects.filter(system=system, state="succeeded").order_by("-pk")[:TREND])[::-1]
    if not last:
        return ""
    labels = [f"{each.started:%d %b %H:%M} UTC" for each in last]
    return chart.columns(
        labels,
        [
            chart.Series(KINDS[reconciliation.DIFFERS], [each.differing for each in last]),
            chart.Series(KINDS[reconciliation.ONLY_IN_SOURCE], [each.only_in_source for each in last]),
            chart.Series(KINDS[reconciliation.ONLY_IN_HUB], [each.only_in_hub for each in last]),
        ],
        ticks=[f"{each.started:%d %b}" if place % 5 == 0 else "" for place, each in enumerate(last)],
        title=f"Differing records of {system}, one reconciliation after the other",
    )
