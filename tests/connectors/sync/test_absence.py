"""Who is not in a full extract any more has left, unless so many are missing that somebody must look."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import AppliedRecord, OrganizationUnit, RunMode, SeenRecord, SyncRun, System
from connectors.sync import run as runs
from connectors.workforce.canonical import Ended
from tests.connectors.people import context, outcome
from tests.connectors.sync.source import Roster, staff, synced


def employed(system: System) -> int:
    return AppliedRecord.objects.filter(system=system, kind="worker", open=True).count()


@pytest.fixture
def forty(roster: Roster) -> System:
    """A system that knows forty nurses, and may end a tenth of them, but three always."""
    system = roster.system(end_share_most=0.1, end_count_least=3)
    roster.say(staff(40))
    assert synced(system).state == "succeeded"
    return system


def test_who_is_missing_has_left_and_is_told_from_who_was_said_to_have_left(
    roster: Roster, forty: System
) -> None:
    roster.say([{"kind": "ended", "Employee_ID": "0000001"}, *staff(39)[1:]])
    run = synced(forty)
    assert (run.state, run.ended_count, employed(forty)) == ("succeeded", 2, 38)
    missing = AppliedRecord.objects.get(system=forty, kind="worker", key="0000040")
    said = AppliedRecord.objects.get(system=forty, kind="worker", key="0000001")
    assert (missing.absent, said.absent) == (run.as_of, None)
    assert context(forty, "2030-01-01", key="0000040") is None
    assert context(forty, "2025-01-01", key="0000040") is not None


def test_who_comes_back_is_there_again(roster: Roster, forty: System) -> None:
    roster.say(staff(39))
    synced(forty)
    roster.say(staff(40))
    run = synced(forty)
    assert (run.changed_count, run.unchanged_count, employed(forty)) == (1, 39, 40)
    assert context(forty, "2030-01-01", key="0000040") is not None


def test_a_run_that_would_end_too_many_ends_nobody_and_asks(roster: Roster, forty: System) -> None:
    roster.say(staff(30))
    run = synced(forty)
    assert (run.state, run.ended_count, employed(forty)) == ("asking", 0, 40)
    assert "10 workers are not in the extract any more" in run.message
    assert "25.0% of 40; more than 10.0% need approval" in run.message


def test_approved_it_ends_them(roster: Roster, forty: System) -> None:
    roster.say(staff(30))
    run = synced(forty)
    runs.approve(run, by=None)
    done = runs.carry_on(run.pk)
    assert (done.state, done.ended_count, employed(forty)) == ("succeeded", 10, 30)
    assert forty.changes.filter(kind="run").count() == 1
    # What it had read before it asked was not read again.
    assert len(roster.begun) == 2
    with pytest.raises(runs.NotNow):
        runs.approve(run, by=None)


def test_cancelled_it_ends_nobody(roster: Roster, forty: System) -> None:
    roster.say(staff(30))
    run = synced(forty)
    runs.cancel(run, by=None)
    assert runs.carry_on(run.pk).state == "cancelled"
    assert employed(forty) == 40
    assert not SeenRecord.objects.filter(run=run).exists()


def test_a_later_whole_extract_answers_what_an_earlier_run_asks(roster: Roster, forty: System) -> None:
    roster.say(staff(30))
    asking = synced(forty)
    roster.say(staff(40))
    later = synced(forty)
    asking.refresh_from_db()
    assert (later.state, asking.state) == ("succeeded", "cancelled")
    assert asking.message.endswith(f"Superseded by run {later.pk}.")


def test_who_was_brought_after_the_run_began_is_not_absent(roster: Roster, forty: System) -> None:
    roster.say(staff(30))
    asking = synced(forty)
    roster.say(changed=staff(41)[36:])
    brought = synced(forty, RunMode.CHANGES)
    assert (brought.created_count, brought.unchanged_count) == (1, 4)
    runs.approve(asking, by=None)
    assert runs.carry_on(asking.pk).ended_count == 10
    assert context(forty, "2030-01-01", key="0000041") is not None


def test_an_empty_extract_asks_however_few_it_would_end(roster: Roster) -> None:
    system = roster.system()
    roster.say(staff(2))
    synced(system)
    roster.say([])
    run = synced(system)
    assert (run.state, run.message) == (
        "asking",
        "The extract is empty, and 2 workers would end. Nobody was ended.",
    )


def test_reading_changes_only_ends_nobody_who_is_not_among_them(roster: Roster, forty: System) -> None:
    roster.say(changed=staff(1, Department="ER"))
    run = synced(forty, RunMode.CHANGES)
    assert (run.records, run.changed_count, employed(forty)) == (1, 1, 40)
    found = context(forty, "2030-01-01", key="0000001")
    assert found is not None
    assert found.unit_id is not None
    assert OrganizationUnit.objects.get(pk=found.unit_id).key == "ER"


def test_who_was_refused_is_not_absent(roster: Roster, forty: System) -> None:
    rows = staff(40)
    rows[39]["End_Date"] = "2019-01-01"  # before the hire
    roster.say(rows)
    run = synced(forty)
    assert (run.state, run.refused_count, run.ended_count, employed(forty)) == ("succeeded", 1, 0, 40)


def test_where_a_refused_record_may_be_anybodys_nobody_is_ended_unasked(
    roster: Roster, forty: System
) -> None:
    roster.say([*staff(39), {"broken": "The line ends in the middle."}])
    run = synced(forty)
    assert (run.state, employed(forty)) == ("asking", 40)
    assert "1 workers are not in the extract any more, but of 1 refused records" in run.message


def terminated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each | {"End_Date": "2024-12-31"} for each in rows]


def test_a_source_that_says_too_many_have_left_is_not_believed_unasked(roster: Roster, forty: System) -> None:
    roster.say(terminated(staff(40)))
    run = synced(forty)
    assert (run.state, run.ended_count, employed(forty)) == ("asking", 0, 40)
    assert "10 or more of 40 workers" in run.message
    runs.approve(run, by=None)
    done = runs.carry_on(run.pk)
    assert (done.state, done.ended_count, employed(forty)) == ("succeeded", 40, 0)


def test_few_enough_are_ended_without_asking(roster: Roster, forty: System) -> None:
    roster.say([*terminated(staff(4)), *staff(40)[4:]])
    run = synced(forty)
    assert (run.state, run.ended_count, employed(forty)) == ("succeeded", 4, 36)


def test_an_end_known_before_is_not_one_of_this_run(roster: Roster, forty: System) -> None:
    outcome(forty, *(Ended(key=f"{number:07}") for number in range(21, 41)))
    roster.say(staff(20))
    run = synced(forty)
    assert (run.state, run.ended_count) == ("succeeded", 0)
    assert AppliedRecord.objects.filter(system=forty, kind="worker", absent=run.as_of).count() == 20
    assert SyncRun.objects.filter(system=forty).count() == 2
