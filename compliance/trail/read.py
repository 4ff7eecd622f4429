"""Entries in an order that is safe against transactions that commit late, for readers that keep a position.

In: a position, (0, 0) for the beginning. Out: entries and the position behind them. An entry is handed out
when every transaction that could still write one before it has ended (see lrs.feed); so none is missed and
none comes twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lrs import database, feed

#: The columns of an entry, in order.
COLUMNS = (
    "seq", "xid", "at", "store_id", "table_name", "row_key", "operation", "before", "after", "actor_kind",
    "actor_id", "actor_name", "credential_id", "process", "request_id", "address", "reason", "database_role",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, as compliance.models.AuditEntry describes it."""

    seq: int
    xid: int
    at: datetime
    store_id: int | None
    table_name: str
    row_key: str
    operation: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    actor_kind: str
    actor_id: str
    actor_name: str
    credential_id: int | None
    process: str
    request_id: str
    address: str
    reason: str
    database_role: str


_NEXT = """
SELECT {columns} FROM compliance_audit_entry e
WHERE (e.xid, e.seq) > (%s, %s) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY e.xid, e.seq LIMIT %s
""".format(columns=", ".join(COLUMNS))

# After a restore into another cluster transaction ids must first catch up with these.
feed.also_ordered_by_transactions(
    "SELECT e.xid FROM compliance_audit_entry e ORDER BY e.xid DESC, e.seq DESC LIMIT 1"
)


def entries(after: tuple[int, int], most: int) -> tuple[Sequence[Entry], tuple[int, int]]:
    """Return at most `most` entries after a position (xid, seq), and the position behind them."""
    with database.binary_cursor() as cursor:
        cursor.execute(_NEXT, (*after, most))
        found = [Entry(*row) for row in cursor.fetchall()]
    return found, (found[-1].xid, found[-1].seq) if found else after
