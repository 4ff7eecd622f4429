"""Many training records from a file: tried first, then kept; what cannot be is given back with the reason.

In: CSV with a header, or a ZIP of `records.csv` and the files its column `evidence` names, by semicolons.
A person is named by `employee_number`, `email`, `user_name` or `person` (our number); a course by its code.
`completed_at` is a day, which means its noon in UTC, or a moment with its offset. Out: a report, and a
TrainingFile by which the drafts that were kept are signed as one. Each line is kept whole or not at all; a
line whose `reference` is there already is no second record.
"""

from __future__ import annotations

import csv
import io
import lzma
import mimetypes
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from django.db import transaction

from compliance import conf
from compliance.errors import ComplianceError
from compliance.models import Course, CourseKind, FileState, TrainingFile, TrainingRecord
from compliance.training import evidence, records
from connectors.identity.normal import normal
from connectors.models import Identifier, Person

LINES_MOST = 20_000
BYTES_MOST = 200 * 1024 * 1024
RECORDS = "records.csv"
_PEOPLE = ("employee_number", "email", "user_name", "person")
_TEXTS = (
    "trainer_name", "trainer_qualification", "trainer_address", "provider", "location", "materials",
    "content", "understanding", "equipment", "evaluator_name", "certification", "job_title", "reference",
)  # fmt: skip
COLUMNS = (
    *_PEOPLE, "course", "version", "kind", "completed_at", "hours", "passed", "score", "evaluated_on",
    "trainer_person", *_TEXTS, "evidence",
)  # fmt: skip
_TRUTHS = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(slots=True)
class Report:
    """What became, or would become, of a file."""

    #: What its records are signed by; None where nothing was kept.
    file: TrainingFile | None = None
    lines: int = 0
    kept: int = 0
    posted: int = 0
    #: References that were there before.
    repeated: int = 0
    #: (line, why not)
    refused: list[tuple[int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it for the API and for commands."""
        return {
            "file": None if self.file is None else self.file.pk,
            "lines": self.lines,
            "kept": self.kept,
            "posted": self.posted,
            "repeated": self.repeated,
            "refused": [{"line": number, "reason": reason} for number, reason in self.refused],
        }


def take(
    store_id: int,
    content: bytes,
    *,
    name: str = RECORDS,
    by_id: int | None = None,
    post: bool = False,
    dry: bool = False,
) -> Report:
    """Keep every line of a file as a draft, or with `post` posted. Raises ComplianceError where it is no such
    file, or where nothing is posted without a signature."""
    if post and conf.records_signed():
        raise ComplianceError("Training records are posted under an electronic signature.")
    lines, files = _read(content)
    report = Report(lines=len(lines))
    whole = TrainingFile(
        store_id=store_id,
        name=name[:255],
        sha256=sha256(content).hexdigest(),
        size=len(content),
        lines=len(lines),
        created_by_id=by_id,
    )
    if not dry:
        whole.save()
    for number, line in enumerate(lines, start=2):
        try:
            with transaction.atomic():
                if dry:
                    whole.save(force_insert=True)
                _take(report, whole, number, line, files, post=post)
                if dry:
                    transaction.set_rollback(True)
        except ComplianceError as error:
            report.refused.append((number, error.reason))
        if dry:
            whole.pk = None
    if not dry:
        _conclude(report, whole)
    return report


def _conclude(report: Report, whole: TrainingFile) -> None:
    if not report.kept:
        whole.delete()
        return
    whole.repeated, whole.refused = report.repeated, [list(each) for each in report.refused]
    whole.state = FileState.POSTED if report.posted else FileState.KEPT
    whole.save(update_fields=["repeated", "refused", "state"])
    report.file = whole


def _take(
    report: Report,
    whole: TrainingFile,
    number: int,
    line: Mapping[str, str],
    files: Mapping[str, bytes],
    *,
    post: bool,
) -> None:
    reference = line.get("reference", "")
    if reference and TrainingRecord.objects.filter(store=whole.store_id, reference=reference).exists():
        report.repeated += 1
        return
    values = _values(whole.store_id, line) | {"file": whole, "file_line": number}
    record = records.draft(whole.store_id, values, by_id=whole.created_by_id)
    for name in (each.strip() for each in line.get("evidence", "").split(";")):
        if not name:
            continue
        if name not in files:
            raise ComplianceError(f"There is no file {name!r} beside {RECORDS}.")
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        evidence.add(record, name.rpartition("/")[2], media_type, files[name])
    records.put_down(record)
    if post:
        records.post(record)
        report.posted += 1
    report.kept += 1


def _values(store_id: int, line: Mapping[str, str]) -> dict[str, Any]:
    course = Course.objects.filter(store=store_id, code=line.get("course", "")).first()
    if course is None:
        raise ComplianceError(f"There is no course {line.get('course', '')!r}.")
    label = line.get("version", "")
    version = course.versions.filter(label=label).first() if label else None
    if label and version is None:
        raise ComplianceError(f"The course {course.code} has no version {label!r}.")
    kind = line.get("kind", "")
    if kind and kind not in CourseKind.values:
        raise ComplianceError(f"{kind!r} is none of {', '.join(CourseKind.values)}.")
    passed = line.get("passed", "").lower()
    if passed not in _TRUTHS:
        raise ComplianceError("passed is true, false or empty.")
    trainer = line.get("trainer_person", "")
    return {
        "person": _person(store_id, line),
        "course": course,
        "version": version,
        "kind": kind,
        "completed_at": _moment(line.get("completed_at", "")),
        "hours": _number(line, "hours", Decimal),
        "passed": _TRUTHS[passed],
        "score": _number(line, "score", float),
        "evaluated_on": _day(line["evaluated_on"]) if line.get("evaluated_on") else None,
        "trainer_person": _person(store_id, {"employee_number": trainer}) if trainer else None,
        **{name: line.get(name, "") for name in _TEXTS},
    }


def _person(store_id: int, line: Mapping[str, str]) -> Person:
    found: set[int] | None = None
    for name in _PEOPLE:
        text = line.get(name, "")
        if not text:
            continue
        holders = _holders(store_id, name, text)
        if not holders:
            raise ComplianceError(f"Nobody is known by the {name.replace('_', ' ')} {text}.")
        found = holders if found is None else found & holders
    if found is None:
        raise ComplianceError("The line names no person.")
    if len(found) != 1:
        raise ComplianceError("What the line says of the person does not mean one person.")
    return Person.objects.get(pk=found.pop())


def _holders(store_id: int, name: str, text: str) -> set[int]:
    if name == "person":
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            return set()
        people = Person.objects.filter(store=store_id, pk=int(text))
        return {each.merged_into_id or each.pk for each in people}
    known = Identifier.objects.filter(
        type=name, normal=normal(text), recorded__upper_inf=True, person__store=store_id
    ).select_related("person")
    return {each.person.merged_into_id or each.person_id for each in known}


def _moment(text: str) -> datetime:
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time(12), UTC)
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ComplianceError("completed_at is a day (2026-01-31) or a moment with its offset.") from error
    if found.tzinfo is None:
        raise ComplianceError("completed_at lacks its offset, as 2026-01-31T14:00:00+01:00.")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ComplianceError("A day is written as 2026-01-31.") from error


def _number(line: Mapping[str, str], name: str, kind: Any) -> Any:
    text = line.get(name, "")
    if not text:
        return None
    try:
        return kind(text)
    except (ValueError, InvalidOperation) as error:
        raise ComplianceError(f"{name} is a number.") from error


def _read(content: bytes) -> tuple[Sequence[Mapping[str, str]], Mapping[str, bytes]]:
    if len(content) > BYTES_MOST:
        raise ComplianceError(f"A file has at most {BYTES_MOST:,} bytes.")
    files: dict[str, bytes] = {}
    if content.startswith(b"PK\x03\x04"):
        files = _unpacked(content)
        if RECORDS not in files:
            raise ComplianceError(f"There is no {RECORDS} in the ZIP.")
        content = files[RECORDS]
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        unknown = sorted(set(reader.fieldnames or ()) - set(COLUMNS))
        if unknown or not reader.fieldnames:
            raise ComplianceError(
                f"There is no column {unknown[0] if unknown else ''!r}; there are {', '.join(COLUMNS)}."
            )
        lines = [
            {name: (value or "").strip() for name, value in line.items() if name is not None}
            for line in reader
        ]
    except UnicodeDecodeError as error:
        raise ComplianceError("It is not UTF-8.") from error
    except csv.Error as error:
        raise ComplianceError(f"It is no CSV: {error}.") from error
    if len(lines) > LINES_MOST:
        raise ComplianceError(f"A file has at most {LINES_MOST:,} lines.")
    return lines, files


def _unpacked(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > BYTES_MOST:
                raise ComplianceError(f"Unpacked it has more than {BYTES_MOST:,} bytes.")
            return {each.filename: packed.read(each) for each in packed.infolist() if not each.is_dir()}
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise ComplianceError("The ZIP cannot be read.") from error
