"""A ZIP written into what cannot be sought in, each file hashed as it goes.

In: names and pieces of bytes. Out: the archive, in the memory of one piece; and of each file its SHA-256, its
bytes and its lines. Archives beyond 4 GB are ZIP64.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

#: Proofs hardly shrink; the rest does at the lowest level already.
_LEVEL = 1
_READABLE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class Packed:
    """One file of an archive."""

    name: str
    sha256: str
    bytes: int
    lines: int


class Archive:
    """An archive under way; `close` writes its directory."""

    def __init__(self, sink: Any, moment: datetime) -> None:
        forward: Any = _Forward(sink)
        self._zip = ZipFile(forward, "w")
        self._moment = moment.timetuple()[:6]
        self.packed: list[Packed] = []

    def add(self, name: str, pieces: Iterable[bytes]) -> Packed:
        """Write a file."""
        info = ZipInfo(name, self._moment)
        info.compress_type, info.external_attr = ZIP_DEFLATED, _READABLE
        info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # noqa: SLF001  public from Python 3.13 on
        digest, size, lines = sha256(), 0, 0
        with self._zip.open(info, "w", force_zip64=True) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
                lines += piece.count(b"\n")
        made = Packed(name, digest.hexdigest(), size, lines)
        self.packed.append(made)
        return made

    def close(self) -> None:
        """Write the directory of the archive."""
        self._zip.close()


class _Forward:
    """Shows only `write` and `flush` of a file, so that nothing is sought in."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink

    def write(self, content: bytes) -> int:
        """Write on."""
        self._sink.write(content)
        return len(content)

    def flush(self) -> None:
        """Hand on what waits."""
        if hasattr(self._sink, "flush"):
            self._sink.flush()
