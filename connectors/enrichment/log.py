"""Derivations as a log: what an export reads, a part at a time, from wherever it stopped.

In: a store and a position. Out: statements in the order in which their contexts were derived. A statement
stands in the log once its context has been derived, and again, further on, when that turns out otherwise: so
one position tells an export of new statements and of changed contexts alike. Only derivations of transactions
older than any still running are given; one that commits late is never passed over (lrs.feed does the same).

A statement of several actors may stand in the log more than once. Whoever reads it keeps the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lrs import database, feed

_FORM = re.compile(r"(\d{1,19})\.(\d{1,19})\Z", re.ASCII)

_NEXT = """
SELECT DISTINCT s.xid, s.seq FROM connectors_statement_context s
WHERE s.store_id = %s AND s.recorded_to IS NULL AND (s.xid, s.seq) > (%s, %s)
  AND s.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY s.xid, s.seq LIMIT %s
"""


# After a restore into another cluster transaction ids must first catch up with these.
feed.also_ordered_by_transactions(
    "SELECT max((SELECT s.xid FROM connectors_statement_context s WHERE s.store_id = o.id"
    " AND s.recorded_to IS NULL ORDER BY s.xid DESC, s.seq DESC LIMIT 1)) FROM lrs_store o"
)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the log; written as two numbers with a full stop between."""

    xid: int = 0
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.xid}.{self.seq}"


BEGINNING = Position()


def position(text: str) -> Position:
    """Return the position a text means; ValueError where it means none."""
    found = _FORM.match(text)
    if found is None or max(int(found[1]), int(found[2])) >= 1 << 63:
        raise ValueError("is a position out of an earlier export, as 7412.639218374651904")
    return Position(int(found[1]), int(found[2]))


def read(store_id: int, after: Position, most: int) -> list[Position]:
    """Return what stands in the log behind a position, in its order."""
    with database.binary_cursor() as cursor:
        cursor.execute(_NEXT, (store_id, after.xid, after.seq, most))
        return [Position(*row) for row in cursor]
