"""How long hires wait for their first LMS account."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors import changes
from connectors.identity.link import ignore
from connectors.models import Actor, IdentifierType, ProvisioningGap, System
from connectors.watch import provisioning
from connectors.workforce.canonical import Identified, Rescinded, Worker
from tests.connectors.learning import academy, caught_up
from tests.connectors.people import ann, hris, new_store, person, told
from tests.connectors.watch.watching import looked_at, open_alerts
from tests.fixtures import Hub, Xapi
from tests.statements import statement

#: Hired the day before yesterday.
HIRED = (timezone.now() - timedelta(days=2)).date()


def connected(store: Any = None, **fields: Any) -> System:
    """Return Workday, connected a month ago."""
    return hris(
        store=store or new_store(), state="live", created=timezone.now() - timedelta(days=30), **fields
    )


def hire(key: str = "21001", on: date = HIRED, **fields: Any) -> Worker:
    return ann(key, hire_date=on, **fields)


def known(system: System, *workers: Any) -> None:
    told(system, *workers, at=timezone.now())
    followed()


def followed() -> None:
    while changes.waiting(provisioning.CONSUMER):
        changes.run(provisioning.CONSUMER)
    provisioning.look_again()


def gap(system: System, key: str = "21001") -> ProvisioningGap:
    return ProvisioningGap.objects.get(relationship__person=person(system, key))


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC)


def posted(caller: Xapi, actor: dict[str, Any], at: datetime) -> None:
    caller.store(statement(actor=actor, timestamp=at.isoformat()))
    caught_up()


def test_a_hire_is_measured_from_the_day_it_is_effective(database: None) -> None:
    system = connected()
    known(system, hire())
    found = gap(system)
    assert found.effective == midnight(HIRED)
    assert found.known > found.effective
    assert found.account_seen is None


def test_who_was_hired_before_the_system_was_connected_is_not_measured(database: None) -> None:
    system = connected()
    known(system, hire(on=date(2020, 3, 1)))
    assert not ProvisioningGap.objects.filter(system=system).exists()


def test_the_first_statement_of_an_actor_resolved_to_the_hire_ends_the_wait(hub: Hub) -> None:
    moodle, store = academy(hub)
    system = connected(store)
    known(system, hire())
    at = midnight(HIRED) + timedelta(hours=30)
    posted(moodle, {"mbox": "mailto:ann.21001@example.com"}, at)
    followed()
    assert gap(system).account_seen == at
    assert "ann.21001@example.com" in gap(system).evidence


def test_an_account_among_the_identifiers_ends_the_wait(database: None) -> None:
    system = connected()
    known(system, hire())
    worker = hire()
    account = Identified(type=IdentifierType.ACCOUNT, value="annlee", issuer="https://moodle.example.com")
    before = timezone.now()
    known(system, hire(identifiers=(*worker.identifiers, account)))
    seen = gap(system).account_seen
    assert seen is not None
    assert seen >= before
    assert gap(system).evidence == "account annlee"


def test_statements_of_another_do_not_count(hub: Hub) -> None:
    moodle, store = academy(hub)
    system = connected(store)
    known(system, hire("21001"), hire("21002"))
    posted(moodle, {"mbox": "mailto:ann.21002@example.com"}, timezone.now())
    followed()
    assert gap(system, "21001").account_seen is None
    assert gap(system, "21002").account_seen is not None


def test_a_device_that_is_nobody_keeps_no_hire_from_being_measured(hub: Hub) -> None:
    moodle, store = academy(hub)
    system = connected(store)
    posted(moodle, {"account": {"homePage": "https://moodle.example.com", "name": "kiosk-3"}}, timezone.now())
    [kiosk] = Actor.objects.filter(store=store)
    ignore(kiosk.pk)
    known(system, hire())
    assert gap(system).account_seen is None


def test_somebody_hired_again_waits_again(hub: Hub) -> None:
    moodle, store = academy(hub)
    system = connected(store)
    known(system, hire(on=HIRED - timedelta(days=600), end_date=HIRED - timedelta(days=300)))
    posted(moodle, {"mbox": "mailto:ann.21001@example.com"}, midnight(HIRED) - timedelta(days=400))
    again = hire().relationships[0]
    old = hire(on=HIRED - timedelta(days=600), end_date=HIRED - timedelta(days=300)).relationships[0]
    known(system, hire(relationships=(old, replace(again, key="2"))))
    assert gap(system).account_seen is None
    posted(moodle, {"mbox": "mailto:ann.21001@example.com"}, timezone.now())
    assert provisioning.look_again() >= 1
    assert gap(system).account_seen is not None


def test_a_hire_that_is_taken_back_is_not_measured(database: None) -> None:
    system = connected()
    known(system, hire())
    known(system, Rescinded(key="21001"))
    assert not ProvisioningGap.objects.filter(system=system).exists()


def test_a_day_corrected_by_hr_corrects_the_gap(database: None) -> None:
    system = connected()
    known(system, hire())
    known(system, hire(on=HIRED - timedelta(days=1)))
    assert gap(system).effective == midnight(HIRED - timedelta(days=1))


def test_measuring_again_changes_nothing(hub: Hub) -> None:
    moodle, store = academy(hub)
    system = connected(store)
    known(system, hire())
    posted(moodle, {"mbox": "mailto:ann.21001@example.com"}, timezone.now())
    followed()
    before = list(ProvisioningGap.objects.filter(system=system).values())
    provisioning.measure([person(system).pk])
    assert list(ProvisioningGap.objects.filter(system=system).values()) == before


def test_a_hire_without_an_account_in_time_is_told(database: None) -> None:
    system = connected(provisioning_hours=24)
    known(system, hire("21001"), hire("21002"))
    looked_at(system.store)
    [alert] = open_alerts(system.store, "provisioning")
    assert alert.text.startswith("2 hires of Workday had no LMS account 24 hours after")
    assert {each["worker"] for each in alert.detail["hires"]} == {"21001", "21002"}
    assert gap(system).alerted is not None


@pytest.mark.parametrize(("hours", "told_of"), [(72, 0), (48, 1), (1, 1)])
def test_a_hire_still_within_the_target_is_not_told(database: None, hours: int, told_of: int) -> None:
    system = connected(provisioning_hours=hours)
    known(system, hire())
    looked_at(system.store)
    assert len(open_alerts(system.store, "provisioning")) == told_of


def test_the_alert_is_over_with_the_account(hub: Hub) -> None:
    moodle, store = academy(hub)
    system = connected(store)
    known(system, hire())
    looked_at(store)
    posted(moodle, {"mbox": "mailto:ann.21001@example.com"}, timezone.now())
    looked_at(store)
    assert open_alerts(store, "provisioning") == []


def test_who_left_before_getting_an_account_is_not_told(database: None) -> None:
    system = connected()
    known(system, hire(end_date=HIRED))
    looked_at(system.store)
    assert open_alerts(system.store, "provisioning") == []
