"""Statements by their keys, for applications that keep something beside them.

In: a store and keys. Out: payloads exactly as they are served, and which of them are voided. Never another
store's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from lrs import database
from lrs.ingest.batch import Flag


@dataclass(frozen=True, slots=True)
class KeyedStatement:
    """A statement as stored."""

    seq: int
    statement_id: UUID
    source_id: int
    payload: str
    voided: bool


@database.read_again
def read_by_keys(store_id: int, seqs: Collection[int]) -> dict[int, KeyedStatement]:
    """Return the statements of a store by key; keys it does not have are left out."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT s.seq, s.statement_id, s.source_id, s.payload, (s.flags & %s) = 0 AND EXISTS (
                SELECT FROM lrs_voided_statement v
                WHERE v.store_id = s.store_id AND v.statement_id = s.statement_id)
            FROM lrs_statement s WHERE s.seq = ANY (%b) AND s.store_id = %s
            """,
            (int(Flag.VOIDING), list(seqs), store_id),
        )
        return {row[0]: KeyedStatement(*row) for row in cursor}
