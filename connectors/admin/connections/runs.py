"""Sync runs: the list, a run's page with live progress, and what a person may ask of one.

In: requests. Out: pages, and JSON that the page of a run asks for while it runs. Starting, approving and
cancelling are connectors.sync.run's; nothing is carried on in a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone

from connectors.admin.connections import run_chart, standing
from connectors.admin.connections.base import (
    ConnectionAdmin,
    by,
    held,
    key,
    may,
    must,
    note,
    system_of,
    to,
    told,
)
from connectors.models import RunMode, RunState, SyncException, SyncRun, System
from connectors.sync import absence
from connectors.sync import run as runs
from lrs.admin.json_view import pretty
from lrs.admin.keyset import listing

COUNTS = ("records", "created", "changed", "unchanged", "ended", "refused", "outside")
_UNDER_WAY = (RunState.WAITING, RunState.RUNNING)
#: Workers named that an approval would end.
_NAMED = 50
_MODES = {"full": RunMode.FULL, "changes": RunMode.CHANGES, "dry": RunMode.DRY, "lifted": RunMode.DRY}


@admin.register(SyncRun)
class SyncRunAdmin(ConnectionAdmin):
    """Runs are started, approved and cancelled; what they did is never changed."""

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.route("", self.runs, "connectors_syncrun_changelist"),
            self.route("start/<int:pk>/", self.start, "connectors_syncrun_start"),
            self.route("<int:pk>/", self.run, "connectors_syncrun_change"),
            self.route("<int:pk>/progress/", self.progress, "connectors_syncrun_progress"),
            self.route("<int:pk>/approve/", self.approve, "connectors_syncrun_approve"),
            self.route("<int:pk>/cancel/", self.cancel, "connectors_syncrun_cancel"),
        ]

    def runs(self, request: HttpRequest) -> HttpResponse:
        """The runs of all connections or of one, newest first."""
        must(request, "view_syncrun")
        rows: QuerySet[Any] = SyncRun.objects.select_related("system").defer("report", "checkpoint")
        chosen = request.GET.get("system", "")
        system = None
        if chosen.isdecimal():
            system = System.objects.filter(pk=key(int(chosen))).first()
            rows = rows.filter(system=system)
        state, mode = request.GET.get("state", ""), request.GET.get("mode", "")
        if state in RunState.values:
            rows = rows.filter(state=state)
        if mode in RunMode.values:
            rows = rows.filter(mode=mode)
        context = {
            "system": system,
            "systems": System.objects.order_by("name").only("name"),
            "state": state,
            "states": RunState.choices,
            "mode": mode,
            "modes": RunMode.choices,
            "listing": listing(request, rows),
            "chart": run_chart.drawn(system) if system is not None else None,
        }
        return self.page(request, "runs/list.html", context, title="Sync runs")

    def run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One run: how far it is, what it did, what it asks."""
        must(request, "view_syncrun")
        found = _run(pk)
        asks = found.state == RunState.ASKING
        context = {
            "run": found,
            "system": found.system,
            "counts": [(each, _count(found, each)) for each in COUNTS],
            "progress": told_of(found),
            "under_way": found.state in _UNDER_WAY,
            "asks": asks,
            "would_end": absence.some_absent(found, _NAMED) if asks else [],
            "would_end_all": absence.absent_workers(found) if asks else 0,
            "checkpoint": pretty(orjson.dumps(found.checkpoint).decode()) if found.checkpoint else "",
            "pilot": standing.pilot_said(found.pilot),
            "report": report(found.report) if _has_report(found) else None,
            "held": [held(each) for each in found.report.get("held", ())],
            "refused_now": SyncException.objects.filter(run=found)[:10],
            "chart": run_chart.drawn(found.system),
            "may_change": may(request, "change_syncrun"),
            "may_run": may(request, "add_syncrun"),
        }
        return self.page(request, "runs/run.html", context, title=f"{found.system.name}: run {found.pk}")

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far a run is, as JSON; asked for every second while it runs."""
        must(request, "view_syncrun")
        return JsonResponse(told_of(_run(pk)))

    def start(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start a run: full, of changes, dry, or dry as if the pilot were lifted."""
        must(request, "add_syncrun")
        system = system_of(pk)
        asked = request.POST.get("mode", "")
        if request.method == "POST" and asked in _MODES:
            with told(request):
                run = runs.start(system, _MODES[asked], by=by(request), pilot=_pilot(system, asked))
                note(
                    system,
                    request,
                    "run",
                    f"Run {run.pk} started: {run.get_mode_display().lower()}.",
                    run=run.pk,
                )
                return to("connectors_syncrun_change", run.pk)
        return to("connectors_system_change", pk)

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let a run end whom it asks to end."""
        must(request, "change_syncrun")
        if request.method == "POST":
            with told(request):
                runs.approve(_run(pk), by=by(request))
                messages.success(request, "Approved. It goes on.")
        return to("connectors_syncrun_change", pk)

    def cancel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a run; what it applied stays."""
        must(request, "change_syncrun")
        if request.method == "POST":
            with told(request):
                runs.cancel(_run(pk), by=by(request))
                messages.success(request, "Cancelled. What it applied stays.")
        return to("connectors_syncrun_change", pk)


def told_of(run: SyncRun) -> dict[str, Any]:
    """Return how far a run is, as JSON values."""
    now = timezone.now()
    until = run.ended or now
    seconds = max(0.0, (until - run.started).total_seconds()) if run.started is not None else 0.0
    return {
        "state": run.state,
        "label": run.get_state_display(),
        "under_way": run.state in _UNDER_WAY,
        "counts": {each: _count(run, each) for each in COUNTS},
        "expected": run.expected,
        "percent": min(100, round(100 * run.records / run.expected)) if run.expected else None,
        "seconds": round(seconds, 1),
        "rate": round(run.records / seconds, 1) if seconds >= 1 else None,
        "attempt": run.attempts,
        "failures": run.failures,
        "next_attempt": _waits(run, now),
        "silent": round((now - run.heartbeat).total_seconds()) if run.heartbeat is not None else None,
        "checkpoint": orjson.dumps(run.checkpoint).decode()[:500] if run.checkpoint else "",
        "message": run.message,
        "address": reverse("admin:connectors_syncrun_change", args=[run.pk]),
    }


def report(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the difference report of a dry run in the order a person reads it."""
    fields = found.get("fields", {})
    refused = found.get("refused", {})
    return {
        "records": [
            (kind, [(what, counts.get(what, 0)) for what in ("created", "changed", "unchanged", "ended")])
            for kind, counts in sorted(found.get("records", {}).items(), reverse=True)
        ],
        "fields": sorted(fields.items(), key=lambda pair: -pair[1]["count"]),
        "refused": sorted(refused.items(), key=lambda pair: -pair[1]["count"]),
        "absent": found.get("absent", {}),
        "examples": sorted(found.get("examples", {}).items()),
        "asks": found.get("would ask", ""),
        "drift": found.get("drift", []),
        "held": found.get("held", []),
    }


def _has_report(run: SyncRun) -> bool:
    """Whether a run was dry and has something to tell; while it goes on, that would be half of it."""
    return run.mode == RunMode.DRY and run.state not in _UNDER_WAY and bool(run.report)


def _count(run: SyncRun, name: str) -> int:
    number: int = getattr(run, name if name == "records" else f"{name}_count")
    return number


def _waits(run: SyncRun, now: datetime) -> int | None:
    """Return in how many seconds a waiting run is tried again."""
    if run.state != RunState.WAITING or run.next_attempt is None:
        return None
    return max(0, round((run.next_attempt - now).total_seconds()))


def _pilot(system: System, asked: str) -> Mapping[str, Any] | None:
    """Return the filter a dry run tries: the pilot's as it is written, or nobody left out."""
    if asked == "lifted":
        return {}
    return dict(system.pilot) if asked == "dry" and system.state != "live" else None


def _run(pk: int) -> SyncRun:
    found: SyncRun = get_object_or_404(
        SyncRun.objects.select_related("system__store", "mapping", "asked_by", "approved_by"), pk=key(pk)
    )
    return found
