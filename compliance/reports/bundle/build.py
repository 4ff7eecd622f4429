"""A bundle is built: the files in their order, the manifest over them, and the note that signs it.

In: what was asked, and who asks. Out: the archive, written into a sink in the memory of one part. Everything
is read in one snapshot of the database, against one checkpoint that is published just before. The note signs
the hash of the manifest with the log's key; its first line is no log's name, so it can be taken for no
checkpoint.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from django.template.loader import render_to_string
from django.utils import timezone

from compliance.models import LogCheckpoint
from compliance.proof import keys, note, publish, sequence, sources, stored
from compliance.proof.errors import LogRefused
from compliance.reports.asked import Asked
from compliance.reports.bundle.archive import Archive
from compliance.reports.bundle.evidence import ROWS, Evidence
from compliance.reports.bundle.proven import Proven
from compliance.reports.snapshot import snapshot

FORM = "lrs-hub-bundle/v1"
_FOLDER = Path(__file__).parent
#: Seconds to wait until the log has what was stored before.
_PATIENCE = 20
#: Bundles that are thrown away since something was changed while they were built.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it."""

    people: tuple[int, ...]
    proven: int
    #: Records under no checkpoint yet; `verify.py` refuses a bundle with any.
    waiting: int
    checkpoint: str


def make(asked: Asked, *, by: str) -> tuple[IO[bytes], Made]:
    """Return a bundle as an unnamed temporary file, at its beginning.

    Where rows were changed while it was built, so that no checkpoint covers them, it is built again. Raises
    LogRefused where nothing can be published.
    """
    for left in reversed(range(_TRIES)):
        file = TemporaryFile()  # noqa: SIM115  whoever gets it closes it
        try:
            made = write(file, asked, by=by)
        except BaseException:
            file.close()
            raise
        if not made.waiting or not left:
            break
        file.close()
    file.seek(0)
    return file, made


def write(sink: Any, asked: Asked, *, by: str) -> Made:
    """Write a bundle into a sink, which is never sought in; `by` is who it is made for."""
    checkpoint = _caught_up()
    with snapshot():
        return _written(sink, asked, checkpoint, by)


def _caught_up() -> LogCheckpoint:
    """Have everything logged that is stored; return the checkpoint over it."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if not sequence.run():
            if not _waiting():
                break
            time.sleep(0.05)
    made = publish.publish(now=True) or publish.latest()
    if made is None:
        raise LogRefused("Nothing is in the log yet.")
    return made


def _waiting() -> bool:
    positions = stored.positions()
    return any(
        each.waiting(positions.get(each.number, sources.BEGINNING))[0] for each in sources.registered()
    )


def _written(sink: Any, asked: Asked, checkpoint: LogCheckpoint, by: str) -> Made:
    now = timezone.now()
    archive, evidence, proven = Archive(sink, now), Evidence(asked), Proven(checkpoint)
    archive.add(
        "statements.jsonl",
        (b"".join(each.payload.encode() + b"\n" for each in part) for part in evidence.statements()),
    )
    archive.add("statements.proofs.jsonl", proven.statements(evidence.statements()))
    for rows in ROWS:
        archive.add(rows.file, proven.rows(evidence, rows))
    archive.add("contexts.jsonl", evidence.contexts())
    full, signers = publish.full_note(checkpoint), keys.signers(stored.head().origin)
    known = keys.verifiers()
    archive.add("checkpoint.txt", [full.encode()])
    archive.add("keys.txt", ["".join(f"{each.vkey}\n" for each in known).encode()])
    for name in ("schema.json", "README.txt", "verify.py"):
        archive.add(name, [(_FOLDER / name).read_bytes()])
    facts = _facts(asked, evidence, proven, now.isoformat(), by)
    archive.add("index.html", [_index(facts, archive, full, known).encode()])
    manifest = {**facts, "files": [asdict(each) for each in archive.packed]}
    content = json.dumps(manifest, indent=1, ensure_ascii=False).encode() + b"\n"
    archive.add("manifest.json", [content])
    archive.add("manifest.note", [_sealed(content, signers).encode()])
    archive.close()
    return Made(tuple(evidence.people), proven.proven, proven.waiting, full)


def _facts(asked: Asked, evidence: Evidence, proven: Proven, now: str, by: str) -> dict[str, Any]:
    return {
        "form": FORM,
        "made": now,
        "made_for": by,
        "asked": asked.told(),
        "people": len(evidence.people),
        "left_out": asked.left_out(),
        "proven": proven.proven,
        "waiting": proven.waiting,
        "rows": {each.file: each.table for each in ROWS},
    }


def _index(facts: dict[str, Any], archive: Archive, checkpoint: str, known: list[note.Verifier]) -> str:
    said = {each.file: each.what for each in ROWS}
    files = [(each, said.get(each.name, _SAID.get(each.name, ""))) for each in archive.packed]
    return render_to_string(
        "compliance/reports/index.html",
        {"facts": facts, "files": files, "checkpoint": checkpoint, "keys": known},
    )


def _sealed(manifest: bytes, signers: list[note.Signer]) -> str:
    text = f"{FORM} {signers[0].name}\nsha256 {sha256(manifest).hexdigest()}\n"
    return note.signed(text, signers)


_SAID = {
    "statements.jsonl": "The statements exactly as they are stored, one a line.",
    "statements.proofs.jsonl": "For each of them, in the same order, record, salt and path to the root.",
    "contexts.jsonl": "Under which job, unit, location and manager each statement was made.",
    "checkpoint.txt": "The root of the log, signed (C2SP checkpoint).",
    "keys.txt": "The public keys of the log; compare them with what you have by other means.",
    "schema.json": "What each line of each file holds (JSON Schema).",
    "README.txt": "How to check all this, with and without our program.",
    "verify.py": "The program that checks it; needs Python alone.",
}


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what is left of a file, and close it."""
    with file:
        while piece := file.read(1 << 16):
            yield piece
