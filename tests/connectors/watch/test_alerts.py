"""Alerts: raised once while they last, cleared when over, for what is wrong and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from connectors.models import (
    Alert,
    AlertDelivery,
    DriftFinding,
    Reconciliation,
    RunState,
    SyncException,
    System,
)
from connectors.watch import alerts
from tests.connectors.people import hris, new_store
from tests.connectors.watch.watching import channel, looked_at, open_alerts, ran, saying
from tests.fixtures import at_once

HOUR = timedelta(hours=1)


@pytest.fixture
def workday(database: None) -> System:
    """Workday, read every hour, and just now with success."""
    system = hris(state="live", every_minutes=60, freshness_minutes=120)
    ran(system, ago=timedelta(minutes=5))
    return system


def kinds(system: System) -> list[str]:
    looked_at(system.store)
    return [each.kind for each in open_alerts(system.store)]


def test_a_system_that_is_well_raises_nothing(workday: System) -> None:
    assert kinds(workday) == []


def test_data_older_than_its_target_is_stale(workday: System) -> None:
    workday.runs.update(as_of=timezone.now() - 3 * HOUR)
    assert kinds(workday) == ["stale"]
    assert "3 hours old; the target is 120 minutes" in open_alerts(workday.store)[0].text


def test_a_system_never_read_is_stale_after_its_target(database: None) -> None:
    system = hris(state="live", every_minutes=60, created=timezone.now() - 30 * HOUR)
    assert kinds(system) == ["stale"]


@pytest.mark.parametrize("fields", [{"state": "paused"}, {"state": "draft"}, {"every_minutes": None}])
def test_a_system_nobody_expects_data_of_is_not_stale(workday: System, fields: dict[str, Any]) -> None:
    workday.runs.update(as_of=timezone.now() - 300 * HOUR)
    System.objects.filter(pk=workday.pk).update(**fields)
    assert kinds(workday) == []


def test_a_dry_run_freshens_nothing(workday: System) -> None:
    workday.runs.update(as_of=timezone.now() - 3 * HOUR)
    ran(workday, ago=timedelta(minutes=1), mode="dry")
    assert kinds(workday) == ["stale"]


def test_a_failed_run_is_told_until_one_succeeds(workday: System) -> None:
    ran(workday, ago=timedelta(minutes=2), state=RunState.FAILED, message="It refuses our credentials.")
    assert kinds(workday) == ["failing"]
    assert "It refuses our credentials." in open_alerts(workday.store)[0].text
    ran(workday, ago=timedelta(minutes=1))
    assert kinds(workday) == []
    assert Alert.objects.get(store=workday.store, kind="failing").cleared is not None


def test_a_run_that_asks_is_told(workday: System) -> None:
    run = ran(workday, ago=timedelta(minutes=1), state=RunState.ASKING, message="400 workers would end.")
    assert kinds(workday) == ["asking"]
    run.state = RunState.CANCELLED
    run.save()
    assert kinds(workday) == []


def test_a_field_that_vanished_is_told_and_a_new_one_is_not(workday: System) -> None:
    DriftFinding.objects.create(system=workday, kind="appeared", path="Shoe_Size")
    assert kinds(workday) == []
    DriftFinding.objects.create(system=workday, kind="vanished", path="Cost_Center")
    assert kinds(workday) == ["drift"]
    assert "Cost_Center" in open_alerts(workday.store)[0].text


def test_refused_records_are_told_after_a_day(workday: System) -> None:
    refused = SyncException.objects.create(
        system=workday, key="1", rule="mapping.required", reason="No", raw={}
    )
    assert kinds(workday) == []
    SyncException.objects.filter(pk=refused.pk).update(first_seen=timezone.now() - 25 * HOUR)
    assert kinds(workday) == ["exceptions"]


def test_the_last_reconciliation_counts(workday: System) -> None:
    Reconciliation.objects.create(system=workday, state="succeeded", differing=3)
    assert kinds(workday) == ["reconciliation"]
    Reconciliation.objects.create(system=workday, state="succeeded", matching=3)
    assert kinds(workday) == []


def test_an_open_circuit_is_told(workday: System) -> None:
    System.objects.filter(pk=workday.pk).update(
        circuit_failures=5, circuit_open_until=timezone.now() + timedelta(minutes=5)
    )
    assert kinds(workday) == ["circuit"]


def test_an_alert_is_raised_once_while_it_lasts(database: None) -> None:
    store = new_store()
    channel(store, "https://pager.example.com")
    first = alerts.evaluate(saying(store, "Workday is stale."), stores=[store.pk])
    second = alerts.evaluate(saying(store, "Workday is stale."), stores=[store.pk])
    assert (first.raised, second.raised, second.lasting) == (1, 0, 1)
    assert AlertDelivery.objects.filter(alert__store=store).count() == 1


def test_what_comes_back_is_another_alert(database: None) -> None:
    store = new_store()
    for texts in (["Workday is stale."], [], ["Workday is stale."]):
        alerts.evaluate(saying(store, *texts), stores=[store.pk])
    assert Alert.objects.filter(store=store).count() == 2
    assert len(open_alerts(store)) == 1


def test_evaluating_twice_at_once_raises_once(database: None) -> None:
    store = new_store()
    channel(store, "https://pager.example.com")
    found = saying(store, *(f"System {number} is stale." for number in range(20)))
    raised = at_once([lambda: alerts.evaluate(found, stores=[store.pk]).raised for _ in range(2)])
    assert sum(raised) == 20
    assert AlertDelivery.objects.filter(alert__store=store).count() == 20


def test_an_evaluator_that_fails_clears_nothing_and_keeps_no_other_from_being_told(database: None) -> None:
    store = new_store()

    def broken(_: datetime) -> list[alerts.Finding]:
        raise ZeroDivisionError

    alerts.evaluate(saying(store, "Workday is stale."), stores=[store.pk])
    alerts.evaluate({"stale": broken} | saying(store, "A run failed.", kind="failing"), stores=[store.pk])
    assert [each.kind for each in open_alerts(store)] == ["stale", "failing"]


def test_an_alert_is_acknowledged_by_the_first(database: None) -> None:
    store = new_store()
    alerts.evaluate(saying(store, "Workday is stale."), stores=[store.pk])
    ada, bob = (User.objects.create(username=f"{name} {store.pk}") for name in ("Ada", "Bob"))
    assert alerts.acknowledge(open_alerts(store), by=ada) == 1
    assert alerts.acknowledge(open_alerts(store), by=bob) == 0
    assert open_alerts(store)[0].acknowledged_by == ada


def test_a_channel_is_told_of_the_kinds_it_wants(database: None) -> None:
    store = new_store()
    channel(store, "https://pager.example.com", kinds=["silent"])
    alerts.evaluate(saying(store, "Workday is stale."), stores=[store.pk])
    assert not AlertDelivery.objects.filter(alert__store=store).exists()
    alerts.evaluate(saying(store, "Moodle is silent.", kind="silent"), stores=[store.pk])
    assert AlertDelivery.objects.get(alert__store=store).alert.kind == "silent"


def test_nothing_of_one_store_is_told_in_another(database: None) -> None:
    store, other = new_store(), new_store()
    channel(other, "https://pager.example.com")
    alerts.evaluate(saying(store, "Workday is stale."), stores=[store.pk, other.pk])
    assert not AlertDelivery.objects.filter(channel__store=other).exists()
