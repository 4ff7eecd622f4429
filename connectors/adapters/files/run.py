"""A run over delivered files: choose, fetch, check, give pages; afterwards put the files away.

In: a `Reading`. Out: pages. Files stay where they are until the run has succeeded; a run that is killed finds
them again and goes on behind the last page that was applied. Nothing is moved by reading.

A checkpoint says which files the run is about, which of them is being read and up to which row. Its
“absence” says whether workers the run did not see have left: only where a full file was read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors.adapters import Page, RawRecord, Reading
from connectors.adapters.files import delivered, manifest, pages
from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.manifest import MANIFEST_MOST, Choice, Delivery, Known
from connectors.adapters.files.options import Options, options
from connectors.adapters.files.place import FAILED, PROCESSED, Place, place
from connectors.errors import Incomplete

#: Fingerprints of files kept to know one again.
_SEEN_MOST = 400

Defaults = Mapping[str, Any]


def read(reading: Reading, defaults: Defaults | None = None) -> Iterator[Page]:
    """Give the pages of the files that are next."""
    found = options(reading.settings, defaults)
    with tempfile.TemporaryDirectory(prefix="hub-files-") as folder:
        into = Path(folder)
        with place(found, reading.secrets) as where:
            choice = _choice(where, into, reading, found)
        # Rows that become one record are fewer than the manifest says.
        total = None if found.several_rows == "group" else sum(each.rows for each in choice.read)
        start, row = reading.checkpoint.get("at", 0), reading.checkpoint.get("row", 0)
        if not reading.checkpoint and (choice.replayed or not choice.read):
            yield Page(tuple(map(_replay, choice.replayed)), _checkpoint(choice, reading, 0, 0), total)
        for at in range(start, len(choice.read)):
            yield from _pages_of(choice, at, row if at == start else 0, into, reading, found, total)


def _pages_of(
    choice: Choice, at: int, row: int, into: Path, reading: Reading, found: Options, total: int | None
) -> Iterator[Page]:
    each = choice.read[at]
    with place(found, reading.secrets) as where:
        fetched = delivered.fetch(where, each, into, most=found.most_bytes)
    ready = delivered.prepare(fetched, each, found, reading.secrets)
    try:
        for records, number in pages.pages(ready, each.kind, after=row):
            yield Page(records, _checkpoint(choice, reading, at, number), total)
        # A file without rows has been read, too.
        yield Page((), _checkpoint(choice, reading, at + 1, 0), total)
    finally:
        ready.path.unlink(missing_ok=True)


def finish(
    reading: Reading, checkpoint: Mapping[str, Any], succeeded: bool, defaults: Defaults | None = None
) -> None:
    """Put away what the run has read; after a failure, what can never be read."""
    found = options(reading.settings, defaults)
    with place(found, reading.secrets) as where:
        if succeeded:
            for each in (*checkpoint.get("batch", ()), *checkpoint.get("done", ())):
                _put_away(where, each, PROCESSED)
            for each in checkpoint.get("replayed", ()):
                _put_away(where, each, FAILED)
            return
        for unusable in _damaged(where, reading, found):
            _put_away(where, unusable, FAILED)


def watermark(reading: Reading, checkpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the next run knows of the files read so far."""
    known = Known.of(reading.watermark)
    batch = checkpoint.get("batch", ())
    numbers = [each["sequence"] for each in batch if each["sequence"] is not None]
    passed = [each["sha256"] for each in (*checkpoint.get("done", ()), *batch)]
    seen = list(dict.fromkeys((*known.seen, *passed)))
    return {
        "as_of": reading.as_of.isoformat(),
        "sequence": max([*numbers, *([known.sequence] if known.sequence is not None else [])], default=None),
        "seen": seen[-_SEEN_MOST:],
    }


def waiting(where: Place, into: Path) -> list[Delivery]:
    """Return every delivery whose manifest is there; raise Damaged for a manifest that makes no sense."""
    return [_delivery(where, name, into) for name in sorted(where.entries()) if manifest.is_manifest(name)]


def _delivery(where: Place, name: str, into: Path) -> Delivery:
    copy = into / "manifest"
    try:
        where.fetch(name, copy, most=MANIFEST_MOST)
    except FileNotFoundError as error:
        raise Incomplete(f"{name} went away while it was read.") from error
    return manifest.parse(name, copy.read_bytes())


def _choice(where: Place, into: Path, reading: Reading, found: Options) -> Choice:
    there = waiting(where, into)
    if reading.checkpoint:
        return _resumed(there, reading.checkpoint)
    numbered = found.sequence == "required"
    if numbered and (without := next((each for each in there if each.sequence is None), None)):
        raise Damaged(f"The manifest {without.manifest} has no sequence.")
    choice = manifest.choose(there, Known.of(reading.watermark), full=reading.full, numbered=numbered)
    if choice.gap and not choice.read:
        raise Incomplete(choice.gap, suggestion="Ask for the missing file, or for a full one.")
    return choice


def _resumed(there: list[Delivery], checkpoint: Mapping[str, Any]) -> Choice:
    """Return the files the run began with; files that arrived since wait for the next."""

    def same(names: Any, *, needed: bool) -> tuple[Delivery, ...]:
        by_manifest = {(each.manifest, each.sha256): each for each in there}
        found = [by_manifest.get((each["manifest"], each["sha256"])) for each in names]
        if needed and None in found:
            raise Incomplete("A file this run began to read is gone or is another one now.")
        return tuple(each for each in found if each is not None)

    return Choice(
        same(checkpoint["batch"], needed=True),
        same(checkpoint["done"], needed=False),
        same(checkpoint["replayed"], needed=False),
    )


def _checkpoint(choice: Choice, reading: Reading, at: int, row: int) -> dict[str, Any]:
    return {
        "batch": [_named(each) for each in choice.read],
        "done": [_named(each) for each in choice.done],
        "replayed": [_named(each) for each in choice.replayed],
        "at": at,
        "row": row,
        "absence": reading.full and any(each.full and each.kind == "worker" for each in choice.read),
    }


def _named(each: Delivery) -> dict[str, Any]:
    return {
        "manifest": each.manifest,
        "file": each.file,
        "sha256": each.sha256,
        "sequence": each.sequence,
    }


def _replay(each: Delivery) -> RawRecord:
    reason = (
        f"{each.file} has number {each.sequence}, which has been read before, and other contents. "
        "It was not read."
    )
    return RawRecord("worker", "", _named(each), reason)


def _damaged(where: Place, reading: Reading, found: Options) -> list[Mapping[str, Any]]:
    """Return manifests and files that cannot be read however often it is tried."""
    unusable: list[Mapping[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="hub-files-") as folder:
        into = Path(folder)
        fine: list[Delivery] = []
        for name in sorted(where.entries()):
            if not manifest.is_manifest(name):
                continue
            try:
                each = _delivery(where, name, into)
            except Damaged:
                unusable.append({"manifest": name, "file": ""})
                continue
            if found.sequence == "required" and each.sequence is None:
                unusable.append(_named(each))
            else:
                fine.append(each)
        numbered = found.sequence == "required"
        known = Known.of(reading.watermark)
        for each in manifest.choose(fine, known, full=reading.full, numbered=numbered).read:
            try:
                fetched = delivered.fetch(where, each, into, most=found.most_bytes)
                delivered.prepare(fetched, each, found, reading.secrets).path.unlink()
            except Damaged:
                unusable.append(_named(each))
            except Incomplete:
                continue
    return unusable


def _put_away(where: Place, each: Mapping[str, Any], folder: str) -> None:
    # A crash in between leaves the manifest of a file known to be read, which the next run puts away, or a
    # damaged file without its manifest, which nobody reads.
    names = [each["file"], each["manifest"]]
    for name in names if folder == PROCESSED else reversed(names):
        if name:
            where.put_away(name, folder)
