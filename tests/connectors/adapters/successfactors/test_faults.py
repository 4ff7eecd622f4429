"""What goes wrong in a tenant or on the way to it, seen through a whole run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors import vault
from connectors.models import AppliedRecord, SyncException, SyncRun, System
from connectors.sync import attempt
from connectors.sync import run as runs
from connectors.sync.page import Taker
from simulators import successfactors
from simulators.server import Answer, Request
from tests.connectors.adapters.successfactors.tenant import (
    DAYS,
    Tenant,
    counts,
    differences,
    tenant,
    told,
    true,
)


@pytest.fixture
def northwind(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    # Pages are applied as they come, also in a company of a few.
    monkeypatch.setattr(attempt, "HEAD", 1)
    with tenant(60, 2) as found:
        yield found


def right(northwind: Tenant, system: System, *but: str) -> None:
    """See that the hub knows what is so, of everybody else than `but`."""
    wanted = true(northwind.population, DAYS[1], northwind.now)
    assert len(wanted) > 30
    assert set(differences(told(system, DAYS[1]), wanted)) <= set(but)


def when(northwind: Tenant, nth: int, part: str, do: Any) -> None:
    """Have something happen before the nth request that has `part` in it is answered."""
    seen = 0

    @northwind.server.before
    def happens(request: Request) -> Answer | None:
        nonlocal seen
        if part in request.target:
            seen += 1
            if seen == nth:
                do()
        return None


def test_a_snapshot_that_ran_out_loses_and_doubles_nobody(northwind: Tenant) -> None:
    when(northwind, 3, "/PerPerson", lambda: northwind.server.faults.arm("snapshot"))
    system = northwind.system(settings=northwind.settings(page_size=15))
    run = northwind.synced(system)
    assert (run.state, run.refused_count) == ("succeeded", 0)
    # The pages before the snapshot was gone came twice.
    assert run.unchanged_count == 30
    assert run.created_count == run.records - 30
    right(northwind, system)


class Killed(BaseException):
    """The process is gone."""


def test_killed_between_pages_another_process_goes_on_behind_the_last(
    northwind: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = northwind.system(settings=northwind.settings(page_size=15))
    run = northwind.started(system)
    take = Taker.take
    people: list[int] = []

    def dies(self: Taker, page: Any, held: frozenset[str]) -> None:
        people.extend(1 for each in page.records[:1] if each.kind == "worker")
        if len(people) == 3:
            raise Killed
        take(self, page, held)

    monkeypatch.setattr(Taker, "take", dies)
    with pytest.raises(Killed):
        runs.carry_on(run.pk)
    monkeypatch.setattr(Taker, "take", take)
    run.refresh_from_db()
    assert run.checkpoint["entity"] == "PerPerson"
    before, asked = run.records, len(northwind.server.asked)
    SyncRun.objects.filter(pk=run.pk).update(heartbeat=timezone.now() - timedelta(hours=1))
    done = runs.carry_on(run.pk)
    assert (done.state, done.attempts) == ("succeeded", 2)
    assert done.created_count == done.records == done.expected
    assert done.records > before
    later = northwind.server.asked[asked:]
    assert not [each for each in later if "/FODepartment" in each]
    assert "skiptoken" in next(each for each in later if "/PerPerson" in each)
    right(northwind, system)
    assert counts(northwind.synced(system)) == {"unchanged": done.records}


def test_a_snapshot_that_ran_out_while_nobody_was_there_begins_again(northwind: Tenant) -> None:
    system = northwind.system(settings=northwind.settings(page_size=15))
    when(northwind, 3, "/PerPerson", lambda: northwind.server.faults.throttle(1, 900))
    run = northwind.started(system)
    # The fault is taken with the request after the one that switched it on.
    run = runs.carry_on(run.pk)
    assert run.state == "waiting"
    assert run.next_attempt is not None
    assert run.next_attempt > timezone.now() + timedelta(seconds=500)
    assert "asks to wait 900 seconds" in run.message
    northwind.server.faults.arm("snapshot")
    done = runs.carry_on(run.pk, at_once=True)
    assert (done.state, done.refused_count) == ("succeeded", 0)
    right(northwind, system)


def test_a_short_pause_is_waited_for(northwind: Tenant) -> None:
    northwind.server.faults.throttle(2, 0)
    system = northwind.system()
    run = northwind.synced(system)
    assert (run.state, run.failures) == ("succeeded", 0)
    assert [each.status for each in northwind.server.log][:3] == [429, 429, 400]


def test_a_token_that_runs_out_in_mid_run_is_renewed(northwind: Tenant) -> None:
    settings = successfactors.oauth_settings(northwind.server.url) | {"page_size": 15}
    system = northwind.system(settings=settings, secrets=successfactors.oauth_secrets())
    when(northwind, 2, "/PerPerson", northwind.server.faults.expire_tokens)
    run = northwind.synced(system)
    assert (run.state, run.failures) == ("succeeded", 0)
    assert len(northwind.asked("POST /oauth/token")) == 2
    right(northwind, system)


def test_a_record_that_cannot_be_read_goes_to_the_exceptions_and_the_rest_is_applied(
    northwind: Tenant,
) -> None:
    system = northwind.system()
    number = min(true(northwind.population, DAYS[1], northwind.now))
    northwind.server.broken.add(number)
    run = northwind.synced(system)
    assert (run.state, run.refused_count) == ("succeeded", 1)
    [exception] = SyncException.objects.filter(system=system)
    assert (exception.kind, exception.key, exception.rule) == ("worker", number, "adapter.broken")
    assert "is no date of OData" in exception.reason
    # Whoever is managed by them is, all the same.
    right(northwind, system, number)
    assert number not in told(system, DAYS[1])
    northwind.server.broken.clear()
    assert counts(northwind.synced(system))["created"] == 1
    assert not SyncException.objects.filter(system=system, state="open").exists()
    right(northwind, system)


def test_who_is_refused_once_is_not_taken_for_gone(northwind: Tenant) -> None:
    system = northwind.system()
    northwind.synced(system)
    northwind.server.broken.add(min(told(system, northwind.now.date())))
    run = northwind.synced(system)
    assert (run.state, run.refused_count, run.ended_count) == ("succeeded", 1, 0)


def test_wrong_credentials_end_the_run_at_once_with_a_sentence(northwind: Tenant) -> None:
    system = northwind.system(secrets={"password": "not-the-password"})
    run = northwind.synced(system)
    assert (run.state, run.attempts, run.records) == ("failed", 1, 0)
    assert run.message.startswith("SuccessFactors does not let the API user in. LOGIN_FAILED")
    assert "not-the-password" not in run.message
    assert len(northwind.server.log) == 1
    vault.keep(system, "password", successfactors.PASSWORD)
    assert northwind.synced(system).state == "succeeded"


def test_rows_that_shift_between_plain_pages_are_noticed_and_nobody_is_ended(northwind: Tenant) -> None:
    system = northwind.system()
    northwind.synced(system)
    system.settings = northwind.settings(page_size=15, paging="plain")
    system.save()
    when(northwind, 2, "/PerPerson", lambda: northwind.server.faults.arm("shift"))
    run = northwind.synced(system)
    assert run.state == "failed"
    assert "announced" in run.message
    assert run.ended_count == 0
    assert AppliedRecord.objects.filter(system=system, kind="worker").exclude(absent=None).count() == 0
