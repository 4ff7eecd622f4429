"""Which system is due, which run goes on, which was left behind by its process.

In: the time. Out: runs started, and the ids of runs to be carried on. Asking twice at once starts nothing
twice: a system's next time is moved by whoever finds it due first.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from connectors.adapters import adapters
from connectors.mapping import lifecycle
from connectors.models import RunMode, RunState, SyncRun, System, SystemState
from connectors.sync import circuit, run

logger = structlog.get_logger(__name__)


def start_due(now: datetime | None = None) -> list[SyncRun]:
    """Start every system whose time has come; return the runs, which wait to be carried on."""
    at = now or timezone.now()
    due = System.objects.filter(
        Q(next_run=None) | Q(next_run__lte=at),
        state__in=(SystemState.PILOT, SystemState.LIVE),
        every_minutes__gt=0,
    )
    return [started for system in due if (started := _start(system, at)) is not None]


def to_carry_on(now: datetime | None = None) -> list[int]:
    """Return the ids of runs that wait for a process, or have lost theirs."""
    at = now or timezone.now()
    waiting = Q(state=RunState.WAITING) & (Q(next_attempt=None) | Q(next_attempt__lte=at))
    closed = Q(system__circuit_open_until=None) | Q(system__circuit_open_until__lte=at)
    found = SyncRun.objects.filter((waiting & (closed | Q(failures=0))) | run.stalled())
    return list(found.order_by("pk").values_list("pk", flat=True))


def mode_for(system: System, now: datetime) -> str:
    """Return whether everything is to be read, or what changed.

    Everything, also, where what was read before was mapped otherwise, held back, or filtered otherwise: those
    records change nothing in the source and would not come again.
    """
    adapter = adapters().get(system.adapter)
    if adapter is None or not adapter.reads_changes or not system.watermark:
        return RunMode.FULL
    last = SyncRun.objects.filter(system=system, mode=RunMode.FULL, state=RunState.SUCCEEDED).first()
    if last is None or last.ended is None or last.started is None:
        return RunMode.FULL
    if last.started <= now - timedelta(hours=system.full_every_hours):
        return RunMode.FULL
    used = lifecycle.active(system)
    pilot = system.pilot if system.state == SystemState.PILOT else {}
    otherwise = (used is not None and last.mapping_id != used.pk) or last.pilot != pilot
    return RunMode.FULL if otherwise or last.report.get("held") else RunMode.CHANGES


def _start(system: System, at: datetime) -> SyncRun | None:
    adapter = adapters().get(system.adapter)
    if adapter is None or adapter.live or circuit.is_open(system, at):
        return None
    every = timedelta(minutes=system.every_minutes or 1)
    planned = (system.next_run or at) + every
    following = planned if planned > at else at + every
    if not System.objects.filter(pk=system.pk, next_run=system.next_run).update(next_run=following):
        return None
    try:
        return run.start(system, mode_for(system, at), wake=False)
    except run.NotNow as error:
        logger.info("sync_not_started", system=system.pk, reason=error.reason)
        return None
