"""`people`: who works here, as of a moment, as known at another; and one person with everything known.

In: filters. Out: people with their context then. People no HR system knows are kept here as well
(connectors.api.by_hand).
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from connectors.api import names, parameters, person
from connectors.api.names import CONTEXT
from connectors.api.people_search import PeopleQuery, search
from connectors.api.problems import wrong_parameter
from connectors.api.resource import AT, KNOWN, MOMENTS, Listing, Resource, answer, written
from connectors.models import (
    AssignmentStatus,
    Identifier,
    IdentifierType,
    Person,
    PersonKey,
    PersonVersion,
    WorkerType,
)
from connectors.workforce import as_of

_CONTEXT_OR_NONE = {**CONTEXT, "type": ["object", "null"]}
PERIOD: dict[str, Any] = {
    "valid_from": {"type": ["string", "null"], "format": "date-time"},
    "valid_to": {"type": ["string", "null"], "format": "date-time"},
}
_LINE = {
    "type": "object",
    "required": ["id", "name", "context"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "context": _CONTEXT_OR_NONE,
    },
}
PERSON: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "names", "identifiers", "keys", "merged", "context"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "names": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "formatted": {"type": "string"},
                    "given": {"type": "string"},
                    "family": {"type": "string"},
                    "preferred": {"type": "string"},
                    "language": {"type": "string"},
                    "system": {"type": "string"},
                    **PERIOD,
                },
            },
        },
        "identifiers": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": {"type": "string", "enum": IdentifierType.values},
                    "value": {"type": "string"},
                    "issuer": {"type": "string"},
                    "primary": {"type": "boolean"},
                    "system": {"type": "string"},
                    **PERIOD,
                },
            },
        },
        "keys": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"system": {"type": "string"}, "key": {"type": "string"}},
            },
        },
        "merged": {"type": "array", "items": {"type": "integer"}, "description": "Who counts as this one."},
        "context": _CONTEXT_OR_NONE,
        **MOMENTS,
    },
}


class People(Listing):
    """People of the store."""

    name = "people"
    answers = {"GET": _LINE}
    parameters = {
        "GET": (
            parameters.text("identifier", "Who holds this identifier: a number, address, user name, …"),
            parameters.choice("identifier_type", "Only an identifier of this type.", IdentifierType.values),
            parameters.text("issuer", "Only an identifier of this issuer."),
            parameters.text("name", "Whose whole name or family name begins so.", most=100),
            parameters.identity("unit", "Who works in this organization unit or below it."),
            parameters.identity("job", "Who has this job."),
            parameters.identity("location", "Who works at this location."),
            parameters.identity("manager", "Whose manager is this person."),
            parameters.choice("worker_type", "Who is one of these.", WorkerType.values),
            parameters.choice("status", "Whose assignment has this status.", AssignmentStatus.values),
            AT,
            KNOWN,
        )
    }

    def get(self, _request: Request) -> HttpResponse:
        """List people, with where they worked at a moment.

        Without `at`, names and identifiers count whenever they were so; with it, only if they were so then.
        """
        if "identifier" not in self.values and self.values.keys() & {"identifier_type", "issuer"}:
            raise wrong_parameter("identifier", "identifier_type and issuer go with identifier.")
        asked = self.values
        found, more = search(
            PeopleQuery(
                store_id=self.caller.store_id,
                at=self.at,
                known=self.known,
                unit_id=asked.get("unit"),
                job_id=asked.get("job"),
                location_id=asked.get("location"),
                manager_id=asked.get("manager"),
                worker_type=asked.get("worker_type", ""),
                status=asked.get("status", ""),
                name=asked.get("name", ""),
                identifier=asked.get("identifier", ""),
                identifier_type=asked.get("identifier_type", ""),
                issuer=asked.get("issuer", ""),
                then="at" in asked,
                after=self.after_id,
                limit=self.limit,
            )
        )
        standing = [context for _, context in found if context is not None]
        described = iter(names.described(standing, self.at, self.known))
        called = names.people([each for each, _ in found], self.at, self.known)
        lines = [
            {
                "id": person_id,
                "name": called.get(person_id, ""),
                "context": None if context is None else next(described),
            }
            for person_id, context in found
        ]
        return self.page(lines, [found[-1][0]] if more else None, **as_asked(self))


class OnePerson(Resource):
    """One person."""

    parameters = {"GET": (AT, KNOWN)}
    answers = {"GET": PERSON}

    def get(self, _request: Request, person_id: int) -> HttpResponse:
        """Return a person: every name and identifier with its period, and the context of a moment."""
        found = person.of(self, person_id)
        return person.elsewhere(self, found, "api:person") or answer(everything(self, found))


def everything(resource: Resource, found: Person) -> dict[str, Any]:
    """Return what is known of a person."""
    at, known = resource.at, resource.known
    merged = list(Person.objects.filter(merged_into=found).order_by("pk").values_list("pk", flat=True))
    ids = [found.pk, *merged]
    context = as_of.person_at(found.pk, at, known)
    return {
        "id": found.pk,
        "name": names.people([found.pk], at, known).get(found.pk, ""),
        "names": [
            {
                "formatted": each.formatted_name,
                "given": each.given_name,
                "family": each.family_name,
                "preferred": each.preferred_name,
                "language": each.language,
                "system": each.system.name if each.system is not None else "",
                **period(each.valid),
            }
            for each in _known(PersonVersion, ids, known)
        ],
        "identifiers": [
            {
                "type": each.type,
                "value": each.value,
                "issuer": each.issuer,
                "primary": each.primary,
                "system": each.system.name if each.system is not None else "",
                **period(each.valid),
            }
            for each in _known(Identifier, ids, known)
        ],
        "keys": [
            {"system": each.system.name, "key": each.key}
            for each in PersonKey.objects.filter(person__in=ids).select_related("system").order_by("pk")
        ],
        "merged": merged,
        "context": None if context is None else names.described([context], at, known)[0],
        **as_asked(resource),
    }


def period(valid: Any) -> dict[str, str | None]:
    """Return a period; null for an end that is open."""
    return {"valid_from": written(valid.lower), "valid_to": written(valid.upper)}


def as_asked(resource: Resource) -> dict[str, str]:
    """Return the two moments an answer is for."""
    return {"at": resource.at.isoformat(), "known": resource.known.isoformat()}


def _known(model: Any, ids: list[int], known: Any) -> Any:
    return (
        model.objects.filter(person__in=ids, recorded__contains=known)
        .select_related("system")
        .order_by("valid", "pk")
    )
