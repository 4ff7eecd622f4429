"""What was kept long enough goes; what is still so, or still tried, stays however old it is."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from connectors import checks, prune
from connectors.models import (
    Alert,
    AlertDelivery,
    Reconciliation,
    ReconciliationDifference,
    SourceShape,
    SyncRun,
    System,
)
from tests.connectors.people import hris
from tests.connectors.watch.watching import channel, ran

pytestmark = pytest.mark.usefixtures("database")

KEEP = {
    "CONNECTORS_KEEP_ALERTS_DAYS": 100,
    "CONNECTORS_KEEP_DELIVERIES_DAYS": 10,
    "CONNECTORS_KEEP_RECONCILIATIONS_DAYS": 100,
    "CONNECTORS_KEEP_RUN_DETAILS_DAYS": 100,
}
NOW = timezone.now()


def ago(days: int) -> Any:
    return NOW - timedelta(days=days)


def alert(system: System, key: str, **fields: Any) -> Alert:
    return Alert.objects.create(
        store=system.store, system=system, kind="stale", key=key, text="It is stale.", **fields
    )


def delivery(found: Alert, **fields: Any) -> AlertDelivery:
    to, _ = channel(found.store, "https://pager.example/")
    return AlertDelivery.objects.create(alert=found, channel=to, event="raised", webhook_id="m", **fields)


def there(*rows: Any) -> list[bool]:
    return [type(each).objects.filter(pk=each.pk).exists() for each in rows]


@override_settings(**KEEP)
def test_an_alert_that_is_over_goes_with_its_deliveries_and_an_open_one_stays() -> None:
    system = hris()
    over = alert(system, "a", raised=ago(300), cleared=ago(101))
    sent = delivery(over, delivered=ago(300))
    late = alert(system, "b", raised=ago(300), cleared=ago(99))
    lasting = alert(system, "c", raised=ago(2000))
    prune.prune(NOW)
    assert there(over, sent, late, lasting) == [False, False, True, True]


@override_settings(**KEEP)
def test_a_delivery_goes_once_it_arrived_or_was_given_up_and_stays_while_it_is_tried() -> None:
    lasting = alert(hris(), "a", raised=ago(300))
    arrived, gone = delivery(lasting, delivered=ago(11)), delivery(lasting, given_up=ago(11))
    lately, tried = delivery(lasting, delivered=ago(9)), delivery(lasting, created=ago(90))
    prune.prune(NOW)
    assert there(arrived, gone, lately, tried, lasting) == [False, False, True, True, True]


@override_settings(**KEEP)
def test_a_reconciliation_goes_with_its_records_unless_it_is_the_last() -> None:
    system, other = hris(), hris()
    old, last = (
        Reconciliation.objects.create(system=system, state="succeeded", started=ago(days), ended=ago(days))
        for days in (300, 200)
    )
    difference = ReconciliationDifference.objects.create(reconciliation=old, kind="differs", key="7")
    only = Reconciliation.objects.create(system=other, state="failed", started=ago(300), ended=ago(300))
    Reconciliation.objects.create(system=system, started=NOW)
    prune.prune(NOW)
    assert there(old, difference, last, only) == [False, False, True, True]


@override_settings(**KEEP)
def test_a_run_keeps_its_counts_and_loses_its_details_unless_it_is_the_last() -> None:
    system = hris()
    old, last = (
        ran(system, ago=timedelta(days=days), report={"held": ["assignment.job"]}, records=7)
        for days in (200, 150)
    )
    shape = SourceShape.objects.create(system=system, run=old, records=7, kinds={})
    dry = ran(system, ago=timedelta(days=120), mode="dry", report={"fields": {}})
    prune.prune(NOW)
    old.refresh_from_db()
    assert (old.records, old.report, there(shape)) == (7, {}, [False])
    for kept in (last, dry):
        assert SyncRun.objects.get(pk=kept.pk).report


@override_settings(**(KEEP | {"CONNECTORS_KEEP_ALERTS_DAYS": 0}))
def test_nothing_is_pruned_of_what_is_kept_for_ever() -> None:
    found = alert(hris(), "a", raised=ago(9000), cleared=ago(9000))
    assert prune.prune(NOW)["alerts"] == 0
    assert there(found) == [True]


@override_settings(**KEEP)
def test_the_command_counts_first_and_deletes_in_as_many_steps_as_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prune, "AT_ONCE", 2)
    system = hris()
    for number in range(5):
        alert(system, str(number), raised=ago(300), cleared=ago(200))
    for arguments, left in ((["--dry-run"], 5), ([], 0)):
        written = io.StringIO()
        call_command("prune", *arguments, stdout=written)
        assert json.loads(written.getvalue())["alerts"] >= 5
        assert Alert.objects.filter(store=system.store).count() == left


@pytest.mark.parametrize(("value", "wrong"), [(0, False), (30, False), (-1, True), ("30", True)])
def test_days_that_make_no_sense_are_told(value: object, *, wrong: bool) -> None:
    with override_settings(CONNECTORS_KEEP_ALERTS_DAYS=value):
        assert [each.id for each in checks.sync_settings()] == (["connectors.E001"] if wrong else [])


@pytest.mark.parametrize(("alerts", "wrong"), [(0, False), (90, False), (30, True)])
def test_deliveries_that_cannot_be_kept_as_long_as_asked_are_told(alerts: int, *, wrong: bool) -> None:
    with override_settings(CONNECTORS_KEEP_ALERTS_DAYS=alerts, CONNECTORS_KEEP_DELIVERIES_DAYS=90):
        assert [each.id for each in checks.keeping()] == (["connectors.W001"] if wrong else [])
