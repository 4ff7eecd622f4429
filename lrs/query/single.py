"""One statement by its id, and what stands beside it.

In: a store and a statement id. Out: `SingleStatement` or None. `statementId` finds what is not voided,
`voidedStatementId` what is (xAPI 1.0.3, Communication 2.1.3 and 2.1.4).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lrs import database
from lrs.identity import EntityKey
from lrs.ingest.batch import Flag
from lrs.ingest.entities import known
from lrs.ingest.links import Role


@dataclass(frozen=True, slots=True)
class SingleStatement:
    """A statement as stored."""

    seq: int
    payload: str
    stored: datetime
    voided: bool


@database.read_again
def read_single(
    store_id: int, statement_id: UUID, *, mine: Sequence[EntityKey] = ()
) -> SingleStatement | None:
    """Return the statement of that id, voided or not; None where the store has none (of that authority)."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT s.seq, s.payload, s.stored, (s.flags & %s) = 0 AND EXISTS (
                SELECT FROM lrs_voided_statement v
                WHERE v.store_id = s.store_id AND v.statement_id = s.statement_id)
            FROM lrs_statement s WHERE s.store_id = %s AND s.statement_id = %s
            """,
            (int(Flag.VOIDING), store_id, statement_id),
            prepare=True,
        )
        row = cursor.fetchone()
    if row is None or not all(_has_authority(store_id, row[0], key) for key in mine):
        return None
    return SingleStatement(*row)


def _has_authority(store_id: int, seq: int, authority: EntityKey) -> bool:
    entity_id = known(store_id, authority)
    if entity_id is None:
        return False
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT FROM lrs_statement_entity WHERE entity_id = %s AND seq = %s AND roles & %s <> 0",
            (entity_id, seq, int(Role.AUTHORITY)),
        )
        return cursor.fetchone() is not None


@dataclass(frozen=True, slots=True)
class CarriedContent:
    """An attachment content some of the statements carry."""

    #: The hash the statements name it by: SHA-256, or another of the SHA-2 family.
    sha2: str
    sha256: str
    content_type: str


@database.read_again
def attachments_of(seqs: Collection[int]) -> list[CarriedContent]:
    """Return every attachment content the statements carry, once for each name."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT l.sha2, a.sha256, a.content_type
            FROM lrs_statement_attachment l JOIN lrs_attachment a ON a.id = l.attachment_id
            WHERE l.seq = ANY (%s) GROUP BY l.sha2, a.sha256, a.content_type ORDER BY l.sha2
            """,
            (list(seqs),),
        )
        return [CarriedContent(*row) for row in cursor]
