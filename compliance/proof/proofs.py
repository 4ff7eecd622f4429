"""Proofs for whoever asks: that a record is in the log, and that the log only grew.

In: a record, a leaf, two sizes. Out: what a verifier needs, against a checkpoint that was published. Doors
for other parts: of_record, of_leaf, between, written.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compliance.models import LogCheckpoint
from compliance.proof import publish, sources, stored, tree
from compliance.proof.errors import NotLogged
from compliance.proof.hashing import leaf_hash
from lrs import database

_LEAF = """
    SELECT e.index, e.source, e.key, e.opaque, e.commitment, s.salt
    FROM compliance_log_entry e LEFT JOIN compliance_log_salt s USING (index)
"""
_BY_KEYS = f"{_LEAF} WHERE e.source = %s AND e.key = ANY (%s::bigint[]) ORDER BY e.key"
_BY_INDEX = f"{_LEAF} WHERE e.index = %s"
#: First line of a proof file (C2SP tlog-proof).
_FORM = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry is a leaf of a published tree."""

    index: int
    key: int
    kind: str
    #: The entry as it stands in the log; its leaf hash is SHA-256 of a zero byte and this.
    entry: bytes
    #: What the record was hashed with; None where it was forgotten.
    salt: bytes | None
    size: int
    root: bytes
    path: Sequence[bytes]
    #: The checkpoint with all its signatures.
    note: str

    @property
    def leaf(self) -> bytes:
        """The hash of the leaf."""
        return leaf_hash(self.entry)


def of_records(
    kind: str,
    keys: Sequence[int],
    *,
    checkpoint: LogCheckpoint | None = None,
    nodes: tree.Nodes | None = None,
) -> list[Inclusion]:
    """Return the proofs of records that have a leaf under a checkpoint (the last), in the order of keys.

    Who asks for many, some thousands at a time, passes the same checkpoint and `stored.nodes()` each time.
    """
    made = checkpoint or publish.latest()
    if made is None:
        return []
    with database.binary_cursor() as cursor:
        rows = cursor.execute(_BY_KEYS, (sources.of(kind).number, list(keys))).fetchall()
    under = nodes or stored.nodes()
    note, kinds = publish.full_note(made), stored.kinds()
    return [_inclusion(row, made, note, under, kinds[row[1]]) for row in rows if row[0] < made.size]


def of_record(kind: str, key: int) -> Inclusion:
    """Return the proof of one record; NotLogged where it waits for its leaf or for the next checkpoint."""
    found = of_records(kind, [key])
    if not found:
        raise NotLogged("The record is not under a published checkpoint yet.")
    return found[0]


def of_leaf(index: int) -> Inclusion:
    """Return the proof of a leaf; NotLogged where no checkpoint has it yet."""
    made = publish.latest()
    with database.binary_cursor() as cursor:
        row = cursor.execute(_BY_INDEX, (index,)).fetchone()
    if made is None or row is None or index >= made.size:
        raise NotLogged("There is no such leaf under a published checkpoint.")
    return _inclusion(row, made, publish.full_note(made), stored.nodes(), stored.kinds()[row[1]])


def between(old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` leaves goes on from that of `old`; NotLogged past the last."""
    made = publish.latest()
    if made is None or new > made.size:
        raise NotLogged(f"No tree of {new:,} leaves was published.")
    return tree.consistency_path(old, new, stored.nodes())


def written(proof: Inclusion, extra: bytes = b"") -> str:
    """Return a proof as a file that is checked offline (C2SP tlog-proof); `extra` is anything."""
    lines = [_FORM]
    if extra:
        lines.append(f"extra {b64encode(extra).decode('ascii')}")
    lines.append(f"index {proof.index}")
    lines += [b64encode(each).decode("ascii") for each in proof.path]
    return "\n".join([*lines, "", proof.note])


def _inclusion(
    row: tuple[Any, ...], made: LogCheckpoint, note: str, nodes: tree.Nodes, kind: str
) -> Inclusion:
    index, _, key, opaque, commitment, salt = row
    return Inclusion(
        index=index,
        key=key,
        kind=kind,
        entry=stored.entry(kind, opaque.hex, commitment.hex()),
        salt=salt,
        size=made.size,
        root=bytes(made.root),
        path=tree.inclusion_path(index, made.size, nodes),
        note=note,
    )
