"""Who a full extract no longer has, and when a run must ask before it ends anybody.

In: a run that has read everything. Out: `Ended` records applied for open workers no page had, marked as
absent: told from absence, not by the source. `AppliedRecord.absent` keeps the difference to an end that the
source itself told.

Open is who was employed, or to be, when their record was last applied. Workers something was applied of
after the run began (live, by hand, by a later run) are never taken for absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from psycopg import Cursor

from connectors.errors import Stopped
from connectors.models import AppliedRecord, SyncRun, System
from connectors.sync import apply
from connectors.workforce.canonical import Ended
from connectors.workforce.record import Outcome
from lrs import database


class Asks(Stopped):
    """The run would end so many workers that somebody must approve it first."""


#: Workers ended in one transaction.
BATCH = 500
#: Reason kept with an engagement that ended by absence.
REASON = "No longer in the extract"

_OPEN = "a.open AND a.absent IS NULL AND (a.until IS NULL OR a.until > %(as_of)s)"
_UNSEEN = """
    FROM connectors_applied_record a
    WHERE a.system_id = %(system)s AND a.kind = 'worker' AND a.absent IS NULL AND a.applied < %(started)s
      AND NOT EXISTS (SELECT FROM connectors_seen_record s
                      WHERE s.run_id = %(run)s AND s.kind = 'worker' AND s.key = a.key)
"""


def open_workers(system: System) -> int:
    """Return how many workers of a system are employed or to be."""
    return AppliedRecord.objects.filter(system=system, kind="worker", open=True, absent=None).count()


def absent_workers(run: SyncRun) -> int:
    """Return how many open workers a run that read everything did not see."""
    with _comparing() as cursor:
        cursor.execute(f"SELECT count(*) {_UNSEEN} AND {_OPEN}", _about(run))
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def some_absent(run: SyncRun, most: int) -> list[str]:
    """Return the keys of open workers a run did not see, at most so many."""
    with _comparing() as cursor:
        cursor.execute(
            f"SELECT a.key {_UNSEEN} AND {_OPEN} ORDER BY a.key LIMIT {int(most)}",
            _about(run),
        )
        return [row[0] for row in cursor]


def too_many(system: System, ended: int, open_before: int) -> bool:
    """Return whether ending so many of the workers that were open must be approved first."""
    return ended >= max(1, system.end_count_least) and ended > system.end_share_most * open_before


def end_absent(run: SyncRun, system: System, took: Callable[[list[Outcome]], None]) -> None:
    """End every open worker the run did not see; `took` is called in the transaction of each batch."""
    while True:
        with transaction.atomic():
            keys = some_absent(run, BATCH)
            if not keys:
                break
            records = [Ended(key=key, reason=REASON) for key in keys]
            outcomes = apply.apply(system, [[each] for each in records], as_of=run.as_of, run=run)
            _mark(run, keys)
            took([each for [each] in outcomes])
        # A crash here leaves the rest open and unseen: the next attempt ends them.
    with _comparing() as cursor:
        # Those who had left before are gone from the extract, too.
        cursor.execute(
            f"UPDATE connectors_applied_record SET absent = %(as_of)s WHERE id IN (SELECT a.id {_UNSEEN})",  # noqa: S608  a constant
            _about(run),
        )


@contextmanager
def _comparing() -> Iterator[Cursor[tuple[Any, ...]]]:
    """Yield a cursor whose queries compare what was seen with what is known set by set.

    Both tables have just been written, so that the planner may take them for empty and look through one for
    each row of the other.
    """
    with transaction.atomic(), database.binary_cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield cursor
        cursor.execute("SET LOCAL enable_nestloop = on")


def _mark(run: SyncRun, keys: list[str]) -> None:
    AppliedRecord.objects.filter(system_id=run.system_id, kind="worker", key__in=keys).update(
        absent=run.as_of
    )


def _about(run: SyncRun) -> dict[str, object]:
    return {"system": run.system_id, "run": run.pk, "as_of": run.as_of, "started": run.started}
