"""Co-signatures of witnesses (C2SP tlog-cosignature, cosignature/v1, Ed25519).

In: the text of a checkpoint, a witness' key. Out: a signature line, or when it was co-signed. A witness that
co-signs says: at this time this was the largest tree I have seen of this log, and it goes on from all before.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compliance.proof.errors import NoteRefused
from compliance.proof.note import COSIGNATURE, Signature, Signer, Verifier, key_id, signature_line

_TIME = 8
_SIGNATURE = 64


def message(text: str, seconds: int) -> bytes:
    """Return what a witness signs."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def line(witness: Signer, text: str, seconds: int) -> str:
    """Return the line with which a witness co-signs a checkpoint's text at a Unix time."""
    private = Ed25519PrivateKey.from_private_bytes(witness.seed)
    public = private.public_key().public_bytes_raw()
    content = seconds.to_bytes(_TIME, "big") + private.sign(message(text, seconds))
    return signature_line(witness.name, key_id(witness.name, COSIGNATURE, public), content)


def moment(witness: Verifier, text: str, signature: Signature) -> int:
    """Return the Unix time at which a witness co-signed; NoteRefused where it did not."""
    if (signature.name, signature.key_id) != (witness.name, witness.key_id):
        raise NoteRefused(f"This is no co-signature of {witness.name}.")
    if len(signature.content) != _TIME + _SIGNATURE:
        raise NoteRefused(f"The co-signature of {witness.name} has the wrong length.")
    seconds = int.from_bytes(signature.content[:_TIME], "big")
    if not witness.holds(message(text, seconds), signature.content[_TIME:]):
        raise NoteRefused(f"The co-signature of {witness.name} does not hold.")
    return seconds
