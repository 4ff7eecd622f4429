"""From the rows of a checked file to raw records, a page at a time.

In: a `Delivered` and how many of its rows earlier pages took. Out: (records, rows taken by now). A record
that stands in the file a second time is given as broken; so is one without a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from connectors.adapters import RawRecord
from connectors.adapters.files.csv_rows import Row
from connectors.adapters.files.delivered import Delivered, key_of
from connectors.adapters.files.options import PAGE

_ENDED = frozenset({"ended", "end", "delete", "deleted", "terminate", "terminated", "remove", "removed"})
_RESCINDED = frozenset({"rescind", "rescinded", "cancel", "cancelled", "void"})

#: (number of its last row, record)
Numbered = tuple[int, RawRecord]


def pages(delivered: Delivered, kind: str, *, after: int) -> Iterator[tuple[tuple[RawRecord, ...], int]]:
    """Give the records behind row `after`."""
    found: list[RawRecord] = []
    number = after
    # Rows that earlier pages took are read again, so that a repetition of one of them is seen.
    for number, record in _records(delivered, kind):
        if number <= after:
            continue
        found.append(record)
        if len(found) == PAGE:
            yield tuple(found), number
            found = []
    if found:
        yield tuple(found), number


def _records(delivered: Delivered, kind: str) -> Iterator[Numbered]:
    if delivered.options.several_rows == "group":
        yield from _grouped(delivered, kind)
        return
    for number, values, broken in delivered.rows():
        yield number, _record(delivered, kind, number, values, broken)


def _grouped(delivered: Delivered, kind: str) -> Iterator[Numbered]:
    """Give rows of one key that follow each other as one record."""

    def by(row: Row) -> tuple[str, int]:
        key = "" if row[2] else key_of(row[1], delivered.options.key)
        # A row without a key stands for itself.
        return (key, 0) if key else ("", row[0])

    for _, group in groupby(delivered.rows(), key=by):
        rows = list(group)
        number, values, broken = rows[0]
        whole = {**values, "rows": [each[1] for each in rows]} if not broken else values
        yield rows[-1][0], _record(delivered, kind, number, whole, broken)


def _record(delivered: Delivered, kind: str, number: int, values: dict[str, Any], broken: str) -> RawRecord:
    options = delivered.options
    key = key_of(values, options.key if kind == "worker" else f"{kind}_id {options.key}")
    # Where nobody has a key any more, the column was renamed: for the drift check it is a record.
    whole = not broken and not key
    if whole:
        broken = f"Record {number} has no {options.key.split()[0]}."
    if not broken and (first := delivered.repeats.earlier(key, number)):
        broken = f"Record {number} repeats the key {key} of record {first}."
    return RawRecord(_kind(kind, values, options.action), key, values, broken, whole)


def _kind(kind: str, values: dict[str, Any], action: str) -> str:
    if kind != "worker":
        return kind
    said = str(values.get(action) or "").strip().casefold()
    if said in _ENDED:
        return "ended"
    return "rescinded" if said in _RESCINDED else kind
