"""`people/{id}/assignments` and `people/{id}/context`: where somebody works, worked and will work.

In: a person, and the moments asked about. Out: assignments with their periods in both times; or the one
context that counts at a moment, from which the contexts of statements are made.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from connectors.api import names, parameters, person
from connectors.api.names import CONTEXT, SOMEBODY, THING
from connectors.api.people import PERIOD, as_asked, period
from connectors.api.problems import Problem
from connectors.api.resource import AT, KNOWN, MOMENTS, Resource, answer, written
from connectors.models import (
    Person,
    WorkAssignmentVersion,
    WorkRelationshipVersion,
)
from connectors.workforce import as_of

_ASSIGNMENT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "version", "relationship", "status", "valid_from", "valid_to", "recorded_from"],
    "properties": {
        "id": {"type": "integer"},
        "version": {"type": "integer"},
        "key": {"type": "string"},
        "system": {"type": "string"},
        "relationship": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "key": {"type": "string"},
                "hire_kind": {"type": "string"},
                "hire_date": {"type": ["string", "null"], "format": "date"},
                "end_reason": {"type": "string"},
                "legal_employer": {"type": "string"},
                "sponsor": {"type": ["integer", "null"]},
            },
        },
        "worker_type": {"type": "string"},
        "status": {"type": "string"},
        "primary": {"type": "boolean"},
        "title": {"type": "string"},
        "job": THING,
        "unit": THING,
        "location": THING,
        "manager": SOMEBODY,
        "position": {"type": "string"},
        "full_time_equivalent": {"type": ["string", "null"]},
        "regulatory_classes": {"type": "array", "items": {"type": "string"}},
        **PERIOD,
        "recorded_from": {"type": "string", "format": "date-time"},
        "recorded_to": {"type": ["string", "null"], "format": "date-time"},
    },
}


class Assignments(Resource):
    """The assignments of a person."""

    parameters = {
        "GET": (
            AT,
            KNOWN,
            parameters.flag("superseded", "Also what was believed earlier and is known better since."),
        )
    }
    answers = {
        "GET": {
            "type": "object",
            "required": ["person", "assignments"],
            "properties": {
                "person": {"type": "integer"},
                "assignments": {"type": "array", "items": _ASSIGNMENT},
                "known": MOMENTS["known"],
            },
        }
    }

    def get(self, _request: Request, person_id: int) -> HttpResponse:
        """Return assignments: those of one moment with `at`, else the whole timeline, oldest first."""
        found = person.of(self, person_id)
        if (elsewhere := person.elsewhere(self, found, "api:assignments")) is not None:
            return elsewhere
        superseded = self.values.get("superseded", False)
        if superseded and "known" in self.values:
            raise Problem(
                400,
                "superseded tells of every recording time, known of one.",
                rule="parameter.combination",
                errors=[{"parameter": "superseded", "detail": "Not together with known."}],
            )
        ids = [found.pk, *Person.objects.filter(merged_into=found).values_list("pk", flat=True)]
        versions = WorkAssignmentVersion.objects.filter(person__in=ids).select_related(
            "assignment", "relationship", "system"
        )
        if not superseded:
            versions = versions.filter(recorded__contains=self.known)
        if "at" in self.values:
            versions = versions.filter(valid__contains=self.at)
        rows = list(versions.order_by("valid", "recorded", "pk"))
        return answer(
            {"person": found.pk, "assignments": self._described(rows), "known": self.known.isoformat()}
        )

    def _described(self, rows: list[WorkAssignmentVersion]) -> list[dict[str, Any]]:
        terms: dict[int, list[WorkRelationshipVersion]] = {}
        for term in WorkRelationshipVersion.objects.filter(
            relationship__in={each.relationship_id for each in rows}, recorded__contains=self.known
        ).order_by("valid"):
            terms.setdefault(term.relationship_id, []).append(term)
        called = {
            kind: names.things(
                kind,
                {found for each in rows if (found := getattr(each, f"{kind}_id")) is not None},
                self.at,
                self.known,
            )
            for kind in ("job", "unit", "location")
        }
        managers = names.people(
            {each.manager_id for each in rows if each.manager_id is not None}, self.at, self.known
        )
        return [
            {
                "id": each.assignment_id,
                "version": each.pk,
                "key": each.assignment.key,
                "system": each.system.name if each.system is not None else "",
                "relationship": _relationship(each, terms.get(each.relationship_id, [])),
                "worker_type": each.worker_type,
                "status": each.status,
                "primary": each.primary,
                "title": each.title,
                **{kind: things.get(getattr(each, f"{kind}_id") or 0) for kind, things in called.items()},
                "manager": None
                if each.manager_id is None
                else {"id": each.manager_id, "name": managers.get(each.manager_id, "")},
                "position": each.position,
                "full_time_equivalent": None
                if each.full_time_equivalent is None
                else str(each.full_time_equivalent),
                "regulatory_classes": each.regulatory_classes,
                **period(each.valid),
                "recorded_from": written(each.recorded.lower),
                "recorded_to": written(each.recorded.upper),
            }
            for each in rows
        ]


def _relationship(row: WorkAssignmentVersion, terms: list[WorkRelationshipVersion]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": row.relationship_id, "key": row.relationship.key}
    term = next((each for each in terms if _meet(each.valid, row.valid)), None)
    if term is not None:
        found |= {
            "hire_kind": term.hire_kind,
            "hire_date": term.hire_date.isoformat(),
            "end_reason": term.end_reason,
            "legal_employer": term.legal_employer,
            "sponsor": term.sponsor_id,
        }
    return found


def _meet(one: Any, other: Any) -> bool:
    """Whether two half-open periods share a moment."""
    return (one.lower is None or other.upper is None or one.lower < other.upper) and (
        other.lower is None or one.upper is None or other.lower < one.upper
    )


class PersonContext(Resource):
    """The context of a person."""

    parameters = {"GET": (AT, KNOWN)}
    answers = {
        "GET": {
            "type": "object",
            "required": ["person", "context", "at", "known"],
            "properties": {
                "person": {"type": "integer"},
                "context": {**CONTEXT, "type": ["object", "null"]},
                **MOMENTS,
            },
        }
    }

    def get(self, _request: Request, person_id: int) -> HttpResponse:
        """Return what counts for a statement of this person at a moment; null without an assignment then."""
        found = person.of(self, person_id)
        if (elsewhere := person.elsewhere(self, found, "api:person-context")) is not None:
            return elsewhere
        context = as_of.person_at(found.pk, self.at, self.known)
        described = None if context is None else names.described([context], self.at, self.known)[0]
        return answer({"person": found.pk, "context": described, **as_asked(self)})
