"""What is so of people, in words: names beside ids, for any number of them at once.

In: contexts (connectors.workforce.as_of), people. Out: text for pages. Never a query for each row.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.models import (
    AssignmentStatus,
    Identifier,
    JobVersion,
    LocationVersion,
    OrganizationUnitVersion,
    PersonVersion,
    WorkAssignmentVersion,
    WorkerType,
)
from connectors.workforce import as_of
from connectors.workforce.as_of import Context

#: What a person's header shows, in order: key and label.
FIELDS = (
    ("title", "Title"),
    ("job", "Job"),
    ("path", "Unit"),
    ("location", "Location"),
    ("manager", "Manager"),
    ("worker_type", "Worker type"),
    ("status", "Status"),
    ("classes", "Regulatory class"),
    ("hire_date", "Hired"),
    ("tenure", "Tenure"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a list."""

    person_id: int
    name: str
    number: str
    email: str
    standing: dict[str, str]


def names(people: Collection[int], known: datetime | None = None) -> dict[int, str]:
    """Return what people are called, now or as known at another time, by the most trusted system."""
    rows = PersonVersion.objects.filter(person__in=set(people))
    rows = rows.filter(recorded__contains=known) if known else rows.filter(recorded__upper_inf=True)
    found: dict[int, str] = {}
    for each in rows.order_by("-system__precedence", "valid"):
        found[each.person_id] = each.formatted_name
    return {each: found.get(each, f"Person {each}") for each in people}


def lines(people: Sequence[int], moment: datetime) -> list[Line]:
    """Return people as a list shows them, in the same order: a fixed number of queries."""
    called = names(people)
    held: dict[tuple[int, str], str] = {}
    rows = Identifier.objects.filter(
        person__in=people, recorded__upper_inf=True, type__in=("employee_number", "email", "user_name")
    )
    for each in rows.order_by("primary", "valid"):
        held[each.person_id, each.type] = each.value
    contexts = as_of.people_at(people, [moment] * len(people))
    standing = described(contexts, [moment] * len(people))
    return [
        Line(
            pk,
            called[pk],
            held.get((pk, "employee_number"), ""),
            held.get((pk, "email"), held.get((pk, "user_name"), "")),
            said,
        )
        for pk, said in zip(people, standing, strict=True)
    ]


def described(
    contexts: Sequence[Context | None], moments: Sequence[datetime], known: datetime | None = None
) -> list[dict[str, str]]:
    """Return each context as texts by the keys of FIELDS; empty where there was no assignment."""
    given = [each for each in contexts if each is not None]
    beside = _Beside(given, known)
    return [
        {} if each is None else beside.texts(each, moment)
        for each, moment in zip(contexts, moments, strict=True)
    ]


class _Beside:
    """Names of everything some contexts point at: six queries."""

    def __init__(self, contexts: Sequence[Context], known: datetime | None) -> None:
        self.assignments = _by_id(WorkAssignmentVersion, contexts, "assignment_version_id")
        self.jobs = _by_id(JobVersion, contexts, "job_version_id")
        self.locations = _by_id(LocationVersion, contexts, "location_version_id")
        self.people = _by_id(PersonVersion, contexts, "person_version_id")
        self.managers = names({each.manager_id for each in contexts if each.manager_id is not None}, known)
        units = {unit for each in contexts for unit in (*each.path, each.unit_id) if unit is not None}
        rows = OrganizationUnitVersion.objects.filter(unit__in=units)
        rows = rows.filter(recorded__contains=known) if known else rows.filter(recorded__upper_inf=True)
        self.units: dict[int, list[OrganizationUnitVersion]] = {}
        for version in rows.select_related("unit"):
            self.units.setdefault(version.unit_id, []).append(version)

    def texts(self, each: Context, moment: datetime) -> dict[str, str]:
        assignment = self.assignments.get(each.assignment_version_id)
        job = self.jobs.get(each.job_version_id or 0)
        location = self.locations.get(each.location_version_id or 0)
        called = self.people.get(each.person_version_id or 0)
        path = each.path or ((each.unit_id,) if each.unit_id is not None else ())
        way = [self.unit(unit, moment) for unit in path]
        return {
            "name": "" if called is None else called.formatted_name,
            "title": "" if assignment is None else assignment.title,
            "job": "" if job is None else job.title,
            "unit": way[-1] if way else "",
            "unit_id": "" if each.unit_id is None else str(each.unit_id),
            "path": " › ".join(way),
            "location": "" if location is None else _place(location),
            "manager": "" if each.manager_id is None else self.managers[each.manager_id],
            "manager_id": "" if each.manager_id is None else str(each.manager_id),
            "worker_type": _label(WorkerType, each.worker_type),
            "status": _label(AssignmentStatus, each.status),
            "classes": ", ".join(each.regulatory_classes),
            "hire_date": "" if each.hire_date is None else each.hire_date.isoformat(),
            "tenure": "" if each.hire_date is None else tenure((moment.date() - each.hire_date).days),
        }

    def unit(self, unit_id: int, moment: datetime) -> str:
        versions = self.units.get(unit_id, ())
        return next((each.name for each in versions if moment in each.valid), f"Unit {unit_id}")


def tenure(days: int) -> str:
    """Return a number of days as people say it."""
    if days < 0:
        return "not yet"
    years, months = days // 365, days % 365 // 30
    if not years and not months:
        return f"{days} day{'' if days == 1 else 's'}"
    parts = [f"{years} y" if years else "", f"{months} mo" if months else ""]
    return " ".join(each for each in parts if each)


def _place(version: LocationVersion) -> str:
    return ", ".join(each for each in (version.name, version.city, version.country) if each)


def _label(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value


def _by_id(model: Any, contexts: Sequence[Context], field: str) -> dict[int, Any]:
    return dict(
        model.objects.in_bulk({found for each in contexts if (found := getattr(each, field)) is not None})
    )
