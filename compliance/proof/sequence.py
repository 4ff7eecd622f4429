"""The sequencer: the next records get the next leaves.

In: records of every source, in an order safe to follow. Out: entries, salts, tiles and the head of the tree,
in one transaction with how far the source was read. One sequencer at a time: an advisory lock is held to the
end of the transaction, and the head is moved by compare-and-swap, which fails where somebody wrote without
the lock. Indexes are contiguous, since they are counted from the head.

A crash before the commit leaves nothing; after it, leaves that the next publication shows (publish).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from hashlib import sha256

import structlog
from django.db import transaction

from compliance.proof import sources, stored, tree
from compliance.proof.errors import LogRefused
from compliance.proof.guard import check_published, lock_log
from compliance.proof.hashing import HASH
from compliance.proof.sources import Position, Record, Source
from compliance.proof.stored import Head
from compliance.proof.tree import Edge, Tile
from lrs import database
from lrs.binary_arrays import big_integers, integers, small_integers, texts

logger = structlog.get_logger(__name__)

#: Records of one transaction at most.
BATCH = 2_048
#: Bytes of the random name of an entry.
_OPAQUE = 16

# One round trip, whatever the size. Hashes come end to end and are cut on arrival.
_WRITE = """
WITH given AS (
    SELECT %(size)s::bigint + o - 1 AS index, key, name,
           ((o - 1) * 32 + 1)::int AS at, ((o - 1) * 16 + 1)::int AS named
    FROM unnest(%(keys)s::bigint[], %(names)s::text[]) WITH ORDINALITY AS u (key, name, o)
), entries AS (
    INSERT INTO compliance_log_entry (index, source, key, opaque, commitment)
    SELECT index, %(source)s, key, encode(substring(%(opaque)s::bytea FROM named FOR 16), 'hex')::uuid,
           substring(%(commitments)s::bytea FROM at FOR 32)
    FROM given ORDER BY index
), salts AS (
    INSERT INTO compliance_log_salt (index, salt, name)
    SELECT index, substring(%(salts)s::bytea FROM at FOR 32), name FROM given ORDER BY index
), tiles AS (
    INSERT INTO compliance_log_tile AS t (level, number, hashes)
    SELECT level, number, substring(%(hashes)s::bytea FROM at FOR bytes)
    FROM unnest(%(levels)s::smallint[], %(numbers)s::bigint[], %(begins)s::integer[], %(lengths)s::integer[])
         AS u (level, number, at, bytes)
    ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
), moved AS (
    INSERT INTO compliance_log_source (number, kind, xid, key)
    VALUES (%(source)s, %(kind)s, %(xid)s, %(key)s)
    ON CONFLICT (number) DO UPDATE SET xid = excluded.xid, key = excluded.key
)
UPDATE compliance_log_head SET size = %(new_size)s, root = %(new_root)s, moved = now()
WHERE size = %(size)s AND root = %(root)s
RETURNING size
"""


def run(*, seconds: float | None = None, batches: int | None = None) -> int:
    """Log what waits, of every source; return how many records got a leaf.

    Stops after so many seconds or batches, where these are given. Where another process is at it, returns at
    once. Raises LogRefused where the tree is behind, or other than, what was published.
    """
    check_published()
    until = None if seconds is None else time.monotonic() + seconds
    logged = done = 0
    for source in sources.registered():
        while True:
            count = sequence(source)
            if not count:
                break
            logged += count
            done += 1
            if done == batches or (until is not None and time.monotonic() > until):
                return logged
    return logged


def sequence(source: Source, *, most: int = BATCH) -> int:
    """Give the next records of a source their leaves; return how many.

    0 where nothing waits, and where another sequencer is at work.
    """
    with transaction.atomic():
        if not lock_log():
            return 0
        head = stored.head()
        after = stored.positions().get(source.number, sources.BEGINNING)
        records, position = source.read(after, most)
        if not records:
            return 0
        edge = stored.edge(head.size)
        if edge.root != head.root:
            raise LogRefused(f"The tiles of the log give another root than its head at {head.size:,} leaves.")
        _add(head, edge, source, records, position)
    return len(records)


def _add(head: Head, edge: Edge, source: Source, records: Sequence[Record], position: Position) -> None:
    random = os.urandom(len(records) * (HASH + _OPAQUE))
    salts, opaque = random[: len(records) * HASH], random[len(records) * HASH :]
    commitments, leaves = _leaves(source.kind, records, salts, opaque)
    new, tiles = tree.grown(edge, leaves)
    values = {
        "size": head.size,
        "root": head.root,
        "new_size": new.size,
        "new_root": new.root,
        "source": source.number,
        "kind": source.kind,
        "xid": position[0],
        "key": position[1],
        "keys": big_integers([each.key for each in records]),
        "names": texts([each.name for each in records]),
        "salts": salts,
        "opaque": opaque,
        "commitments": b"".join(commitments),
        **_columns(tiles),
    }
    with database.binary_cursor() as cursor:
        if cursor.execute(_WRITE, values).fetchone() is None:
            raise LogRefused("Somebody else has moved the head of the log meanwhile.")


def _leaves(
    kind: str, records: Sequence[Record], salts: bytes, opaque: bytes
) -> tuple[list[bytes], list[bytes]]:
    """Return the commitment of each record, and the hash of its leaf."""
    commitments, leaves = [], []
    hashed, names, entry = sha256, opaque.hex(), stored.entry
    for number, each in enumerate(records):
        commitment = hashed(salts[number * HASH : number * HASH + HASH] + each.canonical)
        commitments.append(commitment.digest())
        name = names[number * 2 * _OPAQUE : (number + 1) * 2 * _OPAQUE]
        leaves.append(hashed(b"\x00" + entry(kind, name, commitment.hexdigest())).digest())
    return commitments, leaves


def _columns(tiles: Sequence[Tile]) -> dict[str, object]:
    begins, at = [], 1
    for each in tiles:
        begins.append(at)
        at += len(each.hashes)
    return {
        "levels": small_integers([each.level for each in tiles]),
        "numbers": big_integers([each.number for each in tiles]),
        "begins": integers(begins),
        "lengths": integers([len(each.hashes) for each in tiles]),
        "hashes": b"".join([each.hashes for each in tiles]),
    }
