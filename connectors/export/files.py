"""An export as a folder of files, carried on where it stopped.

In: a store, a format and a folder. Out: files of a bounded size, each with its positions, counts and SHA-256
in `manifest.json`. A file is written under another name and renamed when it is whole and on disk; then the
manifest is replaced, likewise. What a crash leaves behind is an unnamed part, or a file the manifest does not
know, which the next run writes again under the same name. Two runs never write into one folder at once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import orjson
from django.utils import timezone

from connectors.enrichment import log
from connectors.enrichment.log import Position
from connectors.errors import ConnectorError
from connectors.export.formats import FORMATS, with_copies
from connectors.export.rows import AT_A_TIME, rows

MANIFEST = "manifest.json"
_LOCK = ".lock"
_PART = ".part"
#: Of the manifest and of the columns.
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to export, and where to."""

    store_id: int
    store: str
    format: str
    folder: Path
    #: Whether each line also has a copy that carries the context inside.
    extension: bool = False
    #: Where an export into an empty folder begins.
    since: Position | None = None
    statements_a_file: int = 100_000
    bytes_a_file: int = 256 * 1024 * 1024


@dataclass(slots=True)
class _Counted:
    """A file that counts and digests what is written to it."""

    file: IO[bytes]
    size: int = 0
    digest: Any = field(default_factory=sha256)

    def write(self, data: bytes, /) -> int:
        self.size += len(data)
        self.digest.update(data)
        return self.file.write(data)


def export(plan: Plan) -> Iterator[dict[str, Any]]:
    """Write what is new since the last run; yield the entry of each file when it is there to stay."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    with _alone(plan.folder):
        for part in plan.folder.glob(f"*{_PART}"):
            part.unlink()
        manifest = _manifest(plan)
        after = log.position(manifest["position"])
        while positions := log.read(plan.store_id, after, min(AT_A_TIME, plan.statements_a_file)):
            entry, after = _file(plan, len(manifest["files"]) + 1, after, positions)
            manifest["files"].append(entry)
            manifest["position"] = str(after)
            _replace(plan.folder / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")
            yield entry


def _file(
    plan: Plan, number: int, after: Position, positions: list[Position]
) -> tuple[dict[str, Any], Position]:
    """Write one file that begins with `positions`; return its entry and the position behind it."""
    format_ = with_copies(FORMATS[plan.format]) if plan.extension else FORMATS[plan.format]
    name = f"statements-{number:06}.{format_.ending}"
    part = plan.folder / f"{name}{_PART}"
    first, statements, lines = after, 0, 0
    with part.open("wb") as opened:
        counted = _Counted(opened)
        writer = format_.writer(counted)
        while positions:
            for some in rows(plan.store_id, positions):
                lines += writer.write(some)
                statements += len(some)
            after = positions[-1]
            if statements >= plan.statements_a_file or counted.size >= plan.bytes_a_file:
                break
            most = min(AT_A_TIME, plan.statements_a_file - statements)
            positions = log.read(plan.store_id, after, most)
        writer.close()
        opened.flush()
        os.fsync(opened.fileno())
    _rename(part, plan.folder / name)
    entry = {
        "name": name,
        "after": str(first),
        "last": str(after),
        "statements": statements,
        "rows": lines,
        "bytes": counted.size,
        "sha256": counted.digest.hexdigest(),
        "written": timezone.now().isoformat(),
    }
    return entry, after


def _manifest(plan: Plan) -> dict[str, Any]:
    """Return the folder's manifest, or one of an export that begins; ConnectorError where it is another's."""
    path = plan.folder / MANIFEST
    if not path.exists():
        since = plan.since or log.BEGINNING
        return {
            "version": _VERSION,
            "store": plan.store,
            "store_id": plan.store_id,
            "format": plan.format,
            "extension": plan.extension,
            "position": str(since),
            "files": [],
        }
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    for name, wanted in (
        ("version", _VERSION),
        ("store_id", plan.store_id),
        ("format", plan.format),
        ("extension", plan.extension),
    ):
        if found.get(name) != wanted:
            raise ConnectorError(
                f"{path} is of an export whose {name} is {found.get(name)!r}, not {wanted!r}.",
                suggestion="Use a folder of its own for each store and format.",
            )
    if plan.since is not None and str(plan.since) != found["position"]:
        raise ConnectorError(
            f"The export in {plan.folder} has come to {found['position']}; it goes on there.",
            suggestion="Leave the position out, or use another folder.",
        )
    return found


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConnectorError(f"Another export is writing into {folder}.") from error
        yield


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + _PART)
    with part.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    _rename(part, path)


def _rename(part: Path, path: Path) -> None:
    """Give a file its name, and have the folder remember it."""
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
