"""Runs from start to end: counted, resumed, tried again, cancelled; never two at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from connectors.models import AppliedRecord, RunMode, RunState, SeenRecord, SyncRun, WorkAssignmentVersion
from connectors.sync import apply
from connectors.sync import run as runs
from tests.connectors.mapping.documents import row
from tests.connectors.people import ann, context, hris
from tests.connectors.sync.source import Roster, staff, synced
from tests.fixtures import at_once


def counts(run: SyncRun) -> dict[str, int]:
    names = ("created", "changed", "unchanged", "ended", "refused", "outside")
    return {name: count for name in names if (count := getattr(run, f"{name}_count"))}


def test_a_full_run_brings_everybody_and_the_next_finds_nothing_new(roster: Roster) -> None:
    roster.say(staff(25), announced=25)
    system = roster.system()
    run = synced(system)
    assert (run.state, run.records, run.expected, counts(run)) == ("succeeded", 25, 25, {"created": 25})
    assert run.read_completely
    again = synced(system)
    assert (again.state, counts(again)) == ("succeeded", {"unchanged": 25})
    system.refresh_from_db()
    assert system.watermark == {"as_of": again.as_of.isoformat()}
    found = context(system, "2026-01-15", key="0000007")
    assert found is not None
    assert found.worker_type == "employee"
    assert not SeenRecord.objects.filter(run__system=system).exists()


def test_every_record_is_counted_once(roster: Roster) -> None:
    system = roster.system()
    roster.say(staff(12))
    synced(system)
    gone = {"kind": "ended", "Employee_ID": "0000001"}
    moved = row(**staff(2)[1] | {"Department": "ER", "Department_Name": "Emergency"})
    bad = row(**staff(3)[2] | {"End_Date": "2019-01-01"})
    broken = {"Employee_ID": "0000004", "broken": "The line ends in the middle."}
    roster.say([gone, moved, bad, broken, *staff(13)[4:]])
    run = synced(system)
    assert run.records == 13
    assert counts(run) == {"ended": 1, "changed": 1, "refused": 2, "unchanged": 8, "created": 1}


def test_a_run_goes_on_behind_the_last_page_when_the_source_went_away(roster: Roster) -> None:
    roster.say(staff(50), breaks=[2, "CannotConnect"])
    system = roster.system()
    # Nothing is applied before the beginning was looked at; so pages of a thousand are as good as ten.
    system.settings["page"] = 600
    system.save()
    roster.say(staff(2500), breaks=[3, "CannotConnect"])
    run = synced(system)
    assert (run.state, run.failures, run.records) == ("waiting", 1, 1800)
    assert run.message == "It does not answer."
    assert run.next_attempt is not None
    pause = (run.next_attempt - timezone.now()).total_seconds()
    assert 10 < pause <= 30
    # It is not time yet.
    assert runs.carry_on(run.pk).attempts == 1
    roster.say(staff(2500))
    done = runs.carry_on(run.pk, at_once=True)
    assert (done.state, done.records, counts(done)) == ("succeeded", 2500, {"created": 2500})
    assert roster.begun == [0, 1800]
    assert WorkAssignmentVersion.objects.filter(system=system).count() == 2500


def test_what_is_tried_in_vain_has_failed_after_the_last_attempt(roster: Roster) -> None:
    roster.say(staff(5), breaks=[0, "CannotConnect"])
    system = roster.system()
    run = synced(system)
    for failures in range(1, 5):
        assert (run.state, run.failures) == ("waiting", failures)
        run = runs.carry_on(run.pk, at_once=True)
    assert (run.state, run.message) == ("failed", "It does not answer.")
    system.refresh_from_db()
    assert system.circuit_failures == 5
    assert system.circuit_open_until is not None


@pytest.mark.parametrize("error", ["NotAuthorized", "SourceChanged", "Incomplete", "Forbidden"])
def test_a_failure_that_trying_again_does_not_mend_is_the_end(roster: Roster, error: str) -> None:
    system = roster.system()
    roster.say(staff(20))
    synced(system)
    roster.say(staff(5), breaks=[-1, error])
    run = synced(system)
    assert (run.state, run.message, run.ended_count) == ("failed", "It does not answer.", 0)


def test_something_unforeseen_is_tried_again_and_told_without_its_values(roster: Roster) -> None:
    roster.say(staff(5), breaks=[0, "Ann Lee was born on 1 May"])
    run = synced(roster.system())
    assert run.state == "waiting"
    assert run.message == "Something unexpected went wrong: ZeroDivisionError in _read."


def test_a_source_that_asks_for_a_pause_gets_it(roster: Roster) -> None:
    roster.say(staff(5), breaks=[0, "Throttled"])
    run = synced(roster.system())
    assert run.next_attempt is not None
    assert run.next_attempt > timezone.now() + timedelta(seconds=800)


def test_an_extract_shorter_than_announced_fails_and_ends_nobody(roster: Roster) -> None:
    system = roster.system()
    roster.say(staff(40))
    synced(system)
    roster.say(staff(38), announced=40)
    run = synced(system)
    assert run.state == "failed"
    assert "announced 40 records and gave 38" in run.message
    assert AppliedRecord.objects.filter(system=system, kind="worker", open=True).count() == 40


def test_a_system_has_one_run_under_way(roster: Roster) -> None:
    roster.say(staff(3))
    system = roster.system()
    run = runs.start(system, wake=False)
    with pytest.raises(runs.NotNow, match=f"Run {run.pk} of PeopleSoft is under way"):
        runs.start(system, wake=False)
    with pytest.raises(runs.NotNow):
        runs.start(system, RunMode.DRY, wake=False)


def test_of_processes_that_take_up_a_run_at_once_one_gets_it(roster: Roster) -> None:
    roster.say(staff(30))
    run = runs.start(roster.system(), wake=False)
    at_once([lambda: runs.carry_on(run.pk)] * 3)
    run.refresh_from_db()
    assert (run.state, run.attempts, counts(run)) == ("succeeded", 1, {"created": 30})
    assert roster.begun == [0]


def test_a_cancelled_run_stops_at_the_page_at_hand_and_what_it_brought_stays(roster: Roster) -> None:
    system = roster.system(settings={"page": 1000})
    roster.say(staff(3000))
    run = runs.start(system, wake=False)
    roster.meanwhile(lambda pages: runs.cancel(run, by=None) if pages == 2 else None)
    done = runs.carry_on(run.pk)
    assert (done.state, done.records, done.created_count) == ("cancelled", 2000, 2000)
    assert AppliedRecord.objects.filter(system=system, kind="worker").count() == 2000
    with pytest.raises(runs.NotNow):
        runs.cancel(run, by=None)


def test_a_process_taken_for_dead_changes_nothing_any_more(roster: Roster) -> None:
    system = roster.system(settings={"page": 1000})
    roster.say(staff(3000))
    run = runs.start(system, wake=False)

    def taken_over(pages: int) -> None:
        if pages == 2:
            SyncRun.objects.filter(pk=run.pk).update(attempts=2)

    roster.meanwhile(taken_over)
    left = runs.carry_on(run.pk)
    assert (left.state, left.attempts, left.records) == ("running", 2, 2000)
    assert AppliedRecord.objects.filter(system=system, kind="worker").count() == 2000


def test_what_kills_every_process_ends_the_run(roster: Roster) -> None:
    roster.say(staff(3))
    run = runs.start(roster.system(), wake=False)
    long_ago = timezone.now() - timedelta(hours=1)
    SyncRun.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, heartbeat=long_ago, attempts=5, failures=4
    )
    done = runs.carry_on(run.pk)
    assert (done.state, done.message) == ("failed", "Its process died 5 times at the same place.")


def test_what_is_not_in_use_is_not_read_but_for_a_dry_run(roster: Roster) -> None:
    roster.say(staff(3))
    system = roster.system(state="paused")
    with pytest.raises(runs.NotNow, match="PeopleSoft is paused"):
        runs.start(system, wake=False)
    assert synced(system, RunMode.DRY).state == "succeeded"


def test_a_value_nobody_can_store_costs_its_own_record_only(database: None) -> None:
    system = hris()
    groups = [[ann(f"2100{number}")] for number in range(8)]
    groups[5] = [ann("21005", full_time_equivalent=Decimal(123456))]
    groups[2] = []
    with transaction.atomic():
        outcomes = apply.apply(system, groups, as_of=timezone.now(), run=None)
    assert [[each.what for each in group] for group in outcomes] == [
        ["created"], ["created"], [], ["created"], ["created"], ["refused"], ["created"], ["created"],
    ]  # fmt: skip
    refused = outcomes[5][0].refused
    assert refused is not None
    assert refused.rule == "database.22003"
    assert AppliedRecord.objects.filter(system=system).count() == 6
