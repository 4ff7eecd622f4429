"""Training records, from a draft to a posted statement, and their withdrawal.

In: what somebody tells of a training. Out: rows of TrainingRecord, and statements posted under the hub's own
source; completions follow like those of any statement. A record that is posted is never changed: it is
withdrawn, which voids its statement, and another one is told.

Doors for electronic signatures: `content` is what is signed, `sign` freezes a draft under a signature, `post`
makes it a statement. A record of a file, which is signed with it and posted some time after, is put down word
for word (`put_down`), so that what is posted is what was signed whatever became known meanwhile. Raises
ComplianceError, whose `field` is the field it is about.

Crash story: the record becomes posted in the transaction that stores its statement; evidence is durable
before. A crash leaves a draft that can be posted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import rfc8785
from django.db import IntegrityError, transaction
from django.utils import timezone

from compliance import conf
from compliance.catalogue import courses
from compliance.completions.facts import RECORD
from compliance.errors import ComplianceError
from compliance.models import Course, CourseVersion, TrainingRecord, TrainingState
from compliance.training import evidence, source
from compliance.training.statement import PEOPLE, Beside, body_of, person, statement_of
from connectors.identity import actors, link
from connectors.models import ActorLink, Person, PersonVersion, WorkAssignmentVersion
from connectors.workforce import as_of
from lrs.errors import LrsError
from lrs.identity import agent_key
from lrs.ingest import door

#: Clocks differ; what is further ahead did not happen yet.
_AHEAD = timedelta(hours=24)
_VOIDED = "http://adlnet.gov/expapi/verbs/voided"


def draft(store_id: int, values: Mapping[str, Any], *, by_id: int | None = None) -> TrainingRecord:
    """Return a new record that counts for nothing yet. `values` are fields of TrainingRecord."""
    record = TrainingRecord(store_id=store_id, created_by_id=by_id, **values)
    if not values.get("kind"):
        record.kind = record.course.kind
    _check(record)
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError as error:
        raise ComplianceError("A record of this reference is there already.", field="reference") from error
    return record


@transaction.atomic
def change(record: TrainingRecord, values: Mapping[str, Any]) -> TrainingRecord:
    """Change a draft."""
    held = _held(record)
    if held.state != TrainingState.DRAFT:
        raise ComplianceError("Only drafts are changed; withdraw it and tell another.")
    for name, value in values.items():
        setattr(held, name, value)
    _check(held)
    held.save()
    return put_down(held)


def put_down(record: TrainingRecord) -> TrainingRecord:
    """Write down the statement a draft of a file is to become; one that is of no file is left alone."""
    if record.file_id is not None and record.state == TrainingState.DRAFT:
        record.said = rfc8785.dumps(content(record)).decode()
        record.save(update_fields=["said"])
    return record


def content(record: TrainingRecord) -> dict[str, Any]:
    """Return what is signed: the statement as it will be posted, evidence by its SHA-256."""
    return statement_of(record, _beside(record))


@transaction.atomic
def sign(record: TrainingRecord, *, signature_id: int) -> TrainingRecord:
    """Freeze a draft under a signature (compliance.signing)."""
    held = _held(record)
    if held.state != TrainingState.DRAFT:
        raise ComplianceError("Only drafts are signed.")
    held.state, held.signature_id = TrainingState.SIGNED, signature_id
    held.save(update_fields=["state", "signature_id"])
    return held


@transaction.atomic
def post(record: TrainingRecord, *, signature_id: int | None = None) -> UUID:
    """Make a record a statement; return the statement's id. One that is posted already is left alone.

    `signature_id` signs a draft on the way. Without any signature it is refused where
    COMPLIANCE_RECORDS_SIGNED asks for one.
    """
    held = _held(record)
    if held.state == TrainingState.POSTED:
        return held.statement_id
    if held.state == TrainingState.WITHDRAWN:
        raise ComplianceError("This record was withdrawn.")
    if signature_id is not None:
        held = sign(held, signature_id=signature_id)
    if held.signature_id is None and conf.records_signed():
        raise ComplianceError("A training record is posted under an electronic signature.")
    _check(held)
    statement = _statement(held)
    contents = {
        each.sha256: (each.content_type, evidence.content(held, each))
        for each in held.evidence.order_by("pk")
    }
    _accept(held.store_id, statement, contents)
    _known_as(held)
    held.state, held.posted_at, held.said, held.held_up = TrainingState.POSTED, timezone.now(), "", ""
    held.save(update_fields=["state", "posted_at", "said", "held_up"])
    return held.statement_id


@transaction.atomic
def withdraw(record: TrainingRecord, *, why: str, by: str) -> None:
    """Take a record back: its statement, where there is one, is voided, and completions follow."""
    held = _held(record)
    if held.state == TrainingState.WITHDRAWN:
        return
    if not why.strip():
        raise ComplianceError("Say why it is withdrawn.", field="why")
    if held.state == TrainingState.POSTED:
        voiding = {
            "id": str(uuid4()),
            "actor": {"objectType": "Agent", "name": by[:300], "account": source.AUTHORITY["account"]},
            "verb": {"id": _VOIDED, "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": str(held.statement_id)},
            "context": {"extensions": {"https://w3id.org/lrshub/why": why.strip()}},
        }
        _accept(held.store_id, voiding, {})
    held.state, held.withdrawn_why = TrainingState.WITHDRAWN, why.strip()
    held.save(update_fields=["state", "withdrawn_why"])


def _statement(record: TrainingRecord) -> dict[str, Any]:
    """Return the statement a record becomes: word for word what was put down, with the signature's number."""
    if not record.said:
        return statement_of(record, _beside(record))
    said: dict[str, Any] = orjson.loads(record.said)
    if record.signature_id is not None:
        said["context"]["extensions"][RECORD]["signature"] = record.signature_id
    return said


def _held(record: TrainingRecord) -> TrainingRecord:
    return (
        TrainingRecord.objects.select_for_update(of=("self",))
        .select_related("course", "version")
        .get(pk=record.pk)
    )


def _check(record: TrainingRecord) -> None:
    course: Course = record.course
    if course.store_id != record.store_id:
        raise ComplianceError("This course belongs to another store.", field="course")
    if course.merged_into_id is not None:
        raise ComplianceError("This course is merged into another one.", field="course")
    if record.version is not None and record.version.course_id != record.course_id:
        raise ComplianceError("This version is of another course.", field="version")
    for name in ("person", "trainer_person"):
        found: Person | None = getattr(record, name)
        if found is not None and found.store_id != record.store_id:
            raise ComplianceError("This person belongs to another store.", field=name)
    if record.completed_at > timezone.now() + _AHEAD:
        raise ComplianceError("It cannot have been completed in the future.", field="completed_at")
    if record.score is not None and not -1 <= record.score <= 1:
        raise ComplianceError("A scaled score is from -1 to 1.", field="score")
    if record.hours is not None and record.hours <= 0:
        raise ComplianceError("Hours are more than none.", field="hours")
    if not record.trainer_name.strip():
        raise ComplianceError("Say who trained.", field="trainer_name")
    if record.trainer_person_id is not None and record.trainer_person_id == record.person_id:
        raise ComplianceError("Nobody is their own trainer.", field="trainer_person")


def _beside(record: TrainingRecord) -> Beside:
    told = (
        PersonVersion.objects.filter(person=record.person_id, recorded__upper_inf=True)
        .order_by("-valid")
        .first()
    )
    label = "" if record.version is None else record.version.label
    return Beside(
        person_name="" if told is None else told.formatted_name,
        job_title=_job_title(record.person_id, record.completed_at),
        iri=own_iri(record.course, record.version),
        course_title=f"{record.course.title} ({label})" if label else record.course.title,
        version_label=label,
        evidence=list(record.evidence.order_by("pk")),
    )


def _job_title(person_id: int, moment: datetime) -> str:
    context = as_of.person_at(person_id, moment)
    if context is None:
        return ""
    rows = WorkAssignmentVersion.objects.filter(pk=context.assignment_version_id)
    return rows.values_list("title", flat=True).first() or ""


def own_iri(course: Course, version: CourseVersion | None) -> str:
    """Return the IRI by which the hub itself names a course or a version of it."""
    iri = f"https://w3id.org/lrshub/stores/{course.store_id}/courses/{course.pk}"
    return iri if version is None else f"{iri}/versions/{version.pk}"


def _accept(store_id: int, statement: Mapping[str, Any], contents: Mapping[str, tuple[str, bytes]]) -> None:
    content_type, body = body_of(statement, contents)
    try:
        door.accept_own(source.access(store_id), content_type, body)
    except LrsError as error:
        raise ComplianceError(f"The record store refuses it: {error}") from error


def _known_as(record: TrainingRecord) -> None:
    """See to it that the statement is found as this course's, and its actor as this person."""
    courses.assign(record.course, own_iri(record.course, record.version), version=record.version)
    key = agent_key(person(record.person_id))
    if key is None:
        raise AssertionError("an account is a key")
    seen = actors.Seen(key, "", source.access(record.store_id).source_id, record.completed_at)
    found, _ = actors.find_or_make(record.store_id, [seen])
    if not ActorLink.objects.filter(actor=found[key], recorded__upper_inf=True).exists():
        proof = orjson.dumps({"account": PEOPLE, "record": record.pk}).decode()
        link.link(found[key], record.person_id, evidence=proof)
