"""Records of units, jobs and locations over time: a plan called off, and the end of a slice.

In: a system and records about to be applied. Out: what was applied before and bears on them. Writes only
which slices were called off.
A slice (a record with `valid_from`) is remembered under a key of its own, the thing's key with that day
behind it; a record without a day under the thing's key. Which of the two is so is told by what was told
last: neither is taken for unchanged where the other one denied it since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.models import System
from connectors.workforce import canonical
from connectors.workforce.canonical import Job, Location, Moment, Record, Unit
from lrs import database

#: Kind → the table of its things.
SUBJECTS: Mapping[str, str] = {
    "unit": "connectors_organization_unit",
    "job": "connectors_job",
    "location": "connectors_location",
}
#: Behind every day written as a date or a moment, in the order of bytes.
BEHIND = ":"
#: Behind every moment of the day written before it.
_DAY_OVER = "~"

Name = tuple[str, str]


def applied_key(record: Record) -> str:
    """Return the key under which a record is remembered; slices of one unit are records of their own."""
    since = getattr(record, "valid_from", None)
    return record.key if since is None else f"{record.key}@{since.isoformat()}"


def name_of(record: Record) -> Name:
    """Return the kind and the key under which a record is remembered."""
    return canonical.kind_of(record), applied_key(record)


def overtaken(
    system: System, records: Iterable[Record], as_of: datetime, told: Collection[Name]
) -> set[Name]:
    """Return which records without a day, told before, a slice has come into effect against since.

    A source that still says what it said, behind the day for which a slice had planned something else, says
    that the plan was called off; unless it tells the slice in the same breath (`told`).
    """
    asked = {
        name_of(each)
        for each in records
        if isinstance(each, (Unit, Job, Location)) and each.valid_from is None
    }
    if not asked:
        return set()
    found = due(system, as_of, asked)
    standing = in_effect(system, found, as_of)
    return {thing for thing in found if standing.get(thing) not in told}


def due(system: System, as_of: datetime, among: Collection[Name] | None = None) -> set[Name]:
    """Return the records without a day that something else has come into effect against since they were
    applied: planned for a day that has come, or told after them with a day gone by."""
    found: set[Name] = set()
    for kind, of in SUBJECTS.items():
        keys = None if among is None else [key for each, key in among if each == kind]
        if keys == []:
            continue
        query = f"""
            SELECT a.key FROM connectors_applied_record a
            JOIN {of} t ON t.store_id = %s AND t.namespace = %s AND t.key = a.key
            WHERE a.system_id = %s AND a.kind = %s {"" if keys is None else "AND a.key = ANY (%b)"}
              AND EXISTS (
                SELECT FROM {of}_version v
                WHERE v.{kind}_id = t.id AND v.system_id = a.system_id AND upper_inf(v.recorded) IS TRUE
                  AND ((lower(v.valid) > a.as_of AND lower(v.valid) <= %s)
                       OR (v.valid @> %s::timestamptz AND lower(v.recorded) > a.applied)))
        """  # noqa: S608  constants
        given = (system.store_id, system.namespace, system.pk, kind, *([] if keys is None else [keys]))
        with database.binary_cursor() as cursor:
            cursor.execute(query, (*given, as_of, as_of))
            found |= {(kind, row[0]) for row in cursor}
    return found


def in_effect(system: System, things: Collection[Name], as_of: datetime) -> dict[Name, Name]:
    """Return by name of each thing the last slice told of it that began by `as_of` and was not called off."""
    if not things:
        return {}
    today = as_of.astimezone(ZoneInfo(system.time_zone)).date().isoformat()
    with database.binary_cursor() as cursor:
        # Slices of one thing differ in the day behind their key only: their text is in the order of days.
        cursor.execute(
            """
            SELECT u.kind, u.key, max(a.key COLLATE "C")
            FROM unnest(%b::text[], %b::text[]) AS u (kind, key)
            JOIN connectors_applied_record a ON a.system_id = %s AND a.kind = u.kind AND a.absent IS NULL
             AND a.key COLLATE "C" > u.key || '@' AND a.key COLLATE "C" < u.key || '@' || %s
            GROUP BY u.kind, u.key
            """,
            ([each[0] for each in things], [each[1] for each in things], system.pk, today + _DAY_OVER),
        )
        return {(kind, key): (kind, slice_) for kind, key, slice_ in cursor}


def call_off(system: System, things: Collection[Name], as_of: datetime, told: Collection[Name]) -> None:
    """Remember of the slices in effect of these things that they were called off: told again, they are new.

    Those the source told in the same breath (`told`) stand.
    """
    denied = [each for each in in_effect(system, things, as_of).values() if each not in told]
    if not denied:
        return
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            UPDATE connectors_applied_record a SET absent = %s
            FROM unnest(%b::text[], %b::text[]) AS u (kind, key)
            WHERE a.system_id = %s AND a.kind = u.kind AND a.key = u.key
            """,
            (as_of, [each[0] for each in denied], [each[1] for each in denied], system.pk),
        )


def stand(system: System, told: Iterable[Record], recorded: datetime) -> None:
    """Remember that slices are told beside a record without a day, which calls none of them off any more
    by saying what it says."""
    keys = {
        (canonical.kind_of(each), each.key)
        for each in told
        if isinstance(each, (Unit, Job, Location)) and each.valid_from is not None
    }
    if not keys:
        return
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            UPDATE connectors_applied_record a SET applied = %s
            FROM unnest(%b::text[], %b::text[]) AS u (kind, key)
            WHERE a.system_id = %s AND a.kind = u.kind AND a.key = u.key
            """,
            (recorded, [each[0] for each in keys], [each[1] for each in keys], system.pk),
        )


def next_days(
    system: System, records: Iterable[Record], called_off: Collection[Name] = ()
) -> dict[Name, Moment]:
    """Return by name of each slice that has an end, or was called off, the day from which the next one told
    before is so."""
    slices = [
        (*name_of(each), f"{each.key}@{(each.valid_to or each.valid_from).isoformat()}", each.key)
        for each in records
        if isinstance(each, (Unit, Job, Location)) and each.valid_from is not None
        if each.valid_to is not None or name_of(each) in called_off
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
             AND a.absent IS NULL
            GROUP BY u.kind, u.name, u.thing
            """,
            (*([each[place] for each in slices] for place in range(4)), system.pk, BEHIND),
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
