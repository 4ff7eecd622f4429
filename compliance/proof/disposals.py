"""Forgetting salts: what was logged can no longer be told, and every proof stays valid.

In: which records, why, on what it rests and on whose word. Out: their salts and names are gone; a disposal
stands in the log for them, itself a record. Never without that trace: a trigger refuses to remove a salt no
disposal names. Never the record itself: that is for whoever disposes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils import timezone

from compliance.models import LogDisposal
from compliance.proof import sources
from compliance.proof.errors import NotLogged
from compliance.proof.sources import register
from compliance.proof.tables import moment, of_table
from lrs import database, feed

KIND = "disposal"

_FIND = """
    SELECT e.index FROM compliance_log_entry e JOIN compliance_log_salt s USING (index)
    WHERE e.source = %s AND e.key = ANY (%s::bigint[]) ORDER BY e.index FOR UPDATE OF s
"""
_NAME = "INSERT INTO compliance_log_disposed (index, disposal_id) SELECT unnest(%s::bigint[]), %s"
_FORGET = "DELETE FROM compliance_log_salt WHERE index = ANY (%s::bigint[])"

# After a restore into another cluster transaction ids must first catch up with these.
feed.also_ordered_by_transactions("SELECT max(xid) FROM compliance_log_disposal")


@transaction.atomic
def forget_salts(kind: str, keys: Iterable[int], *, why: str, reference: str, by: str) -> int:
    """Forget the salts of records, by the keys they have in their source; return of how many that was new.

    `reference` names what it rests on (a certificate of disposition, a request), `by` who said so. Records
    that wait for their leaf cannot be forgotten yet: NotLogged, and nothing is done.
    """
    wanted = sorted(set(keys))
    number = sources.of(kind).number
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM compliance_log_entry WHERE source = %s AND key = ANY (%s::bigint[])",
            (number, wanted),
        )
        logged = _one(cursor.fetchone())
        if logged < len(wanted):
            raise NotLogged(f"{len(wanted) - logged} of {len(wanted)} records wait for their leaf.")
        indexes = [row[0] for row in cursor.execute(_FIND, (number, wanted))]
        if not indexes:
            return 0
        xid = _one(cursor.execute("SELECT pg_current_xact_id()::text::bigint").fetchone())
        made = LogDisposal.objects.create(
            at=timezone.now(),
            why=why,
            reference=reference,
            by=by,
            count=len(indexes),
            digest=digest(indexes),
            xid=xid,
        )
        cursor.execute(_NAME, (indexes, made.pk))
        cursor.execute(_FORGET, (indexes,))
    return len(indexes)


def digest(indexes: Sequence[int]) -> bytes:
    """Return the hash of ascending indexes, as a disposal keeps it."""
    return sha256(b"".join(each.to_bytes(8, "big") for each in indexes)).digest()


def _one(row: Any) -> int:
    return 0 if row is None else int(row[0])


DISPOSALS = register(
    of_table(
        KIND,
        2,
        "compliance_log_disposal",
        key="id",
        at="at",
        name="'disposal ' || id",
        columns={
            "at": moment("at"),
            "by": "by",
            "count": "count",
            "indexes_sha256": "encode(digest, 'hex')",
            "reference": "reference",
            "why": "why",
        },
    )
)
