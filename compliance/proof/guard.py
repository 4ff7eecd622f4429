"""Whether the log may go on: one process at a time, and never behind or beside what was published.

In: the tree in the database, the lock outside it. Out: nothing, or LogRefused, which says what to do.
"""

from __future__ import annotations

from django.db import connection

from compliance.models import LogCheckpoint
from compliance.proof import lock, stored, tree
from compliance.proof.errors import LogRefused
from compliance.proof.lock import Published

#: Key of the advisory lock under which leaves are added and checkpoints signed.
_LOCK = 0x4C4F4731


def lock_log() -> bool:
    """Take the log for this transaction, to its end; False where another process has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        row = cursor.fetchone()
    return row is not None and bool(row[0])


def check_published() -> Published | None:
    """Return what was published last, which the tree goes on from; LogRefused where it does not."""
    known = lock.read()
    head = stored.head()
    if known is None:
        if LogCheckpoint.objects.exists():
            raise LogRefused(
                "The log has published checkpoints, and the file that says which was last is gone. Bring it"
                " back; where it is lost for good, compare with what witnesses have and run adopt_log."
            )
        return None
    if known.origin != head.origin:
        raise LogRefused(f"The file of the last checkpoint is of the log {known.origin}, not {head.origin}.")
    if head.size < max(known.size, known.witnessed):
        raise LogRefused(
            f"The log has {head.size:,} leaves, and {max(known.size, known.witnessed):,} were published or"
            " witnessed: it was rolled back, or restored from an earlier backup. Nothing is signed before the"
            " later state is restored."
        )
    if tree.root_at(known.size, stored.nodes()) != known.root:
        raise LogRefused(
            f"At {known.size:,} leaves the log has another root than was published: it was rewritten."
            " Nothing is signed; run verify to see where."
        )
    return known
