"""The feed: the statement table as a log, handed to named consumers.

    @consumer("compliance.completions", batch=500)
    def derive(statements: Sequence[FeedStatement]) -> None: ...

A consumer gets every statement once, in the order (transaction id, key), and only statements of transactions
older than any still running: one that commits late is never passed over (a key alone could be). Its cursor
moves in the transaction of its effect, so after a crash it gets the same statements again and their effect
is not there yet. Celery only wakes consumers (`wake`); a sweep finds what a lost message missed.

Doors: consumer, run, read, by_key, made_at, replay, lag, lag_behind, wake, names, transactions_behind, align,
also_ordered_by_transactions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from lrs import database, payload
from lrs.ingest.clock import first_key, moment_of
from lrs.models import FeedCursor

logger = structlog.get_logger(__name__)

#: The Celery task that runs every consumer (lrs.tasks).
SWEEP_TASK = "lrs.sweep_consumers"
#: Seconds between two wake-ups a process sends, however many statements it stores.
WAKE_SECONDS = 1.0
#: Statements counted at most when measuring lag.
LAG_COUNTED_MOST = 100_000


@dataclass(frozen=True, slots=True)
class FeedStatement:
    """A stored statement as consumers get it."""

    seq: int
    store_id: int
    source_id: int
    credential_id: int
    statement_id: UUID
    stored: datetime
    timestamp: datetime
    version: int
    flags: int
    payload: str

    def values(self) -> dict[str, Any]:
        """Return the payload as Python values; a number no float can hold is infinite."""
        return payload.values(self.payload)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a consumer is behind."""

    name: str
    #: Statements not handed over yet; LAG_COUNTED_MOST means at least that many.
    statements: int
    #: Age of the oldest of them, 0 where there is none.
    seconds: float
    #: What the last failure said; empty when the last run succeeded.
    error: str


Handler = Callable[[Sequence[FeedStatement]], None]


@dataclass(frozen=True, slots=True)
class _Consumer:
    handle: Handler
    batch: int


_consumers: dict[str, _Consumer] = {}

# The limit stands in the text: a plan made for any limit would sort the whole table. So would ORDER BY xid
# without the table's name, which is the column of the result, a bigint.
_NEXT = """
SELECT s.seq, s.store_id, s.source_id, s.credential_id, s.statement_id, s.stored, s.timestamp, s.version,
       s.flags, s.payload, s.xid::text::bigint
FROM lrs_statement s
WHERE (s.xid, s.seq) > (%s::text::xid8, %s) AND s.xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY s.xid, s.seq LIMIT {most}
"""

_BY_KEY = """
SELECT s.seq, s.store_id, s.source_id, s.credential_id, s.statement_id, s.stored, s.timestamp, s.version,
       s.flags, s.payload, s.xid::text::bigint
FROM lrs_statement s WHERE s.seq > %s ORDER BY s.seq LIMIT {most}
"""

_LAG = """
SELECT count(*), min(stored) FROM (
    SELECT s.stored FROM lrs_statement s
    WHERE (s.xid, s.seq) > (%s::text::xid8, %s) ORDER BY s.xid, s.seq LIMIT {most}
) AS waiting
"""


def consumer(name: str, *, batch: int = 500) -> Callable[[Handler], Handler]:
    """Register a consumer; it starts at the first statement ever stored."""

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


def run(name: str, *, batches: int | None = None, seconds: float | None = None) -> int:
    """Hand `name` what it has not had: all of it, or as much as `batches` or `seconds` allow.

    Returns how many statements it was given. Where another process is running it, returns 0 at once. An
    error of the consumer is kept with its cursor and raised.
    """
    FeedCursor.objects.get_or_create(name=name)
    until = None if seconds is None else time.monotonic() + seconds
    handed = 0
    done = 0
    while batches is None or done < batches:
        try:
            count = _run_batch(name, _consumers[name])
        except Exception as error:
            FeedCursor.objects.filter(name=name).update(
                last_error=f"{type(error).__name__}: {error}"[:1000], failed=timezone.now()
            )
            raise
        handed += count
        done += 1
        if count < _consumers[name].batch or (until is not None and time.monotonic() > until):
            break
    return handed


def _run_batch(name: str, registered: _Consumer) -> int:
    with transaction.atomic():
        # Whoever holds the row is the one that runs; a crash lets go of it.
        cursor = FeedCursor.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if cursor is None:
            return 0
        rows = _next(cursor.xid, cursor.seq, registered.batch)
        if rows:
            registered.handle([FeedStatement(*row[:10]) for row in rows])
            cursor.xid, cursor.seq = rows[-1][10], rows[-1][0]
            cursor.handled += len(rows)
        if rows or cursor.last_error:
            cursor.last_error, cursor.failed, cursor.moved = "", None, timezone.now()
            cursor.save()
        # A crash before the commit that follows undoes effect and cursor together.
    return len(rows)


def _next(xid: int, seq: int, most: int) -> list[tuple[Any, ...]]:
    with database.binary_cursor() as cursor:
        cursor.execute(sql.SQL(_NEXT).format(most=sql.Literal(most)), (str(xid), seq))
        return cursor.fetchall()


def read(after: tuple[int, int], most: int) -> tuple[list[FeedStatement], tuple[int, int]]:
    """Return the statements after a position, in feed order, and the position behind them.

    For readers that keep their own position, as an export does. (0, 0) is the beginning.
    """
    rows = _next(after[0], after[1], most)
    position = (rows[-1][10], rows[-1][0]) if rows else after
    return [FeedStatement(*row[:10]) for row in rows], position


def by_key(after: int, most: int) -> list[tuple[FeedStatement, int]]:
    """Return every statement there is after a key, in the order of keys, each with its transaction id.

    For checking what is stored: nothing is held back, and nothing is certain to come in time.
    """
    with database.binary_cursor() as cursor:
        cursor.execute(sql.SQL(_BY_KEY).format(most=sql.Literal(most)), (after,))
        return [(FeedStatement(*row[:10]), row[10]) for row in cursor]


def replay(name: str, *, since: datetime | None = None) -> None:
    """Set `name` back so that it gets everything stored at or after `since` (None: everything) again."""
    with transaction.atomic():
        cursor, _ = FeedCursor.objects.select_for_update().get_or_create(name=name)
        cursor.xid, cursor.seq = (0, 0) if since is None else _before(since)
        cursor.handled = 0
        cursor.save()


def _before(moment: datetime) -> tuple[int, int]:
    """Return a position that lies before every statement stored at or after `moment`, also before those of
    transactions still running."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT least((SELECT min(xid::text::bigint) FROM lrs_statement WHERE seq >= %s),
                         pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
            """,
            (first_key(moment),),
        )
        row = cursor.fetchone()
    return (0 if row is None else int(row[0])), 0


def lag(name: str) -> Lag:
    """Measure how far `name` is behind."""
    position = FeedCursor.objects.filter(name=name).first() or FeedCursor(name=name)
    return lag_behind((position.xid, position.seq), name=name, error=position.last_error)


def lag_behind(after: tuple[int, int], *, name: str = "", error: str = "") -> Lag:
    """Measure how far a reader with a position of its own is behind."""
    with database.binary_cursor() as cursor:
        cursor.execute(sql.SQL(_LAG).format(most=sql.Literal(LAG_COUNTED_MOST)), (str(after[0]), after[1]))
        row = cursor.fetchone()
    count, oldest = row if row is not None else (0, None)
    seconds = max(0.0, (timezone.now() - oldest).total_seconds()) if oldest is not None else 0.0
    return Lag(name=name, statements=count, seconds=seconds, error=error)


def made_at(seq: int) -> datetime:
    """Return when the statement of a key was stored (docs/decisions/0001)."""
    return moment_of(seq)


#: Transactions used up at a time.
_ALIGNED_AT_A_TIME = 100_000
#: SQL of the last transaction id (as bigint) in each log that is ordered by them.
_LAST = [
    "SELECT s.xid::text::bigint FROM lrs_statement s ORDER BY s.xid DESC, s.seq DESC LIMIT 1",
]


def also_ordered_by_transactions(last: str) -> None:
    """Have `align` look at another log as well; `last` is SQL of the last transaction id in it, as bigint."""
    if last not in _LAST:
        _LAST.append(last)


def transactions_behind() -> int:
    """Return how far this database's transaction ids are behind those its logs were written with.

    Above 0 after a dump was restored into another cluster: then new statements would sort before old ones,
    and consumers and pages would miss them.
    """
    with database.binary_cursor() as cursor:
        cursor.execute(
            f"""
            SELECT greatest(0, 1 + greatest(0, {", ".join(f"({each})" for each in _LAST)})
                   - pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
            """
        )
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def align() -> int:
    """Use up transaction ids until the next one is later than any in a log; return how many.

    Part of every preparation of a hub; does nothing but after a restore into another cluster. About 100,000 a
    second.
    """
    used = 0
    while behind := transactions_behind():
        count = min(behind, _ALIGNED_AT_A_TIME)
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
            # A DO block may commit as it goes, where no transaction is open around it.
            cursor.execute(
                f"DO $$ BEGIN FOR i IN 1..{count} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
            )
            cursor.execute("RESET synchronous_commit")
        used += count
    return used


class _Waker:
    """Sends wake-ups from a thread of its own, so that no request waits for the broker."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        # Guards _thread: a fork leaves a process without its threads.
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """Have a wake-up sent within WAKE_SECONDS."""
        self._asked.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._send, name="lrs-feed-waker", daemon=True)
                    self._thread.start()

    def _send(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            try:
                current_app.send_task(SWEEP_TASK, ignore_result=True, retry=False)
            except Exception as error:  # noqa: BLE001  whatever a broker library raises, the sweep comes anyway
                logger.warning("feed_wake_up_not_sent", reason=type(error).__name__)
            time.sleep(WAKE_SECONDS)


_waker = _Waker()


def wake() -> None:
    """Have every consumer run soon. Costs the caller nothing and never fails it: at most one message goes out
    in WAKE_SECONDS, and a broker that is away only means waiting for the sweep."""
    _waker.ask()
