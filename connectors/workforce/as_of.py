"""The questions to the workforce record: as of a moment, as known at another.

In: people and moments. Out: `Context`, what was so of a person. One person is an indexed look-up, many
people are one statement, and a roster reads each version table once. Never a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lrs import database


@dataclass(frozen=True, slots=True)
class Context:
    """What was so of a person, and the versions it was read from."""

    person_id: int
    assignment_version_id: int
    relationship_version_id: int | None
    person_version_id: int | None
    unit_version_id: int | None
    unit_path_id: int | None
    job_version_id: int | None
    location_version_id: int | None
    unit_id: int | None
    #: Units from the root to the person's own.
    path: tuple[int, ...]
    job_id: int | None
    location_id: int | None
    manager_id: int | None
    worker_type: str
    status: str
    hire_date: date | None
    regulatory_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One person of a roster."""

    person_id: int
    assignment_version_id: int
    relationship_version_id: int | None
    unit_id: int | None
    path: tuple[int, ...]
    job_id: int | None
    location_id: int | None
    manager_id: int | None
    worker_type: str
    status: str
    hire_date: date | None
    regulatory_classes: tuple[str, ...]
    #: Since when the assignment is as it is.
    since: datetime | None


def person_at(person_id: int, moment: datetime, known: datetime | None = None) -> Context | None:
    """Return the context of one person at `moment`, as known at `known` (now where it is left out).

    None where the person had no assignment then. A person merged into another is answered for that one.
    """
    [context] = people_at([person_id], [moment], known)
    return context


def people_at(
    people: Sequence[int], moments: Sequence[datetime], known: datetime | None = None
) -> list[Context | None]:
    """Return the context of each person at the moment beside it, in one statement."""
    found: list[Context | None] = [None] * len(people)
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT a.i, a.person_id, a.assignment_version_id, a.relationship_version_id, a.person_version_id,
                   a.unit_version_id, a.unit_path_id, a.job_version_id, a.location_version_id, a.unit_id,
                   a.path, a.job_id, a.location_id, a.manager_id, a.worker_type, a.status, a.hire_date,
                   a.regulatory_classes
            FROM connectors_as_of(
                %b::bigint[], %b::timestamptz[],
                array_fill(coalesce(%s::timestamptz, clock_timestamp()), ARRAY[%s])
            ) AS a
            """,
            (list(people), list(moments), known, len(people)),
        )
        for i, *row in cursor:
            found[i - 1] = Context(*_frozen(row))
    return found


def roster(
    store_id: int,
    moment: datetime,
    known: datetime | None = None,
    *,
    after: int = 0,
    most: int | None = None,
) -> Iterator[RosterLine]:
    """Yield everybody of a store who had an assignment at `moment`, as known at `known`, by their ids.

    `after` and `most` give a part of it: at most so many people, behind that id.
    """
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT r.* FROM connectors_roster(%s, %s, coalesce(%s::timestamptz, clock_timestamp())) r"
            " WHERE r.person_id > %s ORDER BY r.person_id LIMIT %s",
            (store_id, moment, known, after, most),
        )
        for row in cursor:
            yield RosterLine(*_frozen(list(row)))


def _frozen(row: list[Any]) -> list[Any]:
    return [tuple(each) if isinstance(each, list) else each for each in row]
