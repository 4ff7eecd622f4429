"""Whether a proof holds: the walk of RFC 9162, sections 2.1.3.2 and 2.1.4.2.

In: a proof and the roots it is about. Out: True or False; nothing malformed ever holds. Knows nothing of how
proofs are made (compliance.proof.tree).
"""

from __future__ import annotations

from collections.abc import Sequence

from compliance.proof.hashing import HASH, node_hash


def includes(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that the leaf hash stands at `index` of the tree with this size and root."""
    if not 0 <= index < size or not _hashes(leaf, root, *path):
        return False
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(each, found)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            found = node_hash(found, each)
        at >>= 1
        last >>= 1
    return last == 0 and found == root


def consistent(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether `path` proves that the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 < old <= new or not _hashes(old_root, new_root, *path):
        return False
    if old == new:
        return not path and old_root == new_root
    if not path:
        return False
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    at, last = old - 1, new - 1
    while at & 1:
        at >>= 1
        last >>= 1
    of_old = of_new = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            of_old, of_new = node_hash(each, of_old), node_hash(each, of_new)
            while at and not at & 1:
                at >>= 1
                last >>= 1
        else:
            of_new = node_hash(of_new, each)
        at >>= 1
        last >>= 1
    return last == 0 and of_old == old_root and of_new == new_root


def _hashes(*values: bytes) -> bool:
    return all(len(each) == HASH for each in values)
