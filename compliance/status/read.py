"""The door to who is trained for what. Others ask here, never the tables.

    statuses(…)      standings as of a day, as known at a moment
    now(…)           the table of now: the same, kept as things change
    explain(…)       one person under one requirement: state, reasons, evidence
    was_qualified    whether somebody was qualified for a task on a day, as known then and as known now
    matrix, gaps, forecast, team   what pages and reports show

A day is answered as of its end, in UTC. Everything is set-wise: one question to the database for everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from compliance.models import Requirement
from compliance.status import explain as explaining
from compliance.status.explain import Explained
from compliance.status.plan import Plan, plan
from compliance.status.query import planned, question, standings
from compliance.status.standing import FOREVER, QUALIFIED, STATE_SQL, Standing, State, end_of
from lrs import database

__all__ = [
    "FOREVER",
    "QUALIFIED",
    "Explained",
    "Gap",
    "Standing",
    "State",
    "counts",
    "counts_now",
    "explain",
    "forecast",
    "gaps",
    "matrix",
    "now",
    "statuses",
    "team",
    "was_qualified",
    "why_qualified",
]


@dataclass(frozen=True, slots=True)
class Gap:
    """Somebody who is not compliant."""

    standing: Standing
    state: State
    #: Days late; below zero: days left.
    days_late: int


def asked(
    store_id: int, day: date, known: datetime | None = None, *, requirements: Collection[int] | None = None
) -> Plan:
    """Return the question about a day, as known at a moment; now where it is left out."""
    return plan(store_id, end_of(day), known or timezone.now(), requirements=requirements)


def statuses(
    store_id: int,
    day: date,
    known: datetime | None = None,
    *,
    people: Sequence[int] | None = None,
    requirements: Collection[int] | None = None,
) -> list[Standing]:
    """Return how everybody stood on a day under everything that applied to them then."""
    return standings(asked(store_id, day, known, requirements=requirements), people)


def now(
    store_id: int,
    *,
    people: Sequence[int] | None = None,
    requirements: Collection[int] | None = None,
    managers: Collection[int] | None = None,
    units: Collection[int] | None = None,
    after: tuple[int, int] = (0, 0),
    most: int | None = None,
) -> list[Standing]:
    """Return rows of the table of now, by person and requirement; `after` and `most` give a part of it."""
    from compliance.models import Status
    from compliance.status.query import COLUMNS

    found = Status.objects.filter(store_id=store_id)
    for column, wanted in (
        ("person_id", people), ("requirement_id", requirements), ("manager_id", managers), ("unit_id", units),
    ):  # fmt: skip
        if wanted is not None:
            found = found.filter(**{f"{column}__in": list(wanted)})
    if after != (0, 0):
        found = found.filter(person_id__gte=after[0]).exclude(
            person_id=after[0], requirement_id__lte=after[1]
        )
    rows = found.order_by("person_id", "requirement_id").values_list(*COLUMNS)
    return [Standing(*row) for row in (rows if most is None else rows[:most])]


def counts(
    store_id: int, day: date, known: datetime | None = None, *, requirements: Collection[int] | None = None
) -> dict[int, dict[State, int]]:
    """Return for each requirement how many people were in each state on a day."""
    return count(asked(store_id, day, known, requirements=requirements))


def counts_now(store_id: int, day: date) -> dict[int, dict[State, int]]:
    """Return the same for today, out of the table of now."""
    result: dict[int, dict[State, int]] = {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            f"SELECT requirement_id, {STATE_SQL} AS state, count(*) FROM compliance_status"  # noqa: S608  constants
            " WHERE store_id = %(store)s GROUP BY 1, 2",
            {"store": store_id, "day": day},
        )
        for requirement_id, state, number in cursor:
            result.setdefault(requirement_id, {})[State(state)] = number
    return result


def count(about: Plan, people: Sequence[int] | None = None) -> dict[int, dict[State, int]]:
    """Return for each requirement of a plan how many people are in each state."""
    found = question(about, people)
    if found is None:
        return {}
    result: dict[int, dict[State, int]] = {}
    with planned(everybody=people is None), database.binary_cursor() as cursor:
        cursor.execute(
            found.select(f"requirement_id, {STATE_SQL} AS state, count(*)", "GROUP BY 1, 2"), found.values
        )
        for requirement_id, state, number in cursor:
            result.setdefault(requirement_id, {})[State(state)] = number
    return result


def explain(
    store_id: int, person_id: int, requirement_id: int, day: date, known: datetime | None = None
) -> Explained:
    """Return how a person stood under a requirement on a day, with the reasons and the evidence."""
    return explaining.explain(
        asked(store_id, day, known, requirements=[requirement_id]), person_id, requirement_id
    )


def why_qualified(
    store_id: int, person_id: int, code: str, day: date, known: datetime | None = None
) -> dict[str, Any] | None:
    """Return what says that a person was qualified by a requirement on a day; None where nothing does.

    Somebody the requirement does not apply to is not qualified by it.
    """
    requirement = Requirement.objects.filter(store_id=store_id, code=code).first()
    if requirement is None:
        return None
    found = statuses(store_id, day, known, people=[person_id], requirements=[requirement.pk])
    if not found or found[0].state(day) != State.COMPLIANT:
        return None
    return {"requirement": code, "version": found[0].version_id, "until": str(found[0].until)}


def was_qualified(
    store_id: int, person_id: int, requirement_id: int, day: date, known_then: datetime | None = None
) -> dict[str, Explained]:
    """Return how somebody stood on the day they did a task: as was known at its end, and as is known now."""
    then = known_then or min(end_of(day), timezone.now())
    return {
        "then": explain(store_id, person_id, requirement_id, day, then),
        "now": explain(store_id, person_id, requirement_id, day),
    }


def matrix(
    store_id: int,
    day: date,
    known: datetime | None = None,
    *,
    by: str = "job",
    people: Sequence[int] | None = None,
) -> dict[int | None, dict[int, dict[State, int]]]:
    """Return the training matrix: for each job (or unit, or person), each requirement and state, how many."""
    column = {"job": "job_id", "unit": "unit_id", "person": "person_id"}[by]
    found = question(asked(store_id, day, known), people)
    result: dict[int | None, dict[int, dict[State, int]]] = {}
    if found is None:
        return result
    with planned(everybody=people is None), database.binary_cursor() as cursor:
        cursor.execute(
            found.select(f"{column}, requirement_id, {STATE_SQL} AS state, count(*)", "GROUP BY 1, 2, 3"),
            found.values,
        )
        for key, requirement_id, state, number in cursor:
            result.setdefault(key, {}).setdefault(requirement_id, {})[State(state)] = number
    return result


def gaps(
    store_id: int,
    day: date,
    known: datetime | None = None,
    *,
    people: Sequence[int] | None = None,
    requirements: Collection[int] | None = None,
    within_days: int = 0,
) -> list[Gap]:
    """Return who is overdue or in grace, the latest first, and who falls due within so many days."""
    found = []
    for each in statuses(store_id, day, known, people=people, requirements=requirements):
        state = each.state(day)
        late = (day - each.due).days if each.due < FOREVER else -FOREVER.toordinal()
        soon = state in {State.DUE, State.COMPLIANT} and -late <= within_days and within_days > 0
        if state in {State.OVERDUE, State.IN_GRACE} or soon:
            found.append(Gap(each, state, late))
    return sorted(
        found, key=lambda each: (-each.days_late, each.standing.person_id, each.standing.requirement_id)
    )


def forecast(
    store_id: int,
    day: date,
    months: int = 12,
    *,
    people: Sequence[int] | None = None,
    requirements: Collection[int] | None = None,
) -> list[tuple[date, dict[int, int]]]:
    """Return for each month from that of `day` on how many fall due, by requirement; what is late counts
    first.

    Each pair counts once, with its next due day: what recurs within the months falls due again after that.
    """
    about = asked(store_id, day, requirements=requirements)
    first = day.replace(day=1)
    result = {_month(first, number): dict[int, int]() for number in range(months)}
    found = question(about, people)
    if found is not None:
        with planned(everybody=people is None), database.binary_cursor() as cursor:
            cursor.execute(
                found.select(
                    "greatest(date_trunc('month', due)::date, %(first)s::date), requirement_id, count(*)",
                    "WHERE due < %(last)s::date GROUP BY 1, 2",
                ),
                {**found.values, "first": first, "last": _month(first, months)},
            )
            for month, requirement_id, number in cursor:
                result[month][requirement_id] = number
    return list(result.items())


def team(
    store_id: int, manager_id: int, day: date, known: datetime | None = None, *, whole_line: bool = False
) -> list[Standing]:
    """Return how the people of a manager stood on a day; with `whole_line`, also those of their people."""
    line, level = set[int](), {manager_id}
    while level:
        below = set(explaining.reports(store_id, sorted(level), end_of(day), known or timezone.now()))
        level = (below - line - {manager_id}) if whole_line else set()
        line |= below - {manager_id}
    return statuses(store_id, day, known, people=sorted(line)) if line else []


def _month(first: date, number: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
    return date(year, month + 1, 1)
