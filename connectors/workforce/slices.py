"""Records of units, jobs and locations over time: a plan called off, and the end of a slice.

In: a system and records about to be applied. Out: what was applied before and bears on them. Never a write.
A slice (a record with `valid_from`) is remembered under a key of its own, the thing's key with that day
behind it; a record without a day under the thing's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from connectors.models import System
from connectors.workforce import canonical
from connectors.workforce.canonical import Job, Location, Moment, Record, Unit
from lrs import database

_SUBJECTS: Mapping[str, str] = {
    "unit": "connectors_organization_unit",
    "job": "connectors_job",
    "location": "connectors_location",
}
#: Behind every day written as a date or a moment, in the order of bytes.
_BEHIND = ":"

Name = tuple[str, str]


def applied_key(record: Record) -> str:
    """Return the key under which a record is remembered; slices of one unit are records of their own."""
    since = getattr(record, "valid_from", None)
    return record.key if since is None else f"{record.key}@{since.isoformat()}"


def overtaken(system: System, records: Iterable[Record], as_of: datetime) -> set[Name]:
    """Return which records without a day, told before, a slice has come into effect against since.

    A source that still says what it said, behind the day for which a slice had planned something else, says
    that the plan was called off.
    """
    asked: dict[str, list[str]] = {}
    for each in records:
        if isinstance(each, (Unit, Job, Location)) and each.valid_from is None:
            asked.setdefault(canonical.kind_of(each), []).append(each.key)
    return {found for kind, keys in asked.items() for found in _overtaken(system, kind, keys, as_of)}


def _overtaken(system: System, kind: str, keys: Sequence[str], as_of: datetime) -> list[Name]:
    of = _SUBJECTS[kind]
    query = f"""
        SELECT a.kind, a.key FROM unnest(%b::text[]) AS u (key)
        JOIN connectors_applied_record a ON a.system_id = %s AND a.kind = %s AND a.key = u.key
        JOIN {of} t ON t.store_id = %s AND t.namespace = %s AND t.key = a.key
        WHERE EXISTS (
            SELECT FROM {of}_version v
            WHERE v.{kind}_id = t.id AND v.system_id = a.system_id AND upper_inf(v.recorded) IS TRUE
              AND lower(v.valid) > a.as_of AND lower(v.valid) <= %s)
    """  # noqa: S608  constants
    with database.binary_cursor() as cursor:
        cursor.execute(query, (list(keys), system.pk, kind, system.store_id, system.namespace, as_of))
        return [(row[0], row[1]) for row in cursor]


def next_days(system: System, records: Iterable[Record]) -> dict[Name, Moment]:
    """Return by name of each slice that has an end the day from which the next one told before is so."""
    slices = [
        (canonical.kind_of(each), applied_key(each), f"{each.key}@{each.valid_to.isoformat()}", each.key)
        for each in records
        if isinstance(each, (Unit, Job, Location)) and each.valid_from is not None
        if each.valid_to is not None
    ]
    if not slices:
        return {}
    with database.binary_cursor() as cursor:
        # Slices of one thing differ in the day behind their key only: their text is in the order of days.
        cursor.execute(
            """
            SELECT u.kind, u.name, substr(min(a.key COLLATE "C"), length(u.thing) + 2)
            FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[]) AS u (kind, name, last, thing)
            JOIN connectors_applied_record a ON a.system_id = %s AND a.kind = u.kind
             AND a.key COLLATE "C" > u.last AND a.key COLLATE "C" < u.thing || '@' || %s
            GROUP BY u.kind, u.name, u.thing
            """,
            (*([each[place] for each in slices] for place in range(4)), system.pk, _BEHIND),
        )
        return {(kind, name): _moment(day) for kind, name, day in cursor}


def told_in_slices(system: System, names: Sequence[Name]) -> set[Name]:
    """Return which of these things (kind, key) slices were told of before."""
    if not names:
        return set()
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT a.kind, u.key FROM unnest(%b::text[], %b::text[]) AS u (kind, key)
            JOIN connectors_applied_record a ON a.system_id = %s AND a.kind = u.kind
             AND substring(a.key FROM '^(.*)@[0-9]{4}-[0-9]{2}-[0-9]{2}[^@]*$') = u.key
            """,
            ([each[0] for each in names], [each[1] for each in names], system.pk),
        )
        return {(row[0], row[1]) for row in cursor}


def _moment(text: str) -> Moment:
    return date.fromisoformat(text) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
