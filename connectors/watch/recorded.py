"""What the hub knows of workers of a system at one moment, in the fields that are reconciled.

In: a system, keys of workers, the moment. Out: a `Standing` (connectors.watch.stated) of each that is known,
by a handful of queries for all of them. Never a write. Only what this system said counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.models import System
from connectors.watch.stated import ASSIGNMENT, Standing
from lrs import database

_OF = "k.system_id = %(system)s AND k.key = ANY (%(keys)b::text[])"
_NOW = "upper_inf(v.recorded) AND v.valid @> %(at)s::timestamptz"

_EMPLOYMENTS = f"""
    SELECT k.key, r.key, (array_agg(v.hire_date ORDER BY lower(v.valid) DESC))[1],
           max(coalesce(upper(v.valid), 'infinity'::timestamptz))::text,
           (array_agg(v.worker_type ORDER BY lower(v.valid) DESC))[1]
    FROM connectors_person_key k
    JOIN connectors_work_relationship r ON r.person_id = k.person_id AND r.system_id = k.system_id
    JOIN connectors_work_relationship_version v ON v.relationship_id = r.id AND upper_inf(v.recorded)
    WHERE {_OF} GROUP BY k.key, r.key
"""  # noqa: S608  constants
_NAMES = f"""
    SELECT k.key, v.formatted_name, v.given_name, v.family_name, v.preferred_name
    FROM connectors_person_key k
    JOIN connectors_person_version v ON v.person_id = k.person_id AND v.system_id = k.system_id AND {_NOW}
    WHERE {_OF}
"""  # noqa: S608  constants
_IDENTIFIERS = f"""
    SELECT k.key, v.type, v.normal
    FROM connectors_person_key k
    JOIN connectors_identifier v ON v.person_id = k.person_id AND v.system_id = k.system_id AND {_NOW}
    WHERE {_OF}
"""  # noqa: S608  constants
_ASSIGNMENTS = f"""
    SELECT k.key, v.status, v.title, j.key, u.key, l.key,
           coalesce(
               (SELECT min(m.key) FROM connectors_person_key m
                WHERE m.person_id = v.manager_id AND m.system_id = k.system_id),
               -- Named before the source told of them, and found to be somebody another system knows.
               (SELECT min(m.key) FROM connectors_person_key m
                JOIN connectors_person p ON p.merged_into_id = m.person_id
                WHERE p.id = v.manager_id AND m.system_id = k.system_id)),
           v.regulatory_classes
    FROM connectors_person_key k
    JOIN connectors_work_assignment_version v ON v.person_id = k.person_id AND {_NOW}
    JOIN connectors_work_relationship r ON r.id = v.relationship_id AND r.system_id = k.system_id
    LEFT JOIN connectors_job j ON j.id = v.job_id
    LEFT JOIN connectors_organization_unit u ON u.id = v.unit_id
    LEFT JOIN connectors_location l ON l.id = v.location_id
    WHERE {_OF}
"""  # noqa: S608  constants


def recorded(system: System, keys: Sequence[str], at: datetime) -> dict[str, Standing]:
    """Return what is known at a moment of each of these workers; of those nothing is known of, nothing."""
    about = {"system": system.pk, "keys": list(keys), "at": at}
    zone = ZoneInfo(system.time_zone)
    found: dict[str, Standing] = {}
    values: dict[str, dict[str, set[str]]] = {}
    for key, employment, hired, until, worker_type in _rows(_EMPLOYMENTS, about):
        end = None if until == "infinity" else datetime.fromisoformat(until)
        over = end is not None and end <= at
        standing = found.setdefault(key, Standing())
        standing.employments[employment] = (hired.isoformat(), _last_day(end, zone), over)
        if not over:
            _add(values, key, "relationship.worker_type", [worker_type])
    for key, *names in _rows(_NAMES, about):
        for name, value in zip(("formatted", "given", "family", "preferred"), names, strict=True):
            _add(values, key, f"names.{name}", [value])
    for key, kind, text in _rows(_IDENTIFIERS, about):
        _add(values, key, f"identifiers.{kind}", [text])
    for key, *parts in _rows(_ASSIGNMENTS, about):
        for name, value in zip(ASSIGNMENT, parts, strict=True):
            _add(values, key, f"assignment.{name}", value if isinstance(value, list) else [value or ""])
    for key, standing in found.items():
        standing.fields = {
            name: sorted(each - {""}) for name, each in values.get(key, {}).items() if each - {""}
        }
    return found


def _rows(query: str, about: dict[str, Any]) -> list[tuple[Any, ...]]:
    with database.binary_cursor() as cursor:
        cursor.execute(query, about)
        return cursor.fetchall()


def _add(values: dict[str, dict[str, set[str]]], key: str, name: str, given: Iterable[str]) -> None:
    values.setdefault(key, {}).setdefault(name, set()).update(given)


def _last_day(end: datetime | None, zone: ZoneInfo) -> str:
    """Return the last day of something that is no longer so from `end` on."""
    return "" if end is None else (end.astimezone(zone) - timedelta(microseconds=1)).date().isoformat()
