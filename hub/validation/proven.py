"""Whether an inclusion proof holds, by the program auditors check their bundles with.

In: what `/api/v1/log/inclusion` and `/api/v1/log/keys` answer, and the statement as it was read. Out: what
was verified, or Unmet. The walk, the notes and the signatures are those of `verify.py`, which imports nothing
of the hub and knows nothing of how proofs are made; its own Ed25519 is asked beside the library's.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from compliance.reports.bundle import verify
from hub.validation.steps import Unmet


def checked(statement: bytes, statement_id: str, proof: dict[str, Any], vkeys: Sequence[str]) -> str:
    """Follow payload → record → commitment → leaf → root → checkpoint → key; return what that says."""
    try:
        return _checked(statement, statement_id, proof, vkeys)
    except (verify.Wrong, KeyError, ValueError, TypeError) as error:
        raise Unmet(f"the proof does not hold: {error}") from error


def _checked(statement: bytes, statement_id: str, proof: dict[str, Any], vkeys: Sequence[str]) -> str:
    record = json.loads(proof["record"])
    if record["id"] != statement_id or record["payload_sha256"] != sha256(statement).hexdigest():
        raise verify.Wrong("the record is of another statement")
    commitment = sha256(bytes.fromhex(proof["salt"]) + proof["record"].encode()).hexdigest()
    if json.loads(proof["entry"])["commitment"] != commitment:
        raise verify.Wrong("the entry commits to another record")
    leaf = sha256(b"\x00" + proof["entry"].encode()).digest()
    path = [b64decode(each, validate=True) for each in proof["path"]]
    root = verify.root_of(proof["index"], proof["size"], leaf, path)
    keys = [verify.key_of(each) for each in vkeys]
    origin, size, signed_root, *_ = verify.opened(proof["checkpoint"], keys).split("\n")
    if int(size) != proof["size"] or b64decode(signed_root, validate=True) != root:
        raise verify.Wrong("it leads to another root than the checkpoint's")
    _plainly(proof["checkpoint"], keys)
    return f"leaf {proof['index']:,} of {proof['size']:,} in {origin}, {len(path)} hashes up to the root"


def _plainly(note: str, keys: Sequence[verify.Key]) -> None:
    """Check the signature without any library, too."""
    text, _, lines = note.rpartition("\n\n")
    for line in lines.splitlines():
        _, name, content = line.split(" ")
        signature = b64decode(content, validate=True)
        for known, key_id, public in keys:
            if (known, key_id) == (name, signature[:4]) and verify.ed25519_plain(
                public, f"{text}\n".encode(), signature[4:]
            ):
                return
    raise verify.Wrong("the signature does not hold by RFC 8032 alone")
