"""A source compared with the hub, both ways, with nothing applied."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from connectors.mapping import lifecycle
from connectors.models import Reconciliation, System, WorkAssignmentVersion
from connectors.sync.run import NotNow
from connectors.watch import reconciliation
from connectors.workforce.canonical import Identified, Unit
from tests.connectors.mapping.documents import document, row
from tests.connectors.people import ann, hris, person, told
from tests.connectors.sync.conftest import roster
from tests.connectors.sync.source import Roster, staff, synced
from tests.fixtures import held_open

__all__ = ["roster"]


@pytest.fixture
def system(roster: Roster) -> System:
    """PeopleSoft with thirty nurses, all of them brought to the hub."""
    roster.say(staff(30))
    found = roster.system(end_share_most=0.9)
    synced(found)
    return found


def compared(system: System) -> Reconciliation:
    return reconciliation.carry_out(reconciliation.start(system, wake=False).pk)


def kept(found: Reconciliation) -> dict[str, tuple[str, dict[str, Any]]]:
    return {each.key: (each.kind, each.fields) for each in found.differences.all()}


def test_what_was_just_synced_is_the_same(system: System) -> None:
    found = compared(system)
    assert (found.state, found.message) == ("succeeded", "")
    assert (found.in_source, found.in_hub, found.matching) == (30, 30, 30)
    assert (found.differing, found.only_in_source, found.only_in_hub, found.refused) == (0, 0, 0, 0)


def test_a_manager_named_before_the_source_told_of_them_is_the_same(roster: Roster) -> None:
    system = roster.system(settings={"page": 1}, match_people_by=["employee_number"])
    sap = hris("SAP", store=system.store)
    told(sap, ann("S2", identifiers=(Identified(type="employee_number", value="0000002"),)))
    first, second = staff(2, Manager_ID="")
    roster.say([first | {"Manager_ID": "0000002"}, second])
    synced(system)
    assert person(sap, "S2") == person(system, "0000002")
    found = compared(system)
    assert (found.in_source, found.matching, found.by_field) == (2, 2, {})


def test_who_is_only_in_the_source_is_told(system: System, roster: Roster) -> None:
    roster.say(staff(32))
    found = compared(system)
    assert (found.in_source, found.in_hub, found.only_in_source) == (32, 30, 2)
    assert kept(found)["0000031"] == ("only_in_source", {})


def test_who_is_only_in_the_hub_is_told(system: System, roster: Roster) -> None:
    roster.say(staff(29))
    found = compared(system)
    assert (found.in_source, found.in_hub, found.only_in_hub) == (29, 30, 1)
    assert kept(found) == {"0000030": ("only_in_hub", {})}


def test_who_left_is_missed_on_neither_side(system: System, roster: Roster) -> None:
    roster.say(staff(29))
    synced(system)
    found = compared(system)
    assert (found.in_source, found.in_hub, found.matching, found.only_in_hub) == (29, 29, 29, 0)


@pytest.mark.parametrize(
    ("cells", "field", "source", "hub"),
    [
        ({"First_Name": "Anne"}, "names.given", "Anne", "Nurse 7"),
        ({"Work_Email": "anne@example.com"}, "identifiers.email", "anne@example.com", "nurse.7@example.com"),
        ({"Worker_Type": "Contingent"}, "relationship.worker_type", "contractor", "employee"),
        ({"Hire_Date": "2021-05-01"}, "relationship.hire_date", "2021-05-01", "2020-03-01"),
        ({"End_Date": "2990-01-31"}, "relationship.end_date", "2990-01-31", "open"),
        ({"Job_Code": "RN9"}, "assignment.job", "RN9", "RN2"),
        ({"Department": "ED"}, "assignment.unit", "ED", "ICU"),
        ({"Location": "L7"}, "assignment.location", "L7", "L1"),
        ({"Manager_ID": "0000001"}, "assignment.manager", "0000001", "0021000"),
        ({"Employee_Status": "L"}, "assignment.status", "leave", "active"),
        (
            {"Classes": "RN"},
            "assignment.regulatory_classes",
            "Registered nurse",
            "Life support, Registered nurse",
        ),
    ],
)
def test_a_field_that_differs_is_told_with_both_values(
    system: System, roster: Roster, cells: dict[str, str], field: str, source: str, hub: str
) -> None:
    rows = staff(30)
    rows[6] |= cells
    roster.say(rows)
    found = compared(system)
    assert (found.matching, found.differing) == (29, 1)
    assert found.by_field[field] == 1
    kind, fields = kept(found)["0000007"]
    assert kind == "differs"
    assert fields[field] == [source, hub]


def test_somebody_the_source_says_left_and_the_hub_has_still_differs(system: System, roster: Roster) -> None:
    rows = staff(30)
    rows[6]["End_Date"] = "2024-02-29"
    roster.say(rows)
    found = compared(system)
    assert kept(found)["0000007"][1]["relationship.end_date"] == ["2024-02-29", "open"]
    synced(system)
    assert compared(system).matching == 30


def things_document() -> dict[str, Any]:
    """Return the mapping of a source with records of its own for units, jobs and locations."""
    found = document()
    found["records"] |= {
        kind: {
            "emit": [
                {
                    "record": kind,
                    "fields": {"key": {"from": "id"}} | {name: {"from": name} for name in names},
                }
            ]
        }
        for kind, names in (
            ("unit", ("name", "code", "parent", "valid_from", "valid_to")),
            ("job", ("title", "family")),
            ("location", ("name", "city")),
        )
    }
    return found


def thing(kind: str, key: str, **fields: str) -> dict[str, Any]:
    return {"kind": kind, "key": key, "id": key, **fields}


def mapped_by(system: System, content: dict[str, Any]) -> System:
    """Return the system with this mapping in use."""
    made = lifecycle.draft(system, content, sample={"worker": staff(1)})
    lifecycle.try_out(made)
    lifecycle.activate(made)
    return system


HOSPITAL = [
    thing("unit", "HOSP", name="Hospital"),
    thing("unit", "ICU", name="Intensive care", parent="HOSP", code="7"),
    thing("unit", "ED", name="Emergency", parent="HOSP"),
    thing("job", "RN2", title="Registered nurse", family="Nursing"),
    thing("location", "L1", name="Main building", city="Berlin"),
]


@pytest.fixture
def hospital(roster: Roster) -> System:
    """PeopleSoft with five nurses, and records of its units, jobs and locations, all brought to the hub."""
    roster.say([*HOSPITAL, *staff(5)])
    found = mapped_by(roster.system(), things_document())
    synced(found)
    return found


def counts(found: Reconciliation, record: str) -> tuple[int, ...]:
    names = ("in_source", "in_hub", "matching", "differing", "only_in_source", "only_in_hub")
    return tuple(found.things[record][name] for name in names)


def test_units_jobs_and_locations_just_synced_are_the_same(hospital: System) -> None:
    found = compared(hospital)
    assert counts(found, "unit") == (3, 3, 3, 0, 0, 0)
    assert counts(found, "job") == counts(found, "location") == (1, 1, 1, 0, 0, 0)
    assert not found.differs


@pytest.mark.parametrize(
    ("place", "fields", "differing"),
    [
        (1, {"name": "Intensive"}, {"unit.name": ["Intensive", "Intensive care"]}),
        (1, {"parent": ""}, {"unit.parent": ["", "HOSP"]}),
        (1, {"code": "8"}, {"unit.code": ["8", "7"]}),
        (2, {"valid_from": "2020-01-01", "valid_to": "2024-12-31"}, {"valid_to": ["left", "open"]}),
        (3, {"title": "Nurse"}, {"job.title": ["Nurse", "Registered nurse"]}),
        (4, {"city": "Bonn"}, {"location.city": ["Bonn", "Berlin"]}),
    ],
)
def test_a_unit_job_or_location_that_differs_is_told_with_both_values(
    hospital: System, roster: Roster, place: int, fields: dict[str, str], differing: dict[str, list[str]]
) -> None:
    said = [dict(each) for each in HOSPITAL]
    said[place] |= fields
    roster.say([*said, *staff(5)])
    found = compared(hospital)
    [difference] = found.differences.all()
    assert (difference.record, difference.kind) == (said[place]["kind"], "differs")
    assert difference.fields == differing
    assert found.by_field == dict.fromkeys(differing, 1)
    assert (found.matching, found.differs) == (5, True)
    synced(hospital)
    assert not compared(hospital).differs


def test_a_unit_only_one_side_has_is_told(hospital: System, roster: Roster) -> None:
    roster.say([*HOSPITAL[1:], thing("unit", "OR", name="Theatres"), *staff(5)])
    found = compared(hospital)
    assert counts(found, "unit") == (3, 3, 2, 0, 1, 1)
    assert kept(found) == {"OR": ("only_in_source", {}), "HOSP": ("only_in_hub", {})}


def test_of_periods_of_a_unit_the_one_at_hand_is_compared(hospital: System, roster: Roster) -> None:
    periods = [
        thing("unit", "ICU", name="Ward 7", parent="HOSP", valid_from="2010-01-01", valid_to="2019-12-31"),
        thing("unit", "ICU", name="Critical care", parent="HOSP", valid_from="2020-01-01"),
        thing("unit", "ICU", name="ICU East", parent="HOSP", valid_from="2990-01-01"),
    ]
    roster.say([*HOSPITAL[:1], *periods, *HOSPITAL[2:], *staff(5)])
    assert kept(compared(hospital))["ICU"][1]["unit.name"] == ["Critical care", "Intensive care"]
    synced(hospital)
    assert not compared(hospital).differs


def test_what_another_system_told_or_is_named_beside_workers_is_not_missed(
    system: System, roster: Roster
) -> None:
    told(hris("SAP", store=system.store, namespace=system.namespace), Unit(key="ED", name="Emergency"))
    assert counts(compared(system), "unit") == (1, 1, 1, 0, 0, 0)
    mapped_by(system, document())
    told(system, Unit(key="ER", name="Emergency"), at=timezone.now())
    roster.say(staff(30, Department_Name="Intensive"))
    found = compared(system)
    assert kept(found) == {"ICU": ("differs", {"unit.name": ["Intensive", "Intensive Care"]})}


def test_a_refused_unit_is_counted_on_its_own_and_missed_on_neither_side(
    hospital: System, roster: Roster
) -> None:
    said = [dict(each) for each in HOSPITAL]
    said[0] |= {"broken": "It is cut off."}
    roster.say([*said, *staff(5)])
    found = compared(hospital)
    assert (found.refused, found.things["unit"]["refused"], counts(found, "unit")) == (
        0,
        1,
        (2, 2, 2, 0, 0, 0),
    )


def test_what_the_hub_was_told_otherwise_differs(system: System) -> None:
    told(system, ann("0000007", unit="ED"), at=timezone.now())
    assert kept(compared(system))["0000007"][1]["assignment.unit"] == ["ICU", "ED"]


def test_refused_records_are_counted_on_their_own_and_missed_on_neither_side(
    system: System, roster: Roster
) -> None:
    rows = staff(30)
    rows[6]["Worker_Type"] = "Robot"
    rows[7] |= {"broken": "It is cut off."}
    roster.say(rows)
    found = compared(system)
    assert (found.refused, found.matching, found.only_in_hub, found.differing) == (2, 28, 0, 0)


def test_whom_the_pilot_leaves_out_is_expected_nowhere(roster: Roster) -> None:
    rows = staff(10)
    rows[0]["Department"] = "ED"
    roster.say(rows)
    system = roster.system(state="pilot", pilot={"units": ["ICU"]})
    synced(system)
    found = compared(system)
    assert (found.outside, found.matching, found.only_in_source) == (1, 9, 0)


def test_nothing_is_applied(system: System, roster: Roster) -> None:
    before = (system.runs.count(), WorkAssignmentVersion.objects.filter(system=system).count())
    roster.say(staff(60, Department="ED"))
    assert compared(system).differing == 30
    assert (system.runs.count(), WorkAssignmentVersion.objects.filter(system=system).count()) == before


def test_differing_records_are_kept_up_to_a_bound_and_counted_beyond(
    system: System, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "KEPT_MOST", 5)
    monkeypatch.setattr(reconciliation, "AT_ONCE", 7)
    roster.say(staff(30, Department="ED"))
    found = compared(system)
    assert (found.differing, found.differences.filter(record="worker").count()) == (30, 5)


@pytest.mark.parametrize(
    ("breaks", "said"),
    [([1, "CannotConnect"], "It does not answer."), ([1, ""], "ZeroDivisionError")],
)
def test_one_that_fails_says_why(system: System, roster: Roster, breaks: list[Any], said: str) -> None:
    roster.say(staff(30), breaks=breaks)
    found = compared(system)
    assert found.state == "failed"
    assert said in found.message
    assert found.differences.count() == 0


def test_a_truncated_extract_is_not_compared(system: System, roster: Roster) -> None:
    roster.say(staff(20), announced=30)
    found = compared(system)
    assert (found.state, found.only_in_hub) == ("failed", 0)
    assert "announced 30" in found.message


def test_one_at_a_time(system: System) -> None:
    def lock() -> None:
        reconciliation._ask("pg_try_advisory_lock", system)

    with held_open(lock), pytest.raises(NotNow, match="under way"):
        reconciliation.start(system, wake=False)


def test_one_whose_process_died_is_told_and_another_started(system: System) -> None:
    dead = reconciliation.start(system, wake=False)
    found = compared(system)
    dead.refresh_from_db()
    assert (dead.state, found.state) == ("failed", "succeeded")
    assert "process ended" in dead.message


def test_one_that_was_killed_is_carried_out_again(
    system: System, roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster.say(staff(29))
    begun = reconciliation.start(system, wake=False)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reconciliation, "_end", killed)
        with pytest.raises(KeyboardInterrupt):
            reconciliation.carry_out(begun.pk)
    found = reconciliation.carry_out(begun.pk)
    assert (found.state, found.only_in_hub, found.differences.count()) == ("succeeded", 1, 1)


def test_every_system_in_use_is_compared_at_night(system: System, roster: Roster) -> None:
    paused = roster.system(state="paused", name="Old")
    # Systems of other tests are not compared again.
    System.objects.exclude(pk__in=[system.pk, paused.pk]).update(state="paused")
    [found] = reconciliation.nightly()
    assert (found.system, found.state, found.matching) == (system, "succeeded", 30)


def test_a_system_that_is_left_alone_is_not_compared_at_night(system: System) -> None:
    System.objects.exclude(pk=system.pk).update(state="paused")
    System.objects.filter(pk=system.pk).update(circuit_open_until=timezone.now() + timedelta(minutes=5))
    assert reconciliation.nightly() == []


def test_the_command_prints_the_report(system: System, roster: Roster) -> None:
    roster.say([*staff(29), row(Employee_ID="0000099")])
    written = io.StringIO()
    call_command("reconcile", "--system", system.name, "--store", system.store.name, stdout=written)
    report = json.loads(written.getvalue())
    assert (report["matching"], report["only_in_source"], report["only_in_hub"]) == (29, 1, 1)
    assert report["things"]["unit"]["matching"] == 1


def test_the_command_fails_where_it_could_not_compare(system: System, roster: Roster) -> None:
    roster.say(staff(30), breaks=[0, "CannotConnect"])
    with pytest.raises(CommandError, match="It does not answer"):
        call_command("reconcile", "--system", system.name, "--store", system.store.name, stdout=io.StringIO())


def test_a_unit_another_system_has_the_say_over_is_counted_and_not_compared(
    system: System, roster: Roster
) -> None:
    sap = hris("SAP", store=system.store, namespace=system.namespace, precedence=system.precedence - 1)
    told(sap, Unit(key="ICU", name="Intensive"), at=timezone.now())
    synced(system)
    found = compared(system)
    assert (found.things["unit"]["elsewhere"], counts(found, "unit")) == (1, (0, 0, 0, 0, 0, 0))
    assert (found.matching, found.differs) == (30, False)
