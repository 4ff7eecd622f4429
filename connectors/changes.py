"""Changes of the workforce record as a log, handed to named consumers: what `lrs.feed` is for statements.

    @consumer("connectors.derive", batch=200)
    def derive(changes: Sequence[Change]) -> None: ...

A consumer gets every change once, in an order that is safe against transactions that commit late (see
lrs.feed); its cursor moves in the transaction of its effect. Celery only wakes; a sweep finds what a lost
message missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from connectors.models import ChangeCursor
from lrs import database, feed


@dataclass(frozen=True, slots=True)
class Change:
    """That another answer is given about a subject for a span of business time."""

    id: int
    store_id: int
    #: One of ChangeSubject.
    subject: int
    subject_id: int
    #: The span; None where it is open.
    start: datetime | None
    end: datetime | None
    recorded: datetime


Handler = Callable[[Sequence[Change]], None]


@dataclass(frozen=True, slots=True)
class _Consumer:
    handle: Handler
    batch: int


_consumers: dict[str, _Consumer] = {}

_NEXT = """
SELECT c.id, c.store_id, c.subject, c.subject_id, lower(c.touched), upper(c.touched), c.recorded, c.xid
FROM connectors_workforce_change c
WHERE (c.xid, c.id) > (%s, %s) AND c.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY c.xid, c.id LIMIT %s
"""


# After a restore into another cluster transaction ids must first catch up with these.
feed.also_ordered_by_transactions(
    "SELECT c.xid FROM connectors_workforce_change c ORDER BY c.xid DESC, c.id DESC LIMIT 1"
)


def consumer(name: str, *, batch: int = 500) -> Callable[[Handler], Handler]:
    """Register a consumer; it starts at the first change ever recorded."""

    def register(handle: Handler) -> Handler:
        _consumers[name] = _Consumer(handle, batch)
        return handle

    return register


def forget(name: str) -> None:
    """Take a consumer off the register; its cursor stays where it is."""
    _consumers.pop(name, None)


def names() -> list[str]:
    """Every registered consumer."""
    return sorted(_consumers)


def record(
    store_id: int, subject: int, subject_id: int, spans: Sequence[tuple[datetime | None, datetime | None]]
) -> None:
    """Tell consumers that other answers are given about a subject, in the transaction that is open."""
    with database.binary_cursor() as cursor:
        for start, end in spans:
            cursor.execute(
                """
                INSERT INTO connectors_workforce_change
                    (store_id, subject, subject_id, touched, recorded, xid)
                VALUES (%s, %s, %s, %s, clock_timestamp(), pg_current_xact_id()::text::bigint)
                """,
                (store_id, subject, subject_id, TimestamptzRange(start, end)),
            )


def run(name: str, *, batches: int | None = None, seconds: float | None = None) -> int:
    """Hand `name` what it has not had, or as much of it as `batches` or `seconds` allow; return how many.

    Where another process is running it, returns 0 at once. An error of the consumer is kept and raised.
    """
    ChangeCursor.objects.get_or_create(name=name)
    until = None if seconds is None else time.monotonic() + seconds
    handed = done = 0
    while batches is None or done < batches:
        try:
            count = _run_batch(name, _consumers[name])
        except Exception as error:
            ChangeCursor.objects.filter(name=name).update(
                last_error=f"{type(error).__name__}: {error}"[:1000]
            )
            raise
        handed += count
        done += 1
        if count < _consumers[name].batch or (until is not None and time.monotonic() > until):
            break
    return handed


def waiting(name: str) -> int:
    """Return how many changes `name` has not had, committed ones and those about to be."""
    position = ChangeCursor.objects.filter(name=name).first() or ChangeCursor(name=name)
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM connectors_workforce_change c WHERE (c.xid, c.id) > (%s, %s)",
            (position.xid, position.change),
        )
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def _run_batch(name: str, registered: _Consumer) -> int:
    with transaction.atomic():
        # Whoever holds the row is the one that runs; a crash lets go of it.
        cursor = ChangeCursor.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if cursor is None:
            return 0
        rows = _next(cursor.xid, cursor.change, registered.batch)
        if rows:
            registered.handle([Change(*row[:7]) for row in rows])
            cursor.xid, cursor.change = rows[-1][7], rows[-1][0]
            cursor.handled += len(rows)
        if rows or cursor.last_error:
            cursor.last_error, cursor.moved = "", timezone.now()
            cursor.save()
    return len(rows)


def _next(xid: int, change: int, most: int) -> list[tuple[Any, ...]]:
    with database.binary_cursor() as cursor:
        cursor.execute(_NEXT, (xid, change, most))
        return cursor.fetchall()
