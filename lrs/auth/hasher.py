"""OAuth client secrets at rest: a keyed hash, as for every API secret of the hub.

In: a random client secret. Out: text for Django's table of hashers. Not for people's passwords, which need
a slow hash: it refuses anything shorter than a random secret of ours.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher, mask_hash

from lrs.auth.keyed_hash import keyed_hash, keyed_hashes

#: Characters of a client secret: 256 bits in base64.
SECRET_CHARACTERS = 43


class KeyedHasher(BasePasswordHasher):
    """HMAC-SHA-256 under the hub's key, with a salt of its own."""

    algorithm = "lrs_keyed"

    def encode(self, password: str, salt: str) -> str:
        if len(password) < SECRET_CHARACTERS:
            raise ValueError("Only random secrets may be kept under a fast hash.")
        return f"{self.algorithm}${salt}${keyed_hash(salt, password).hex()}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, salt, digest = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": digest}

    def verify(self, password: str, encoded: str) -> bool:
        kept = self.decode(encoded)
        equal = False
        for candidate in keyed_hashes(kept["salt"], password):
            equal |= compare_digest(candidate.hex(), kept["hash"])
        return equal

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        kept = self.decode(encoded)
        return {"algorithm": kept["algorithm"], "hash": mask_hash(kept["hash"])}

    def must_update(self, encoded: str) -> bool:  # noqa: ARG002  Django names it
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to even out: the hash has one cost."""
