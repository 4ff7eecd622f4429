"""The organization as of a moment: every unit with its parent and how many people stand in it and below.

In: a store, a moment, what was known. Out: units by id. Two queries that read what was so then; the
answer is kept for a little while, since whoever opens a tree asks again for each branch. Never a write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from lrs import database

#: Seconds an answer is kept.
KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class UnitThen:
    """A unit as it was."""

    unit_id: int
    name: str
    kind: str
    code: str
    parent_id: int | None
    #: People whose primary assignment was in the unit itself, and in it or anywhere below.
    own: int
    whole: int
    children: tuple[int, ...]


def units_at(store_id: int, moment: datetime, known: datetime | None = None) -> Mapping[int, UnitThen]:
    """Return every unit there was at `moment`, as known at `known` (now where it is left out)."""
    key = f"connectors.organization.{store_id}.{moment.timestamp()}.{known.timestamp() if known else ''}"
    found: dict[int, UnitThen] | None = cache.get(key)
    if found is None:
        found = _read(store_id, moment, known)
        cache.set(key, found, KEPT_SECONDS)
    return found


def roots(units: Mapping[int, UnitThen]) -> list[int]:
    """Return the units without a parent, the largest first."""
    return ordered(units, [each.unit_id for each in units.values() if each.parent_id not in units])


def ordered(units: Mapping[int, UnitThen], ids: list[int] | tuple[int, ...]) -> list[int]:
    """Return units by their names."""
    return sorted(ids, key=lambda each: (units[each].name.casefold(), each))


def _read(store_id: int, moment: datetime, known: datetime | None) -> dict[int, UnitThen]:
    own = _own(store_id, moment, known)
    said: dict[int, tuple[str, str, str, int | None]] = {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT v.unit_id, v.name, v.kind, v.code, v.parent_id
            FROM connectors_organization_unit u
            JOIN connectors_organization_unit_version v ON v.unit_id = u.id
            WHERE u.store_id = %s AND v.valid @> %s::timestamptz
              AND v.recorded @> coalesce(%s::timestamptz, clock_timestamp())
            """,
            (store_id, moment, known),
        )
        for unit, *rest in cursor:
            said[unit] = (rest[0], rest[1], rest[2], rest[3])
        missing = [each for each in own if each not in said]
        cursor.execute("SELECT id, key FROM connectors_organization_unit WHERE id = ANY (%b)", (missing,))
        # People may stand in a unit nobody has described; it is shown by its key.
        for unit, name in cursor:
            said[unit] = (name, "", "", None)
    children: dict[int, list[int]] = {}
    for unit, (_, _, _, parent) in said.items():
        if parent is not None and parent in said:
            children.setdefault(parent, []).append(unit)
    whole = _whole(said, children, own)
    return {
        unit: UnitThen(
            unit, name, kind, code, parent, own.get(unit, 0), whole[unit], tuple(children.get(unit, ()))
        )
        for unit, (name, kind, code, parent) in said.items()
    }


def _own(store_id: int, moment: datetime, known: datetime | None) -> dict[int, int]:
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT d.unit_id, count(*) FROM (
                SELECT DISTINCT v.unit_id, coalesce(m.merged_into_id, v.person_id)
                FROM connectors_work_assignment_version v
                JOIN connectors_organization_unit u ON u.id = v.unit_id AND u.store_id = %s
                LEFT JOIN connectors_person m ON m.id = v.person_id AND m.merged_into_id IS NOT NULL
                WHERE v.primary AND v.valid @> %s::timestamptz
                  AND v.recorded @> coalesce(%s::timestamptz, clock_timestamp())
            ) d GROUP BY d.unit_id
            """,
            (store_id, moment, known),
        )
        return {row[0]: row[1] for row in cursor}


def _whole(
    said: Mapping[int, tuple[str, str, str, int | None]],
    children: Mapping[int, list[int]],
    own: Mapping[int, int],
) -> dict[int, int]:
    """Return how many people stand in each unit or below it; a ring of parents is counted once."""
    found: dict[int, int] = {}

    def count(start: int) -> int:
        waiting, met, people = [start], {start}, 0
        while waiting:
            unit = waiting.pop()
            if unit in found and unit != start:
                people += found[unit]
                continue
            people += own.get(unit, 0)
            for child in children.get(unit, ()):
                if child not in met:
                    met.add(child)
                    waiting.append(child)
        return people

    for unit in _deepest_first(said, children):
        found[unit] = count(unit)
    return found


def _deepest_first(
    said: Mapping[int, tuple[str, str, str, int | None]], children: Mapping[int, list[int]]
) -> list[int]:
    tops = [unit for unit, each in said.items() if each[3] not in said]
    order: list[int] = []
    seen: set[int] = set()
    waiting = tops
    while waiting:
        unit = waiting.pop()
        if unit not in seen:
            seen.add(unit)
            order.append(unit)
            waiting.extend(children.get(unit, ()))
    # Units in a ring have no top.
    return [*reversed(order), *(unit for unit in said if unit not in seen)]
