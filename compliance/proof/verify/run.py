"""The whole check, in one snapshot of the database.

In: nothing but the hub, or keys to trust beside none else. Out: a Report. Writes nothing and repairs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, transaction

from compliance.proof import keys, lock, sources, stored
from compliance.proof.errors import LogRefused
from compliance.proof.hashing import EMPTY_ROOT
from compliance.proof.lock import Published
from compliance.proof.note import Verifier
from compliance.proof.verify import records, signatures
from compliance.proof.verify.leaves import Leaves
from compliance.proof.verify.report import Report
from lrs import database

#: Adds what deviates to a report; a function stays what it is when it is registered.
Check = TypeVar("Check", bound=Callable[[Report], None])
#: What else is checked in the same snapshot, by parts of compliance that keep proofs of their own.
_MORE: list[Callable[[Report], None]] = []


def also_checks(check: Check) -> Check:
    """Have something else checked with the log: it adds what deviates to the report."""
    _MORE.append(check)
    return check


def no_longer_checks(check: Callable[[Report], None]) -> None:
    """Take a check back."""
    if check in _MORE:
        _MORE.remove(check)


def verify(trusted: Sequence[Verifier] = ()) -> Report:
    """Check everything that was logged.

    `trusted` are keys to hold checkpoints against instead of those the database knows: whoever can change the
    database could add one to it.
    """
    report = Report()
    # Before the snapshot: what is published lies behind the tree, never ahead of it.
    published = _published(report)
    with _snapshot():
        _check(report, published, list(trusted) or keys.verifiers())
    signatures.published_file(report, list(trusted) or keys.verifiers())
    return report


def _check(report: Report, published: Published | None, known: Sequence[Verifier]) -> None:
    head = stored.head()
    report.size = head.size
    shown = 0 if published is None else published.size
    wanted = [*signatures.sizes(), head.size, shown]
    leaves = Leaves(report, head.size, min(shown, head.size), wanted)
    leaves.build()
    if leaves.edge.root != head.root:
        report.add("head.changed", f"The head says another root than the tree has at {head.size:,} leaves.")
    roots = {0: EMPTY_ROOT} | leaves.roots
    signatures.checkpoints(report, head.origin, roots, known)
    signatures.lock(report, published, roots, known)
    largest = 0 if published is None else max(published.size, published.witnessed)
    _records(report, rolled_back=max(largest, *signatures.sizes(), 0) > head.size)
    for check in _MORE:
        check(report)


def _records(report: Report, *, rolled_back: bool) -> None:
    positions = stored.positions()
    future = _future()
    for source in sources.registered():
        logged = positions.get(source.number, sources.BEGINNING)
        records.compare(source, report, logged=logged, rolled_back=rolled_back, future=future)
    records.disposals(report)


def _published(report: Report) -> Published | None:
    try:
        return lock.read()
    except LogRefused as error:
        report.add("lock.changed", str(error))
        return None


def _future() -> int:
    """Return the first transaction id that was not given yet."""
    with database.binary_cursor() as cursor:
        row = cursor.execute(
            "SELECT greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
            " coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0))"
        ).fetchone()
    return 0 if row is None else int(row[0])


@contextmanager
def _snapshot() -> Iterator[None]:
    """Have everything in the block see the database as it is now; a caller's transaction is kept."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
