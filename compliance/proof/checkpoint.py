"""Checkpoints: what a log says of its tree (C2SP tlog-checkpoint).

In: origin, size and root. Out: the text of a note, and back.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

from compliance.proof.errors import NoteRefused
from compliance.proof.hashing import HASH

_SIZE = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree of a log."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode('ascii')}\n"


def said(text: str) -> Checkpoint:
    """Return the checkpoint a text says; lines after the third are left alone."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0] or not _SIZE.match(lines[1]):
        raise NoteRefused("This is no checkpoint: it has an origin, a size and a root.")
    try:
        root = b64decode(lines[2], validate=True)
    except (NotBase64, ValueError) as error:
        raise NoteRefused("The root of the checkpoint is not base64.") from error
    if len(root) != HASH:
        raise NoteRefused("The root of the checkpoint is no SHA-256.")
    return Checkpoint(lines[0], int(lines[1]), root)
