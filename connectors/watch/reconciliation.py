"""Reconciliation: a source is read completely and compared with what the hub knows, both ways.

    start(system)        a reconciliation that waits to be carried out
    carry_out(id)        read, compare, keep the report
    nightly()            one after the other, of each system in use

In: the adapter and the mapping in use, as of now. Out: a `Reconciliation` with counts of workers, units, jobs
and locations, and the differing records up to a bound. Units, jobs and locations only the hub has are missed
where the source has records of such things; where it names them beside workers, absence says nothing. Nothing
is applied, nothing is put away, no run is made. What the mapping refuses is
counted on its own and compared with nothing; so is a unit, job or location another system has the say over
(connectors.workforce.ownership). One at a time for each system: an advisory lock, which goes with
the process that holds it, so that one that died is told from one that works.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from celery import current_app
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from connectors import vault
from connectors.adapters import Reading
from connectors.errors import ConnectorError, Incomplete
from connectors.mapping import lifecycle
from connectors.models import (
    Reconciliation,
    ReconciliationDifference,
    RunMode,
    RunState,
    SyncRun,
    System,
    SystemState,
)
from connectors.sync import circuit
from connectors.sync.attempt import adapter_of
from connectors.sync.run import NotNow
from connectors.watch import things
from connectors.watch.recorded import recorded
from connectors.watch.staged import OUTSIDE, REFUSED, WORKER, Staged
from connectors.watch.stated import Standing, differences
from connectors.workforce import ownership

logger = structlog.get_logger(__name__)

#: The Celery task that carries one out (connectors.tasks).
TASK = "connectors.reconcile"
#: Differing records kept of each kind of record and difference; counts are of all.
KEPT_MOST = 1_000
#: Reconciliations of a system whose differing records are kept; of earlier ones the counts are.
KEPT_LAST = 30
#: Records compared at a time.
AT_ONCE = 2_000
_LOCK = 0x5245434F

DIFFERS, ONLY_IN_SOURCE, ONLY_IN_HUB = "differs", "only_in_source", "only_in_hub"
COUNTS = ("in_source", "in_hub", "matching", "differing", ONLY_IN_SOURCE, ONLY_IN_HUB, "refused", "outside")
#: Units, jobs and locations that are another system's to tell: counted of these alone.
ELSEWHERE = "elsewhere"


def start(system: System, *, by: AbstractBaseUser | None = None, wake: bool = True) -> Reconciliation:
    """Make a reconciliation, to be carried out soon by a worker (or by the caller, without `wake`).

    Raises NotNow.
    """
    _may_start(system)
    with _locked(system):
        # Whoever held the lock for these is gone.
        Reconciliation.objects.filter(system=system, state="running").update(
            state="failed", ended=timezone.now(), message="Its process ended before it did."
        )
        found = Reconciliation.objects.create(system=system, asked_by_id=None if by is None else by.pk)
    if wake:
        transaction.on_commit(lambda: _wake(found.pk))
    return found


def nightly(now: datetime | None = None) -> list[Reconciliation]:
    """Compare each system in use that is read and can be reached, one after the other."""
    at = now or timezone.now()
    found = []
    for system in System.objects.filter(state__in=(SystemState.PILOT, SystemState.LIVE)).order_by("pk"):
        if circuit.is_open(system, at):
            continue
        try:
            found.append(carry_out(start(system, wake=False).pk))
        except ConnectorError as error:
            logger.info("reconciliation_not_started", system=system.pk, reason=error.reason)
    return found


def carry_out(reconciliation_id: int) -> Reconciliation:
    """Read the source and compare it with the hub; return the report. One that ended is left as it is."""
    found = Reconciliation.objects.select_related("system").get(pk=reconciliation_id)
    if found.state != "running":
        return found
    with _locked(found.system):
        try:
            counted = _compared(found)
        except Exception as error:  # noqa: BLE001  whatever it is, the report says so
            _end(found, Counted(), "failed", _said(found, error))
        else:
            _end(found, counted, "succeeded", counted.message)
    logger.info("reconciled", reconciliation=found.pk, system=found.system_id, state=found.state)
    return found


@dataclass(slots=True)
class Counted:
    """What was found so far."""

    #: Worker, unit, job or location → what of COUNTS → how many.
    of: dict[str, Counter[str]] = field(
        default_factory=lambda: {record: Counter() for record in (WORKER, *things.KINDS)}
    )
    by_field: Counter[str] = field(default_factory=Counter)
    kept: list[ReconciliationDifference] = field(default_factory=list)
    message: str = ""


def _may_start(system: System) -> None:
    if adapter_of(system).live:
        raise NotNow(f"{system.name} pushes what it has; it is not read.")
    if lifecycle.active(system) is None:
        raise NotNow(f"{system.name} has no mapping in use.", suggestion="Activate a version first.")
    under_way = (
        SyncRun.objects.filter(system=system, state=RunState.RUNNING).exclude(mode=RunMode.DRY).first()
    )
    if under_way is not None:
        raise NotNow(f"Run {under_way.pk} of {system.name} is under way.", suggestion="Wait for its end.")


def _compared(found: Reconciliation) -> Counted:
    system = found.system
    adapter, version = adapter_of(system), lifecycle.active(system)
    if version is None:
        raise NotNow(f"{system.name} has no mapping in use.", suggestion="Activate a version first.")
    reading = Reading(
        settings=system.settings,
        secrets=vault.secrets_of(system) if adapter.secrets else {},
        as_of=timezone.now(),
        full=True,
        watermark=system.watermark,
    )
    counted = Counted()
    with Staged(system, lifecycle.mapping_of(version), reading.as_of) as staged:
        pages = adapter.read(reading)
        total, whole = None, True
        try:
            for page in pages:
                staged.take(page)
                total = page.total if page.total is not None else total
                whole = page.checkpoint.get("absence", True) is not False
        finally:
            if isinstance(pages, Generator):
                pages.close()
        if total is not None and staged.records < total:
            raise Incomplete(f"The source announced {total:,} records and gave {staged.records:,}.")
        if not whole:
            counted.message = "The source gave no complete extract: who is only in the hub cannot be told."
        staged.ready()
        for record, numbers in counted.of.items():
            numbers["refused"] = staged.refused[record]
            missed = whole and (record == WORKER or record in staged.own)
            for keys in _keys(staged, record):
                _compare(system, staged, record, keys, reading.as_of, counted, missed=missed)
    if SyncRun.objects.filter(system=system, ended__gt=found.started).exclude(mode=RunMode.DRY).exists():
        counted.message += " A run ended meanwhile: some of what differs may be its doing."
    return counted


def _keys(staged: Staged, record: str) -> Iterator[list[str]]:
    after = ""
    while keys := staged.keys(record, after, AT_ONCE):
        yield keys
        after = keys[-1]


def _compare(
    system: System,
    staged: Staged,
    record: str,
    keys: list[str],
    at: datetime,
    counted: Counted,
    *,
    missed: bool,
) -> None:
    """Compare some workers, units, jobs or locations; `missed`: what only the hub has is a difference."""
    source = staged.standings(record, keys)
    hub, own = _known(system, record, keys, at)
    elsewhere = set() if record == WORKER else ownership.elsewhere(system, [(record, key) for key in keys])
    for key in keys:
        what, told = source.get(key, ("", None))
        known = hub.get(key)
        if what == REFUSED:
            continue
        if what == OUTSIDE:
            counted.of[record]["outside"] += 1
        elif (record, key) in elsewhere:
            counted.of[record][ELSEWHERE] += told is not None
        elif told is not None:
            _compare_one(record, key, told, known, counted)
        elif known is not None and known.open and missed and key in own:
            counted.of[record]["in_hub"] += 1
            _keep(counted, record, ONLY_IN_HUB, key, {})


def _known(
    system: System, record: str, keys: list[str], at: datetime
) -> tuple[dict[str, Standing], Collection[str]]:
    """Return what the hub knows of these, and which of them by this system."""
    if record == WORKER:
        found = recorded(system, keys, at)
        return found, found.keys()
    known = things.recorded(system, record, keys, at)
    return {key: each.standing for key, each in known.items()}, {k for k, each in known.items() if each.own}


def _compare_one(record: str, key: str, told: Standing, known: Standing | None, counted: Counted) -> None:
    if told.gone and known is None:
        return
    numbers = counted.of[record]
    numbers["in_source"] += 1
    if known is None:
        _keep(counted, record, ONLY_IN_SOURCE, key, {})
        return
    numbers["in_hub"] += 1
    found = differences(told, known)
    if not found:
        numbers["matching"] += 1
        return
    counted.by_field.update(found.keys())
    _keep(counted, record, DIFFERS, key, found, count="differing")


def _keep(
    counted: Counted,
    record: str,
    kind: str,
    key: str,
    fields: dict[str, tuple[str, str]],
    *,
    count: str = "",
) -> None:
    name = count or kind
    if counted.of[record][name] < KEPT_MOST:
        told = {each: list(pair) for each, pair in fields.items()}
        counted.kept.append(ReconciliationDifference(record=record, kind=kind, key=key, fields=told))
    counted.of[record][name] += 1


@transaction.atomic
def _end(found: Reconciliation, counted: Counted, state: str, message: str) -> None:
    for name in COUNTS:
        setattr(found, name, counted.of[WORKER][name])
    found.things = {
        record: {name: counted.of[record][name] for name in (*COUNTS, ELSEWHERE)} for record in things.KINDS
    }
    found.by_field = dict(counted.by_field.most_common())
    found.state, found.message, found.ended = state, message.strip(), timezone.now()
    found.save()
    # Carried out again after a kill, it begins anew.
    found.differences.all().delete()
    for each in counted.kept:
        each.reconciliation = found
    ReconciliationDifference.objects.bulk_create(counted.kept, batch_size=1_000)
    earlier = Reconciliation.objects.filter(system=found.system).values_list("pk", flat=True)
    outdated = list(earlier[KEPT_LAST : KEPT_LAST + 100])
    ReconciliationDifference.objects.filter(reconciliation__in=outdated).delete()


def _said(found: Reconciliation, error: Exception) -> str:
    """Return a failure as people are told of it; into the log go neither values nor messages."""
    logger.warning("reconciliation_failed", reconciliation=found.pk, reason=type(error).__name__)
    if isinstance(error, ConnectorError):
        return f"{error.reason} {error.suggestion}".strip()
    return f"Something unexpected went wrong: {type(error).__name__}."


def _wake(reconciliation_id: int) -> None:
    try:
        current_app.send_task(TASK, (reconciliation_id,), ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001  whatever a broker library raises
        logger.warning("reconciliation_not_sent", reason=type(error).__name__)


@contextmanager
def _locked(system: System) -> Iterator[None]:
    """Hold the lock of a system's reconciliations. Raises NotNow where another process has it."""
    if not _ask("pg_try_advisory_lock", system):
        raise NotNow(f"A reconciliation of {system.name} is under way.", suggestion="Wait for its end.")
    try:
        yield
    finally:
        _ask("pg_advisory_unlock", system)


def _ask(function: str, system: System) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [_LOCK, system.pk])
        row = cursor.fetchone()
    return row is not None and row[0]
