"""Writes under which context each actor of a statement learned.

In: (statement, actor, moment). Out: rows of StatementContext; what is so already stays, what is no longer
so is ended and derived again, in one round trip for any number. Never a change of a statement.

New statements and changes never pass each other: a batch of new statements holds a shared lock, a batch of
changes the exclusive one. So a change sees every context derived before it, and a statement derived after
it sees the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lrs import database

#: Key of the advisory lock between new statements and changes.
_LOCK = 0x454E5249


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement and one actor of it; actor 0 stands for a group nobody can tell the members of."""

    seq: int
    actor_id: int
    store_id: int
    source_id: int
    moment: datetime


def hold_off_changes() -> None:
    """Let no change be followed until this transaction ends."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (_LOCK,))


def hold_off_statements() -> None:
    """Let no new statement be derived until this transaction ends; waits for those under way."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def derive(asked: Sequence[Asked]) -> int:
    """Derive the contexts of `asked`, each pair once; return how many rows were written."""
    if not asked:
        return 0
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT connectors_derive(%b::bigint[], %b::bigint[], %b::integer[], %b::integer[],"
            " %b::timestamptz[])",
            (
                [each.seq for each in asked],
                [each.actor_id for each in asked],
                [each.store_id for each in asked],
                [each.source_id for each in asked],
                [each.moment for each in asked],
            ),
        )
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])
