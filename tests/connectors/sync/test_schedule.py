"""What is due starts once, what lost its process goes on, what keeps failing is left alone for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors import tasks
from connectors.mapping import lifecycle
from connectors.models import RunMode, RunState, SyncRun, System
from connectors.sync import circuit, metrics, schedule
from connectors.sync import run as runs
from tests.connectors.mapping.documents import document
from tests.connectors.sync.source import Roster, staff, synced
from tests.fixtures import at_once

NOW = timezone.now()


def due(system: System, now: datetime = NOW) -> list[SyncRun]:
    return [each for each in schedule.start_due(now) if each.system_id == system.pk]


def afresh(system: System, **fields: Any) -> System:
    System.objects.filter(pk=system.pk).update(**fields)
    return System.objects.get(pk=system.pk)


def sampled(name: str, system: System) -> dict[str, float]:
    """Return the samples of a family about a system, by the label that is not the system."""
    return {
        sample.labels.get("state", sample.labels.get("outcome", "")): sample.value
        for family in metrics.families()
        if family.name == name
        for sample in family.samples
        if sample.labels["system"] == str(system.pk)
    }


def test_a_system_is_started_when_its_time_has_come_and_then_again_an_interval_later(roster: Roster) -> None:
    roster.say(staff(3))
    system = roster.system(every_minutes=60)
    [run] = due(system)
    assert (run.mode, run.state) == ("full", "waiting")
    assert run.pk in schedule.to_carry_on()
    runs.carry_on(run.pk)
    assert due(system, NOW + timedelta(minutes=59)) == []
    assert len(due(system, NOW + timedelta(minutes=61))) == 1
    system.refresh_from_db()
    # The rhythm is kept, not shifted by the minute it was late.
    assert system.next_run == NOW + timedelta(minutes=120)


@pytest.mark.parametrize(
    "fields",
    [{"state": "paused"}, {"state": "draft"}, {"every_minutes": None}],
    ids=["paused", "draft", "by hand"],
)
def test_what_is_not_to_be_read_by_itself_is_not(roster: Roster, fields: dict[str, Any]) -> None:
    assert due(roster.system(**({"every_minutes": 5} | fields))) == []


def test_asked_at_once_it_starts_once(roster: Roster) -> None:
    system = roster.system(every_minutes=60)
    found = at_once([lambda: due(system)] * 4)
    assert sum(map(len, found)) == 1


def test_changes_are_read_between_full_runs(roster: Roster) -> None:
    roster.say(staff(6))
    system = roster.system(every_minutes=60, full_every_hours=24)
    assert schedule.mode_for(system, NOW) == RunMode.FULL
    synced(system)
    system.refresh_from_db()
    now = timezone.now()
    assert schedule.mode_for(system, now) == RunMode.CHANGES
    assert schedule.mode_for(system, now + timedelta(hours=25)) == RunMode.FULL


def test_everything_is_read_again_when_the_mapping_or_the_pilot_is_another(roster: Roster) -> None:
    roster.say(staff(6))
    system = roster.system(state="pilot", pilot={"workers": ["0000001"]})
    synced(system)
    system.refresh_from_db()
    now = timezone.now()
    assert schedule.mode_for(system, now) == RunMode.CHANGES
    assert schedule.mode_for(afresh(system, state="live"), now) == RunMode.FULL
    synced(system)
    system.refresh_from_db()
    assert schedule.mode_for(system, now) == RunMode.CHANGES
    version = lifecycle.draft(system, document(), sample={"worker": staff(1)})
    lifecycle.try_out(version)
    version.refresh_from_db()
    lifecycle.activate(version)
    assert schedule.mode_for(system, now) == RunMode.FULL


def test_a_run_whose_process_is_silent_is_carried_on(roster: Roster) -> None:
    roster.say(staff(6))
    system = roster.system()
    run = runs.start(system, wake=False)
    SyncRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING, attempts=1, heartbeat=timezone.now())
    assert run.pk not in schedule.to_carry_on()
    assert runs.carry_on(run.pk).attempts == 1
    SyncRun.objects.filter(pk=run.pk).update(heartbeat=timezone.now() - timedelta(minutes=3))
    assert run.pk in schedule.to_carry_on()
    done = runs.carry_on(run.pk)
    assert (done.state, done.attempts, done.created_count) == ("succeeded", 2, 6)


def test_a_failing_system_is_left_alone_longer_and_longer_until_it_answers(roster: Roster) -> None:
    roster.say(staff(6))
    system = roster.system(every_minutes=5)
    for _ in range(4):
        assert circuit.failed(system.pk, NOW) is None
    assert circuit.failed(system.pk, NOW) == NOW + timedelta(minutes=5)
    assert due(system, NOW + timedelta(minutes=4)) == []
    # One attempt is let through; it fails, and the next comes after twice the time.
    half_open = NOW + timedelta(minutes=6)
    [trial] = due(system, half_open)
    assert circuit.failed(system.pk, half_open) == half_open + timedelta(minutes=10)
    SyncRun.objects.filter(pk=trial.pk).update(failures=1)
    assert trial.pk not in schedule.to_carry_on(half_open + timedelta(minutes=9))
    assert trial.pk in schedule.to_carry_on(half_open + timedelta(minutes=11))
    runs.carry_on(trial.pk)
    system.refresh_from_db()
    assert (system.circuit_failures, system.circuit_open_until) == (0, None)


def test_the_clock_starts_what_is_due_and_the_worker_carries_it_on(roster: Roster) -> None:
    roster.say(staff(6))
    system = roster.system(every_minutes=60)
    tasks.sync_due()
    run = SyncRun.objects.get(system=system)
    assert tasks.run_sync(run.pk) == "succeeded"
    # The same message a second time does nothing.
    assert tasks.run_sync(run.pk) == "succeeded"
    run.refresh_from_db()
    assert run.attempts == 1


def test_metrics_tell_runs_records_and_the_age_of_the_last_success(roster: Roster) -> None:
    roster.say([*staff(6), *({"broken": f"Line {number}."} for number in range(2))])
    system = roster.system(every_minutes=60)
    synced(system)
    SyncRun.objects.filter(system=system).update(ended=timezone.now() - timedelta(hours=2))
    assert sampled("connectors_sync_runs", system) == {"succeeded": 1.0}
    records = sampled("connectors_sync_records", system)
    assert (records["created"], records["refused"]) == (6.0, 2.0)
    assert sampled("connectors_sync_exceptions_open", system)[""] == 2.0
    assert 7200 <= sampled("connectors_sync_success_age_seconds", system)[""] < 7300
    circuit_opened = timezone.now() + timedelta(minutes=1)
    afresh(system, circuit_open_until=circuit_opened)
    assert sampled("connectors_circuit_open", system) == {"": 1.0}
