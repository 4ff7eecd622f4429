"""A pod through the sync engine: what the hub knows is what the company says, on every day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.adapters.oracle_hcm import workers
from connectors.models import (
    ExceptionState,
    Identifier,
    PersonKey,
    RunMode,
    SyncException,
    SyncRun,
    System,
    WorkAssignmentVersion,
    WorkRelationshipVersion,
)
from connectors.sync import run as runs
from connectors.sync import schedule
from simulators import oracle_hcm as simulator
from tests.connectors.adapters.oracle_hcm.pod import TODAY, Connected, connected, known


@pytest.fixture
def oracle(database: None) -> Iterator[Connected]:
    with connected() as found:
        yield found


def relationships(system: System, number: str) -> list[tuple[str, str, date]]:
    person = PersonKey.objects.get(system=system, key=number).person_id
    found = WorkRelationshipVersion.objects.filter(
        relationship__person_id=person, system=system, recorded__endswith=None
    )
    return sorted(found.values_list("worker_type", "hire_kind", "hire_date"), key=lambda each: each[2])


def test_the_hub_knows_of_every_day_what_the_company_says(oracle: Connected) -> None:
    system = oracle.system(history_from="2024-01-01", page=20)
    run = oracle.synced(system)
    assert (run.state, run.refused_count, run.message) == ("succeeded", 0, "")
    for day in ("2024-12-01", "2025-06-01", "2026-01-01", "2026-06-15", "2026-08-30", "2026-12-24"):
        at = date.fromisoformat(day)
        assert known(system, at) == oracle.told(at), day
    again = oracle.synced(system)
    assert (again.unchanged_count, again.created_count, again.changed_count) == (again.records, 0, 0)


def test_addresses_are_held_for_their_time(oracle: Connected) -> None:
    system = oracle.system()
    oracle.synced(system)
    keys = dict(PersonKey.objects.filter(system=system).values_list("person_id", "key"))
    kept = Identifier.objects.filter(system=system, type="email", recorded__endswith=None)
    for day in (date(2025, 6, 1), date(2026, 6, 15), date(2026, 9, 1)):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        found = {keys[each.person_id]: each.value for each in kept.filter(valid__contains=noon)}
        assert found == {
            each.worker.number: each.email for each in oracle.people.as_of(day, TODAY) if each.email
        }


def test_changes_by_the_feeds_keep_the_hub_right(oracle: Connected) -> None:
    oracle.busy()
    system = oracle.system()
    whole = oracle.synced(system).records
    changed = 0
    for _ in range(5):
        oracle.clock.on(days=2, hours=12)
        run = oracle.synced(system, RunMode.CHANGES)
        assert (run.state, run.mode) == ("succeeded", RunMode.CHANGES)
        assert run.records < whole / 2
        changed += run.changed_count + run.created_count
    assert changed > 5
    for shift in (-20, -2, 0, 30, 120):
        day = oracle.clock.now.date() + timedelta(days=shift)
        assert known(system, day) == oracle.told(day), day


def test_a_move_that_is_called_off_is_not_made(database: None) -> None:
    with connected(seed=4) as oracle:
        oracle.clock.now, number, then = TODAY.replace(month=2, day=25), "0001035", date(2026, 3, 2)
        system = oracle.system()
        oracle.synced(system)
        planned = known(system, then)[number]
        assert planned == oracle.told(then)[number]
        assert planned[1] != known(system, date(2026, 2, 25))[number][1]
        oracle.clock.on(days=2)
        oracle.synced(system, RunMode.CHANGES)
        assert known(system, then)[number] == oracle.told(then)[number] != planned


def test_a_rehire_is_a_second_engagement(oracle: Connected) -> None:
    system = oracle.system()
    oracle.clock.now = TODAY.replace(month=9)
    oracle.synced(system)
    assert relationships(system, "0001020") == [
        ("contractor", "hire", date(2024, 5, 3)),
        ("employee", "rehire", date(2026, 8, 17)),
    ]


def test_a_full_run_again_tells_who_is_gone_and_leaves_their_past(oracle: Connected) -> None:
    system = oracle.system(history_from="2024-01-01")
    oracle.synced(system)
    gone = next(iter(oracle.told(oracle.clock.now.date())))
    oracle.pod.hidden.add(gone)
    oracle.clock.on(days=1)
    run = oracle.synced(system)
    assert run.ended_count == 1
    assert gone not in known(system, oracle.clock.now.date() + timedelta(days=1))
    assert gone in known(system, date(2026, 6, 1))


def test_a_run_killed_between_two_pages_goes_on_behind_the_last(
    oracle: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = oracle.system(page=7)
    run = oracle.started(system)
    taken = workers.Workers.records
    left = [3]

    def dies(self: Any, items: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise SystemExit
        return taken(self, items)

    # Enough records for the engine to have looked at before it applies any.
    monkeypatch.setattr("connectors.sync.attempt.HEAD", 1)
    monkeypatch.setattr(workers.Workers, "records", dies)
    with pytest.raises(SystemExit):
        runs.carry_on(run.pk)
    monkeypatch.setattr(workers.Workers, "records", taken)
    SyncRun.objects.filter(pk=run.pk).update(heartbeat=timezone.now() - timedelta(hours=1))
    oracle.pod.log.clear()
    done = runs.carry_on(run.pk)
    assert (done.state, done.attempts, done.refused_count) == ("succeeded", 2, 0)
    assert done.records == done.expected == done.created_count
    pages = [each for each in oracle.pod.asked if "totalResults" in each]
    assert all("/workers?" in each for each in pages)
    assert "offset=12" in pages[0]


def test_a_pod_that_asks_for_a_long_pause_is_left_alone_for_so_long(oracle: Connected) -> None:
    system = oracle.system()
    oracle.pod.faults.throttle(1, 1200)
    run = oracle.synced(system)
    assert run.state == "waiting"
    assert run.next_attempt is not None
    assert run.next_attempt > timezone.now() + timedelta(seconds=1100)
    assert runs.carry_on(run.pk, at_once=True).state == "succeeded"


def test_short_pauses_and_lost_tokens_cost_nothing(oracle: Connected) -> None:
    system = oracle.system(**simulator.oauth_settings(oracle.pod.url), page=20)
    oracle.pod.faults.throttle(2, 0)
    oracle.pod.faults.expire_tokens()
    run = oracle.synced(system)
    assert (run.state, run.attempts, run.refused_count) == ("succeeded", 1, 0)


def test_wrong_credentials_end_the_run_and_are_said(oracle: Connected) -> None:
    oracle.secrets = {"password": "guess"}
    run = oracle.synced(oracle.system())
    assert run.state == "failed"
    assert "refuses the hub's credentials" in run.message
    assert "guess" not in run.message


def test_a_worker_with_a_date_that_is_none_waits_among_the_exceptions(oracle: Connected) -> None:
    system = oracle.system()
    someone = next(iter(oracle.told(TODAY.date())))
    oracle.pod.spoiled.add(someone)
    run = oracle.synced(system)
    assert (run.state, run.refused_count) == ("succeeded", 1)
    [kept] = SyncException.objects.filter(system=system)
    assert (kept.key, kept.field) == (someone, "/workRelationships/0/StartDate")
    assert someone not in known(system, TODAY.date())
    oracle.pod.spoiled.clear()
    oracle.clock.on(hours=1)
    oracle.synced(system)
    kept.refresh_from_db()
    assert kept.state == ExceptionState.RESOLVED
    assert known(system, TODAY.date()) == oracle.told(TODAY.date())


def test_a_hire_that_was_taken_back_never_was(oracle: Connected) -> None:
    system = oracle.system()
    oracle.clock.now = TODAY.replace(month=10, day=18)
    oracle.synced(system)
    person = PersonKey.objects.get(system=system, key="0001060").person_id
    held = WorkAssignmentVersion.objects.filter(person_id=person, recorded__endswith=None)
    assert held.exists()
    oracle.clock.on(days=2)
    oracle.synced(system, RunMode.CHANGES)
    assert not held.exists()


def test_after_feeds_were_purged_the_next_run_is_a_full_one(oracle: Connected) -> None:
    oracle.busy()
    system = oracle.system()
    oracle.synced(system)
    oracle.clock.on(days=10)
    run = oracle.synced(system, RunMode.CHANGES)
    assert run.state == "succeeded"
    system.refresh_from_db()
    assert system.watermark == {}
    assert schedule.mode_for(system, timezone.now()) == RunMode.FULL
    oracle.synced(system)
    system.refresh_from_db()
    assert schedule.mode_for(system, timezone.now()) == RunMode.CHANGES
