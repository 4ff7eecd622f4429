"""A delivered file made ready: fetched, checked, decrypted, unpacked and counted before a row of it is used.

In: a place, a delivery and a private folder. Out: a plain file on this machine with the rows its manifest
promises. Raises Damaged where it is not what the manifest says, Incomplete where it may still be written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.adapters.files import csv_rows, json_records, packed, pgp, text, xml_records
from connectors.adapters.files.csv_rows import Row
from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.manifest import Delivery
from connectors.adapters.files.options import Options
from connectors.adapters.files.place import Entry, Place
from connectors.adapters.files.repeats import Repeats
from connectors.errors import Incomplete

#: XML that says before its records what is to be done with them (an OAGIS business object document).
_ACTION = ("ActionExpression", "actionCode")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A plain file that has been checked."""

    path: Path
    encoding: str
    repeats: Repeats
    options: Options

    def rows(self) -> Iterator[Row]:
        """Give its rows from the first."""
        return _rows(self.path, self.encoding, self.options)


def fetch(place: Place, delivery: Delivery, into: Path, *, most: int) -> Path:
    """Return a copy of the file whose bytes are those the manifest names."""
    before = place.entries()
    if delivery.file not in before:
        raise Incomplete(f"{delivery.file} has a manifest and is not there.")
    target = into / "delivered"
    try:
        place.fetch(delivery.file, target, most=most)
    except FileNotFoundError as error:
        raise Incomplete(f"{delivery.file} went away while it was read.") from error
    after = place.entries()
    if _still_written(before, after, delivery) or target.stat().st_size != before[delivery.file].size:
        raise Incomplete(f"{delivery.file} is still being written.")
    if _sha256(target) != delivery.sha256:
        raise Damaged(
            f"{delivery.file} is not the file its manifest describes: the SHA-256 is another.",
            suggestion="Ask its sender to send both again.",
        )
    return target


def prepare(path: Path, delivery: Delivery, options: Options, secrets: Mapping[str, str]) -> Delivered:
    """Return the plain file of a fetched one, counted."""
    plain = pgp.opened(path, delivery.file, options, secrets)
    plain = packed.unpacked(plain, delivery.file, most=options.most_bytes)
    encoding = "" if options.format == "xml" else text.encoding_of(plain, options.encoding)
    found = Delivered(plain, encoding, Repeats(), options)
    counted, last = 0, None
    for _, values, broken in found.rows():
        counted += 1
        key = "" if broken else key_of(values, options.key)
        if key and not (options.several_rows == "group" and key == last):
            found.repeats.note(key)
        last = key
    found.repeats.settle()
    if counted != delivery.rows:
        raise Damaged(
            f"{delivery.file} has {counted:,} records; its manifest says {delivery.rows:,}.",
            suggestion="Ask its sender to send both again.",
        )
    return found


def key_of(values: Mapping[str, Any], paths: str) -> str:
    """Return the key of a record: what the first of the paths, separated by blanks, finds."""
    for path in paths.split():
        found: Any = values
        for name in path.split("."):
            if isinstance(found, list) and len(found) == 1:
                found = found[0]
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            found = found.get("#text")
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
            return str(found).strip()
    return ""


def _still_written(before: Mapping[str, Entry], after: Mapping[str, Entry], delivery: Delivery) -> bool:
    file, manifest = after.get(delivery.file), after.get(delivery.manifest)
    if file is None or manifest is None or file != before[delivery.file]:
        return True
    # The manifest is written last: a file that is younger is being written again. Servers tell whole seconds.
    return file.modified > manifest.modified + 1


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _rows(path: Path, encoding: str, options: Options) -> Iterator[Row]:
    if options.format == "xml":
        names = frozenset(options.records_at.split())
        said = _ACTION if options.action == f"@{_ACTION[1]}" else ("", "")
        yield from xml_records.records(path, xml_records.Shape(names, options.attributes == "keep", said))
        return
    with _decoded(path, encoding) as source:
        if options.format == "csv":
            yield from csv_rows.rows(source, options.delimiter)
        elif options.format == "ndjson":
            yield from json_records.lines(source)
        else:
            yield from json_records.records(source, options.records_at)


@contextmanager
def _decoded(path: Path, encoding: str) -> Iterator[Any]:
    try:
        with text.opened(path, encoding) as source:
            yield source
    except UnicodeError as error:
        raise Damaged(f"The file is not {encoding}: {error}.") from error
