"""From a user to the workforce record, in the transaction in which the identity provider writes it.

In: users and groups of one connection. Out: the workforce record through the mapping in use, exceptions for
what it refuses, and the counts of the day's live run. Inactive or deleted, a person's engagement ends at that
moment; active again, another begins. Nobody waits for approval here: who may be deprovisioned is decided
where it is done. Never called outside of a transaction that holds the system (connectors.scim.write).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from connectors import drift
from connectors.adapters import Page, RawRecord
from connectors.mapping import Mapping, lifecycle
from connectors.models import (
    AppliedRecord,
    DriftFinding,
    DriftState,
    FieldMapping,
    RunMode,
    RunState,
    ScimKind,
    ScimResource,
    SyncRun,
    System,
    SystemState,
    WorkRelationship,
)
from connectors.scim import facts
from connectors.scim.kept import Space
from connectors.sync import exceptions
from connectors.sync.page import Taker

#: Users taken in one transaction when everything is taken again.
BATCH = 200
#: Users looked at for drift, when a day's run has so many records; too few for their number to mean anything.
_SAMPLE, _LOOKED_AT = 49, (1, 10, 50)


class NotReady(Exception):
    """The connection takes nothing now; whoever wrote should write again later."""


def mapping_of(system: System) -> FieldMapping:
    """Return the mapping in use; raise NotReady where the connection takes nothing."""
    if system.state not in (SystemState.PILOT, SystemState.LIVE):
        raise NotReady(f"The connection is {system.get_state_display().lower()}; nothing is taken now.")
    used = lifecycle.active(system)
    if used is None:
        raise NotReady("The connection has no mapping in use; nothing is taken now.")
    return used


def engage(row: ScimResource, *, active: bool, now: datetime) -> None:
    """Begin an engagement in a user's row, or end it."""
    if not active:
        row.engaged_since = None
        return
    if row.engaged_since is not None:
        return
    known = AppliedRecord.objects.filter(system_id=row.system_id, kind="worker", key=row.worker_key).first()
    of_them = {"person__keys__system_id": row.system_id, "person__keys__key": row.worker_key}
    before = (
        WorkRelationship.objects.filter(system_id=row.system_id, versions__isnull=False, **of_them)
        .distinct()
        .count()
    )
    row.engaged_since = now
    if known is None or not before or known.until is None or known.until > now:
        row.engagement, row.ended_before = max(1, before), None
    else:
        row.engagement, row.ended_before = before + 1, known.until


def follow(space: Space, version: FieldMapping, rows: Sequence[ScimResource], now: datetime) -> None:
    """Take users as they are now."""
    users = [row for row in rows if row.kind == ScimKind.USER]
    found = [
        RawRecord("worker" if row.engaged_since is not None else "ended", row.worker_key, values)
        for row, values in zip(users, facts.raw(space, users), strict=True)
    ]
    _take(space, version, found, now)


def follow_group(
    space: Space,
    version: FieldMapping,
    row: ScimResource,
    before: Iterable[Any],
    now: datetime,
) -> None:
    """Take a group, where the mapping knows groups, and the users it changed for, where it reads theirs."""
    mapping = compiled(version.pk)
    if "group" in mapping.kinds and row.pk is not None:
        [values] = facts.raw(space, [row])
        _take(space, version, [RawRecord("group", str(row.uid), values)], now)
    if not any(path.partition(".")[0] == "groups" for path in mapping.reads.get("worker", {})):
        return
    touched = sorted({*before, *row.members})
    for start in range(0, len(touched), BATCH):
        users = space.rows(ScimKind.USER).filter(
            uid__in=touched[start : start + BATCH], engaged_since__isnull=False
        )
        follow(space, version, list(users), now)


def again(space: Space) -> int:
    """Take every user once more, after the mapping or the pilot changed; return how many."""
    count = last = 0
    while True:
        with transaction.atomic():
            system = System.objects.select_for_update(of=("self",), no_key=True).get(pk=space.system.pk)
            now = timezone.now()
            version = mapping_of(system)
            here = Space(system, space.base)
            rows = list(here.rows(ScimKind.USER).filter(pk__gt=last).order_by("pk")[:BATCH])
            follow(here, version, rows, now)
        if not rows:
            return count
        count, last = count + len(rows), rows[-1].pk


@lru_cache(maxsize=64)
def compiled(version_id: int) -> Mapping:
    """Return a version of a mapping; one that is in use is never edited."""
    return lifecycle.mapping_of(FieldMapping.objects.get(pk=version_id))


def _take(space: Space, version: FieldMapping, records: Sequence[RawRecord], now: datetime) -> None:
    system = space.system
    ended = [each.key for each in records if each.kind == "ended"]
    known: set[str] = set()
    if ended:
        applied = AppliedRecord.objects.filter(system=system, kind="worker", key__in=ended)
        known = set(applied.values_list("key", flat=True))
    # What was refused of somebody who is gone must not be replayed, nor the end of somebody who is back.
    exceptions.resolve(
        system, {("worker" if each.kind == "ended" else "ended", each.key) for each in records}
    )
    records = [each for each in records if each.kind != "ended" or each.key in known]
    if not records:
        return
    mapping = compiled(version.pk)
    run = _todays(system, version, now)
    if any(run.records < each <= run.records + len(records) for each in _LOOKED_AT):
        _look(space, mapping, run)
    held = frozenset(
        each
        for finding in DriftFinding.objects.filter(system=system, state=DriftState.OPEN)
        for each in finding.detail.get("held", ())
    )
    SyncRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, as_of=now)
    Taker(run, system, mapping).take(Page(tuple(records), {}), held)
    SyncRun.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED, ended=Now(), read_completely=True)


def _look(space: Space, mapping: Mapping, run: SyncRun) -> None:
    """Compare some users with what is usual, and keep them as samples to try mappings on.

    They are the same ones every time, as ids are random and stay: people come and go in bulk, which is no
    drift, but when the identity provider sends other attributes, it sends them for these, too.
    """
    users = space.rows(ScimKind.USER).filter(engaged_since__isnull=False).order_by("uid")[:_SAMPLE]
    watch = drift.Watch(space.system, mapping)
    watch.see([RawRecord("worker", each["hub"]["workerKey"], each) for each in facts.raw(space, list(users))])
    watch.finish(run)


def _todays(system: System, version: FieldMapping, now: datetime) -> SyncRun:
    """Return the live run of the day; the first request of a day opens it.

    It is never seen running: its state is moved and moved back in one transaction.
    """
    pilot = dict(system.pilot) if system.state == SystemState.PILOT else {}
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    run = (
        SyncRun.objects.select_for_update(of=("self",))
        .filter(system=system, mode=RunMode.LIVE, mapping=version, pilot=pilot, created__gte=day)
        .first()
    )
    if run is None:
        run = SyncRun.objects.create(
            system=system, mode=RunMode.LIVE, state=RunState.SUCCEEDED, mapping=version, as_of=now,
            created=now, started=now, attempts=1, pilot=pilot, approved=now,
        )  # fmt: skip
    run.as_of = now
    return run
