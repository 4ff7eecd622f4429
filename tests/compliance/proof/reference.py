"""An independent verifier: the length of a proof first, then its inner and its border part.

Written after another description than compliance.proof.checking, so that both being wrong alike is unlikely.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def includes(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof holds."""
    if not 0 <= index < size or any(len(each) != 32 for each in (leaf, root, *path)):
        return False
    inner = (index ^ (size - 1)).bit_length()
    if len(path) != inner + (index >> inner).bit_count():
        return False
    found = leaf
    for bit, each in enumerate(path[:inner]):
        found = _node(each, found) if index >> bit & 1 else _node(found, each)
    for each in path[inner:]:
        found = _node(each, found)
    return found == root


def consistent(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof holds."""
    if not 0 < old <= new or any(len(each) != 32 for each in (old_root, new_root, *path)):
        return False
    if old == new:
        return not path and old_root == new_root
    shift = (old & -old).bit_length() - 1
    inner = ((old - 1) ^ (new - 1)).bit_length() - shift
    border = ((old - 1) >> (inner + shift)).bit_count()
    if old == 1 << shift:
        seed, rest = old_root, list(path)
    elif path:
        seed, rest = path[0], list(path[1:])
    else:
        return False
    if len(rest) != inner + border:
        return False
    mask = (old - 1) >> shift
    first = second = seed
    for bit, each in enumerate(rest[:inner]):
        if mask >> bit & 1:
            first, second = _node(each, first), _node(each, second)
        else:
            second = _node(second, each)
    for each in rest[inner:]:
        first, second = _node(each, first), _node(each, second)
    return first == old_root and second == new_root
