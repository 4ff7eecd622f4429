"""`training-records`: instructor-led, practical and external training, told by another system.

In: bodies of compliance.api.bodies. Out: records with their state. A record is a draft until it is posted;
then it is a statement, and is withdrawn rather than changed.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from compliance.api import bodies
from compliance.api.base import ComplianceListing, ComplianceResource, done, version_of
from compliance.models import TrainingRecord
from compliance.training import evidence, records
from connectors.api import parameters
from connectors.api.problems import not_found, wrong_body
from connectors.api.resource import answer, written
from connectors.models import Person

_FIELDS = tuple(
    name
    for name in map(str, bodies.NewRecord().fields)
    if name not in {"person", "course", "version", "trainer_person", "evidence", "post", "completed_at"}
)
RECORD: dict[str, Any] = {
    "type": "object",
    "required": ["id", "state", "person", "course", "completed_at", "statement"],
    "properties": {
        **{name: {} for name in _FIELDS},
        **{name: {"type": "integer"} for name in ("id", "person", "course")},
        "trainer_person": {"type": ["integer", "null"]},
        "version": {"type": ["string", "null"]},
        "state": {"type": "string", "enum": ["draft", "signed", "posted", "withdrawn"]},
        "completed_at": {"type": "string", "format": "date-time"},
        "statement": {"type": "string", "format": "uuid"},
        "withdrawn_why": {"type": "string"},
        "evidence": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    **{name: {"type": "string"} for name in ("name", "content_type", "sha256")},
                    "size": {"type": "integer"},
                },
            },
        },
    },
}


class TrainingRecords(ComplianceListing):
    """Training told by hand."""

    name = "training-records"
    permission = "compliance.view_trainingrecord"
    parameters = {
        "GET": (
            parameters.identity("person", "Only of this person."),
            parameters.identity("course", "Only of this course."),
            parameters.choice("state", "Only in this state.", ("draft", "signed", "posted", "withdrawn")),
            parameters.text("reference", "Only the one its sender calls so.", most=200),
        )
    }
    answers = {"GET": RECORD, "POST": RECORD}
    bodies = {"POST": bodies.NewRecord}

    def get(self, _request: Request) -> HttpResponse:
        """List records, in the order of their ids."""
        rows = TrainingRecord.objects.filter(store=self.caller.store_id, pk__gt=self.after_id)
        rows = rows.filter(**dict(self.values))
        found = list(
            rows.order_by("pk").select_related("version").prefetch_related("evidence")[: self.limit + 1]
        )
        more = len(found) > self.limit
        found = found[: self.limit]
        return self.page([described(each) for each in found], [found[-1].pk] if more else None)

    def post(self, request: Request) -> HttpResponse:
        """Tell of a training. The same reference again is the same record."""
        said = self.body(request)
        known = self._known(said.get("reference", ""))
        if known is not None:
            response = answer(described(known), status=201)
            response.headers["Idempotent-Replayed"] = "true"
            return response
        record = done(lambda: self._tell(said))
        response = answer(described(record), status=201)
        response.headers["Location"] = f"{self.django_request.path}/{record.pk}"
        return response

    def _known(self, reference: str) -> TrainingRecord | None:
        if not reference:
            return None
        return TrainingRecord.objects.filter(store=self.caller.store_id, reference=reference).first()

    @transaction.atomic
    def _tell(self, said: dict[str, Any]) -> TrainingRecord:
        files, post = said.pop("evidence", []), said.pop("post", False)
        course = self.course(said.pop("course"))
        version = version_of(course, said.pop("version", None))
        people = {name: self._person(name, said.pop(name, None)) for name in ("person", "trainer_person")}
        record = records.draft(self.caller.store_id, {**said, **people, "course": course, "version": version})
        for place, each in enumerate(files):
            content = _decoded(each["content"], f"/evidence/{place}/content")
            evidence.add(
                record,
                each["name"],
                each["content_type"],
                content,
                is_certificate=each.get("is_certificate", False),
            )
        if post:
            records.post(record)
        return TrainingRecord.objects.get(pk=record.pk)

    def _person(self, name: str, person_id: int | None) -> Person | None:
        if person_id is None:
            return None
        found = Person.objects.filter(pk=person_id, store=self.caller.store_id).first()
        if found is None:
            raise wrong_body([{"pointer": f"/{name}", "detail": "There is no such person."}])
        return found


class OneTrainingRecord(ComplianceResource):
    """One record."""

    permission = "compliance.view_trainingrecord"
    parameters = {"DELETE": (parameters.text("why", "Why it is withdrawn; kept with it.", most=2_000),)}
    answers = {"GET": RECORD, "DELETE": RECORD}

    def get(self, _request: Request, record_id: int) -> HttpResponse:
        """Return a record."""
        return answer(described(_record(self, record_id)))

    def delete(self, _request: Request, record_id: int) -> HttpResponse:
        """Withdraw a record: its statement is voided, and the completion goes with history."""
        record = _record(self, record_id)
        why = self.values.get("why", "")
        done(lambda: records.withdraw(record, why=why, by=f"credential {self.caller.credential_id}"))
        return answer(described(_record(self, record_id)))


class PostedTrainingRecord(ComplianceResource):
    """A record that becomes a statement."""

    answers = {"POST": RECORD}
    bodies = {"POST": bodies.Nothing}

    def post(self, request: Request, record_id: int) -> HttpResponse:
        """Make a draft a statement."""
        self.body(request)
        record = _record(self, record_id)
        done(lambda: records.post(record))
        return answer(described(_record(self, record_id)), status=201)


def described(record: TrainingRecord) -> dict[str, Any]:
    """Return a record as it is given."""
    return {
        "id": record.pk,
        "state": record.state,
        "person": record.person_id,
        "course": record.course_id,
        "version": None if record.version is None else record.version.label,
        "completed_at": written(record.completed_at),
        "trainer_person": record.trainer_person_id,
        **{name: _plain(getattr(record, name)) for name in _FIELDS},
        "statement": str(record.statement_id),
        "withdrawn_why": record.withdrawn_why,
        "evidence": [
            {
                "name": each.name,
                "content_type": each.content_type,
                "size": each.size,
                "sha256": each.sha256,
            }
            for each in record.evidence.all()
        ],
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _record(resource: ComplianceResource, record_id: int) -> TrainingRecord:
    found = TrainingRecord.objects.filter(pk=record_id, store=resource.caller.store_id).first()
    if found is None:
        raise not_found("training record")
    return found


def _decoded(text: str, pointer: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong_body([{"pointer": pointer, "detail": "The content is base64."}]) from error
