"""Trying a file connection without changing anything: can we get there, and would the next file be read?

In: a `Reading`. Out: findings, in the order a person would check. Nothing is moved.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.adapters import Finding, Reading
from connectors.adapters.files import delivered, manifest
from connectors.adapters.files.manifest import Delivery, Known
from connectors.adapters.files.options import Options, options
from connectors.adapters.files.place import Place, place
from connectors.adapters.files.run import waiting
from connectors.errors import ConnectorError


def tried(reading: Reading, defaults: Mapping[str, Any] | None = None) -> list[Finding]:
    """Return what was tried and how it went."""
    found: list[Finding] = []
    try:
        chosen = options(reading.settings, defaults)
        with (
            place(chosen, reading.secrets) as where,
            tempfile.TemporaryDirectory(prefix="hub-files-") as folder,
        ):
            _try(where, chosen, reading, Path(folder), found)
    except FileNotFoundError:
        found.append(Finding("List the folder", False, f"There is no folder {reading.settings['folder']}."))
    except ConnectorError as error:
        found.append(Finding("Connect" if not found else "Go on", False, _told(error)))
    return found


def _try(where: Place, chosen: Options, reading: Reading, into: Path, found: list[Finding]) -> None:
    names = where.entries()
    found.append(Finding("List the folder", True, f"{len(names)} files."))
    writable = where.may_put_away()
    found.append(
        Finding("Put files away", writable, "" if writable else "processed/ and failed/ cannot be written.")
    )
    try:
        there = waiting(where, into)
    except ConnectorError as error:
        found.append(Finding("Read the manifests", False, _told(error)))
        return
    found.append(Finding("Read the manifests", True, _waiting(there, names)))
    known, numbered = Known.of(reading.watermark), chosen.sequence == "required"
    for full in (True, False):
        choice = manifest.choose(there, known, full=full, numbered=numbered)
        if choice.gap:
            found.append(Finding("Sequence", False, choice.gap))
        found.extend(_read(where, each, chosen, reading, into) for each in choice.read[:1])


def _read(where: Place, each: Delivery, chosen: Options, reading: Reading, into: Path) -> Finding:
    what = f"Read {each.file}"
    try:
        fetched = delivered.fetch(where, each, into, most=chosen.most_bytes)
        ready = delivered.prepare(fetched, each, chosen, reading.secrets)
        first = next(ready.rows(), None)
        broken = sum(1 for row in ready.rows() if row[2])
        ready.path.unlink()
    except ConnectorError as error:
        return Finding(what, False, _told(error))
    fields = ", ".join(first[1]) if first is not None else "none"
    return Finding(what, True, f"{each.rows:,} records, {broken:,} of them damaged. Fields: {fields}.")


def _waiting(there: list[Delivery], names: Mapping[str, object]) -> str:
    announced = {each.file for each in there}
    loose = [each for each in names if each not in announced and not manifest.is_manifest(each)]
    text = f"{len(there)} files are announced."
    return f"{text} {len(loose)} have no manifest and are not read." if loose else text


def _told(error: ConnectorError) -> str:
    return f"{error.reason} {error.suggestion}".strip()
