"""The life of a run: started, carried on by whichever process is alive, approved or cancelled by people.

    start(system, mode)   a run that waits to be carried on
    carry_on(run id)      take it up, go on where it stopped, and say what became of it
    approve, cancel       what a person answers a run that asks

    waiting → running → succeeded
                  ↘ waiting     failed, to be tried again (back-off with jitter)
                  ↘ asking      would end too many workers; approved, it waits again
                  ↘ failed      tried in vain, or trying again is in vain
    waiting, running, asking → cancelled

One run of a system at a time is running: a unique constraint. Who takes a run up gets a number of its own
(`attempts`); every write of a run asks for that number, so a process that was taken for dead and is not
changes nothing any more.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from celery import current_app
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from connectors import conf
from connectors.errors import CannotConnect, ConnectorError, NotAuthorized, Stopped, Throttled
from connectors.mapping import lifecycle
from connectors.models import (
    ChangeNote,
    DriftFinding,
    DriftKind,
    DriftState,
    FieldMapping,
    RunMode,
    RunState,
    SeenRecord,
    SyncRun,
    System,
    SystemState,
)
from connectors.sync import circuit
from connectors.sync.absence import Asks
from connectors.sync.attempt import Attempt, adapter_of, supersede
from connectors.sync.heartbeat import beating
from connectors.sync.page import owned
from lrs import acting

logger = structlog.get_logger(__name__)

By = AbstractBaseUser | None

#: The Celery task that carries a run on (connectors.tasks).
TASK = "connectors.run_sync"
#: Seconds after a first failure; twice as long after each further one.
_BACK_OFF, _BACK_OFF_MOST = 30.0, 1800.0
_OPEN = (RunState.WAITING, RunState.RUNNING)


class NotNow(ConnectorError):
    """Something that cannot be done with a run, or a system, in its state."""


def start(
    system: System,
    mode: str = RunMode.FULL,
    *,
    by: By = None,
    pilot: Mapping[str, Any] | None = None,
    mapping: FieldMapping | None = None,
    wake: bool = True,
) -> SyncRun:
    """Make a run, to be carried on soon by a worker (or by the caller, without `wake`).

    A dry run may be given another pilot filter ({}: everybody) and another version of the mapping than those
    in use: what would happen then. Raises NotNow.
    """
    if mode != RunMode.DRY and (pilot is not None or mapping is not None):
        raise NotNow("Only a dry run tries another filter or another mapping.")
    with transaction.atomic():
        now = System.objects.select_for_update(of=("self",)).get(pk=system.pk)
        _may_start(now, mode)
        used = mapping or lifecycle.active(now)
        if used is None or used.system_id != now.pk:
            raise NotNow(f"{now.name} has no mapping in use.", suggestion="Activate a version first.")
        run = SyncRun.objects.create(
            system=now,
            mode=RunMode.FULL if mode == RunMode.CHANGES and not adapter_of(now).reads_changes else mode,
            mapping=used,
            asked_by_id=None if by is None else by.pk,
            as_of=timezone.now(),
            pilot=_filter_of(now) if pilot is None else dict(pilot),
        )
        if wake:
            transaction.on_commit(lambda: wake_up(run.pk))
    return run


def _may_start(system: System, mode: str) -> None:
    if mode == RunMode.LIVE or adapter_of(system).live:
        raise NotNow(f"{system.name} pushes what it has; it is not read.")
    if mode != RunMode.DRY and system.state not in (SystemState.PILOT, SystemState.LIVE):
        raise NotNow(
            f"{system.name} is {system.get_state_display().lower()}.",
            suggestion="Start the pilot or go live first; a dry run is possible at any time.",
        )
    if under_way := SyncRun.objects.filter(system=system, state__in=_OPEN).first():
        raise NotNow(f"Run {under_way.pk} of {system.name} is under way.", suggestion="Wait or cancel it.")


def _filter_of(system: System) -> dict[str, Any]:
    return dict(system.pilot) if system.state == SystemState.PILOT else {}


def wake_up(run_id: int) -> None:
    """Have a worker carry a run on; where the broker is away, the next look at what is due does."""
    try:
        current_app.send_task(TASK, (run_id,), ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001  whatever a broker library raises
        logger.warning("sync_wake_up_not_sent", run=run_id, reason=type(error).__name__)


def approve(run: SyncRun, *, by: By) -> None:
    """Let a run that asks do what it asks for."""
    with transaction.atomic():
        changed = SyncRun.objects.filter(pk=run.pk, state=RunState.ASKING).update(
            state=RunState.WAITING,
            approved=Now(),
            approved_by_id=None if by is None else by.pk,
            next_attempt=None,
        )
        if not changed:
            raise NotNow(f"Run {run.pk} does not ask for approval any more.")
        _note(run, by, f"Run {run.pk} approved: {run.message}")
        transaction.on_commit(lambda: wake_up(run.pk))


def cancel(run: SyncRun, *, by: By) -> None:
    """End a run; one that is running ends with the page at hand, and what it applied stays."""
    with transaction.atomic():
        changed = SyncRun.objects.filter(pk=run.pk, state__in=(*_OPEN, RunState.ASKING)).update(
            state=RunState.CANCELLED, ended=Now()
        )
        if not changed:
            raise NotNow(f"Run {run.pk} has ended before.")
        SeenRecord.objects.filter(run=run).delete()
        _note(run, by, f"Run {run.pk} cancelled.")


def carry_on(run_id: int, *, at_once: bool = False) -> SyncRun:
    """Take a run up and go on with it; return it as it is then.

    Does nothing where another process has it, where another run of the system is running, or where it is
    not time to try again (which `at_once` overrules).
    """
    run = _taken_up(run_id, at_once=at_once)
    if run is not None and run.failures < conf.sync_attempts():
        logger.info(
            "sync_run_taken_up", run=run.pk, system=run.system_id, mode=run.mode, attempt=run.attempts
        )
        name = f"{run.system.name}, run {run.pk}"
        with (
            acting.acting_as(acting.Actor(kind="sync_run", id=str(run.pk), name=name)),
            beating(run.pk, run.attempts),
        ):
            _go(run)
    elif run is not None:
        _end_failed(run, f"Its process died {run.failures} times at the same place.", None)
    found = SyncRun.objects.select_related("system").get(pk=run_id)
    if run is not None:
        logger.info(
            "sync_run_left", run=run.pk, system=run.system_id, state=found.state, records=found.records,
            created=found.created_count, changed=found.changed_count, unchanged=found.unchanged_count,
            ended=found.ended_count, refused=found.refused_count,
        )  # fmt: skip
    return found


def stalled() -> Q:
    """Return what tells runs whose process is silent."""
    silent = timezone.now() - timedelta(seconds=conf.sync_stalled_seconds())
    return Q(state=RunState.RUNNING, heartbeat__lt=silent)


def _taken_up(run_id: int, *, at_once: bool) -> SyncRun | None:
    """Make a run this process's; None where it is somebody else's or nobody's."""
    waiting = Q(state=RunState.WAITING)
    if not at_once:
        waiting &= Q(next_attempt=None) | Q(next_attempt__lte=timezone.now())
    taken = {
        "state": RunState.RUNNING,
        "attempts": F("attempts") + 1,
        "started": Coalesce("started", Now()),
        "heartbeat": Now(),
        "message": "",
    }
    try:
        with transaction.atomic():
            changed = SyncRun.objects.filter(waiting, pk=run_id).update(**taken)
            # Another process had it and died; what kills every process must not go on for ever.
            changed = changed or SyncRun.objects.filter(stalled(), pk=run_id).update(
                **taken, failures=F("failures") + 1
            )
            # The number is read in the transaction that made it: later it may be another process's.
            return SyncRun.objects.select_related("mapping").get(pk=run_id) if changed else None
    except IntegrityError:
        return None  # another run of this system is running


def _go(run: SyncRun) -> None:
    attempt = None
    try:
        attempt = Attempt(run)
        attempt.go()
    except Asks as asks:
        _ask(run, asks)
    except Stopped as stopped:
        logger.info("sync_run_not_ours", run=run.pk, reason=stopped.reason)
    except Exception as error:  # noqa: BLE001  whatever it is, the run says so and is tried again
        _failed(run, attempt, error)


def _ask(run: SyncRun, asks: Asks) -> None:
    with transaction.atomic():
        if owned(run).update(state=RunState.ASKING, message=f"{asks.reason}{_changed_shape(run)}"):
            supersede(run)


def _changed_shape(run: SyncRun) -> str:
    """Return a hint that what a run asks may come from a source that changed, and be no news of people."""
    found = DriftFinding.objects.filter(system_id=run.system_id, state=DriftState.OPEN)
    count = found.exclude(kind=DriftKind.APPEARED).count()
    if not count:
        return ""
    said = "1 drift finding is" if count == 1 else f"{count:,} drift findings are"
    return (
        f" Look at the drift first: {said} open, and the source may have changed rather than the workforce."
    )


def _failed(run: SyncRun, attempt: Attempt | None, error: Exception) -> None:
    """Say what a failure means: another attempt later, or the end."""
    said = _said(run, error)
    left_alone = None
    if isinstance(error, CannotConnect):
        left_alone = circuit.failed(run.system_id, timezone.now())
    failures = SyncRun.objects.values_list("failures", flat=True).get(pk=run.pk) + 1
    in_vain = isinstance(error, NotAuthorized) or (
        isinstance(error, ConnectorError) and not isinstance(error, CannotConnect)
    )
    if in_vain or failures >= conf.sync_attempts():
        _end_failed(run, said, attempt)
        return
    pause = min(_BACK_OFF * 2 ** (failures - 1), _BACK_OFF_MOST) * random.uniform(0.5, 1.0)  # noqa: S311  jitter
    if isinstance(error, Throttled):
        pause = max(pause, error.retry_after)
    again = timezone.now() + timedelta(seconds=pause)
    if left_alone is not None:
        again = max(again, left_alone)
    owned(run).update(state=RunState.WAITING, failures=failures, next_attempt=again, message=said)


def _said(run: SyncRun, error: Exception) -> str:
    """Return a failure as people are told of it; into the log go neither values nor messages."""
    if isinstance(error, ConnectorError):
        logger.warning("sync_attempt_failed", run=run.pk, reason=type(error).__name__)
        return f"{error.reason} {error.suggestion}".strip()
    last = traceback.extract_tb(error.__traceback__)[-1]
    logger.error(
        "sync_attempt_failed", run=run.pk, reason=type(error).__name__, where=f"{last.name}:{last.lineno}"
    )
    return f"Something unexpected went wrong: {type(error).__name__} in {last.name}."


def _end_failed(run: SyncRun, message: str, attempt: Attempt | None) -> None:
    with transaction.atomic():
        if not owned(run).update(
            state=RunState.FAILED, ended=Now(), message=message, failures=F("failures") + 1
        ):
            return
        SeenRecord.objects.filter(run=run).delete()
    if attempt is not None:
        attempt.finish(succeeded=False)


def _note(run: SyncRun, by: By, text: str) -> None:
    ChangeNote.objects.create(
        system_id=run.system_id,
        by_id=None if by is None else by.pk,
        kind="run",
        text=text,
        detail={"run": run.pk},
    )
