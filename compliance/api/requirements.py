"""`requirements` and `requirement-templates`: what is asked for, its versions, and what a draft would change.

In: filters; for a new draft a body with a template or a definition. Out: JSON. Approving is a signature and
stands elsewhere.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from compliance.api import words
from compliance.models import Requirement, RequirementVersion, VersionState
from compliance.requirements import library, lifecycle
from compliance.requirements.errors import InvalidDefinition, NotAllowed
from compliance.status.impact import impact
from connectors.api import parameters
from connectors.api.problems import Problem, not_found, wrong_body, wrong_parameter
from connectors.api.resource import Listing, Resource, answer

_REQUIREMENT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "code", "title", "template", "versions"],
    "properties": {
        "id": {"type": "integer"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "template": {"type": "string"},
        "versions": {"type": "array", "items": {"type": "object"}},
    },
}
_TEMPLATE: dict[str, Any] = {
    "type": "object",
    "required": ["code", "regime", "title", "section", "verified", "checked"],
    "properties": {
        "code": {"type": "string"},
        "regime": {"type": "string"},
        "title": {"type": "string"},
        "section": {"type": "string"},
        "population": {"type": "string"},
        "triggers": {"type": "array", "items": {"type": "string"}},
        "courses": {"type": "array", "items": {"type": "string"}},
        "verified": {"type": "boolean"},
        "checked": {"type": "string", "format": "date"},
        "definition": {"type": "object"},
    },
}
_IMPACT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "on": {"type": "string", "format": "date"},
        "required": {"type": "integer"},
        "required_before": {"type": "integer"},
        "by_state": {"type": "object", "additionalProperties": {"type": "integer"}},
        "by_state_before": {"type": "object", "additionalProperties": {"type": "integer"}},
        "changes": {"type": "array", "items": {"type": "object"}},
    },
}


class NewRequirement(serializers.Serializer[Any]):
    """A draft of a requirement: from a template, or with a definition of one's own."""

    code = serializers.CharField(max_length=100, required=False)
    title = serializers.CharField(max_length=300, required=False)
    template = serializers.CharField(max_length=100, required=False)
    courses = serializers.DictField(child=serializers.CharField(max_length=100), required=False)
    rule = serializers.JSONField(required=False)
    definition = serializers.JSONField(required=False)

    def validate(self, attrs: Any) -> Any:
        """Say from what the draft is made."""
        if ("template" in attrs) == ("definition" in attrs):
            raise serializers.ValidationError("Name a template or give a definition.")
        if "definition" in attrs and not {"code", "title"} <= attrs.keys():
            raise serializers.ValidationError("A definition of one's own needs a code and a title.")
        return attrs


class Requirements(Listing):
    """Requirements with their versions."""

    name = "requirements"
    parameters = {
        "GET": (
            parameters.text("code", "Only the one with this code.", most=100),
            parameters.choice("state", "Only with a version in this state.", VersionState.values),
        )
    }
    answers = {"GET": _REQUIREMENT, "POST": _REQUIREMENT}
    bodies: ClassVar[dict[str, Any]] = {"POST": NewRequirement}

    def get(self, _request: Request) -> HttpResponse:
        """List requirements, each with its versions, the latest first."""
        found = Requirement.objects.filter(store_id=self.caller.store_id, pk__gt=self.after_id)
        if "code" in self.values:
            found = found.filter(code=self.values["code"])
        if "state" in self.values:
            found = found.filter(versions__state=self.values["state"]).distinct()
        rows = list(found.order_by("pk").prefetch_related("versions")[: self.limit + 1])
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        return self.page([_described(each) for each in rows], [rows[-1].pk] if more else None)

    def post(self, request: Request) -> HttpResponse:
        """Make a draft of a requirement."""
        body = NewRequirement(data=request.data)
        body.is_valid(raise_exception=True)
        made = self._made(body.validated_data)
        return answer(_described(made.requirement), status=201)

    def _made(self, said: dict[str, Any]) -> RequirementVersion:
        store_id = self.caller.store_id
        try:
            if "template" in said:
                return library.make(
                    store_id,
                    library.named(said["template"]),
                    code=said.get("code", ""),
                    courses=said.get("courses"),
                    rule=said.get("rule"),
                )
            return lifecycle.create(
                store_id, code=said["code"], title=said["title"], document=said["definition"]
            )
        except InvalidDefinition as error:
            raise wrong_body(
                [{"pointer": f"/definition{pointer}", "detail": text} for pointer, text in error.faults],
                rule="definition",
            ) from error
        except NotAllowed as error:
            raise Problem(409, str(error), rule="conflict") from error


class OneRequirement(Resource):
    """One requirement."""

    parameters = {"GET": ()}
    answers = {"GET": _REQUIREMENT}

    def get(self, _request: Request, requirement_id: int) -> HttpResponse:
        """Return a requirement with its versions."""
        return answer(_described(of(self, requirement_id)))


class Impact(Resource):
    """What a version would change."""

    parameters = {
        "GET": (
            parameters.amount("version", "Number of the version; the last one.", most=100_000, default=1),
            parameters.day("on", "The day looked at; the first one of the version, or today."),
        )
    }
    answers = {"GET": _IMPACT}

    def get(self, _request: Request, requirement_id: int) -> HttpResponse:
        """Tell who would be required, compliant or overdue under a draft, compared with now."""
        versions = of(self, requirement_id).versions.order_by("-number")
        if "version" in self.values:
            versions = versions.filter(number=self.values["version"])
        version = versions.first()
        if version is None:
            raise wrong_parameter("version", "There is no such version.")
        found = impact(version, day=self.values.get("on"))
        return answer(
            {
                "on": found.day.isoformat(),
                "required": found.required,
                "required_before": found.required_before,
                "by_state": words.counted(found.by_state),
                "by_state_before": words.counted(found.by_state_before),
                "changes": [
                    {
                        "before": each.before,
                        "after": each.after,
                        "people": each.count,
                        "examples": list(each.examples),
                    }
                    for each in found.changes
                ],
            }
        )


class Templates(Listing):
    """Ready-made requirements."""

    name = "requirement-templates"
    parameters = {"GET": (parameters.text("regime", "Only of this regime, as OSHA.", most=100),)}
    answers = {"GET": _TEMPLATE}

    def get(self, _request: Request) -> HttpResponse:
        """List templates, each citing its section, with whether it was verified and when it was checked."""
        regime = self.values.get("regime", "").casefold()
        found = [
            each for each in library.templates().values() if not regime or each.regime.casefold() == regime
        ]
        start = self.after_id
        lines = [
            {
                "code": each.code,
                "regime": each.regime,
                "title": each.title,
                "section": each.section,
                "population": each.population,
                "triggers": list(each.triggers),
                "courses": each.courses,
                "verified": each.verified,
                "checked": each.checked.isoformat(),
                "definition": each.definition,
            }
            for each in found[start : start + self.limit]
        ]
        more = start + self.limit < len(found)
        return self.page(lines, [start + self.limit] if more else None)


def of(resource: Resource, requirement_id: int) -> Requirement:
    """Return a requirement; Problem where the caller's store has none of this id."""
    found = Requirement.objects.filter(pk=requirement_id, store_id=resource.caller.store_id).first()
    if found is None:
        raise not_found("requirement")
    return found


def _described(row: Requirement) -> dict[str, Any]:
    versions = sorted(row.versions.all(), key=lambda each: -each.number)
    return {
        **words.requirement(row),
        "template": row.template,
        "versions": [words.version(each) for each in versions],
    }
