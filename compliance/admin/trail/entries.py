"""The trail: searched by what, who and when, and the history of one record; and the same as a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern
from django.utils.dateparse import parse_date

from compliance.admin.trail.base import TrailAdmin, shown, things
from compliance.models import AuditEntry, Operation
from compliance.trail import export
from compliance.trail.search import KINDS, AuditQuery, found
from lrs.admin.base import SearchTooLong, bounded
from lrs.admin.keyset import listing

_WORD_MOST = 300


@admin.register(AuditEntry)
class AuditEntryAdmin(TrailAdmin):
    """Entries, which nobody changes."""

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.route("", self.entries, "compliance_auditentry_changelist"),
            self.route("csv", self.file, "compliance_auditentry_csv"),
            self.route("row/<str:table>/<path:key>/", self.history, "compliance_auditentry_row"),
        ]

    def entries(self, request: HttpRequest) -> HttpResponse:
        """What is asked for, newest first."""
        self.must_view(request)
        return self._list(request, query_of(request), title="Audit trail")

    def history(self, request: HttpRequest, table: str, key: str) -> HttpResponse:
        """Everything that happened to one record."""
        self.must_view(request)
        title = f"History of {things().get(table, table)} {key}"
        return self._list(request, AuditQuery(table=table, key=key), title=title, record=f"{table} {key}")

    def file(self, request: HttpRequest) -> HttpResponseBase:
        """What is asked for, as CSV, oldest first."""
        if not request.user.has_perm("compliance.export_auditentry"):
            raise PermissionDenied
        response = StreamingHttpResponse(
            export.csv_of(query_of(request)), content_type="text/csv; charset=utf-8"
        )
        response.headers["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def _list(self, request: HttpRequest, query: AuditQuery, *, title: str, record: str = "") -> HttpResponse:
        problem, page = "", None
        try:
            with bounded():
                page = listing(request, found(query), key="seq")
        except SearchTooLong as too_long:
            problem = too_long.sentence
        context = {
            "query": query,
            "asked": request.GET,
            "record": record,
            "problem": problem,
            "listing": page,
            "rows": [shown(each) for each in page.rows] if page is not None else [],
            "things": sorted(things().items(), key=lambda each: each[1]),
            "operations": Operation.choices,
            "kinds": KINDS,
            "stores": apps.get_model("lrs", "Store").objects.order_by("name"),
            "may_export": request.user.has_perm("compliance.export_auditentry"),
            "address": request.GET.urlencode(),
        }
        return self.page(request, "entries.html", context, title=title)


def query_of(request: HttpRequest) -> AuditQuery:
    """Return what an address asks for; what it gives in no known form asks for nothing."""
    given = {name: request.GET.get(name, "").strip()[:_WORD_MOST].replace("\0", "") for name in request.GET}
    until = _day(given.get("until", ""))
    return AuditQuery(
        store_id=_number(given.get("store", "")),
        table=given.get("table", ""),
        key=given.get("key", ""),
        operation=given.get("operation", ""),
        actor_kind=given.get("actor_kind", ""),
        actor=given.get("actor", ""),
        request_id=given.get("request_id", ""),
        since=_day(given.get("since", "")),
        until=None if until is None else until + timedelta(days=1),
        after_seq=_number(given.get("after_seq", "")),
        to_seq=_number(given.get("to_seq", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _day(text: str) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
