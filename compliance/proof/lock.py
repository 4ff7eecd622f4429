"""What was published last, kept outside the database: against a log that was rolled back, or a second one.

In: a checkpoint before it is signed away. Out: a file beside the database, written durably before anybody is
shown the checkpoint. The log does not start where its tree is smaller than the file says, or another tree at
that size. Restoring the database does not restore the file, so a log that lost leaves can never sign over it:
keep it out of the database's backups.

Protects: the pair (size, root) of the last checkpoint, and the largest size a witness has told of.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from compliance.proof import conf, folder
from compliance.proof.errors import LogRefused


@dataclass(frozen=True, slots=True)
class Published:
    """What the file says."""

    origin: str
    size: int
    root: bytes
    #: The signed note of it.
    note: str
    #: The largest size a witness said it has seen.
    witnessed: int = 0


def read(path: Path | None = None) -> Published | None:
    """Return what was published last; None where there is no file."""
    try:
        content = (path or conf.lock_file()).read_bytes()
    except FileNotFoundError:
        return None
    try:
        said = orjson.loads(content)
        root = bytes.fromhex(said["root"])
        return Published(said["origin"], int(said["size"]), root, said["note"], int(said["witnessed"]))
    except (ValueError, KeyError, TypeError) as error:
        raise LogRefused(
            f"{path or conf.lock_file()} cannot be read; restore it from its own copy."
        ) from error


def advance(before: Published | None, after: Published) -> None:
    """Put `after` in the place of `before`, durably; LogRefused where the file says something else by now."""
    if before is not None and (after.size < before.size or after.witnessed < before.witnessed):
        raise LogRefused(f"The log has published {before.size:,} leaves and would go back to {after.size:,}.")
    with _held() as path:
        if read(path) != before:
            raise LogRefused(f"Somebody else has changed {path}; two logs must not share it.")
        content = {
            "origin": after.origin,
            "size": after.size,
            "root": after.root.hex(),
            "note": after.note,
            "witnessed": after.witnessed,
        }
        folder.write(path, orjson.dumps(content, option=orjson.OPT_INDENT_2), mode=0o600)


def witnessed(size: int) -> None:
    """Keep that a witness has seen so many leaves, where that is more than was known."""
    known = read()
    if known is not None and size > known.witnessed:
        advance(known, replace(known, witnessed=size))


@contextmanager
def _held() -> Iterator[Path]:
    """Hold the file against other processes of this machine."""
    path = conf.lock_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_name(path.name + ".guard").open("a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield path
        os.utime(guard.fileno())
