"""`catalogue`: all of it out and in; `course-equivalences`; `unassigned-activities`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from compliance.api import bodies
from compliance.api.base import ComplianceListing, ComplianceResource, done, json_object, nothing
from compliance.catalogue import document, equivalence, exchange
from compliance.catalogue.document import CatalogueUnsound
from compliance.catalogue.unassigned import unassigned
from compliance.models import CourseEquivalence
from connectors.api import parameters
from connectors.api.problems import not_found, wrong_body
from connectors.api.resource import answer, written

_DAY = {"type": ["string", "null"], "format": "date"}


class Catalogue(ComplianceResource):
    """The whole catalogue."""

    parameters = {
        "GET": (parameters.choice("form", "How it is written.", ("json", "csv"), default="json"),),
        "POST": (
            parameters.flag("dry", "Only try; change nothing."),
            parameters.flag("move", "Take activities from the courses that have them."),
        ),
    }
    answers = {
        "GET": {"type": "object", "description": "As compliance/catalogue/schema.json."},
        "POST": {
            "type": "object",
            "required": ["created", "changed", "unchanged", "refused"],
            "properties": {
                **{name: {"type": "integer"} for name in ("created", "changed", "unchanged")},
                "refused": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"code": {"type": "string"}, "reason": {"type": "string"}},
                    },
                },
            },
        },
    }
    bodies = {"POST": bodies.Catalogue}

    def get(self, _request: Request) -> HttpResponse:
        """Return every course with versions and activities, and the equivalences that stand."""
        found = exchange.export(self.caller.store_id)
        if self.values.get("form") == "csv":
            content = b"".join(document.written(found))
            response = HttpResponse(content, content_type="text/csv; charset=utf-8")
            response.headers["Content-Disposition"] = 'attachment; filename="catalogue.csv"'
            return response
        return answer(found)

    def post(self, request: Request) -> HttpResponse:
        """Bring a catalogue: adds and changes, never removes."""
        try:
            checked = document.checked(json_object(request))
        except CatalogueUnsound as error:
            faults = [{"pointer": place.rstrip("/"), "detail": said} for place, said in error.faults]
            raise wrong_body(faults, rule="catalogue") from error
        report = exchange.bring(
            self.caller.store_id,
            checked,
            by=f"credential {self.caller.credential_id}",
            move=self.values.get("move", False),
            dry=self.values.get("dry", False),
        )
        return answer(report.as_json(), status=201)


_EQUIVALENCE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "course", "counts_as", "mutual", "reason", "approved_as"],
    "properties": {
        **{name: {"type": "integer"} for name in ("id", "course", "counts_as")},
        "mutual": {"type": "boolean"},
        "valid_from": _DAY,
        "valid_to": _DAY,
        "reason": {"type": "string"},
        "approved_as": {"type": "string"},
        "recorded_from": {"type": "string", "format": "date-time"},
        "recorded_to": {"type": ["string", "null"], "format": "date-time"},
    },
}


class Equivalences(ComplianceListing):
    """Courses that count as others."""

    name = "course-equivalences"
    parameters = {
        "GET": (
            parameters.identity("course", "Only of this course, on either side."),
            parameters.flag("ended", "Also those that were ended."),
        )
    }
    answers = {"GET": _EQUIVALENCE, "POST": _EQUIVALENCE}
    bodies = {"POST": bodies.NewEquivalence}

    def get(self, _request: Request) -> HttpResponse:
        """List equivalences, in the order of their ids."""
        rows = CourseEquivalence.objects.filter(course__store=self.caller.store_id, pk__gt=self.after_id)
        if not self.values.get("ended", False):
            rows = rows.filter(recorded_to=None)
        if "course" in self.values:
            wanted = self.values["course"]
            rows = rows.filter(course=wanted) | rows.filter(counts_as=wanted)
        found = list(rows.order_by("pk")[: self.limit + 1])
        more = len(found) > self.limit
        found = found[: self.limit]
        return self.page([_equivalence(each) for each in found], [found[-1].pk] if more else None)

    def post(self, request: Request) -> HttpResponse:
        """Say that a course counts as another."""
        said = self.body(request)
        course, counts_as = self.course(said.pop("course")), self.course(said.pop("counts_as"))
        made = done(lambda: equivalence.approve(course, counts_as, **said))
        return answer(_equivalence(made), status=201)


class OneEquivalence(ComplianceResource):
    """One equivalence."""

    answers = {"DELETE": {"type": "null"}}

    def delete(self, _request: Request, equivalence_id: int) -> HttpResponse:
        """End an equivalence; what was known before stays known."""
        found = CourseEquivalence.objects.filter(
            pk=equivalence_id, course__store=self.caller.store_id
        ).first()
        if found is None:
            raise not_found("equivalence")
        done(lambda: equivalence.end(found))
        return nothing()


class UnassignedActivities(ComplianceListing):
    """Activities no course has."""

    name = "unassigned-activities"
    parameters = {
        "GET": (
            parameters.text("contains", "Only those whose IRI contains this.", most=200),
            parameters.flag("set_aside", "Those that were set aside instead."),
        )
    }
    answers = {
        "GET": {
            "type": "object",
            "required": ["iri", "name", "outcomes"],
            "properties": {
                **{name: {"type": "string"} for name in ("iri", "name", "activity_type")},
                "outcomes": {"type": "integer", "description": "Statements that could make a completion."},
                "last_seen": {"type": "string", "format": "date-time"},
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """List activities statements report results of, the most used first."""
        after = (int(self.after[0]), int(self.after[1])) if self.after else None
        found = unassigned(
            self.caller.store_id,
            after=after,
            text=self.values.get("contains", ""),
            set_aside=self.values.get("set_aside", False),
            most=self.limit + 1,
        )
        more = len(found) > self.limit
        found = found[: self.limit]
        lines = [
            {
                "iri": each.iri,
                "name": each.name,
                "activity_type": each.activity_type,
                "outcomes": each.outcomes,
                "last_seen": written(each.last_seen),
            }
            for each in found
        ]
        return self.page(lines, [found[-1].outcomes, found[-1].id] if more else None)


def _equivalence(row: CourseEquivalence) -> dict[str, Any]:
    return {
        "id": row.pk,
        "course": row.course_id,
        "counts_as": row.counts_as_id,
        "mutual": row.mutual,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "reason": row.reason,
        "approved_as": row.approved_as,
        "recorded_from": written(row.recorded_from),
        "recorded_to": written(row.recorded_to),
    }
