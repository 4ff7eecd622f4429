"""Standings, explanations and requirements as JSON; what ids are called comes in a few queries for all of
them.

In: what compliance.status.read answers. Out: JSON values. Never a question about status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from compliance.access import restricted
from compliance.models import Requirement, RequirementVersion
from compliance.status.read import FOREVER, Explained, Standing, State
from connectors.api import names
from connectors.api.resource import written

Json = dict[str, Any]

DAY: Json = {"type": ["string", "null"], "format": "date"}
#: JSON Schema of one person under one requirement.
STANDING: Json = {
    "type": "object",
    "required": ["person", "requirement", "state", "assigned", "compliant_until", "due", "overdue_since"],
    "properties": {
        "person": names.SOMEBODY,
        "restricted": {
            "type": "boolean",
            "description": "Whether the person's data is restricted (GDPR 18): kept, not to be used further.",
        },
        "requirement": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "code": {"type": "string"},
                "title": {"type": "string"},
                "version": {"type": "integer", "description": "Key of the version in force."},
            },
        },
        "state": {
            "type": "string",
            "enum": ["not_required", "compliant", "waived", "due", "in_grace", "overdue"],
        },
        "assigned": {**DAY, "description": "Since when it has applied without a break."},
        "compliant_until": {**DAY, "description": "null: never done, or for good (see compliant_for_good)."},
        "compliant_for_good": {"type": "boolean"},
        "due": {**DAY, "description": "The last day to do it; null: never again."},
        "grace_until": DAY,
        "overdue_since": {**DAY, "description": "First day on which it is late, past or to come."},
        "waived_until": DAY,
        "assignment_version": {"type": ["integer", "null"]},
        "unit": names.THING,
        "job": names.THING,
        "manager": names.SOMEBODY,
    },
}
EXPLAINED: Json = {
    **STANDING,
    "properties": {
        **STANDING["properties"],
        "reasons": {"type": "array", "items": {"type": "string"}},
        "evidence": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "course": {"type": "string"},
                    "through": {
                        "type": ["string", "null"],
                        "description": "The other course that was completed and counts as this one.",
                    },
                    "done_on": DAY,
                    "holds_until": DAY,
                    "counts": {"type": "boolean", "description": "Whether the status stands on it."},
                    "completion": {"type": ["integer", "null"]},
                    "sign_off": {"type": ["integer", "null"]},
                    "statements": {"type": "array", "items": {"type": "integer"}},
                },
            },
        },
        "waivers": {"type": "array", "items": {"type": "integer"}},
    },
}


def standings(lines: Sequence[Standing], day: date, at: datetime, known: datetime) -> list[Json]:
    """Return the JSON of each."""
    requirements = {
        each.pk: each for each in Requirement.objects.filter(pk__in={line.requirement_id for line in lines})
    }
    called = names.people(
        {each for line in lines for each in (line.person_id, line.manager_id) if each is not None}, at, known
    )
    units = names.things("unit", {each.unit_id for each in lines if each.unit_id is not None}, at, known)
    jobs = names.things("job", {each.job_id for each in lines if each.job_id is not None}, at, known)
    kept_only = restricted.of({line.person_id for line in lines})
    return [
        {
            "person": _somebody(line.person_id, called),
            "restricted": line.person_id in kept_only,
            "requirement": {
                **requirement(requirements[line.requirement_id]),
                "version": line.version_id,
            },
            "state": line.state(day),
            **_days(line),
            "assignment_version": line.assignment_version_id,
            "unit": units.get(line.unit_id or 0),
            "job": jobs.get(line.job_id or 0),
            "manager": None if line.manager_id is None else _somebody(line.manager_id, called),
        }
        for line in lines
    ]


def explanation(found: Explained, at: datetime) -> Json:
    """Return the JSON of how somebody stands, and why."""
    if found.standing is not None:
        [line] = standings([found.standing], found.day, at, found.known)
    else:
        line = {
            "person": _somebody(found.person_id, names.people([found.person_id], at, found.known)),
            "restricted": bool(restricted.of([found.person_id])),
            "requirement": {
                **requirement(Requirement.objects.get(pk=found.requirement_id)),
                "version": None,
            },
            "state": found.state,
        }
    return {
        **line,
        "known": written(found.known),
        "reasons": list(found.reasons),
        "evidence": [
            {
                "course": each.course,
                "through": each.through or None,
                "done_on": each.day.isoformat(),
                "holds_until": _day(each.until),
                "counts": each.counts,
                "completion": each.completion_id,
                "sign_off": each.sign_off_id,
                "statements": list(each.statements),
            }
            for each in found.done
        ],
        "waivers": list(found.waivers),
    }


def requirement(row: Requirement) -> Json:
    """Return what a requirement is called."""
    return {"id": row.pk, "code": row.code, "title": row.title}


def version(row: RequirementVersion) -> Json:
    """Return a version with its definition."""
    return {
        "id": row.pk,
        "number": row.number,
        "state": row.state,
        "effective_from": _day(row.effective_from),
        "approved_at": written(row.approved_at),
        "approved_by": row.approved_by_id,
        "signature": row.signature_id,
        "retired_from": _day(row.retired_from),
        "retired_at": written(row.retired_at),
        "change_note": row.change_note,
        "definition": row.definition,
    }


def counted(states: Mapping[State, int]) -> dict[str, int]:
    """Return how many are in each state."""
    return {state.value: number for state, number in states.items()}


def requirements(ids: Iterable[int]) -> dict[int, Json]:
    """Return what requirements are called, by id."""
    return {each.pk: requirement(each) for each in Requirement.objects.filter(pk__in=list(ids))}


def _days(line: Standing) -> Json:
    return {
        "assigned": line.assigned.isoformat(),
        "compliant_until": _day(line.until),
        "compliant_for_good": line.until == FOREVER,
        "due": _day(line.due),
        "grace_until": _day(line.grace_end) if line.grace_end > line.due else None,
        "overdue_since": _day(line.overdue_since),
        "waived_until": _day(line.waived_until),
    }


def _day(day: date | None) -> str | None:
    return None if day is None or day >= FOREVER else day.isoformat()


def _somebody(person_id: int, called: dict[int, str]) -> Json:
    return {"id": person_id, "name": called.get(person_id, "")}
