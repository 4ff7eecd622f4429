"""Connections: the list, and for each one page that tells all there is to know (change management).

In: requests. Out: pages. Architecture and procedures are Markdown, edited here; the history of changes is
written by whatever changes something, and only added to.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone

from connectors.admin.connections import run_chart, standing
from connectors.admin.connections.base import ConnectionAdmin, may, must, note, system_of, to
from connectors.admin.connections.markdown import rendered
from connectors.admin.connections.setup import Setup
from connectors.mapping import lifecycle
from connectors.models import (
    Alert,
    ChangeNote,
    DriftFinding,
    DriftState,
    ExceptionState,
    FieldMapping,
    RunMode,
    RunState,
    SyncException,
    SyncRun,
    System,
    SystemSecret,
)
from connectors.sync import circuit, exceptions
from lrs.admin.json_view import pretty
from lrs.admin.keyset import listing

_RUNS, _NOTES, _VERSIONS = 8, 25, 12


@admin.register(System)
class SystemAdmin(ConnectionAdmin):
    """Connections are set up step by step, changed, paused; nothing takes one away."""

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.route("", self.systems, "connectors_system_changelist"),
            *Setup(self).pages(),
            self.route("<int:pk>/", self.system, "connectors_system_change"),
            self.route("<int:pk>/describe/", self.describe, "connectors_system_describe"),
            self.route("<int:pk>/note/", self.add_note, "connectors_system_note"),
            self.route("<int:pk>/history/", self.history, "connectors_system_history"),
        ]

    def systems(self, request: HttpRequest) -> HttpResponse:
        """Every connection, and how it is."""
        must(request, "view_system")
        rows = [
            {
                "system": each,
                "title": _title(each),
                "left_alone": circuit.is_open(each, timezone.now()),
                "health": health(each, each.last_success, asks=each.last_state == RunState.ASKING),
                "last": RunState(each.last_state).label if each.last_state else "",
            }
            for each in _with_counts()
        ]
        context = {"rows": rows, "may_add": may(request, "add_system")}
        return self.page(request, "systems/list.html", context, title="Connections")

    def system(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Everything about one connection, to read and to print."""
        must(request, "view_system")
        system = system_of(pk)
        adapter = standing.adapter(system)
        runs = list(SyncRun.objects.filter(system=system).defer("report", "checkpoint")[:_RUNS])
        alerts = Alert.objects.filter(system=system, cleared=None)[:20]
        drift = DriftFinding.objects.filter(system=system, state=DriftState.OPEN)
        last = _last_success(system)
        context: dict[str, Any] = {
            "system": system,
            "adapter": adapter,
            "health": health(system, last, asks=any(run.state == RunState.ASKING for run in runs)),
            "last_success": last,
            "left_alone": circuit.is_open(system, timezone.now()),
            "steps": standing.steps(system),
            "pilot": standing.pilot_said(system.pilot),
            "settings": pretty(orjson.dumps(system.settings).decode()),
            "secrets": SystemSecret.objects.filter(system=system).defer("encrypted").order_by("name"),
            "architecture": rendered(system.architecture),
            "procedures": rendered(system.procedures),
            "used": lifecycle.active(system),
            "versions": FieldMapping.objects.filter(system=system).defer("document", "sample")[:_VERSIONS],
            "runs": runs,
            "running": next((run for run in runs if run.state in _UNDER_WAY), None),
            "chart": run_chart.drawn(system),
            "ageing": exceptions.ageing(system),
            "drift": drift.count(),
            "alerts": alerts,
            "notes": ChangeNote.objects.filter(system=system).select_related("by")[:_NOTES],
            "may_change": may(request, "change_system"),
            "may_run": may(request, "add_syncrun") and adapter is not None and not adapter.live,
            "reads_changes": adapter is not None and adapter.reads_changes,
        }
        return self.page(request, "systems/system.html", context, title=system.name)

    def describe(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write down how it is connected and what to do when."""
        must(request, "change_system")
        system = system_of(pk)
        if request.method != "POST":
            return self.page(
                request, "systems/describe.html", {"system": system}, title=f"{system.name}: in words"
            )
        given = {
            name: request.POST.get(name, "").replace("\0", "").replace("\r\n", "\n")[:100_000]
            for name in ("architecture", "procedures")
        }
        changed = {name: text for name, text in given.items() if text != getattr(system, name)}
        if changed:
            with transaction.atomic():
                System.objects.filter(pk=system.pk).update(**changed)
                before = {name: getattr(system, name) for name in changed}
                note(system, request, "text", f"Rewritten: {', '.join(changed)}.", before=before)
            messages.success(request, "Kept.")
        return to("connectors_system_change", pk)

    def add_note(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add to the history by hand."""
        must(request, "change_system")
        system = system_of(pk)
        text = request.POST.get("text", "").replace("\0", "").strip()[:4000]
        if request.method == "POST" and text:
            note(system, request, "note", text)
        return to("connectors_system_change", pk, query="#history")

    def history(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every change there ever was."""
        must(request, "view_system")
        system = system_of(pk)
        rows: QuerySet[Any] = ChangeNote.objects.filter(system=system).select_related("by")
        context = {"system": system, "listing": listing(request, rows)}
        return self.page(request, "systems/history.html", context, title=f"{system.name}: history")


_UNDER_WAY = (RunState.WAITING, RunState.RUNNING, RunState.ASKING)


def health(system: System, last_success: Any, *, asks: bool) -> tuple[str, str]:
    """Return how a connection is: a word for its colour, and a sentence."""
    if system.state == "draft":
        return "", "being set up"
    if system.state == "paused":
        return "warn", "paused"
    if circuit.is_open(system, timezone.now()):
        return "bad", "left alone after failures"
    if asks:
        return "warn", "a run asks for approval"
    if system.circuit_failures:
        return "warn", f"{system.circuit_failures} failures in a row"
    if last_success is None:
        return "warn", "no run has succeeded yet"
    age = (timezone.now() - last_success).total_seconds() / 60
    if system.every_minutes and age > system.freshness_minutes:
        return "warn", "the data is older than its target"
    return "good", "well"


def _title(system: System) -> str:
    adapter = standing.adapter(system)
    return adapter.title if adapter is not None else f"{system.adapter} (not there)"


def _successes(system: Any) -> QuerySet[SyncRun]:
    return (
        SyncRun.objects.filter(system=system, state=RunState.SUCCEEDED)
        .exclude(mode=RunMode.DRY)
        .order_by("-pk")
    )


def _last_success(system: System) -> Any:
    return _successes(system).values_list("ended", flat=True).first()


def _with_counts() -> QuerySet[Any]:
    """Return connections with what is open about each."""
    open_exceptions = (
        SyncException.objects.filter(system=OuterRef("pk"), state=ExceptionState.OPEN)
        .order_by()
        .values("system")
        .annotate(count=Count("pk"))
        .values("count")
    )
    latest = SyncRun.objects.filter(system=OuterRef("pk")).order_by("-pk")
    rows: QuerySet[Any] = (
        System.objects.select_related("store")
        .order_by("store__name", "name")
        .annotate(
            exceptions_open=Subquery(open_exceptions),
            drift_open=Count("drift", filter=Q(drift__state=DriftState.OPEN)),
            last_success=Subquery(_successes(OuterRef("pk")).values("ended")[:1]),
            last_run=Subquery(latest.values("pk")[:1]),
            last_state=Subquery(latest.values("state")[:1]),
        )
    )
    return rows
