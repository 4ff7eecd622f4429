"""The catalogue as a document: JSON checked by schema.json beside this file, and CSV that means the same.

In: bytes. Out: a document, or CatalogueUnsound with the place of each fault. In CSV a line is an activity of
a course; a course without activities has one line. Lines of one code are one course: what one of them says
holds, and two that contradict each other are a fault.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import orjson

from compliance.errors import ComplianceError
from connectors.mapping.sheet import harmless

FORMAT = 1
BYTES_MOST = 32 * 1024 * 1024
PROBLEMS_MOST = 50
_COURSE = ("code", "title", "kind", "credit_hours", "description", "retired_on", "same_within_hours")
_VERSION = {
    "version": "label",
    "version_effective_on": "effective_on",
    "version_retraining": "retraining",
    "version_credit_hours": "credit_hours",
    "version_note": "change_note",
}
COLUMNS = (*_COURSE, *_VERSION, "iri")

Document = dict[str, Any]


class CatalogueUnsound(ComplianceError):
    """A catalogue cannot be read; `faults` are (place, what is wrong)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(f"{faults[0][0]}: {faults[0][1]}")
        self.faults = faults


@cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of catalogues."""
    loaded: dict[str, Any] = orjson.loads(Path(__file__).with_name("schema.json").read_bytes())
    return loaded


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def checked(document: Any) -> Document:
    """Return the document itself. Raises CatalogueUnsound."""
    faults = [
        ("".join(f"/{part}" for part in error.absolute_path) or "/", error.message[:500])
        for error in islice(_validator().iter_errors(document), PROBLEMS_MOST)
    ]
    if faults:
        raise CatalogueUnsound(faults)
    found: Document = document
    return found


def read(content: bytes, *, is_csv: bool) -> Document:
    """Return what a file says. Raises CatalogueUnsound."""
    if len(content) > BYTES_MOST:
        raise CatalogueUnsound([("file", f"It has more than {BYTES_MOST:,} bytes.")])
    if is_csv:
        return checked(_from_lines(content))
    try:
        return checked(orjson.loads(content))
    except orjson.JSONDecodeError as error:
        raise CatalogueUnsound([("file", f"It is no JSON: {error}.")]) from error


def _from_lines(content: bytes) -> Document:
    try:
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        unknown = sorted(set(reader.fieldnames or ()) - set(COLUMNS))
        if unknown or "code" not in (reader.fieldnames or ()):
            wrong = f"There is no column {unknown[0]!r}" if unknown else "The column code is missing"
            raise CatalogueUnsound([("line 1", f"{wrong}; there are {', '.join(COLUMNS)}.")])
        courses: dict[str, dict[str, Any]] = {}
        for number, line in enumerate(reader, start=2):
            if None in line or None in line.values():
                raise CatalogueUnsound([(f"line {number}", "It has another number of cells than the first.")])
            _add_line(courses, {name: value.strip() for name, value in line.items()}, number)
    except UnicodeDecodeError as error:
        raise CatalogueUnsound([("file", "It is not UTF-8.")]) from error
    except csv.Error as error:
        raise CatalogueUnsound([("file", f"It is no CSV: {error}.")]) from error
    for course in courses.values():
        course["versions"] = list(course["versions"].values())
    return {"format": FORMAT, "courses": list(courses.values())}


def _add_line(courses: dict[str, dict[str, Any]], line: Mapping[str, str], number: int) -> None:
    code = line["code"]
    course = courses.setdefault(code, {"code": code, "versions": {}, "activities": []})
    _united(course, {name: _value(name, line[name]) for name in _COURSE if line.get(name)}, number)
    label = line.get("version", "")
    if label:
        version = course["versions"].setdefault(label, {})
        said = {inner: _value(inner, line[name]) for name, inner in _VERSION.items() if line.get(name)}
        _united(version, said, number)
    if line.get("iri"):
        course["activities"].append({"iri": line["iri"], "version": label or None})


def _united(known: dict[str, Any], said: Mapping[str, Any], number: int) -> None:
    for name, value in said.items():
        if known.setdefault(name, value) != value:
            raise CatalogueUnsound([(f"line {number}", f"{name} is {value} here and {known[name]} above.")])


def _value(name: str, text: str) -> Any:
    if name == "same_within_hours" and text.isascii() and text.isdigit():
        return int(text)
    if name == "retraining":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower(), text
        )
    return text


def written(document: Document) -> Iterable[bytes]:
    """Yield a document as CSV (RFC 4180, UTF-8); equivalences stand in JSON only."""
    yield _line(COLUMNS)
    for course in document["courses"]:
        own = [_cell(course.get(name)) for name in _COURSE]
        versions = {each["label"]: each for each in course["versions"]}
        told: set[str] = set()
        for activity in course["activities"]:
            label = activity["version"]
            told.update(() if label is None else (label,))
            yield _line([*own, *_version_cells(versions.get(label)), activity["iri"]])
        left = [each for label, each in versions.items() if label not in told]
        for version in left or ([] if course["activities"] else [None]):
            yield _line([*own, *_version_cells(version), ""])


def _version_cells(version: Mapping[str, Any] | None) -> list[str]:
    return [_cell((version or {}).get(inner)) for inner in _VERSION.values()]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless(str(value))


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
