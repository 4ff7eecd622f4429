"""Units, jobs and locations at one moment: what a source says of them, and what the hub knows.

In: a canonical record, or a system and keys; the moment. Out: a `Standing` (connectors.watch.stated) of each,
its fields named with their kind, as "unit.parent". Never a write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.models import System
from connectors.watch.stated import Standing, within
from connectors.workforce.canonical import Job, Location, Unit
from connectors.workforce.days import Days
from connectors.workforce.slices import SUBJECTS
from connectors.workforce.timeline import BEGINNING
from lrs import database

Thing = Unit | Job | Location
#: Kind → its fields that are reconciled, in the order in which the queries below tell them.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "unit": ("name", "kind", "code", "parent"),
    "job": ("title", "family", "regulatory_classes"),
    "location": ("name", "country", "region", "city"),
}
KINDS = tuple(FIELDS)
_TOLD: Mapping[str, str] = {
    "unit": "v.name, v.kind, v.code, coalesce(p.key, '')",
    "job": "v.title, v.family, v.regulatory_classes",
    "location": "v.name, v.country, v.region, v.city",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the hub knows of one thing."""

    standing: Standing
    #: Whether this system said so, and not another one of its namespace.
    own: bool


def stated(kind: str, record: Thing, at: datetime, days: Days) -> tuple[Standing, str]:
    """Return what a record says to be so at a moment, and since when: what is so since later counts.

    A record of another period says that the thing is gone, unless another record of it says otherwise.
    """
    if not within(record.valid_from, record.valid_to, at, days):
        return Standing(gone=True), ""
    # What is said without a day is so as of the reading, and nothing is so since later.
    start = at if record.valid_from is None else days.begins(record.valid_from)
    values = {name: getattr(record, name) for name in FIELDS[kind]}
    return _standing(kind, values), max(start, BEGINNING).isoformat()


def recorded(system: System, kind: str, keys: Sequence[str], at: datetime) -> dict[str, Known]:
    """Return what is known at a moment of each of these; of those nothing is known of, nothing."""
    of = SUBJECTS[kind]
    above = f"LEFT JOIN {of} p ON p.id = v.parent_id" if kind == "unit" else ""
    query = f"""
        SELECT t.key, v.system_id, {_TOLD[kind]}
        FROM {of} t
        JOIN {of}_version v ON v.{kind}_id = t.id AND upper_inf(v.recorded) AND v.valid @> %(at)s::timestamptz
        {above}
        WHERE t.store_id = %(store)s AND t.namespace = %(namespace)s AND t.key = ANY (%(keys)b::text[])
    """  # noqa: S608  constants
    with database.binary_cursor() as cursor:
        cursor.execute(
            query, {"at": at, "store": system.store_id, "namespace": system.namespace, "keys": list(keys)}
        )
        return {
            key: Known(
                _standing(kind, dict(zip(FIELDS[kind], values, strict=True))), own=system_id == system.pk
            )
            for key, system_id, *values in cursor
        }


def _standing(kind: str, values: Mapping[str, Any]) -> Standing:
    fields = {}
    for name, value in values.items():
        said = sorted({value} if isinstance(value, str) else set(value)) if value else []
        if said:
            fields[f"{kind}.{name}"] = said
    return Standing(fields, in_force=True)
