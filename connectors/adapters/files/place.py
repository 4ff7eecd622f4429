"""Where files arrive: listing, fetching and putting away, the same for a folder and an SFTP server.

A place gives names of plain files at its top level only, never follows a link and never goes below or above
its folder but for processed/ and failed/.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.options import Options
from connectors.errors import CannotConnect

PROCESSED = "processed"
FAILED = "failed"
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a listing shows it."""

    size: int
    modified: float


class Place(Protocol):
    """Where files arrive."""

    def entries(self) -> Mapping[str, Entry]:
        """Return every plain file by its name."""

    def fetch(self, name: str, to: Path, *, most: int) -> None:
        """Copy a file; raise Damaged beyond `most` bytes, FileNotFoundError if it is not there."""

    def put_away(self, name: str, folder: str) -> None:
        """Move a file to processed/ or failed/, without overwriting; one that is gone is no error."""

    def may_put_away(self) -> bool:
        """Whether files can be moved, tried without moving one."""


@contextmanager
def place(options: Options, secrets: Mapping[str, str]) -> Iterator[Place]:
    """Open the place the options name."""
    if options.over == "folder":
        yield Folder(Path(options.folder))
        return
    # asyncssh takes half a second to import; most processes never need it.
    from connectors.adapters.files.sftp import connect

    with connect(options, secrets) as found:
        yield found


class Folder:
    """A folder of this machine."""

    def __init__(self, path: Path) -> None:
        if not path.is_absolute() or not path.is_dir():
            raise CannotConnect(f"{path} is not a folder of this machine (an absolute path is needed).")
        self.path = path

    def entries(self) -> Mapping[str, Entry]:
        found = {}
        with os.scandir(self.path) as listing:
            for each in listing:
                if each.is_file(follow_symlinks=False):
                    told = each.stat(follow_symlinks=False)
                    found[each.name] = Entry(told.st_size, told.st_mtime)
        return found

    def fetch(self, name: str, to: Path, *, most: int) -> None:
        handle = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as source, to.open("wb") as target:
            told = os.fstat(source.fileno())
            if not stat.S_ISREG(told.st_mode):
                raise Damaged(f"{name} is not a plain file.")
            copied = 0
            while chunk := source.read(_CHUNK):
                copied += len(chunk)
                if copied > most:
                    raise too_large(name, most)
                target.write(chunk)

    def put_away(self, name: str, folder: str) -> None:
        target = self.path / folder
        target.mkdir(mode=0o750, exist_ok=True)
        source = self.path / name
        if not source.exists():
            return
        shutil.move(source, target / free_name(name, {each.name for each in target.iterdir()}))

    def may_put_away(self) -> bool:
        return os.access(self.path, os.W_OK | os.X_OK)


def free_name(name: str, taken: set[str]) -> str:
    """Return the name, or the name with the first number behind it that is not taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}.{number}"
    return found


def too_large(name: str, most: int) -> Damaged:
    """Return what to raise for a file beyond the limit."""
    return Damaged(f"{name} is larger than {most:,} bytes.", suggestion="Raise most_bytes if it is meant so.")
