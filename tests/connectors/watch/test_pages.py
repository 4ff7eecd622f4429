"""The pages of what is watched, as Ada (superuser), Vera (looks) and Gus (no permission) meet them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from connectors import vault
from connectors.models import (
    AlertChannel,
    AlertDelivery,
    Reconciliation,
    ReconciliationDifference,
    System,
)
from connectors.watch import alerts, silence
from connectors.watch.rhythm import HOUR, start_of_hour
from simulators.server import Answer, Request, Server
from tests.connectors.people import ann, hris, new_store
from tests.connectors.sync.conftest import roster
from tests.connectors.sync.source import Roster, staff, synced
from tests.connectors.watch.test_provisioning import HIRED, connected, gap, known
from tests.connectors.watch.watching import channel, new_source, open_alerts, posted, ran, saying

__all__ = ["roster"]

PAGES = (
    "connectors_sourcerhythm_changelist",
    "connectors_alert_changelist",
    "connectors_alertchannel_changelist",
    "connectors_alertdelivery_changelist",
    "connectors_reconciliation_changelist",
    "connectors_provisioninggap_changelist",
)
MODELS = ("sourcerhythm", "alert", "alertchannel", "alertdelivery", "reconciliation", "provisioninggap")


def signed_in(name: str, *permissions: str, superuser: bool = False) -> Client:
    user = User.objects.create_user(f"{name} {uuid4().hex[:8]}", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="connectors", codename__in=permissions)
    )
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def ada(database: None) -> Client:
    return signed_in("Ada", superuser=True)


@pytest.fixture
def vera(database: None) -> Client:
    return signed_in("Vera", *(f"view_{each}" for each in MODELS))


@pytest.fixture
def gus(database: None) -> Client:
    return signed_in("Gus")


@pytest.fixture
def pager(database: None) -> Iterator[tuple[str, list[Request]]]:
    server, got = Server(), []

    @server.route("POST", "/hook")
    def hook(request: Request) -> Answer:
        got.append(request)
        return Answer(204)

    with server:
        yield f"{server.url}/hook", got


def text(response: HttpResponseBase, status: int = 200) -> str:
    assert response.status_code == status
    streamed = getattr(response, "streaming_content", None)
    content: bytes = b"".join(streamed) if streamed is not None else response.content  # type: ignore[attr-defined]  # one of both
    return content.decode()


def page(client: Client, name: str, *given: Any, **parameters: Any) -> str:
    return text(client.get(reverse(f"admin:{name}", args=given), parameters))


def press(client: Client, page_name: str, /, *given: Any, **values: Any) -> HttpResponseBase:
    response: HttpResponseBase = client.post(reverse(f"admin:{page_name}", args=given), values)
    return response


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_those_who_may_look(ada: Client, vera: Client, gus: Client, name: str) -> None:
    page(ada, name)
    page(vera, name)
    assert gus.get(reverse(f"admin:{name}")).status_code == 403
    assert Client().get(reverse(f"admin:{name}")).status_code == 302


def test_the_menu_shows_what_one_may_see(vera: Client, gus: Client) -> None:
    assert "Provisioning gap" in text(vera.get("/admin/"))
    assert "Provisioning gap" not in text(gus.get("/admin/"))


def test_freshness_shows_systems_with_their_light(vera: Client) -> None:
    system = hris("Workday <b>", state="live", every_minutes=60, freshness_minutes=60)
    ran(system, ago=5 * HOUR)
    ran(system, ago=4 * HOUR, state="failed")
    shown = page(vera, "connectors_sourcerhythm_changelist")
    line = next(each for each in re.findall("<tr>.*?</tr>", shown, re.DOTALL) if system.store.name in each)
    assert "Workday &lt;b&gt;" in line
    assert ">stale<" in line
    assert "50.0 %" in line
    assert "The last 2 runs, 1 of them failed" in line


def test_an_lms_shows_its_rhythm(vera: Client) -> None:
    store = new_store()
    source = new_source(store)
    last = start_of_hour(timezone.now()) - HOUR
    posted(source, {last - HOUR * place: 20 for place in range(24 * 30)})
    assert "Nothing is learned of it yet" in page(vera, "connectors_sourcerhythm_page", source.pk)
    silence.learn()
    shown = page(vera, "connectors_sourcerhythm_page", source.pk)
    assert "Statements usually posted in each hour of the week" in shown
    assert "168 of 168 hours" in shown
    assert vera.get(reverse("admin:connectors_sourcerhythm_page", args=[0])).status_code == 404


def test_an_alert_is_acknowledged_with_a_button(ada: Client, vera: Client) -> None:
    store = new_store()
    alerts.evaluate(saying(store, "Workday is <stale>."), stores=[store.pk])
    [alert] = open_alerts(store)
    assert "Workday is &lt;stale&gt;." in page(vera, "connectors_alert_page", alert.pk)
    assert "Acknowledge<" not in page(vera, "connectors_alert_page", alert.pk)
    assert press(vera, "connectors_alert_acknowledge", alert=alert.pk).status_code == 403
    assert ada.get(reverse("admin:connectors_alert_acknowledge")).status_code == 405
    press(ada, "connectors_alert_acknowledge", alert=alert.pk)
    alert.refresh_from_db()
    assert alert.acknowledged_by is not None
    assert store.name in page(ada, "connectors_alert_changelist", state="acknowledged", kind="stale")


def test_a_webhook_is_made_and_its_secret_shown_once(ada: Client, pager: tuple[str, list[Request]]) -> None:
    url, got = pager
    store = new_store()
    form = page(ada, "connectors_alertchannel_new")
    nonce = re.findall('name="nonce" value="([^"]+)"', form)[0]
    values = {
        "store": store.pk, "name": "Pager", "kind": "webhook", "target": url, "allow_private": "on",
        "active": "on", "nonce": nonce,
    }  # fmt: skip
    answer = press(ada, "connectors_alertchannel_new", **values)
    [secret] = re.findall("whsec_[A-Za-z0-9+/=]+", text(answer))
    assert answer.headers["Cache-Control"].startswith("no-store, private")
    made = AlertChannel.objects.get(store=store)
    assert vault.decrypt(made.encrypted_secret or b"") == secret
    assert "whsec_" not in page(ada, "connectors_alertchannel_changelist")
    assert "whsec_" not in page(ada, "connectors_alertchannel_edit", made.pk)
    press(ada, "connectors_alertchannel_test", made.pk)
    assert Webhook(secret).verify(got[0].body, dict(got[0].headers))["type"] == "alert.test"
    # The page reloaded makes no second channel.
    press(ada, "connectors_alertchannel_new", **values)
    assert AlertChannel.objects.filter(store=store).count() == 1


@pytest.mark.parametrize(
    ("kind", "target", "said"),
    [
        ("email", "ann@example.com, bob", "bob is no e-mail address"),
        ("webhook", "http://pager.example.com/hook", "An https address is needed"),
        ("webhook", "ftp://pager.example.com/hook", "An https address is needed"),
    ],
)
def test_a_target_that_cannot_be_is_refused(ada: Client, kind: str, target: str, said: str) -> None:
    values = {"store": new_store().pk, "name": "Pager", "kind": kind, "target": target, "active": "on"}
    assert said in text(press(ada, "connectors_alertchannel_new", **values), 400)


def test_a_new_secret_takes_the_place_of_the_old(ada: Client, vera: Client) -> None:
    made, old = channel(new_store(), "https://pager.example.com")
    assert press(vera, "connectors_alertchannel_secret", made.pk).status_code == 403
    assert old not in text(press(ada, "connectors_alertchannel_secret", made.pk))
    made.refresh_from_db()
    assert vault.decrypt(made.encrypted_secret or b"") != old


def test_a_channel_the_hub_turned_off_is_turned_on_again(ada: Client) -> None:
    made, secret = channel(new_store(), "https://pager.example.com", active=False, stopped="It is gone.")
    assert "It is gone." in page(ada, "connectors_alertchannel_changelist")
    values = {"name": "Pager", "target": made.target, "kinds": ["silent"], "active": "on"}
    assert press(ada, "connectors_alertchannel_edit", made.pk, **values).status_code == 302
    made.refresh_from_db()
    assert (made.active, made.stopped, made.kinds) == (True, "", ["silent"])
    assert vault.decrypt(made.encrypted_secret or b"") == secret


def test_a_test_that_fails_says_why(ada: Client) -> None:
    made, _ = channel(new_store(), "http://127.0.0.1:9/", allow_private=False)
    address = reverse("admin:connectors_alertchannel_test", args=[made.pk])
    assert "private network" in text(ada.post(address, follow=True))


def test_a_dead_letter_is_sent_again_with_a_button(ada: Client, vera: Client) -> None:
    store = new_store()
    channel(store, "https://pager.example.com")
    alerts.evaluate(saying(store, "Workday is stale."), stores=[store.pk])
    delivery = AlertDelivery.objects.get(alert__store=store)
    AlertDelivery.objects.filter(pk=delivery.pk).update(given_up=timezone.now(), last_error="Nobody there.")
    assert "Nobody there." in page(vera, "connectors_alertdelivery_changelist")
    assert press(vera, "connectors_alertdelivery_replay", delivery=delivery.pk).status_code == 403
    press(ada, "connectors_alertdelivery_replay", delivery=delivery.pk)
    delivery.refresh_from_db()
    assert delivery.given_up is None
    AlertDelivery.objects.filter(pk=delivery.pk).update(given_up=timezone.now())


def test_a_reconciliation_is_started_with_a_button(ada: Client, vera: Client, roster: Roster) -> None:
    roster.say(staff(3))
    system = roster.system()
    synced(system)
    assert press(vera, "connectors_reconciliation_start", system=system.pk).status_code == 403
    press(ada, "connectors_reconciliation_start", system=system.pk)
    found = Reconciliation.objects.get(system=system)
    assert found.asked_by is not None
    assert "Compare PeopleSoft now" in page(ada, "connectors_reconciliation_changelist", system=system.pk)
    assert "Compare PeopleSoft now" not in page(
        vera, "connectors_reconciliation_changelist", system=system.pk
    )


def test_one_that_cannot_be_started_says_why(ada: Client) -> None:
    system = hris(state="live")
    address = reverse("admin:connectors_reconciliation_start")
    assert "has no mapping in use" in text(ada.post(address, {"system": system.pk}, follow=True))


def differing(system: System) -> Reconciliation:
    found = Reconciliation.objects.create(
        system=system, state="succeeded", ended=timezone.now(), in_source=12, in_hub=12, matching=10,
        differing=1, only_in_source=1, by_field={"assignment.unit": 1},
        things={"unit": {"in_source": 4, "in_hub": 5, "matching": 4, "only_in_hub": 1}},
    )  # fmt: skip
    for record, kind, key, fields in (
        ("worker", "differs", "7", {"assignment.unit": ["=cmd()", "<ICU>"]}),
        ("worker", "only_in_source", "8", {}),
        ("unit", "only_in_hub", "@9", {}),
    ):
        ReconciliationDifference.objects.create(
            reconciliation=found, record=record, kind=kind, key=key, fields=fields
        )
    return found


def test_a_report_shows_what_differs_and_the_trend(vera: Client) -> None:
    system = hris()
    found = differing(system)
    shown = page(vera, "connectors_reconciliation_page", found.pk)
    assert "&lt;ICU&gt;" in shown
    assert "Only in the hub (1)" in shown
    only = page(vera, "connectors_reconciliation_page", found.pk, kind="only_in_source")
    assert "<code>8</code>" in only
    assert "<code>7</code>" not in only
    by_field = page(vera, "connectors_reconciliation_page", found.pk, field="assignment.unit")
    assert "<code>7</code>" in by_field
    assert "<code>8</code>" not in by_field
    units = page(vera, "connectors_reconciliation_page", found.pk, record="unit")
    assert "<code>@9</code>" in units
    assert "<code>8</code>" not in units
    assert "Only in the source (0)" in units
    assert "lrs-chart" in page(vera, "connectors_reconciliation_changelist", system=system.pk)
    trend = page(vera, "connectors_reconciliation_changelist", system=system.pk, record="unit")
    assert "Trend: organization units" in trend
    assert '<td class="lrs-right">5</td>' in trend


def test_the_sheet_is_harmless(vera: Client, gus: Client) -> None:
    found = differing(hris())
    address = reverse("admin:connectors_reconciliation_csv", args=[found.pk])
    assert gus.get(address).status_code == 403
    lines = list(csv.reader(io.StringIO(text(vera.get(address)).removeprefix("\ufeff"))))
    assert lines == [
        ["Kind", "Record", "Key", "Field", "Source", "Hub"],
        ["Other values", "worker", "7", "assignment.unit", "'=cmd()", "<ICU>"],
        ["Only in the source", "worker", "8", "", "", ""],
        ["Only in the hub", "unit", "'@9", "", "", ""],
    ]


def test_the_provisioning_gap_shows_who_waits_too_long(ada: Client, vera: Client) -> None:
    system = connected()
    known(system, *(ann(key, hire_date=HIRED) for key in ("21001", "21002", "21003")))
    for key, hours in (("21001", 10), ("21002", 30)):
        found = gap(system, key)
        found.account_seen = found.effective + timedelta(hours=hours)
        found.save()
    shown = page(ada, "connectors_provisioninggap_changelist", system=system.pk)
    assert "1 of 2" in shown
    assert "20 h" in shown
    assert "<code>21003</code>" in shown
    assert "Ann Lee" in shown
    assert "Hires by the hours until their first account" in shown
    assert "Ann Lee" not in page(vera, "connectors_provisioninggap_changelist", system=system.pk)
