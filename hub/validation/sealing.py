"""Signs a report with the log's key, and says what is wrong with a report.

A report is a folder:

    report.json, report.md    what was found
    inputs/…                  copies of what it was made of (JUnit reports, the lock)
    report.note               a signed note (C2SP): result, SHA-256 of every file and of every step

In: texts and files. Out: the folder; or faults, each naming the file, the step or the line. The note begins
with a line no checkpoint begins with, so a signature of the one is never one of the other. Nothing is asked
of a network, and where the key is given, nothing of the hub.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from compliance.proof import note
from compliance.proof.errors import NoteRefused
from compliance.proof.note import Signer, Verifier
from hub.validation import report as reports

NOTE, JSON, MARKDOWN, INPUTS = "report.note", "report.json", "report.md", "inputs"
FIRST_LINE = "LRS Hub validation report"


class NoReport(Exception):
    """What was named is no report."""


def write(
    folder: Path, report: Mapping[str, Any], inputs: Sequence[Path], signers: Sequence[Signer]
) -> dict[str, str]:
    """Write a signed report into a folder; return the hash of each of its files.

    The note comes last and in one step: a folder without one is no report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NOTE).unlink(missing_ok=True)
    files = {JSON: reports.as_json(report), MARKDOWN: reports.as_markdown(report).encode()}
    for number, path in enumerate(inputs, 1):
        files[f"{INPUTS}/{number}-{path.name.replace(' ', '_')}"] = path.read_bytes()
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    hashes = {name: sha256(content).hexdigest() for name, content in files.items()}
    beside = folder / f".{NOTE}.part"
    beside.write_text(note.signed(_text(report, hashes), signers), encoding="utf-8")
    beside.replace(folder / NOTE)
    return hashes


def _text(report: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    lines = [FIRST_LINE, report["facts"]["made"], report["result"]]
    lines += [f"file {hashed} {name}" for name, hashed in hashes.items()]
    lines += [f"step {reports.digest(each)} {each['id']}" for each in _steps(report)]
    return "\n".join(lines) + "\n"


def faults(place: Path, known: Sequence[Verifier]) -> list[str]:
    """Return what is wrong with a report: its folder, or its note; nothing where it is as it was signed."""
    folder = place if place.is_dir() else place.parent
    try:
        content = (folder / NOTE).read_bytes().decode()
    except FileNotFoundError:
        raise NoReport(f"There is no {NOTE} in {folder}.") from None
    except UnicodeDecodeError:
        return [f"{NOTE}: it is no text any more"]
    try:
        opened = note.opened(content, known)[0]
    except NoteRefused as refused:
        return [f"{NOTE}: {refused}"]
    if content != note.joined(f"{opened.text}\n", [each.line for each in opened.signatures]):
        return [f"{NOTE}: its signatures hold, but are written otherwise than they were"]
    lines = opened.text.split("\n")
    if lines[0] != FIRST_LINE:
        return [f"{NOTE}: the key signed it, but it is no validation report"]
    files, steps = _listed(lines, "file"), _listed(lines, "step")
    found = []
    for name, hashed in files.items():
        path = folder / PurePosixPath(name)
        if not path.is_file():
            found.append(f"{name}: it is missing")
        elif sha256(path.read_bytes()).hexdigest() != hashed:
            found += [f"{name}: {each}" for each in _where(folder, name, steps)]
    return found


def result(place: Path) -> str:
    """Return what a report came to, as its note says; only to be believed where there are no faults."""
    folder = place if place.is_dir() else place.parent
    return (folder / NOTE).read_text(encoding="utf-8").split("\n")[2]


def _listed(lines: Sequence[str], word: str) -> dict[str, str]:
    found = {}
    for line in lines:
        kind, _, rest = line.partition(" ")
        hashed, _, name = rest.partition(" ")
        if kind == word:
            found[name] = hashed
    return found


def _where(folder: Path, name: str, steps: Mapping[str, str]) -> Iterator[str]:
    """Yield what of a file is not as it was signed."""
    if name == JSON:
        yield from _in_json((folder / name).read_bytes(), steps)
    elif name == MARKDOWN:
        yield _in_markdown(folder)
    else:
        yield "it is not the file the report was made of"


def _in_json(content: bytes, steps: Mapping[str, str]) -> Iterator[str]:
    try:
        told = json.loads(content)
        digests = {str(each["id"]): reports.digest(each) for each in _steps(told)}
    except UnicodeDecodeError as error:
        yield f"byte {error.start} is no UTF-8"
        return
    except json.JSONDecodeError as error:
        yield f"line {error.lineno}, column {error.colno}: {error.msg}"
        return
    except (KeyError, TypeError, AttributeError):
        yield "it is not built as a report is"
        return
    changed = [
        f"step {each} is not the one that was signed"
        for each, hashed in digests.items()
        if each in steps and hashed != steps[each]
    ]
    changed += [f"step {each} is missing" for each in steps if each not in digests]
    changed += [f"step {each} was added" for each in digests if each not in steps]
    yield from changed or ["something beside the steps was changed"]


def _in_markdown(folder: Path) -> str:
    """Name the first line that is not the JSON's."""
    try:
        wanted = reports.as_markdown(json.loads((folder / JSON).read_bytes())).splitlines()
        there = (folder / MARKDOWN).read_bytes().decode().splitlines()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "it was changed"
    for number, (said, is_so) in enumerate(zip(wanted, there, strict=False), 1):
        if said != is_so:
            return f"line {number} was changed"
    if len(wanted) != len(there):
        what = "is missing" if len(there) < len(wanted) else "was added"
        return f"line {min(len(wanted), len(there)) + 1} {what}"
    return "it was changed, in how its lines end"


def _steps(report: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in report["parts"]:
        yield from part["steps"]
