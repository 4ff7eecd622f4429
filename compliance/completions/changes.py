"""Of whom, and in what, other completions are known since: what status follows, incrementally.

In: a position. Out: the changes behind it, in an order that is safe against transactions that commit late
(lrs.feed does the same), and the position behind them. Whoever follows keeps the position with its effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lrs import database, feed

_NEXT = """
SELECT c.id, c.store_id, c.person_id, c.course_id, c.recorded, c.xid FROM compliance_completion_change c
WHERE (c.xid, c.id) > (%b::bigint, %b::bigint)
  AND c.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY c.xid, c.id LIMIT %b::bigint
"""

# After a restore into another cluster transaction ids must first catch up with these.
feed.also_ordered_by_transactions(
    "SELECT c.xid FROM compliance_completion_change c ORDER BY c.xid DESC, c.id DESC LIMIT 1"
)

#: (transaction, id) of the last change dealt with.
Position = tuple[int, int]
BEGINNING: Position = (0, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """That other completions are known of a person at a course."""

    id: int
    store_id: int
    person_id: int
    course_id: int
    recorded: datetime


def read(after: Position, most: int = 1_000) -> tuple[Sequence[Change], Position]:
    """Return the changes behind a position, and the position behind those."""
    with database.binary_cursor() as cursor:
        cursor.execute(_NEXT, (*after, most))
        rows = cursor.fetchall()
    position = (rows[-1][5], rows[-1][0]) if rows else after
    return [Change(*row[:5]) for row in rows], position
