"""Statements as records of the log: who posted what, when, and the hash of exactly what is served.

In: statements (lrs.feed). Out: records. The canonical form is written by hand, since every value is known to
be a whole number or plain ASCII; a test compares it with the library's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256

from compliance.proof.sources import Position, Record, Source, Stored, register
from lrs import feed

KIND = "statement"


def canonical(each: feed.FeedStatement) -> bytes:
    """Return the record of a statement, canonical (RFC 8785): names in order, keys as text, times in UTC.

    `seq` is written as text: JSON's numbers are too small for it.
    """
    stored = each.stored.astimezone(UTC).isoformat(timespec="microseconds")
    timestamp = each.timestamp.astimezone(UTC).isoformat(timespec="microseconds")
    return (
        f'{{"credential":{each.credential_id},"flags":{each.flags},"id":"{each.statement_id}",'
        f'"kind":"statement","payload_sha256":"{sha256(each.payload.encode()).hexdigest()}",'
        f'"seq":"{each.seq}","source":{each.source_id},"store":{each.store_id},"stored":"{stored}",'
        f'"timestamp":"{timestamp}","version":{each.version}}}'
    ).encode("ascii")


def _record(each: feed.FeedStatement) -> Record:
    return Record(each.seq, str(each.statement_id), canonical(each))


def _read(after: Position, most: int) -> tuple[Sequence[Record], Position]:
    statements, position = feed.read(after, most)
    return [_record(each) for each in statements], position


def _stored(after: int, most: int) -> list[Stored]:
    found = []
    for each, xid in feed.by_key(after, most):
        fault = "" if feed.made_at(each.seq) == each.stored else "its time of storing is not that of its key"
        found.append(Stored(_record(each), xid, each.store_id, fault))
    return found


def _waiting(after: Position) -> tuple[int, float]:
    found = feed.lag_behind(after)
    return found.statements, found.seconds


STATEMENTS = register(Source(KIND, 1, read=_read, stored=_stored, waiting=_waiting, moment_of=feed.made_at))
