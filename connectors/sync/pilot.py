"""Who is inside while a connection is tried on some: units with all below them, locations, worker keys.

In: the filter of a run and canonical records. Out: the workers left out. Units, jobs and locations are never
left out, as the tree is needed to tell who is below what. A worker the connection has brought before goes on
being brought, wherever they move, so that nobody is left standing in the past.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from connectors.models import System
from connectors.workforce.canonical import Assigned, Record, Unit, Worker
from lrs import database

#: What a filter may name.
PARTS = ("units", "locations", "workers")
#: Longest way from a unit to the root; a longer one is a ring.
_DEPTH = 100


class Pilot:
    """The filter of one run; learns the tree from the units that pass."""

    def __init__(self, system: System, given: Mapping[str, Any], as_of: datetime) -> None:
        self._system = system
        self._units = frozenset(map(str, given.get("units", ())))
        self._locations = frozenset(map(str, given.get("locations", ())))
        self._workers = frozenset(map(str, given.get("workers", ())))
        self._day = as_of.date()
        self.everybody = not (self._units or self._locations or self._workers)
        self._parents = _parents(system) if self._units else {}

    def outside(self, records: Iterable[Record]) -> set[str]:
        """Return the keys of the workers among `records` that are left out."""
        if self.everybody:
            return set()
        given = list(records)
        # One that is only named in passing has no parent there, but may have one.
        self._parents |= {each.key: each.parent for each in given if isinstance(each, Unit) and each.parent}
        out = {each.key for each in given if isinstance(each, Worker) and not self._inside(each)}
        return out - _brought_before(self._system, out)

    def _inside(self, worker: Worker) -> bool:
        if worker.key in self._workers:
            return True
        return any(
            assigned.location in self._locations or self._below(assigned.unit)
            for engaged in worker.relationships
            for assigned in engaged.assignments
            if not _over(assigned, engaged.end_date, self._day)
        )

    def _below(self, unit: str) -> bool:
        for _ in range(_DEPTH):
            if not unit:
                return False
            if unit in self._units:
                return True
            unit = self._parents.get(unit, "")
        return False


def _over(assigned: Assigned, end_date: date | None, day: date) -> bool:
    last = assigned.valid_to.date() if isinstance(assigned.valid_to, datetime) else assigned.valid_to
    return any(each is not None and each < day for each in (last, end_date))


def _parents(system: System) -> dict[str, str]:
    """Return the parent of every unit in the system's namespace, as it is known now."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT u.key, p.key FROM connectors_organization_unit u
            JOIN connectors_organization_unit_version v
              ON v.unit_id = u.id AND upper_inf(v.recorded) AND v.valid @> now()
            JOIN connectors_organization_unit p ON p.id = v.parent_id
            WHERE u.store_id = %s AND u.namespace = %s
            """,
            (system.store_id, system.namespace),
        )
        return dict(cursor.fetchall())


def _brought_before(system: System, keys: Collection[str]) -> set[str]:
    if not keys:
        return set()
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT key FROM connectors_applied_record"
            " WHERE system_id = %s AND kind = 'worker' AND key = ANY (%b)",
            (system.pk, list(keys)),
        )
        return {row[0] for row in cursor}
