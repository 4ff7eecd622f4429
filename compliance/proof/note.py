"""Signed notes and their keys (C2SP signed-note).

In: texts, keys. Out: notes, and which known keys signed one. A note is a text that ends with a newline, a
blank line, and signature lines `— <name> <base64 of key id and signature>`. Signatures of keys that are not
known are ignored; a wrong one of a known key refuses the note.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from compliance.proof.errors import NoteRefused

#: Types of signature: Ed25519 of a note, and time-stamped Ed25519 of a checkpoint by a witness.
ED25519, COSIGNATURE = 0x01, 0x04
#: Bytes of an Ed25519 key, and of a key id.
KEY, KEY_ID = 32, 4
#: A note is refused that is larger, or has more signatures.
NOTE_MOST, SIGNATURES_MOST = 1_000_000, 100

_PRIVATE = "PRIVATE+KEY+"
_NAME = re.compile(r"[^\s+]+\Z")
_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<content>[A-Za-z0-9+/]+={0,2})\Z")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name."""

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell a key from others of its name."""
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        """The key as text: name+key id+base64 of type and key."""
        return (
            f"{self.name}+{self.key_id.hex()}+{b64encode(bytes([self.kind]) + self.public).decode('ascii')}"
        )

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature is this key's over a message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private Ed25519 key with its name."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> Verifier:
        """Its public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return Verifier(self.name, public)

    def line(self, text: str) -> str:
        """Return the signature line for a text."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return signature_line(self.name, self.verifier.key_id, signature)

    @property
    def written(self) -> str:
        """The key as it is kept in a file."""
        content = b64encode(bytes([ED25519]) + self.seed).decode("ascii")
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{content}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    content: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note, without its end."""
        return signature_line(self.name, self.key_id, self.content)


@dataclass(frozen=True, slots=True)
class Note:
    """A note taken apart; nothing is said of whether the signatures hold."""

    text: str
    signatures: tuple[Signature, ...]


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the id of a key."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID]


def signature_line(name: str, key: bytes, content: bytes) -> str:
    """Return a signature line without its end."""
    return f"— {name} {b64encode(key + content).decode('ascii')}"


def signed(text: str, signers: Sequence[Signer]) -> str:
    """Return the note of a text, signed by each."""
    if not text.endswith("\n") or _unfit(text):
        raise NoteRefused("A note ends with a newline and has no control characters.")
    return text + "\n" + "".join(each.line(text) + "\n" for each in signers)


def joined(note: str, lines: Iterable[str]) -> str:
    """Return a note with further signature lines."""
    return note + "".join(line + "\n" for line in lines)


def taken_apart(content: str) -> Note:
    """Return the parts of a note."""
    if len(content) > NOTE_MOST or _unfit(content):
        raise NoteRefused("This is no note: it is too long, or has control characters.")
    text, blank, rest = content.rpartition("\n\n")
    if not blank or not rest.endswith("\n"):
        raise NoteRefused("This is no note: no blank line stands before its signatures.")
    lines = rest[:-1].split("\n")
    if len(lines) > SIGNATURES_MOST:
        raise NoteRefused(f"This note has more than {SIGNATURES_MOST} signatures.")
    return Note(text + "\n", tuple(signature(each) for each in lines))


def signature(line: str) -> Signature:
    """Return what a signature line says."""
    found = _LINE.match(line)
    content = _decoded(found["content"]) if found is not None else b""
    if found is None or len(content) <= KEY_ID:
        raise NoteRefused("A signature line of the note is malformed.")
    return Signature(found["name"], content[:KEY_ID], content[KEY_ID:])


def opened(content: str, known: Iterable[Verifier]) -> tuple[Note, list[Verifier]]:
    """Return a note that at least one of the known keys signed, and which did."""
    note = taken_apart(content)
    keys = {(each.name, each.key_id): each for each in known if each.kind == ED25519}
    found: list[Verifier] = []
    for each in note.signatures:
        verifier = keys.get((each.name, each.key_id))
        if verifier is None or verifier in found:
            continue
        if not verifier.holds(note.text.encode(), each.content):
            raise NoteRefused(f"The signature of {each.name} (key {each.key_id.hex()}) does not hold.")
        found.append(verifier)
    if not found:
        raise NoteRefused("No key that is known signed this note.")
    return note, found


def verifier(vkey: str) -> Verifier:
    """Return the key a text stands for."""
    name, _, rest = vkey.strip().partition("+")
    hashed, _, content = rest.partition("+")
    key = _decoded(content)
    if not _NAME.match(name) or len(key) != 1 + KEY or key[0] not in (ED25519, COSIGNATURE):
        raise NoteRefused("This is no Ed25519 key of the form name+key id+base64.")
    found = Verifier(name, key[1:], key[0])
    if found.key_id.hex() != hashed:
        raise NoteRefused(f"The key id of {name} does not belong to its key.")
    return found


def signer(written: str) -> Signer:
    """Return the private key a file holds."""
    name, _, rest = written.strip().removeprefix(_PRIVATE).partition("+")
    hashed, _, content = rest.partition("+")
    key = _decoded(content)
    if not written.startswith(_PRIVATE) or len(key) != 1 + KEY or key[0] != ED25519:
        raise NoteRefused("This is no private Ed25519 key of the form PRIVATE+KEY+name+key id+base64.")
    found = Signer(name, key[1:])
    if found.verifier.key_id.hex() != hashed:
        raise NoteRefused(f"The key id of {name} does not belong to its key.")
    return found


def _decoded(content: str) -> bytes:
    try:
        return b64decode(content, validate=True)
    except (NotBase64, ValueError) as error:
        raise NoteRefused("What should be base64 is not.") from error


def _unfit(text: str) -> bool:
    return any(each < " " and each != "\n" for each in text)
