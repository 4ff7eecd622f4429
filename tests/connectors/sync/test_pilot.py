"""A connection tried on some: units with all below them, locations, or named workers."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import AppliedRecord, OrganizationUnit, RunMode, System
from tests.connectors.people import context
from tests.connectors.sync.source import Roster, staff, synced

STAFF = staff(9)


TREE = [
    {"kind": "unit", "key": "CARE", "Unit": "CARE", "Name": "Care"},
    {"kind": "unit", "key": "ICU", "Unit": "ICU", "Name": "Intensive Care", "Parent": "CARE"},
    {"kind": "unit", "key": "ER", "Unit": "ER", "Name": "Emergency", "Parent": "CARE"},
]


def at_three_places() -> list[dict[str, Any]]:
    rows = [dict(each) for each in STAFF]
    for each, unit, place in zip(rows, ["ICU", "ER", "KITCHEN"] * 3, ["L1", "L2", "L3"] * 3, strict=True):
        each |= {"Department": unit, "Department_Name": unit.title(), "Location": place}
    return rows


def brought(system: System) -> list[str]:
    found = AppliedRecord.objects.filter(system=system, kind="worker").order_by("key")
    return [each.key[-1] for each in found]


def with_tree(roster: Roster, pilot: dict[str, Any], since: str = "") -> System:
    roster.say([*(each | {"Since": since} for each in TREE), *at_three_places()])
    return roster.system(state="pilot", pilot=pilot)


def test_a_unit_means_everybody_below_it(roster: Roster) -> None:
    system = with_tree(roster, {"units": ["CARE"]})
    run = synced(system)
    assert (run.created_count, run.outside_count) == (6 + len(TREE), 3)
    assert brought(system) == ["1", "2", "4", "5", "7", "8"]


def test_locations_and_named_workers_are_inside_too(roster: Roster) -> None:
    system = with_tree(roster, {"locations": ["L3"], "workers": ["0000001"]})
    run = synced(system)
    assert (run.created_count, run.outside_count) == (4 + len(TREE), 5)
    assert brought(system) == ["1", "3", "6", "9"]


def test_who_moves_out_of_the_pilot_is_followed(roster: Roster) -> None:
    system = with_tree(roster, {"units": ["ICU"]})
    synced(system)
    rows = at_three_places()
    rows[0] |= {"Department": "KITCHEN", "Department_Name": "Kitchen"}
    roster.say([*TREE, *rows])
    run = synced(system)
    assert (run.changed_count, run.outside_count, run.ended_count) == (1, 6, 0)
    assert run.unchanged_count == 2 + len(TREE)


def test_who_has_left_before_is_outside(roster: Roster) -> None:
    system = with_tree(roster, {"units": ["ICU"]})
    rows = at_three_places()
    rows[3]["End_Date"] = "2024-01-31"
    roster.say([*TREE, *rows])
    assert synced(system).created_count == 2 + len(TREE)
    assert brought(system) == ["1", "7"]


@pytest.mark.parametrize("since", ["", "2020-01-01"])
def test_a_unit_named_beside_a_worker_keeps_the_parent_its_own_record_tells(
    roster: Roster, since: str
) -> None:
    system = with_tree(roster, {"units": ["CARE"]}, since)
    synced(system)
    roster.say(changed=at_three_places())
    assert synced(system, RunMode.CHANGES).outside_count == 3
    care = OrganizationUnit.objects.get(store=system.store, key="CARE")
    found = context(system, "2030-01-01", key="0000001")
    assert found is not None
    assert found.path == (care.pk, found.unit_id)


def test_gone_live_everybody_comes(roster: Roster) -> None:
    system = with_tree(roster, {"units": ["ICU"]})
    synced(system)
    System.objects.filter(pk=system.pk).update(state="live")
    run = synced(system)
    assert (run.created_count, run.unchanged_count, run.outside_count) == (6, 3 + len(TREE), 0)
    assert context(system, "2026-01-15", key="0000003") is not None
