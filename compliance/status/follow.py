"""Changes, followed to the table of now: a completion, a transfer or a correction shows within seconds.

In: changes of the workforce record (connectors.changes) and of what status stands on otherwise
(compliance_status_change: completions, sign-offs, waivers, requirements, courses; triggers write it).
Out: the rows of the people concerned, found anew. Cursors move in the transaction of the effect; Celery only
wakes. What concerns many (a requirement, a unit, a day on which one comes into force or a group's waiver
begins) becomes a change of each of them: no transaction lasts long, for readers of every log wait for the
oldest one that writes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from compliance.models import RequirementVersion, StatusCursor, Waiver
from compliance.requirements import lifecycle
from compliance.status import keep
from connectors import changes
from connectors.changes import Change
from connectors.models import ChangeSubject
from lrs import database, feed

CONSUMER = "compliance.status"
#: Changes followed, and people brought up to date, in one transaction.
BATCH = 500

_NEXT = """
SELECT c.id, c.store_id, c.person_id, c.xid FROM compliance_status_change c
WHERE (c.xid, c.id) > (%s, %s) AND c.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY c.xid, c.id LIMIT %s
"""
_TELL = """
INSERT INTO compliance_status_change (store_id, person_id, recorded, xid)
SELECT p.store_id, p.id, clock_timestamp(), pg_current_xact_id()::text::bigint FROM connectors_person p
WHERE p.store_id = %(store)s AND (%(people)b::bigint[] IS NULL OR p.id = ANY (%(people)b::bigint[]))
ORDER BY p.id
"""
_TELL_DUE = """
WITH due AS (DELETE FROM compliance_status_wake WHERE at <= %s RETURNING store_id, person_id)
INSERT INTO compliance_status_change (store_id, person_id, recorded, xid)
SELECT store_id, person_id, clock_timestamp(), pg_current_xact_id()::text::bigint FROM due
"""
#: Everybody whose assignments ever named a unit or a job.
_OF_UNITS = (
    "SELECT DISTINCT person_id FROM connectors_work_assignment_version WHERE unit_id = ANY (%b::bigint[])"
)
_OF_JOBS = """
SELECT DISTINCT v.person_id FROM connectors_work_assignment_version v
JOIN connectors_job j ON j.id = v.job_id AND j.store_id = %s WHERE v.job_id = ANY (%b::bigint[])
"""

# After a restore into another cluster transaction ids must first catch up with these.
feed.also_ordered_by_transactions(
    "SELECT c.xid FROM compliance_status_change c ORDER BY c.xid DESC, c.id DESC LIMIT 1"
)


@changes.consumer(CONSUMER, batch=500)
def follow_workforce(batch: Sequence[Change]) -> None:
    """Bring everybody up to date whom changes of the workforce record are about."""
    for store_id in sorted({each.store_id for each in batch}):
        of_store = [each for each in batch if each.store_id == store_id]
        people = sorted(_people(store_id, of_store))
        if len(people) > BATCH:
            _tell(store_id, people)
        else:
            keep.bring_up_to_date(store_id, people)


def follow(*, batches: int | None = None, seconds: float | None = None) -> int:
    """Follow what else changed, or as much as `batches` or `seconds` allow; return how many.

    Where another process is at it, returns 0 at once.
    """
    StatusCursor.objects.get_or_create(name=CONSUMER)
    until = None if seconds is None else time.monotonic() + seconds
    handed = done = 0
    while batches is None or done < batches:
        count = _follow_batch()
        handed += count
        done += 1
        if count < BATCH or (until is not None and time.monotonic() > until):
            break
    return handed


def waiting() -> int:
    """Return how many changes have not been followed, committed ones and those about to be."""
    position = StatusCursor.objects.filter(name=CONSUMER).first() or StatusCursor(name=CONSUMER)
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM compliance_status_change c WHERE (c.xid, c.id) > (%s, %s)",
            (position.xid, position.change),
        )
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def pass_time(today: date | None = None) -> int:
    """Follow what the calendar brings: versions in force from today, futures that have come; return how many.

    The stores of which days begin or end something are brought up to date once a day.
    """
    day = today or timezone.now().date()
    begun = lifecycle.advance(day)
    with transaction.atomic():
        StatusCursor.objects.get_or_create(name=CONSUMER)
        cursor = StatusCursor.objects.select_for_update(skip_locked=True).filter(name=CONSUMER).first()
        if cursor is None:
            return begun
        if cursor.day is None or cursor.day < day:
            since = (cursor.day or day - timedelta(days=1)) + timedelta(days=1)
            for store_id in sorted(_stores_of_days(since, day)):
                _tell(store_id)
                begun += 1
            StatusCursor.objects.filter(name=CONSUMER).update(day=day)
    return begun + _tell_due(timezone.now())


def _follow_batch() -> int:
    with transaction.atomic():
        # Whoever holds the row is the one that follows; a crash lets go of it.
        cursor = StatusCursor.objects.select_for_update(skip_locked=True).filter(name=CONSUMER).first()
        if cursor is None:
            return 0
        with database.binary_cursor() as raw:
            raw.execute(_NEXT, (cursor.xid, cursor.change, BATCH))
            rows = raw.fetchall()
        everybody = {store_id for _, store_id, person_id, _ in rows if person_id is None}
        some: dict[int, set[int]] = {}
        for _, store_id, person_id, _ in rows:
            if store_id not in everybody and person_id is not None:
                some.setdefault(store_id, set()).add(person_id)
        for store_id in sorted(everybody):
            _tell(store_id)
        for store_id in sorted(some):
            keep.bring_up_to_date(store_id, sorted(some[store_id]))
        if rows:
            StatusCursor.objects.filter(name=CONSUMER).update(
                xid=rows[-1][3], change=rows[-1][0], moved=timezone.now()
            )
    return len(rows)


def _tell(store_id: int, people: Sequence[int] | None = None) -> None:
    """Have these people, or everybody, followed one batch after the other."""
    with database.binary_cursor() as cursor:
        told = None if people is None else list(people)
        cursor.execute(_TELL, {"store": store_id, "people": told})


def _tell_due(now: datetime) -> int:
    """Have those followed whose own future has come; return how many."""
    with database.binary_cursor() as cursor:
        cursor.execute(_TELL_DUE, (now,))
        return cursor.rowcount


def _people(store_id: int, batch: Sequence[Change]) -> set[int]:
    found = {each.subject_id for each in batch if each.subject == ChangeSubject.PERSON}
    units = [each.subject_id for each in batch if each.subject == ChangeSubject.UNIT]
    jobs = [each.subject_id for each in batch if each.subject == ChangeSubject.JOB]
    with database.binary_cursor() as cursor:
        if units:
            cursor.execute(_OF_UNITS, (units,))
            found |= {row[0] for row in cursor}
        if jobs:
            cursor.execute(_OF_JOBS, (store_id, jobs))
            found |= {row[0] for row in cursor}
    return found


def _stores_of_days(since: date, until: date) -> set[int]:
    """Return the stores in which a requirement or a group's waiver begins or ends on one of these days."""
    days = (since, until)
    versions = RequirementVersion.objects.filter(
        Q(effective_from__range=days) | Q(retired_from__range=days), approved_at__isnull=False
    ).values_list("requirement__store_id", flat=True)
    groups = Waiver.objects.filter(
        Q(valid_from__range=days) | Q(revoked_from__range=days), approved_at__isnull=False
    ).values_list("requirement__store_id", flat=True)
    return {*versions, *groups}
