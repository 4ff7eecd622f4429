"""Gzip and zip: from a packed file to a plain one, told by its first bytes and never by its name.

In: a file. Out: the plain file. Raises Damaged for bombs, for archives of several files, for
encrypted and for nested ones.
"""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.options import RATIO_MOST

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_CHUNK = 256 * 1024
#: Below this size nothing is taken for a bomb.
_HARMLESS = 16 * 1024 * 1024


def unpacked(path: Path, name: str, *, most: int) -> Path:
    """Return the plain file."""
    with path.open("rb") as source:
        start = source.read(4)
    if not start.startswith(_GZIP) and start != _ZIP:
        return path
    target = path.with_name(f"{path.name}.unpacked")
    limit = min(most, max(_HARMLESS, path.stat().st_size * RATIO_MOST))
    try:
        if start == _ZIP:
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive, name)) as source:
                _copy(source, target, name, limit)
        else:
            with gzip.open(path) as source:
                _copy(source, target, name, limit)
    except (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError) as error:
        raise Damaged(f"{name} cannot be unpacked: {error}") from error
    path.unlink()
    with target.open("rb") as source:
        inner = source.read(4)
    if inner.startswith(_GZIP) or inner == _ZIP:
        raise Damaged(f"{name} is an archive within an archive.")
    return target


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) != 1:
        raise Damaged(f"{name} holds {len(members)} files; one is expected.")
    if members[0].flag_bits & 0x1:
        raise Damaged(f"{name} is protected by a ZIP password; use PGP.")
    return members[0]


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _copy(source: _Source, target: Path, name: str, limit: int) -> None:
    copied = 0
    with target.open("wb") as plain:
        while chunk := source.read(_CHUNK):
            copied += len(chunk)
            if copied > limit:
                raise Damaged(f"{name} unpacks to more than {limit:,} bytes: it is taken for a bomb.")
            plain.write(chunk)
