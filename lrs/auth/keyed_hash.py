"""Hashes of API secrets that are worth nothing without the hub's own key.

In: a credential's key and its secret. Out: 32 bytes for each key the hub knows, the newest first. The
secret itself never leaves this module. Secrets have 256 random bits, so a fast keyed hash is enough: no
list of guesses reaches them, and a stolen table without the hub's key cannot even be tried.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lrs import conf

#: Separates these keys from anything else made of SECRET_KEY.
PURPOSE = b"lrs.auth.keyed_hash.v1"


@lru_cache(maxsize=16)
def derived(master: str, purpose: bytes = PURPOSE) -> bytes:
    """Return 32 bytes made of `master` for one purpose (HKDF-SHA-256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(master.encode())


def keyed_hashes(key: str, secret: str) -> tuple[bytes, ...]:
    """Return the hash of `secret` under every key of the hub; the first is the one to keep.

    The credential's key is part of what is hashed: a hash copied to another credential opens nothing.
    """
    message = key.encode() + b"\0" + secret.encode()
    return tuple(hmac.digest(derived(master), message, "sha256") for master in conf.secret_keys())


def keyed_hash(key: str, secret: str) -> bytes:
    """Return the hash of `secret` to keep."""
    return keyed_hashes(key, secret)[0]
