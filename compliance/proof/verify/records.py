"""Every record and its leaf, side by side in the order of keys.

In: a source, the entries of it. Out: deviations: records that changed, are gone, were never logged or are
wrong in themselves; salts that are gone without a disposal. Bounded in memory, whatever there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from compliance.proof.disposals import digest
from compliance.proof.hashing import commitment
from compliance.proof.sources import Position, Source, Stored
from compliance.proof.verify.report import Report
from lrs import database

Row = TypeVar("Row")

_AT_ONCE = 2_000
#: Below every key.
_LOWEST = -(1 << 63)

_ENTRIES = """
    SELECT e.key, e.index, e.commitment, s.salt, s.name, d.disposal_id
    FROM compliance_log_entry e
    LEFT JOIN compliance_log_salt s ON s.index = e.index
    LEFT JOIN compliance_log_disposed d ON d.index = e.index
    WHERE e.source = %s AND e.key > %s ORDER BY e.key LIMIT %s
"""
_DISPOSALS = """
    SELECT p.id, p.count, p.digest,
           ARRAY(SELECT d.index FROM compliance_log_disposed d WHERE d.disposal_id = p.id ORDER BY d.index)
    FROM compliance_log_disposal p WHERE p.id > %s ORDER BY p.id LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class _Entry:
    key: int
    index: int
    commitment: bytes
    salt: bytes | None
    name: str
    disposal_id: int | None


def compare(source: Source, report: Report, *, logged: Position, rolled_back: bool, future: int) -> None:
    """Compare the records of a source with its leaves.

    `logged` is how far the sequencer says it has read; `rolled_back`, that the tree was once larger than it
    is, so that nothing that has no leaf merely waits; `future`, the first transaction id not given yet.
    """
    rows = _paged(lambda after: source.stored(after, _AT_ONCE), lambda row: row.record.key)
    entries = _paged(lambda after: _entries(source, after), lambda entry: entry.key)
    row, entry = next(rows, None), next(entries, None)
    while row is not None or entry is not None:
        if row is not None and (entry is None or row.record.key < entry.key):
            _without_leaf(source, row, report, logged, rolled_back=rolled_back, future=future)
            row = next(rows, None)
        elif entry is not None and (row is None or entry.key < row.record.key):
            _without_record(source, entry, report)
            entry = next(entries, None)
        elif row is not None and entry is not None:
            _both(source, row, entry, report)
            row, entry = next(rows, None), next(entries, None)


def disposals(report: Report) -> None:
    """Check that each disposal names just the leaves it says."""
    after = 0
    while rows := _disposals(after):
        for identity, count, hashed, indexes in rows:
            after = identity
            if len(indexes) != count or digest(indexes) != bytes(hashed):
                report.add(
                    "disposal.changed",
                    f"Disposal {identity} says it is of {count} leaves, and others are named under it.",
                    name=f"disposal {identity}",
                )


def _both(source: Source, row: Stored, entry: _Entry, report: Report) -> None:
    report.records += 1
    where = _where(source, row, entry.index)
    if row.fault:
        report.add("record.fault", f"The record is wrong in itself: {row.fault}.", **where)
    if entry.salt is None:
        _unsalted(source, entry, report, where)
    elif commitment(entry.salt, row.record.canonical) != entry.commitment:
        report.add("record.changed", "The record, or its leaf, is not what was logged.", **where)


def _without_record(source: Source, entry: _Entry, report: Report) -> None:
    report.records += 1
    where = {"index": entry.index, "source": source.kind, "key": entry.key, "name": entry.name}
    if entry.salt is None:
        _unsalted(source, entry, report, where)
    else:
        report.add("record.gone", "The record was logged and is gone.", **where)


def _unsalted(source: Source, entry: _Entry, report: Report, where: dict[str, Any]) -> None:
    if entry.disposal_id is not None:
        report.erased += 1
    else:
        report.add("salt.gone", f"The salt of a {source.kind} is gone, and no disposal says why.", **where)


def _without_leaf(
    source: Source, row: Stored, report: Report, logged: Position, *, rolled_back: bool, future: int
) -> None:
    where = _where(source, row, None)
    if row.fault:
        report.add("record.fault", f"The record is wrong in itself: {row.fault}.", **where)
    if (row.xid, row.record.key) <= logged:
        text = "The record has no leaf, and the sequencer has passed its place: it was put in beside the log."
        report.add("record.unlogged", text, **where)
    elif row.xid > future:
        text = f"The record says transaction {row.xid} stored it, which has not begun yet."
        report.add("record.unlogged", text, **where)
    elif rolled_back:
        text = (
            "The record has no leaf, and the log was larger once: its leaf may be among those that are gone."
        )
        report.add("record.unlogged", text, **where)
    else:
        report.waiting += 1


def _where(source: Source, row: Stored, index: int | None) -> dict[str, Any]:
    return {
        "index": index,
        "source": source.kind,
        "key": row.record.key,
        "name": row.record.name,
        "store_id": row.store_id,
    }


def _entries(source: Source, after: int) -> list[_Entry]:
    with database.binary_cursor() as cursor:
        cursor.execute(_ENTRIES, (source.number, after, _AT_ONCE))
        return [
            _Entry(
                key, index, bytes(committed), None if salt is None else bytes(salt), name or "", disposal_id
            )
            for key, index, committed, salt, name, disposal_id in cursor
        ]


def _disposals(after: int) -> list[tuple[Any, ...]]:
    with database.binary_cursor() as cursor:
        return cursor.execute(_DISPOSALS, (after,)).fetchall()


def _paged(read: Callable[[int], Sequence[Row]], key: Callable[[Row], int]) -> Iterator[Row]:
    after = _LOWEST
    while page := read(after):
        yield from page
        after = key(page[-1])
