"""An unchanged record is not mapped again, and nothing is missed for it: each case beside its counterpart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.drift import findings
from connectors.mapping import compiled, lifecycle
from connectors.models import (
    AppliedRecord,
    DriftFinding,
    MappedRecord,
    OrganizationUnitVersion,
    RunMode,
    SyncException,
    System,
)
from connectors.sync import exceptions
from connectors.workforce.record import apply
from tests.connectors.mapping.documents import fields_of, row
from tests.connectors.people import ann, context
from tests.connectors.sync.source import Roster, staff, synced
from tests.connectors.sync.test_run import counts


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the records that were mapped, as they are."""
    found: list[str] = []
    take = compiled.Mapping.take

    def noted(self: compiled.Mapping, kind: str, raw: Mapping[str, Any], **other: Any) -> Any:
        found.append(raw.get("Employee_ID") or raw.get("Unit") or "")
        return take(self, kind, raw, **other)

    monkeypatch.setattr(compiled.Mapping, "take", noted)
    return found


def with_a_mapping(system: System, change: Callable[[dict[str, Any]], None]) -> None:
    """Put another version of the mapping to use."""
    used = lifecycle.active(system)
    assert used is not None
    content = deepcopy(used.document)
    change(content)
    version = lifecycle.draft(system, content, sample={"worker": [row()]})
    assert lifecycle.try_out(version)["passed"]
    lifecycle.activate(version)


def without_units_of_their_own(roster: Roster, **fields: Any) -> System:
    """Return a system that tells of units in passing only."""
    system = roster.system(**fields)
    with_a_mapping(system, lambda found: found["records"].pop("unit"))
    return system


def unit_of(system: System, key: str, at: str = "2030-01-01") -> str:
    found = context(system, at, key=key)
    assert found is not None
    assert found.unit_version_id is not None
    return OrganizationUnitVersion.objects.get(pk=found.unit_version_id).name


def in_unit(name: str, number: int) -> dict[str, Any]:
    return row(**staff(number)[-1] | {"Department_Name": name})


def test_only_what_changed_is_mapped(roster: Roster, mapped: list[str]) -> None:
    roster.say(staff(25))
    system = roster.system()
    synced(system)
    assert len(mapped) == 25
    mapped.clear()
    again = synced(system)
    assert (mapped, counts(again), again.records) == ([], {"unchanged": 25}, 25)
    moved = row(**staff(3)[2] | {"Department": "ER", "Department_Name": "Emergency"})
    roster.say([*staff(2), moved, *staff(25)[3:]])
    run = synced(system)
    assert mapped == ["0000003"]
    assert counts(run) == {"unchanged": 24, "changed": 1}
    assert (unit_of(system, "0000003"), unit_of(system, "0000004")) == ("Emergency", "Intensive Care")


def test_a_cell_no_rule_reads_is_looked_at_once(roster: Roster, mapped: list[str]) -> None:
    roster.say(staff(5))
    system = roster.system()
    synced(system)
    roster.say(staff(5, Favourite_Colour="green"))
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 5}
    assert len(mapped) == 5
    assert counts(synced(system)) == {"unchanged": 5}
    assert len(mapped) == 5


def test_who_is_not_in_the_extract_any_more_has_left_and_who_is_unchanged_has_not(
    roster: Roster, mapped: list[str]
) -> None:
    roster.say(staff(30))
    system = roster.system()
    synced(system)
    roster.say(staff(29))
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 29, "ended": 1}
    assert mapped == []
    # The same row as ever; but he had been taken for gone.
    roster.say(staff(30))
    assert counts(synced(system)) == {"unchanged": 29, "changed": 1}
    assert mapped == ["0000030"]


def test_another_version_of_the_mapping_is_applied_to_everybody(roster: Roster, mapped: list[str]) -> None:
    roster.say(staff(6))
    system = roster.system()
    synced(system)
    with_a_mapping(system, lambda found: fields_of(found).update(names=[{"given": {"from": "Last_Name"}}]))
    mapped.clear()  # it was tried on some before
    assert counts(synced(system)) == {"changed": 6}
    assert len(mapped) == 6
    assert counts(synced(system)) == {"unchanged": 6}
    assert len(mapped) == 6


def test_a_value_map_with_another_answer_is_applied_too(roster: Roster, mapped: list[str]) -> None:
    roster.say([*staff(4, Employee_Status="L"), row(Employee_ID="0000009")])
    system = roster.system()
    synced(system)
    mapped.clear()

    def on_leave_is_suspended(found: dict[str, Any]) -> None:
        written = json.dumps(found)
        assert '"L": "leave"' in written
        changed = json.loads(written.replace('"L": "leave"', '"L": "suspended"'))
        found.clear()
        found.update(changed)

    with_a_mapping(system, on_leave_is_suspended)
    assert counts(synced(system)) == {"changed": 4, "unchanged": 1}
    found = context(system, "2030-01-01", key="0000001")
    assert found is not None
    assert found.status == "suspended"


def test_what_was_held_is_taken_once_it_is_not_held_any_more(roster: Roster, mapped: list[str]) -> None:
    roster.say(staff(40))
    system = roster.system()
    synced(system)
    renamed = [
        {("Position_Code" if name == "Job_Code" else name): v for name, v in each.items()}
        for each in staff(40)
    ]
    roster.say(renamed)
    run = synced(system)
    assert run.report["held"] == ["assignment.job"]
    mapped.clear()
    synced(system)
    assert mapped == []  # held still: what came of them is known
    for finding in DriftFinding.objects.filter(system=system, state="open"):
        findings.accept(finding)
    lifted = synced(system)
    assert "held" not in lifted.report
    assert len(mapped) == 40


def test_a_pilot_maps_whom_it_asks_about_and_lifting_it_brings_the_others(
    roster: Roster, mapped: list[str]
) -> None:
    rows = [*staff(3), *(row(**each | {"Location": "L2"}) for each in staff(6)[3:])]
    roster.say(rows)
    system = roster.system(state="pilot", pilot={"locations": ["L2"]})
    assert counts(synced(system)) == {"created": 3, "outside": 3}
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 3, "outside": 3}
    assert len(mapped) == 6
    System.objects.filter(pk=system.pk).update(state="live", pilot={})
    assert counts(synced(system)) == {"unchanged": 3, "created": 3}
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 6}
    assert mapped == []


def test_a_dry_run_says_the_same_with_and_without_a_memory(roster: Roster) -> None:
    roster.say(staff(7))
    system = roster.system()
    synced(system)
    before = synced(system, RunMode.DRY).report
    MappedRecord.objects.filter(system=system).delete()
    assert synced(system, RunMode.DRY).report == before
    assert before["records"]["worker"] == {"unchanged": 7}


def test_a_refused_record_stays_refused_until_it_is_right(roster: Roster, mapped: list[str]) -> None:
    impossible = row(Employee_ID="0000009", End_Date="2019-01-01")
    roster.say([*staff(4), impossible])
    system = roster.system()
    synced(system)
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 4, "refused": 1}
    assert mapped == ["0000009"]
    [found] = SyncException.objects.filter(system=system, state="open")
    exceptions.correct(found, {**impossible, "End_Date": ""})
    assert exceptions.replay([found]) == {found.pk: None}
    # The source still says the impossible; what was replayed is kept, and it is an exception again.
    assert counts(synced(system)) == {"unchanged": 4, "refused": 1}
    assert unit_of(system, "0000009") == "Intensive Care"


def test_what_somebody_else_said_meanwhile_is_set_right_by_an_unchanged_row(
    roster: Roster, mapped: list[str]
) -> None:
    roster.say(staff(3))
    system = roster.system()
    synced(system)
    apply(system, [ann("0000002", unit="KITCHEN")], as_of=timezone.now())
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 2, "changed": 1}
    assert mapped == ["0000002"]


def test_a_plan_that_comes_due_is_called_off_by_a_row_that_knows_nothing_of_it(
    roster: Roster, mapped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    roster.say(staff(3))
    system = roster.system()
    synced(system)
    tomorrow = timezone.now() + timedelta(days=1)
    apply(system, [ann("0000002", unit="KITCHEN", valid_from=tomorrow)], as_of=timezone.now())
    synced(system)
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 3}
    assert mapped == []  # it is not tomorrow yet
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    run = synced(system)
    assert mapped == ["0000002"]
    assert counts(run) == {"unchanged": 2, "changed": 1}
    assert unit_of(system, "0000002", "2100-01-01") == "Intensive Care"


def test_of_two_names_of_a_unit_the_first_told_counts_also_where_it_is_remembered(
    roster: Roster, mapped: list[str]
) -> None:
    roster.say([in_unit("Intensive Care", 1), in_unit("Intensive Care", 2)])
    system = without_units_of_their_own(roster)
    synced(system)
    roster.say([in_unit("Intensive Care", 1), in_unit("Critical Care", 2)])
    mapped.clear()
    synced(system)
    assert mapped == ["0000002"]
    assert unit_of(system, "0000002") == "Intensive Care"
    # Who told it so far has left: the other one, unchanged since, is the first.
    roster.say([in_unit("Critical Care", 2)])
    synced(system)
    assert unit_of(system, "0000002") == "Critical Care"


def test_a_record_it_cannot_name_is_mapped_every_time(roster: Roster, mapped: list[str]) -> None:
    roster.say([row(key="", Employee_ID="0000001"), row(Employee_ID="0000002")])
    system = roster.system()
    synced(system)
    mapped.clear()
    assert counts(synced(system)) == {"unchanged": 2}
    assert mapped == ["0000001"]


CHANGES = st.lists(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from(["ICU", "ER"]),
            st.sampled_from(["Intensive Care", "Emergency"]),
            st.sampled_from(["A", "L", "T", "?"]),
        ),
        max_size=5,
        unique_by=lambda each: each[0],
    ),
    min_size=2,
    max_size=4,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=CHANGES, own_units=st.booleans())
def test_with_or_without_a_memory_every_day_ends_the_same(
    roster: Roster, days: list[list[tuple[int, str, str, str]]], own_units: bool
) -> None:
    make = roster.system if own_units else lambda **fields: without_units_of_their_own(roster, **fields)
    with_it, without = make(end_count_least=99), make(end_count_least=99)
    for rows in days:
        roster.say(
            [
                row(
                    Employee_ID=f"{number:07}", Work_Email=f"n{number}@example.com", User_Name=f"n{number}",
                    Department=unit, Department_Name=name, Employee_Status=status,
                )
                for number, unit, name, status in rows
            ]
        )  # fmt: skip
        remembering = synced(with_it)
        MappedRecord.objects.filter(system=without).delete()
        forgetting = synced(without)
        assert counts(remembering) == counts(forgetting)
        assert applied(with_it) == applied(without)


def applied(system: System) -> list[tuple[Any, ...]]:
    found = AppliedRecord.objects.filter(system=system).order_by("kind", "key")
    return [(each.kind, each.key, each.canonical, each.absent is None, each.open) for each in found]
