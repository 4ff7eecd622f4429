"""Units, jobs and locations that several systems of one namespace tell of: one of them has the say over each.

In: a system and things by (kind, key). Out: which of them are another system's, and which of its own are so
as another one told. Never a write.

A thing belongs, of the systems that told of it, to the one with the lowest `precedence`; of equals, to the
one connected first. What the others say of it is remembered and changes nothing. Nothing is kept of who owns
what: it follows from what each system told last, so that a precedence that is changed is followed by the
next full run of the system that has the say from then on. A system that pauses keeps what is its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from connectors.models import System
from connectors.workforce.canonical import Job, Location, Record, Unit, kind_of
from connectors.workforce.slices import BEHIND, SUBJECTS, Name
from lrs import database

# Whether a system told of a thing: without a day, or in slices, each remembered with its day behind the key.
_TOLD = """
    (EXISTS (SELECT FROM connectors_applied_record a
             WHERE a.system_id = ANY (%b) AND a.kind = u.kind AND a.key = u.key AND a.absent IS NULL)
     OR EXISTS (SELECT FROM connectors_applied_record a
                WHERE a.system_id = ANY (%b) AND a.kind = u.kind AND a.absent IS NULL
                  AND a.key COLLATE "C" > u.key || '@' AND a.key COLLATE "C" < u.key || '@' || %s))
"""


def things_of(records: Iterable[Record]) -> set[Name]:
    """Return the units, jobs and locations among records, whatever period each record is about."""
    return {thing for each in records if (thing := thing_of(each)) is not None}


def thing_of(record: Record) -> Name | None:
    """Return the unit, job or location a record is about; None where it is about a worker."""
    return (kind_of(record), record.key) if isinstance(record, (Unit, Job, Location)) else None


def elsewhere(system: System, things: Collection[Name]) -> set[Name]:
    """Return which of these things another system has the say over."""
    if not things:
        return set()
    before = [each for each, outranks in _others(system) if outranks]
    if not before:
        return set()
    with database.binary_cursor() as cursor:
        cursor.execute(
            f"SELECT u.kind, u.key FROM unnest(%b::text[], %b::text[]) AS u (kind, key) WHERE {_TOLD}",  # noqa: S608  a constant
            ([kind for kind, _ in things], [key for _, key in things], before, before, BEHIND),
        )
        return {(kind, key) for kind, key in cursor}


def overwritten(system: System, as_of: datetime, among: Collection[Name] | None = None) -> set[Name]:
    """Return the records, by the names they are remembered under, of things that are the system's own and at
    `as_of` are so as another system told: from before it was known whose they are, or of another precedence.
    """
    if among is not None and not among:
        return set()
    others = [each for each, _ in _others(system)]
    if not others:
        return set()
    found: dict[Name, set[Name]] = {}
    for kind, of in SUBJECTS.items():
        keys = None if among is None else [key for each, key in among if each == kind]
        if keys == []:
            continue
        query = f"""
            SELECT t.key, a.key FROM {of} t
            JOIN {of}_version v ON v.{kind}_id = t.id AND upper_inf(v.recorded) IS TRUE
             AND v.valid @> %s::timestamptz AND v.system_id = ANY (%b)
            CROSS JOIN LATERAL (
                SELECT a.key FROM connectors_applied_record a
                WHERE a.system_id = %s AND a.kind = %s AND a.key = t.key AND a.absent IS NULL
                UNION ALL
                SELECT a.key FROM connectors_applied_record a
                WHERE a.system_id = %s AND a.kind = %s AND a.absent IS NULL
                  AND a.key COLLATE "C" > t.key || '@' AND a.key COLLATE "C" < t.key || '@' || %s
            ) a
            WHERE t.store_id = %s AND t.namespace = %s {"" if keys is None else "AND t.key = ANY (%b)"}
        """  # noqa: S608  constants
        about = (as_of, others, system.pk, kind, system.pk, kind, BEHIND, system.store_id, system.namespace)
        with database.binary_cursor() as cursor:
            cursor.execute(query, (*about, *([] if keys is None else [keys])))
            for key, remembered in cursor:
                found.setdefault((kind, key), set()).add((kind, remembered))
    theirs = elsewhere(system, found.keys())
    return {name for thing, names in found.items() if thing not in theirs for name in names}


def _others(system: System) -> list[tuple[int, bool]]:
    """Return the other systems of the namespace, each with whether what it says counts first."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT o.id, (o.precedence, o.id) < (s.precedence, s.id)
            FROM connectors_system s JOIN connectors_system o
              ON o.store_id = s.store_id AND o.namespace = s.namespace AND o.id <> s.id
            WHERE s.id = %s
            """,
            (system.pk,),
        )
        return [(row[0], row[1]) for row in cursor]
