"""The auditor: pages, a bundle, and the proof that not one byte of it can be changed.

In: a store, a department. Out: an account for a week that sees that department; the department's report as
pages, PDF and bundle, pulled as anybody would; `verify.py` run by a Python that sees nothing else; and every
file of the bundle with one byte changed, which `verify.py` must name.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from struct import pack
from zipfile import ZIP_STORED, ZipFile
from zlib import compress, crc32

from compliance.models import Disclosure, Requirement
from compliance.proof import keys
from connectors.models import OrganizationUnit
from simulators.inspection.cast import AUDITOR, Actor, actor
from simulators.inspection.stage import Stage
from simulators.inspection.training import PRACTICE, unit_names

_SECONDS = 600
#: FPDFBitmap_BGR: three bytes a pixel.
_RGB = 2


@dataclass(frozen=True, slots=True)
class Changed:
    """One byte that was changed, and what the verifier said."""

    file: str
    at: int
    size: int
    refused: bool
    #: The first line that names the place; empty where none does.
    said: str


def pull(stage: Stage, unit: OrganizationUnit) -> bytes:
    """Have an auditor of a department sign in, look, and pull its PDF and its bundle."""
    ines = actor(stage, "Ines Inspects", role=AUDITOR, unit=unit)
    ines.sign_in()
    window = ines.window
    window.open("/audit/")
    stage.check(
        "Bundle that proves itself" in window.words(), "the auditor is let in, without an administrator"
    )
    stage.picture(window, "audit")
    window.open("/audit/reports/department/")
    window.fill("unit", str(unit.pk))
    window.press("See")
    stage.picture(window, "audit-department")
    window.press("Pull pdf")
    _pdf(stage, ines)
    window.open(f"/audit/reports/requirement/?requirement={_practice(stage)}&see=1")
    stage.picture(window, "audit-requirement")
    window.open("/audit/reports/bundle/")
    window.fill("unit", str(unit.pk))
    window.press("Pull bundle")
    stage.picture(window, "audit-bundle")
    bundle = window.download()
    (stage.folder / "bundle.zip").write_bytes(bundle)
    name = unit_names([unit.pk]).get(unit.pk, unit.key)
    stage.say(f"    {name}: {len(bundle):,} bytes, kept as {stage.folder / 'bundle.zip'}")
    _refused(stage, ines)
    kinds = set(Disclosure.objects.filter(user=ines.user).values_list("kind", flat=True))
    stage.check({"report:department:page", "report:bundle:bundle"} <= kinds, "the disclosure log tells of it")
    return bundle


def _practice(stage: Stage) -> int:
    return Requirement.objects.get(store_id=stage.store_id, code=PRACTICE).pk


def _pdf(stage: Stage, ines: Actor) -> None:
    found = ines.window.download()
    stage.check(found.startswith(b"%PDF"), f"the department's report comes as a PDF of {len(found):,} bytes")
    path = stage.folder / "department.pdf"
    path.write_bytes(found)
    if stage.pictures is not None:
        drawn(path, stage.pictures, "department")


def drawn(path: Path, folder: Path, name: str, *, most: int = 3) -> int:
    """Draw the first pages of a PDF, where pypdfium2 is installed; return how many."""
    try:
        import pypdfium2
    except ImportError:
        return 0
    document = pypdfium2.PdfDocument(path)
    count = min(most, len(document))
    for number in range(count):
        drawing = document[number].render(scale=1.3, rev_byteorder=True, force_bitmap_format=_RGB)
        content = bytes(drawing.buffer)
        lines = [content[at * drawing.stride :][: drawing.width * 3] for at in range(drawing.height)]
        path = folder / f"{name}-pdf-{number + 1}.png"
        path.write_bytes(_png(drawing.width, drawing.height, lines))
    document.close()
    return count


def _png(width: int, height: int, lines: list[bytes]) -> bytes:
    """Return lines of red, green and blue as a PNG (ISO/IEC 15948)."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + name + content + pack(">I", crc32(name + content))

    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = compress(b"".join(b"\0" + each for each in lines), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def _refused(stage: Stage, ines: Actor) -> None:
    ines.window.open("/audit/reports/signatures/?see=1")
    stage.check("whole store" in ines.window.words(), "what is outside of the department is refused")


def verified(stage: Stage, bundle: bytes) -> str:
    """Run verify.py over the bundle in a fresh process; return the public key it was given."""
    [*_, newest] = keys.verifiers()
    done = run(stage.folder, bundle, newest.vkey)
    for line in done.stdout.splitlines():
        stage.say(f"    {line}")
    stage.check(done.returncode == 0 and "VERIFIED" in done.stdout, "verify.py passes on it")
    return newest.vkey


def run(folder: Path, bundle: bytes, vkey: str) -> subprocess.CompletedProcess[str]:
    """Run the verify.py that came with the bundle as it was pulled, in a process that sees nothing else."""
    program, path = folder / "verify.py", folder / "checked.zip"
    if not program.exists():
        with ZipFile(BytesIO(bundle)) as archive:
            program.write_bytes(archive.read("verify.py"))
    path.write_bytes(bundle)
    return subprocess.run(  # noqa: S603  this program's own words
        [sys.executable, "-I", str(program), str(path), "--key", vkey],
        cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip


def files(bundle: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by their names."""
    with ZipFile(BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(content: bytes, at: int) -> bytes:
    """Return a content with another byte at one place."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def packed(contents: dict[str, bytes]) -> bytes:
    """Return a ZIP whose own sums are right, so that only the evidence tells."""
    sink = BytesIO()
    with ZipFile(sink, "w", ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return sink.getvalue()


def tampered(stage: Stage, bundle: bytes, vkey: str) -> None:
    """Change one byte of every file in turn, and say what verify.py makes of it."""
    contents = files(bundle)
    found = list(_each(stage, contents, vkey))
    stage.table(
        ("File", "Byte", "of", "verify.py"),
        [(each.file, each.at, each.size, each.said[:100] or "SAID NOTHING OF IT") for each in found],
    )
    empty = sorted(name for name, content in contents.items() if not content)
    if empty:
        stage.say(f"    Nothing to change in {', '.join(empty)}: no such evidence in this department")
    stage.check(all(each.refused for each in found), f"{len(found)} bytes were changed, each is found")
    stage.check(all(each.said for each in found), "and each time the place is named")


def _each(stage: Stage, contents: dict[str, bytes], vkey: str) -> Iterator[Changed]:
    chance = Random(stage.people.seed)  # noqa: S311  which byte is of no weight
    for name, content in contents.items():
        if not content:
            continue
        at = chance.randrange(len(content))
        done = run(stage.folder, packed({**contents, name: changed(content, at)}), vkey)
        lines = [each for each in done.stdout.splitlines() if each.startswith("WRONG") and name in each]
        # The line of the evidence itself says more than that of the whole file.
        lines.sort(key=lambda each: "SHA-256 is not that of the manifest" in each)
        yield Changed(name, at, len(content), done.returncode == 1, lines[0][7:] if lines else "")
