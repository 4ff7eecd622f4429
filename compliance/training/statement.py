"""What a training record says, as an xAPI statement.

In: a record with what belongs to it. Out: the statement, and the body that carries it with its evidence
(multipart/mixed; xAPI 1.0.3, Communication 1.5.2). The same record gives the same statement: so what is
signed can be compared with what was posted. Never a query.

What OSHA and DOT records name stands in `context.extensions` under compliance.completions.facts.RECORD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

import orjson

from compliance.completions.facts import RECORD
from compliance.models import TrainingEvidence, TrainingRecord

#: Home page of accounts by which the hub itself names people.
PEOPLE = "https://w3id.org/lrshub/people"
TRAINERS = "https://w3id.org/lrshub/trainers"
CATEGORY = "https://w3id.org/lrshub/categories/training-record"
#: What the record store adds to a statement.
ADDED = ("stored", "authority", "version")
_COURSE = "http://adlnet.gov/expapi/activities/course"
_VERBS = "http://adlnet.gov/expapi/verbs/"
_CERTIFICATE = "http://id.tincanapi.com/attachment/certificate-of-completion"
_EVIDENCE = "http://id.tincanapi.com/attachment/supporting_media"
#: Fields of a record under the extension, and what they are called there.
_SAID = {
    "kind": "kind",
    "provider": "provider",
    "location": "location",
    "materials": "materials",
    "content": "content",
    "understanding": "understanding",
    "equipment": "equipment",
    "evaluator_name": "evaluator",
    "certification": "certification",
}
_TRAINER = {"trainer_name": "name", "trainer_qualification": "qualification", "trainer_address": "address"}


@dataclass(frozen=True, slots=True)
class Beside:
    """What a statement says that stands in other tables."""

    #: Names of the learner as known, and their job's title at the time.
    person_name: str
    job_title: str
    #: IRI and title of the course or its version.
    iri: str
    course_title: str
    version_label: str
    evidence: Sequence[TrainingEvidence]


def statement_of(record: TrainingRecord, beside: Beside) -> dict[str, Any]:
    """Return the statement."""
    verb = {True: "passed", False: "failed", None: "completed"}[record.passed]
    said: dict[str, Any] = {
        "id": str(record.statement_id),
        "actor": person(record.person_id, beside.person_name),
        "verb": {"id": f"{_VERBS}{verb}", "display": {"en": verb}},
        "object": {
            "objectType": "Activity",
            "id": beside.iri,
            "definition": {"type": _COURSE, "name": {"und": beside.course_title}},
        },
        "result": _result(record),
        "context": {
            "instructor": _trainer(record),
            "platform": "LRS Hub",
            "contextActivities": {"category": [{"id": CATEGORY}]},
            "extensions": {RECORD: _extension(record, beside)},
        },
        "timestamp": record.completed_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    if beside.evidence:
        said["attachments"] = [_attachment(each) for each in beside.evidence]
    return said


def person(person_id: int, name: str = "") -> dict[str, Any]:
    """Return a person as the hub names them in statements of its own."""
    agent: dict[str, Any] = {"objectType": "Agent", "account": {"homePage": PEOPLE, "name": str(person_id)}}
    return agent | ({"name": name} if name else {})


def body_of(statement: Mapping[str, Any], contents: Mapping[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    """Return content type and body of a POST; `contents`: SHA-256 → (content type, content)."""
    text = orjson.dumps(statement)
    if not contents:
        return "application/json", text
    boundary = f"record-{statement['id']}"
    parts = [b"Content-Type: application/json\r\n\r\n" + text]
    for sha256, (content_type, content) in contents.items():
        head = (
            f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n"
            f"X-Experience-API-Hash: {sha256}\r\n\r\n"
        )
        parts.append(head.encode() + content)
    between = f"\r\n--{boundary}\r\n".encode()
    body = between[2:] + between.join(parts) + f"\r\n--{boundary}--\r\n".encode()
    return f"multipart/mixed; boundary={boundary}", body


def _result(record: TrainingRecord) -> dict[str, Any]:
    result: dict[str, Any] = {"completion": True}
    if record.passed is not None:
        result["success"] = record.passed
    if record.score is not None:
        result["score"] = {"scaled": record.score}
    if record.hours is not None:
        result["duration"] = _duration(record.hours)
    return result


def _trainer(record: TrainingRecord) -> dict[str, Any]:
    if record.trainer_person_id is not None:
        return person(record.trainer_person_id, record.trainer_name)
    account = {"homePage": TRAINERS, "name": record.trainer_name}
    return {"objectType": "Agent", "name": record.trainer_name, "account": account}


def _extension(record: TrainingRecord, beside: Beside) -> dict[str, Any]:
    said: dict[str, Any] = {
        inner: value for name, inner in _SAID.items() if (value := getattr(record, name)) not in ("", None)
    }
    said["trainer"] = {inner: value for name, inner in _TRAINER.items() if (value := getattr(record, name))}
    if record.trainer_person_id is not None:
        said["trainer"]["person"] = record.trainer_person_id
    if record.evaluated_on is not None:
        said["evaluated_on"] = record.evaluated_on.isoformat()
    if record.hours is not None:
        said["hours"] = str(record.hours)
    plain = {
        "version": beside.version_label,
        "job_title": record.job_title or beside.job_title,
        "reference": record.reference,
    }
    said |= {name: value for name, value in plain.items() if value}
    if record.signature_id is not None:
        said["signature"] = record.signature_id
    return said


def _attachment(evidence: TrainingEvidence) -> dict[str, Any]:
    return {
        "usageType": _CERTIFICATE if evidence.is_certificate else _EVIDENCE,
        "display": {"und": evidence.name},
        "contentType": evidence.content_type,
        "length": evidence.size,
        "sha2": evidence.sha256,
    }


def _duration(hours: Decimal) -> str:
    minutes = round(hours * 60)
    whole, left = divmod(minutes, 60)
    return "PT" + (f"{whole}H" if whole else "") + (f"{left}M" if left or not whole else "")
