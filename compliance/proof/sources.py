"""Where records of the log come from: a small register.

A source reads its records in an order that late commits cannot fall behind, the pair (transaction id, key),
and only records of transactions older than any still running; `lrs.feed` says why. To add one, write a module
with a `Source` and `register` it, and import that in compliance.apps; `compliance.proof.tables` makes one of
a table.

    kind       the word that stands in the log for its records
    number     what stands in the tables for it; never given twice
    read       the records after a position, and the position behind them
    stored     every record by key, as it is now, for whoever checks
    moment_of  when a record was made, where its key tells
    of_keys    the records of some keys, for whoever shows them with their proofs
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

#: Transaction id and key of the last record that was dealt with.
Position = tuple[int, int]
BEGINNING: Position = (0, 0)


@dataclass(frozen=True, slots=True)
class Record:
    """What is committed to."""

    key: int
    #: What names it for people: a statement's id, a table and its row.
    name: str
    #: The record in the JSON Canonicalization Scheme (RFC 8785).
    canonical: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it stands in its table now."""

    record: Record
    #: Its transaction.
    xid: int
    store_id: int | None = None
    #: What is wrong with the row by itself; empty where nothing is.
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A source of records."""

    kind: str
    number: int
    #: (after, most) → records in the order of (transaction, key), and the position behind the last.
    read: Callable[[Position, int], tuple[Sequence[Record], Position]]
    #: (after this key, most) → what stands in the table, in the order of keys.
    stored: Callable[[int, int], Sequence[Stored]]
    #: (after) → how many records wait, counted up to some number, and the age of the oldest in seconds.
    waiting: Callable[[Position], tuple[int, float]]
    moment_of: Callable[[int], datetime] | None = None
    of_keys: Callable[[Sequence[int]], Sequence[Record]] = lambda _: ()


_sources: dict[str, Source] = {}


def register(source: Source) -> Source:
    """Have a source's records logged from the first one on."""
    for each in _sources.values():
        if (each.kind == source.kind) != (each.number == source.number):
            raise ValueError(f"{source.kind} and {each.kind} cannot share a number or a word.")
    _sources[source.kind] = source
    return source


def forget(kind: str) -> None:
    """Take a source off the register; what it told stays in the log."""
    _sources.pop(kind, None)


def registered() -> list[Source]:
    """Return every source, in the order of their numbers."""
    return sorted(_sources.values(), key=lambda each: each.number)


def of(kind: str) -> Source:
    """Return a source; KeyError where there is none of the kind."""
    return _sources[kind]
