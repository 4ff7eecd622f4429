"""The seal of a signature: a keyed hash over every column of it and the seal before.

In: a Signature. Out: the document that is sealed, its seal, and whether a seal is right. Without the key
nobody can write a signature that passes, move one to another record, change a word of one or take one out of
the middle, whatever they may do to the database.
"""

from __future__ import annotations

import hmac
from datetime import UTC
from functools import lru_cache
from hashlib import sha256
from typing import Any

import rfc8785

from compliance import conf
from compliance.models import Signature
from lrs.auth.keyed_hash import derived

_PURPOSE = b"compliance.signing.seal.v1"


@lru_cache(maxsize=16)
def _named(master: str) -> tuple[str, bytes]:
    key = derived(master, _PURPOSE)
    return sha256(b"name of a seal key\0" + key).hexdigest()[:16], key


def keys() -> dict[str, bytes]:
    """Return the keys by their names, the one that seals first."""
    return dict(_named(master) for master in conf.seal_keys())


def document(signature: Signature) -> dict[str, Any]:
    """Return all that is sealed."""
    return {
        "seal": 1,
        "number": str(signature.number),
        "position": signature.position,
        "previous": signature.previous,
        "key_id": signature.key_id,
        "kind": signature.kind,
        "record_key": signature.record_key,
        "version": signature.version,
        "title": signature.title,
        "author_id": signature.author_id,
        "shown_hash": signature.shown_hash,
        # Empty where the record was disposed of, and what was signed of it went along.
        "shown": sha256(signature.shown.encode()).hexdigest() if signature.shown else signature.shown_hash,
        "meaning": signature.meaning,
        "step": signature.step,
        "steps": signature.steps,
        "signer_id": signature.signer_id,
        "user_name": signature.user_name,
        "printed_name": signature.printed_name,
        "signed_at": signature.signed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "zone": signature.zone,
        "components": signature.components,
        "session": signature.session_id,
        "first_of_session": signature.first_of_session,
        "address": signature.address,
        "request_id": signature.request_id,
        "reason": signature.reason,
    }


def seal(signature: Signature) -> None:
    """Seal a signature whose other columns are all filled."""
    name, key = next(iter(keys().items()))
    signature.key_id = name
    signature.seal = _sealed(signature, key)


def is_whole(signature: Signature) -> bool:
    """Whether the seal is that of exactly this row."""
    key = keys().get(signature.key_id)
    return key is not None and hmac.compare_digest(_sealed(signature, key), signature.seal)


def _sealed(signature: Signature, key: bytes) -> str:
    return hmac.new(key, rfc8785.dumps(document(signature)), sha256).hexdigest()
