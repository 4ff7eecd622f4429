"""Training histories: what people completed, and whether that was changed since it was entered.

In: a question. Out: tables. A completion is marked as changed where the audit trail has more than its entry,
or where it took the place of another one on the same evidence (EU GMP Annex 11, section 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q

from compliance.models import Signature, TrainingRecord
from compliance.reports.asked import Asked
from compliance.reports.bundle.evidence import OF_COMPLETIONS, Evidence
from compliance.reports.table import Table, Value
from compliance.signing.manifest import Manifested, as_text, manifested
from connectors.api import names
from connectors.workforce import as_of

#: People looked up at a time.
_AT_A_TIME = 1_000

_HISTORY = f"""
    SELECT c.person_id, r.code, r.title, v.label, c.kind, c.completed_at, c.passed, c.score::float8,
           c.credit_hours::text, lower(c.recorded), upper(c.recorded),
           (SELECT string_agg(s.statement_id::text, ' ' ORDER BY s.seq)
            FROM compliance_completion_evidence e JOIN lrs_statement s ON s.seq = e.seq
            WHERE e.completion_id = c.id),
           EXISTS (SELECT FROM compliance_audit_entry a WHERE a.table_name = 'compliance_completion'
                   AND a.row_key = c.id::text AND a.operation <> 'insert')
           OR EXISTS (SELECT FROM compliance_completion_evidence e
                      JOIN compliance_completion_evidence f ON f.seq = e.seq
                      JOIN compliance_completion b ON b.id = f.completion_id
                      WHERE e.completion_id = c.id AND b.id <> c.id AND b.person_id = c.person_id
                        AND b.course_id = c.course_id AND lower(b.recorded) < lower(c.recorded))
    FROM compliance_completion c JOIN compliance_course r ON r.id = c.course_id
    LEFT JOIN compliance_course_version v ON v.id = c.version_id
    WHERE {OF_COMPLETIONS} ORDER BY c.person_id, c.completed_at, c.id
"""  # noqa: S608  words of ours
COLUMNS = (
    "Person", "Name", "Course", "Title", "Version", "Kind", "Completed", "Passed", "Score", "Credit hours",
    "Known from", "Known until", "Statements", "Changed since entry",
)  # fmt: skip


def history(asked: Asked, evidence: Evidence) -> list[Table]:
    """Return what was completed, where the people worked, and the signatures on their records."""
    return [
        Table("Training history", COLUMNS, _rows(asked, evidence)),
        Table("People", ("Person", "Name", "Job", "Unit", "Location", "Manager"), _people(asked, evidence)),
        Table("Signatures", SIGNATURE_COLUMNS, signature_rows(_on_records(evidence.people))),
    ]


SIGNATURE_COLUMNS = (
    "Printed name", "Meaning", "Signed", "Record", "Version", "Standing", "Manifestation", "Reason",
)  # fmt: skip


def signature_rows(signatures: Iterator[Signature]) -> Iterator[Sequence[Value]]:
    """Yield a row for each signature, as 21 CFR 11.50 wants it read."""
    for each in signatures:
        shown: Manifested = manifested(each)
        yield (
            shown.printed_name,
            shown.meaning,
            shown.when,
            f"{each.title} ({each.kind} {each.record_key})",
            shown.version,
            shown.standing,
            as_text([shown]),
            shown.reason,
        )


def _on_records(people: Sequence[int]) -> Iterator[Signature]:
    records = TrainingRecord.objects.filter(person_id__in=list(people))
    keys = [str(each) for each in records.values_list("pk", flat=True)]
    of_files = records.filter(file__isnull=False).values_list("file", flat=True).distinct()
    files = [str(each) for each in of_files]
    found = Signature.objects.filter(
        Q(kind="training-record", record_key__in=keys) | Q(kind="training-file", record_key__in=files)
    )
    return found.order_by("position").iterator()


def _rows(asked: Asked, evidence: Evidence) -> Iterator[Sequence[Value]]:
    for part in evidence.read(_HISTORY):
        called = names.people({row[0] for row in part}, asked.at, asked.known)
        for row in part:
            yield (row[0], called.get(row[0], ""), *row[1:])


def _people(asked: Asked, evidence: Evidence) -> Iterator[Sequence[Value]]:
    for start in range(0, len(evidence.people), _AT_A_TIME):
        part = evidence.people[start : start + _AT_A_TIME]
        called = names.people(part, asked.at, asked.known)
        contexts = as_of.people_at(part, [asked.at] * len(part), asked.known)
        held = [each for each in contexts if each is not None]
        described = iter(names.described(held, asked.at, asked.known))
        for person, context in zip(part, contexts, strict=True):
            said = {} if context is None else next(described)
            yield (person, called.get(person, ""), *(_name(said.get(each)) for each in _PARTS))


_PARTS = ("job", "unit", "location", "manager")


def _name(thing: Any) -> str:
    return str(thing.get("name") or thing.get("title") or "") if isinstance(thing, dict) else ""
