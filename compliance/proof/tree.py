"""The Merkle tree: growing it tile by tile, its roots, and proofs out of it (RFC 9162, section 2.1).

In: leaf hashes, or a way to look up the root of a complete subtree. Out: tiles, roots, paths. Pure: never a
database, never a file.

A tile of level L and number N holds up to 256 hashes, each the root of a complete subtree of 256^L leaves
(C2SP tlog-tiles). The right edge of a tree, its incomplete tile at each level, is all that growing needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from compliance.proof.hashing import EMPTY_ROOT, HASH, node_hash

#: Hashes of a full tile, and its height in levels of the binary tree.
TILE_WIDTH, TILE_HEIGHT = 256, 8

#: Returns the root of the complete subtree of 2^height leaves that begins at leaf number × 2^height.
Nodes = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile as far as it is filled."""

    level: int
    number: int
    #: Its hashes, 32 bytes each, from left to right.
    hashes: bytes

    @property
    def width(self) -> int:
        """How many hashes it has, 1 to 256."""
        return len(self.hashes) // HASH


@dataclass(frozen=True, slots=True)
class Edge:
    """A tree as far as growing it needs it."""

    size: int = 0
    #: The incomplete tile of each level, lowest first; empty where a tile has just been filled.
    partial: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        subtrees = [each for hashes in reversed(self.partial) for each in _complete(hashes)]
        return _joined(subtrees) if subtrees else EMPTY_ROOT


def grown(edge: Edge, leaves: Sequence[bytes]) -> tuple[Edge, list[Tile]]:
    """Return the edge after these leaf hashes were added, and every tile that was begun or filled further."""
    size = edge.size + len(leaves)
    added = b"".join(leaves)
    partial, tiles, level = [], [], 0
    while added:
        hashes = (edge.partial[level] if level < len(edge.partial) else b"") + added
        number = (edge.size >> TILE_HEIGHT * level) // TILE_WIDTH
        full = TILE_WIDTH * HASH
        carried = []
        for start in range(0, len(hashes), full):
            tile = Tile(level, number, hashes[start : start + full])
            tiles.append(tile)
            number += 1
            if len(tile.hashes) == full:
                carried.append(subtree_root(tile.hashes))
        partial.append(hashes[len(hashes) - len(hashes) % full :])
        added = b"".join(carried)
        level += 1
    return Edge(size, (*partial, *edge.partial[level:])), tiles


def subtree_root(hashes: bytes) -> bytes:
    """Return the root over hashes whose number is a power of two."""
    digest = sha256
    while len(hashes) > HASH:
        hashes = b"".join(
            [digest(b"\x01" + hashes[at : at + 2 * HASH]).digest() for at in range(0, len(hashes), 2 * HASH)]
        )
    return hashes


def root_at(size: int, nodes: Nodes) -> bytes:
    """Return the root of the first `size` leaves."""
    return range_root(0, size, nodes) if size else EMPTY_ROOT


def range_root(begin: int, end: int, nodes: Nodes) -> bytes:
    """Return the root over leaves begin to end - 1; begin is a multiple of the largest power of two in it."""
    subtrees = []
    while begin < end:
        height = (end - begin).bit_length() - 1
        subtrees.append(nodes(height, begin >> height))
        begin += 1 << height
    return _joined(subtrees)


def inclusion_path(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` leaves, from the leaf upwards."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    begin, end = 0, size
    path = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(range_root(middle, end, nodes))
            end = middle
        else:
            path.append(range_root(begin, middle, nodes))
            begin = middle
    return path[::-1]


def consistency_path(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return the proof that the tree of `new` leaves begins with the one of `old` leaves (1 or more)."""
    if not 0 < old <= new:
        raise ValueError(f"there is no proof from {old} to {new} leaves")
    if old == new:
        return []
    begin, end = 0, new
    path = []
    while old < end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(range_root(middle, end, nodes))
            end = middle
        else:
            path.append(range_root(begin, middle, nodes))
            begin = middle
    if begin:
        path.append(range_root(begin, end, nodes))
    return path[::-1]


def _split(count: int) -> int:
    """Return the largest power of two smaller than a count of at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _complete(hashes: bytes) -> list[bytes]:
    """Return the roots of the complete subtrees of some hashes, largest first."""
    found, at, left = [], 0, len(hashes) // HASH
    while left:
        many = 1 << left.bit_length() - 1
        found.append(subtree_root(hashes[at : at + many * HASH]))
        at += many * HASH
        left -= many
    return found


def _joined(subtrees: Sequence[bytes]) -> bytes:
    """Return the root over subtrees that become smaller to the right."""
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root
