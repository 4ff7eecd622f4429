"""The way from the root of the organization to each unit, in both times, kept as parents change.

In: the units whose versions changed. Out: new `UnitPath` versions of those and of everything that was or is
below them. A unit that would be its own ancestor is taken for a root from the moment the ring closes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from connectors.workforce import tables, timeline
from connectors.workforce.tables import Knowledge, Subject, Value
from connectors.workforce.timeline import BEGINNING, FOREVER, Period, Timeline
from lrs import database

_PARENT = list(tables.UNIT.value).index("parent_id")


def follow(store_id: int, changed: Iterable[int]) -> Knowledge:
    """Return what is known of the paths of `changed` and all units ever below them, brought up to date."""
    parents = _parents(store_id)
    affected = _below(set(changed), parents)
    knowledge = tables.load(tables.UNIT_PATH, "unit_id", affected)
    paths: dict[int, Timeline[Value]] = {}
    for unit in sorted(affected):
        knowledge.set((unit,), _path(unit, parents, paths, ()))
    return knowledge


def _parents(store_id: int) -> dict[int, Timeline[Value]]:
    """Return the parent of each unit over time; a unit nothing is said of has none."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT id FROM connectors_organization_unit WHERE store_id = %s", (store_id,))
        units = [row[0] for row in cursor]
    known = tables.load(tables.UNIT, "unit_id", units)
    found: dict[int, Timeline[Value]] = {}
    for unit in units:
        subject: Subject = (unit,)
        periods = [Period(each.start, each.end, (each.value[_PARENT],)) for each in known.of(subject)]
        said = timeline.normal(periods)
        nothing = _gaps(said)
        found[unit] = timeline.normal([*said, *nothing])
    return found


def _gaps(said: Timeline[Value]) -> list[Period[Value]]:
    edges: list[datetime] = [BEGINNING]
    gaps: list[Period[Value]] = []
    for period in said:
        gaps.append(Period(edges[-1], period.start, (None,)))
        edges.append(period.end)
    gaps.append(Period(edges[-1], FOREVER, (None,)))
    return gaps


def _below(units: set[int], parents: dict[int, Timeline[Value]]) -> set[int]:
    """Return `units` and everything that has one of them above it at any time."""
    children: dict[int, set[int]] = {}
    for unit, periods in parents.items():
        for period in periods:
            if period.value[0] is not None:
                children.setdefault(period.value[0], set()).add(unit)
    found, waiting = set(units), list(units)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def _path(
    unit: int, parents: dict[int, Timeline[Value]], paths: dict[int, Timeline[Value]], above: tuple[int, ...]
) -> Timeline[Value]:
    """Return the path of `unit` over time: one value, a tuple of ids, for each period."""
    if unit in paths:
        return paths[unit]
    periods: list[Period[Value]] = []
    in_ring = False
    for period in parents.get(unit, (Period(BEGINNING, FOREVER, (None,)),)):
        parent = period.value[0]
        if parent is None or parent == unit or parent in above:
            in_ring = in_ring or parent is not None
            periods.append(Period(period.start, period.end, ((unit,),)))
            continue
        for higher in _path(parent, parents, paths, (*above, unit)):
            start, end = max(period.start, higher.start), min(period.end, higher.end)
            way = higher.value[0]
            # What was worked out from the other side of a ring already holds this unit.
            way = way[way.index(unit) + 1 :] if unit in way else way
            periods.append(Period(start, end, ((*way, unit),)))
    result = timeline.normal(periods)
    if not above and not in_ring:
        paths[unit] = result
    return result
