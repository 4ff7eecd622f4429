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
#: Kind of difference → the count of it.
_COUNT = {
    reconciliation.DIFFERS: "differing",
    reconciliation.ONLY_IN_SOURCE: reconciliation.ONLY_IN_SOURCE,
    reconciliation.ONLY_IN_HUB: reconciliation.ONLY_IN_HUB,
}
RECORDS = {
    "worker": "Workers",
    "unit": "Organization units",
    "job": "Jobs",
    "location": "Locations",
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
        record = request.GET.get("record", "")
        record = record if record in RECORDS else "worker"
        shown = listing(request, rows)
        context = {
            "systems": systems,
            "system": system,
            "records": RECORDS,
            "record": record,
            "listing": shown,
            "counted": [
                (each, [each.count(record, name) for name in reconciliation.COUNTS[:-1]])
                for each in shown.rows
            ],
            "trend": _trend(system, record) if system is not None else "",
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
        record = request.GET.get("record", "")
        rows: QuerySet[Any] = ReconciliationDifference.objects.filter(reconciliation=found)
        if record in RECORDS:
            rows = rows.filter(record=record)
        if kind in KINDS:
            rows = rows.filter(kind=kind)
        if wanted:
            rows = rows.filter(fields__has_key=wanted)
        told = [record] if record in RECORDS else list(RECORDS)
        context = {
            "found": found,
            "counts": [
                (
                    name,
                    label,
                    [found.count(name, each) for each in reconciliation.COUNTS],
                    None if name == "worker" else found.count(name, reconciliation.ELSEWHERE),
                )
                for name, label in RECORDS.items()
            ],
            "kinds": [
                (name, label, sum(found.count(each, _COUNT[name]) for each in told))
                for name, label in KINDS.items()
            ],
            "kind": kind,
            "record": record,
            "records": RECORDS,
            "field": wanted,
            "labels": KINDS,
            "listing": listing(request, rows),
            "cut": any(
                found.count(each, name) > reconciliation.KEPT_MOST
                for each in RECORDS
                for name in _COUNT.values()
            ),
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
    yield "\ufeff" + _line(["Kind", "Record", "Key", "Field", "Source", "Hub"])
    for each in found.differences.order_by("pk").iterator(chunk_size=1_000):
        label = KINDS.get(each.kind, each.kind)
        for name, (source, hub) in each.fields.items() or [("", ("", ""))]:
            yield _line([label, each.record, each.key, name, source, hub])


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([harmless(str(cell)) for cell in cells])
    return written.getvalue()


def _trend(system: System, record: str) -> Any:
    last = list(Reconciliation.objects.filter(system=system, state="succeeded").order_by("-pk")[:TREND])[::-1]
    if not last:
        return ""
    labels = [f"{each.started:%d %b %H:%M} UTC" for each in last]
    return chart.columns(
        labels,
        [
            chart.Series(label, [each.count(record, _COUNT[kind]) for each in last])
            for kind, label in KINDS.items()
        ],
        ticks=[f"{each.started:%d %b}" if place % 5 == 0 else "" for place, each in enumerate(last)],
        title=f"{RECORDS[record]} of {system} that differ, one reconciliation after the other",
    )
