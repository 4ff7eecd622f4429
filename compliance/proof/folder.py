"""The published files: tiles, bundles and the checkpoint, as a static web server may serve them.

In: the tree in the database. Out: files below `COMPLIANCE_LOG_DIR`, each whole or not there, on disk before
a checkpoint that needs them is signed. What is written twice is the same both times.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from compliance.proof import conf, stored, tiles
from compliance.proof.errors import LogRefused
from compliance.proof.tiles import Name
from compliance.proof.tree import TILE_WIDTH

CHECKPOINT = "checkpoint"


def write(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Put a file in its place, durably: whoever looks sees the one before or this one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    parent = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def write_tiles(old: int, new: int) -> None:
    """Write every tile and bundle that a tree of `new` leaves has and one of `old` leaves had not."""
    for name in tiles.needed(old, new):
        _put(name)
        if name.level == 0:
            _put(Name(None, name.number, name.width))


def content(path: str) -> bytes | None:
    """Return what is published at a path; None where nothing is. `path` is one this package made."""
    try:
        return (conf.folder() / path).read_bytes()
    except OSError:
        return None


def write_checkpoint(note: str) -> None:
    """Publish a checkpoint in the place of the one before."""
    if content(CHECKPOINT) != note.encode():
        write(conf.folder() / CHECKPOINT, note.encode())


def _put(name: Name) -> None:
    found = stored.tile_content(name)
    if found is None:
        raise LogRefused(f"The database lacks what {name.path} is made of.")
    path = conf.folder() / name.path
    if content(name.path) != found:
        write(path, found)
    if name.width == TILE_WIDTH:
        # Whoever still asks for a part of a tile that is full by now is given the whole one.
        shutil.rmtree(path.with_name(path.name + ".p"), ignore_errors=True)
