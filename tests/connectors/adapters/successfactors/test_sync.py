"""A simulated tenant synchronised through the engine: the hub knows what the population says, on any day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.models import Identifier, RunMode, WorkAssignmentVersion, WorkRelationshipVersion
from tests.connectors.adapters.successfactors.tenant import (
    DAYS,
    Tenant,
    counts,
    differences,
    later,
    tenant,
    told,
    true,
)
from tests.connectors.people import person


@pytest.fixture
def northwind(database: None) -> Iterator[Tenant]:
    with tenant() as found:
        yield found


def test_after_a_full_run_the_hub_knows_what_is_so_on_any_day(northwind: Tenant) -> None:
    system = northwind.system()
    run = northwind.synced(system)
    assert (run.state, run.message, run.refused_count) == ("succeeded", "", 0)
    for day in DAYS:
        wanted = true(northwind.population, day, northwind.now)
        assert len(wanted) > 50
        assert differences(told(system, day), wanted) == {}, day


def test_reading_again_what_did_not_change_changes_nothing(northwind: Tenant) -> None:
    system = northwind.system()
    first = northwind.synced(system)
    versions = WorkAssignmentVersion.objects.filter(system=system).count()
    again = northwind.synced(system)
    assert counts(again) == {"unchanged": first.records}
    assert WorkAssignmentVersion.objects.filter(system=system).count() == versions


def test_a_run_for_changes_brings_what_was_entered_since(northwind: Tenant) -> None:
    system = northwind.system()
    everybody = northwind.synced(system).records
    northwind.now = later(northwind.now, 35)
    run = northwind.synced(system, RunMode.CHANGES)
    assert run.state == "succeeded"
    assert 0 < run.records < everybody / 2
    for day in (*DAYS, northwind.now.date()):
        assert differences(told(system, day), true(northwind.population, day, northwind.now)) == {}, day


def test_who_came_back_has_two_relationships(northwind: Tenant) -> None:
    system = northwind.system()
    northwind.synced(system)
    for kind in ("rehire", "conversion"):
        back = [
            (worker.number, [each.number for each in worker.employments], stays)
            for worker in northwind.population.workers
            if len(stays := [stay for each in worker.employments if (stay := each.stay(northwind.now))]) == 2
            and stays[1].hire_kind == kind
        ]
        assert back, kind
        for number, employments, stays in back:
            versions = {
                each.relationship.key: (each.worker_type, each.hire_kind, each.hire_date)
                for each in WorkRelationshipVersion.objects.filter(
                    system=system, relationship__person=person(system, number), recorded__upper_inf=True
                ).select_related("relationship")
            }
            assert versions == {
                key: (
                    "employee" if stay.worker_type == "employee" else "contractor",
                    stay.hire_kind,
                    stay.first,
                )
                for key, stay in zip(employments, stays, strict=True)
            }


def test_addresses_and_user_names_are_known_and_private_ones_are_not(northwind: Tenant) -> None:
    system = northwind.system()
    northwind.synced(system)
    at = next(northwind.population.as_of(northwind.now.date(), northwind.now))
    held = Identifier.objects.filter(system=system, person=person(system, at.worker.number))
    assert set(held.values_list("type", "value")) == {
        ("employee_number", at.worker.number),
        ("email", at.email),
        ("user_name", at.worker.user_name),
    }
    assert not Identifier.objects.filter(system=system, value__endswith="@home.example").exists()


def test_a_hire_who_was_deleted_in_the_source_is_absent_from_a_full_run(northwind: Tenant) -> None:
    system = northwind.system()
    northwind.synced(system)
    northwind.server.gone.add(min(told(system, northwind.now.date())))
    changes = northwind.synced(system, RunMode.CHANGES)
    assert (changes.state, changes.ended_count) == ("succeeded", 0)
    run = northwind.synced(system)
    assert (run.state, run.ended_count) == ("succeeded", 1)
