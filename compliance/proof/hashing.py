"""The hashes of the tree (RFC 9162, section 2.1.1), and of commitments.

In: bytes. Out: 32 bytes of SHA-256. Leaves and nodes are hashed with different first bytes, so that none can
be passed off as the other.
"""

from __future__ import annotations

from hashlib import sha256

#: Bytes of a hash.
HASH = 32
#: Root of the tree without leaves.
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right).digest()


def commitment(salt: bytes, record: bytes) -> bytes:
    """Return what stands in the log for a record: without the salt it tells nothing of it."""
    return sha256(salt + record).digest()
