"""A population as the workers resource of Oracle HCM has it, on a day, as known at a moment.

In: a population, a day, a moment. Out: JSON values with every child whole, as lists. Positions become
assignment rows with managers beside them, each with effective days of its own; after its last position an
assignment goes on INACTIVE, as Oracle's do. Never a page, a link or a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from simulators.population import (
    Assignment,
    Employment,
    History,
    Population,
    Position,
    Slice,
    Stay,
    Worker,
)

Json = dict[str, Any]

#: The day Oracle means by "no end".
END = date(4712, 12, 31)
_DAY = timedelta(days=1)
#: Beyond what JavaScript's numbers can tell apart.
_PERSON, _PERIOD, _ASSIGNMENT, _ORGANIZATION, _JOB, _LOCATION = (
    300_000_100_000_000_000,
    300_000_200_000_000_000,
    300_000_300_000_000_000,
    300_000_400_000_000_000,
    300_000_500_000_000_000,
    300_000_600_000_000_000,
)
_WORKER_TYPE = {"employee": "E", "contractor": "C", "partner": "N"}
_ACTION = {"hire": "HIRE", "rehire": "REHIRE", "conversion": "CONVERT"}
_STATUS = {
    "active": ("ACTIVE", "ACTIVE_PROCESS"),
    "leave": ("SUSPENDED", "LEAVE_OF_ABSENCE"),
    "suspended": ("SUSPENDED", "SUSPEND_ASSIGNMENT"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """Days on which an assignment is so; None: it is over."""

    first: date
    last: date
    position: Position | None


@dataclass(frozen=True)
class Records:
    """Answers questions about a population in Oracle's words."""

    population: Population

    @cached_property
    def worker_by_id(self) -> dict[int, Worker]:
        """Workers by PersonId."""
        return {person_id(each): each for each in self.population.workers}

    @cached_property
    def worker_by_assignment(self) -> dict[str, Worker]:
        """Workers by the numbers of their assignments."""
        return {
            held.number: worker
            for worker in self.population.workers
            for each in worker.employments
            for held in each.assignments
        }

    def worker(self, worker: Worker, day: date, known: datetime) -> Json | None:
        """Return a worker; None: Oracle does not show one on that day."""
        there = [
            (each, stay)
            for each in worker.employments
            if (stay := each.stay(known)) is not None and stay.first <= day
        ]
        if not there:
            return None
        return {
            "PersonId": person_id(worker),
            "PersonNumber": worker.number,
            "LastUpdateDate": f"{max(_entered(worker, known)):%Y-%m-%dT%H:%M:%S.000+00:00}",
            "names": [self._name(worker, day, known)],
            "emails": [_email(worker, each) for each in worker.emails.slices(known)],
            "workRelationships": [self._relationship(*each, day, known) for each in there],
        }

    def organizations(self, day: date, known: datetime) -> Iterator[Json]:
        """Yield the units of a day."""
        for each in self.population.units:
            state = each.states.at(day, known)
            if state is not None:
                yield {
                    "OrganizationId": organization_id(each.key),
                    "OrganizationCode": each.key,
                    "Name": state.name,
                    "ClassificationCode": each.kind.upper(),
                    "ParentOrganizationId": organization_id(state.parent) if state.parent else None,
                }

    def jobs(self) -> Iterator[Json]:
        """Yield the jobs."""
        for number, each in enumerate(self.population.jobs):
            yield {
                "JobId": _JOB + number,
                "JobCode": each.key,
                "Name": each.title,
                "JobFamilyName": each.family,
                "RegulatoryClasses": ";".join(each.regulatory_classes),
            }

    def locations(self) -> Iterator[Json]:
        """Yield the sites."""
        for number, each in enumerate(self.population.locations):
            yield {
                "LocationId": _LOCATION + number,
                "LocationCode": each.key,
                "LocationName": each.name,
                "Country": each.country,
                "Region": each.region,
                "TownOrCity": each.city,
            }

    def _name(self, worker: Worker, day: date, known: datetime) -> Json:
        told = worker.names.slices(known)
        found = next((each for each in reversed(told) if each.first <= day), told[0])
        return {
            "PersonNameId": person_id(worker),
            "NameType": "GLOBAL",
            "FirstName": found.value.given,
            "LastName": found.value.family,
            "KnownAs": found.value.preferred or None,
            "DisplayName": found.value.formatted,
            "EffectiveStartDate": found.first.isoformat(),
            "EffectiveEndDate": (found.last or END).isoformat(),
        }

    def _relationship(self, employment: Employment, stay: Stay, day: date, known: datetime) -> Json:
        assignments = (self._assignment(each, day, known) for each in employment.assignments)
        return {
            "PeriodOfServiceId": period_id(employment),
            "LegalEmployerName": stay.legal_employer,
            "WorkerType": _WORKER_TYPE[stay.worker_type],
            "PrimaryFlag": True,
            "StartDate": stay.first.isoformat(),
            "TerminationDate": stay.last.isoformat() if stay.last else None,
            "LastWorkingDate": stay.last.isoformat() if stay.last else None,
            "EnterpriseSeniorityDate": stay.original_hire_date.isoformat(),
            "ActionCode": _ACTION[stay.hire_kind],
            "TerminationReasonCode": stay.end_reason or None,
            "assignments": [each for each in assignments if each is not None],
        }

    def _assignment(self, assignment: Assignment, day: date, known: datetime) -> Json | None:
        slices = assignment.positions.slices(known)
        row = next((each for each in _rows(slices) if each.first <= day <= each.last), None)
        if row is None:
            return None
        shown = row.position or slices[-1].value
        state, code = _STATUS[shown.status] if row.position else ("INACTIVE", "INACTIVE_PROCESS")
        unit = self.population.unit_by_key[shown.unit].states.at(day, known)
        return {
            "AssignmentId": _ASSIGNMENT + _number(assignment.number),
            "AssignmentNumber": assignment.number,
            "AssignmentName": shown.title,
            "AssignmentStatusType": state,
            "AssignmentStatusTypeCode": code,
            "EffectiveStartDate": row.first.isoformat(),
            "EffectiveEndDate": row.last.isoformat(),
            "PrimaryFlag": assignment.primary,
            "JobCode": shown.job,
            "DepartmentId": organization_id(shown.unit),
            "DepartmentName": unit.name if unit is not None else shown.unit,
            "LocationCode": shown.location,
            "PositionCode": shown.position,
            "managers": self._managers(slices, row, day, known),
            "assignmentsDFF": [{"regulatoryClasses": self._classes(shown)}],
        }

    def _classes(self, position: Position) -> str:
        """Return the classes of a position that has more than its job."""
        if not position.regulatory_classes:
            return ""
        of_job = self.population.job_by_key[position.job].regulatory_classes
        return ";".join((*of_job, *position.regulatory_classes))

    def _managers(
        self, slices: Sequence[Slice[Position]], row: _Row, day: date, known: datetime
    ) -> list[Json]:
        if row.position is None:
            return []
        spans = _joined(slices, lambda position: position.manager)
        first, last, number = next(each for each in spans if each[0] <= day <= each[1])
        if not number:
            return []
        return [
            {
                "ManagerAssignmentNumber": self._assignment_number(number, day, known),
                "ManagerType": "LINE_MANAGER",
                "EffectiveStartDate": max(first, row.first).isoformat(),
                "EffectiveEndDate": min(last, row.last).isoformat(),
            }
        ]

    def _assignment_number(self, number: str, day: date, known: datetime) -> str:
        """Return the number of somebody's primary assignment."""
        worker = self.population.worker_by_number[number]
        begun = [
            each
            for each in worker.employments
            if (stay := each.stay(known)) is not None and (stay.first <= day or each is worker.employments[0])
        ]
        return (begun or worker.employments)[-1].assignments[0].number


def person_id(worker: Worker) -> int:
    """Return the PersonId of a worker."""
    return _PERSON + int(worker.number)


def period_id(employment: Employment) -> int:
    """Return the PeriodOfServiceId of an employment."""
    return _PERIOD + _number(employment.number)


def organization_id(key: str) -> int:
    """Return the OrganizationId of a unit."""
    return _ORGANIZATION + int(key)


def _number(text: str) -> int:
    """Return a number for a key such as C0001001-2, another one for every key."""
    main, _, nth = text.partition("-")
    letter = "" if main[0].isdigit() else main.rstrip("0123456789")
    digits = main[len(letter) :]
    extra = sum(int(each) * 100**at for at, each in enumerate(nth.split("-"), 1)) if nth else 0
    return int(digits) * 10_000_000 + extra * 10 + {"": 0, "C": 1, "E": 2, "A": 3, "AC": 4}.get(letter, 5)


def _entered(worker: Worker, known: datetime) -> Iterator[datetime]:
    for history in worker.histories():
        for each in history.entries:
            if each.entered <= known:
                yield each.entered
            if each.withdrawn is not None and each.withdrawn <= known:
                yield each.withdrawn


def _email(worker: Worker, held: Slice[str]) -> Json:
    return {
        "EmailAddressId": person_id(worker),
        "EmailType": "W1",
        "EmailAddress": held.value,
        "FromDate": held.first.isoformat(),
        "ToDate": held.last.isoformat() if held.last else None,
        "PrimaryFlag": True,
    }


def _rows(slices: Sequence[Slice[Position]]) -> list[_Row]:
    """Return the rows of an assignment: positions that differ by their managers alone are one."""
    found: list[_Row] = []
    for first, last, position in _joined(
        slices, lambda each: replace(each, manager="x" if each.manager else "")
    ):
        if found and found[-1].last + _DAY < first:
            found.append(_Row(found[-1].last + _DAY, first - _DAY, None))
        found.append(_Row(first, last, position))
    if found and found[-1].last < END:
        found.append(_Row(found[-1].last + _DAY, END, None))
    return found


def _joined(slices: Sequence[Slice[Position]], by: Any) -> list[tuple[date, date, Any]]:
    """Return spans of slices that follow each other and are the same in a respect."""
    found: list[tuple[date, date, Any]] = []
    for each in slices:
        first, last, value = each.first, each.last or END, by(each.value)
        if found and found[-1][2] == value and found[-1][1] + _DAY == first:
            found[-1] = (found[-1][0], last, value)
        else:
            found.append((first, last, value))
    return found


__all__ = ["END", "History", "Json", "Records", "organization_id", "period_id", "person_id"]
