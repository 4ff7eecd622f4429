"""What the ids of a context are called, as of a moment, as known at another.

In: contexts or lines of a roster. Out: JSON of each, with keys and names beside the ids. Six queries whatever
the number. Never a change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from psycopg import sql

from lrs import database

Json = dict[str, Any]


class Standing(Protocol):
    """What contexts and lines of a roster share."""

    @property
    def person_id(self) -> int: ...
    @property
    def assignment_version_id(self) -> int: ...
    @property
    def unit_id(self) -> int | None: ...
    @property
    def path(self) -> tuple[int, ...]: ...
    @property
    def job_id(self) -> int | None: ...
    @property
    def location_id(self) -> int | None: ...
    @property
    def manager_id(self) -> int | None: ...
    @property
    def worker_type(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def hire_date(self) -> date | None: ...
    @property
    def regulatory_classes(self) -> tuple[str, ...]: ...


#: JSON Schema of something with a key and a name.
THING: Mapping[str, Any] = {
    "type": ["object", "null"],
    "required": ["id", "key", "name"],
    "properties": {"id": {"type": "integer"}, "key": {"type": "string"}, "name": {"type": "string"}},
}
SOMEBODY: Mapping[str, Any] = {
    "type": ["object", "null"],
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
#: JSON Schema of a context.
CONTEXT: Mapping[str, Any] = {
    "type": "object",
    "required": ["assignment", "job", "unit", "path", "location", "manager", "worker_type", "status"],
    "properties": {
        "assignment": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "version": {"type": "integer"},
                "title": {"type": "string"},
                "since": {"type": ["string", "null"], "format": "date-time"},
            },
        },
        "job": THING,
        "unit": THING,
        "path": {"type": "array", "items": THING, "description": "Units from the root to the person's own."},
        "location": THING,
        "manager": SOMEBODY,
        "worker_type": {"type": "string"},
        "status": {"type": "string"},
        "hire_date": {"type": ["string", "null"], "format": "date"},
        "tenure_days": {"type": ["integer", "null"]},
        "regulatory_classes": {"type": "array", "items": {"type": "string"}},
    },
}

#: Table of versions, its subject, the table and column of keys, what it is called.
_THINGS = {
    "unit": ("connectors_organization_unit_version", "unit_id", "connectors_organization_unit", "name"),
    "job": ("connectors_job_version", "job_id", "connectors_job", "title"),
    "location": ("connectors_location_version", "location_id", "connectors_location", "name"),
}


def described(lines: Sequence[Standing], at: datetime, known: datetime) -> list[Json]:
    """Return the JSON of each line's context."""
    units = things(
        "unit", {each for line in lines for each in (*line.path, line.unit_id) if each is not None}, at, known
    )
    jobs = things("job", _ids(lines, "job_id"), at, known)
    locations = things("location", _ids(lines, "location_id"), at, known)
    managers = people(_ids(lines, "manager_id"), at, known)
    assignments = _assignments([line.assignment_version_id for line in lines])
    return [
        {
            "assignment": assignments[line.assignment_version_id],
            "job": jobs.get(line.job_id or 0),
            "unit": units.get(line.unit_id or 0),
            "path": [units[each] for each in line.path],
            "location": locations.get(line.location_id or 0),
            "manager": None
            if line.manager_id is None
            else {"id": line.manager_id, "name": managers.get(line.manager_id, "")},
            "worker_type": line.worker_type,
            "status": line.status,
            "hire_date": None if line.hire_date is None else line.hire_date.isoformat(),
            "tenure_days": None if line.hire_date is None else (at.date() - line.hire_date).days,
            "regulatory_classes": list(line.regulatory_classes),
        }
        for line in lines
    ]


def things(kind: str, ids: Collection[int], at: datetime, known: datetime) -> dict[int, Json]:
    """Return id, key and name of units, jobs or locations; an empty name where there was none then."""
    if not ids:
        return {}
    versions, subject, table, name = _THINGS[kind]
    with database.binary_cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT t.id, t.key, coalesce(v.{name}, '') FROM {table} t LEFT JOIN LATERAL ("
                " SELECT v.{name} FROM {versions} v WHERE v.{subject} = t.id"
                " AND (v.valid @> %s) IS TRUE AND (v.recorded @> %s) IS TRUE LIMIT 1) v ON true"
                " WHERE t.id = ANY (%b)"
            ).format(
                name=sql.Identifier(name),
                table=sql.Identifier(table),
                versions=sql.Identifier(versions),
                subject=sql.Identifier(subject),
            ),
            (at, known, list(ids)),
        )
        return {row[0]: {"id": row[0], "key": row[1], "name": row[2]} for row in cursor}


def people(ids: Collection[int], at: datetime, known: datetime) -> dict[int, str]:
    """Return what people were called; of several systems the most trusted is believed.

    Who was called nothing yet, or nothing any more, goes by the name known for the time closest to then.
    """
    if not ids:
        return {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (o.root) o.root, v.formatted_name
            FROM (
                SELECT u AS root, u AS person FROM unnest(%b::bigint[]) AS u
                UNION ALL
                SELECT p.merged_into_id, p.id FROM connectors_person p WHERE p.merged_into_id = ANY (%b)
            ) o
            JOIN connectors_person_version v ON v.person_id = o.person AND (v.recorded @> %s) IS TRUE
            LEFT JOIN connectors_system s ON s.id = v.system_id
            ORDER BY o.root, (v.valid @> %s) DESC, s.precedence, (o.person = o.root) DESC,
                     upper(v.valid) DESC, v.id
            """,
            (list(ids), list(ids), known, at),
        )
        return dict(cursor.fetchall())


def _assignments(versions: Collection[int]) -> dict[int, Json]:
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT v.id, v.assignment_id, v.title, lower(v.valid)"
            " FROM connectors_work_assignment_version v WHERE v.id = ANY (%b)",
            (list(versions),),
        )
        return {
            row[0]: {
                "id": row[1],
                "version": row[0],
                "title": row[2],
                "since": None if row[3] is None else row[3].isoformat(),
            }
            for row in cursor
        }


def _ids(lines: Iterable[Standing], name: str) -> set[int]:
    return {found for line in lines if (found := getattr(line, name)) is not None}
