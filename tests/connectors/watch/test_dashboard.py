"""The first page of the administration shows connections to whoever may see them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from connectors.admin.watch import connections
from connectors.models import Alert, DriftFinding, Reconciliation, SyncException, System
from lrs.admin import dashboard
from tests.connectors.people import hris
from tests.connectors.watch.watching import ran
from tests.lrs.admin.conftest import SignedIn, ada, signed_in

__all__ = ["ada", "signed_in"]


@pytest.fixture(autouse=True)
def all_listed(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems of other tests stay, and may be in more trouble."""
    monkeypatch.setattr(connections, "LISTED", System.objects.count() + 20)


def live(name: str, **fields: Any) -> System:
    return hris(name, state="live", every_minutes=60, freshness_minutes=120, **fields)


def row(page: str, system: System) -> str:
    """Return the words of a connection's row."""
    [found] = [
        each
        for each in page.split('id="hub-connections"')[1].split("<tr>")
        if f"/connectors/system/{system.pk}/" in each
    ]
    return " ".join(re.sub(r"<[^>]+>", " ", found.split("</tr>")[0]).split())


def look(user: Client) -> str:
    return user.get("/admin/").content.decode()


def test_each_connection_is_shown_against_its_target(ada: Client) -> None:
    fresh, stale, paused = live("Workday"), live("SAP"), hris("Old", state="paused")
    ran(fresh, ago=timedelta(minutes=5))
    ran(stale, ago=timedelta(hours=5))
    page = look(ada)
    assert "fresh" in row(page, fresh)
    assert "2 h" in row(page, fresh)
    assert "stale" in row(page, stale)
    assert "paused" in row(page, paused)
    # What is wrong stands first.
    assert page.index(f"/connectors/system/{stale.pk}/") < page.index(f"/connectors/system/{fresh.pk}/")


def test_what_waits_for_somebody_is_counted_and_linked(ada: Client) -> None:
    system = live("Workday")
    for number in range(3):
        SyncException.objects.create(
            system=system, key=str(number), rule="mapping.required", reason="Empty.", raw={}
        )
    SyncException.objects.create(system=system, key="9", rule="x", reason="Was.", raw={}, state="dismissed")
    DriftFinding.objects.create(system=system, kind="vanished", path="worker: Job_Code")
    before = Alert.objects.filter(cleared=None, acknowledged=None).count()
    Alert.objects.create(store=system.store, system=system, kind="drift", key="x", text="It drifted.")
    for state, count in (("succeeded", 0), ("succeeded", 4), ("running", 0)):
        Reconciliation.objects.create(
            system=system, state=state, things={"unit": {"differing": count}}, ended=timezone.now()
        )
    page = look(ada)
    assert re.search(r" 3 1 differs$", row(page, system))
    assert f"syncexception/?system={system.pk}" in page
    assert f"{before + 1} alerts nobody acknowledged" in page or before == 0


def test_who_may_not_see_connections_sees_none_and_who_sees_nothing_else_sees_them(
    signed_in: SignedIn,
) -> None:
    live("Workday")
    assert "hub-connections" not in look(signed_in("Kim", role="Record store: look"))
    page = look(signed_in("Ivo", role="Connections: look"))
    assert "hub-connections" in page
    assert "Your role does not show the numbers of sources" in page


def test_more_systems_take_no_more_queries(ada: Client) -> None:
    look(ada)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            look(ada)
        return len(queries)

    live("Workday")
    before = asked()
    for name in ("SAP", "Oracle", "Files"):
        ran(live(name), ago=timedelta(minutes=5))
    assert asked() == before


def test_a_part_is_shown_once_in_the_order_of_its_number(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "_added", {})
    template = "connectors/admin/watch/delivery_state.html"

    def saying(*said: Any) -> dashboard.Part:
        return lambda _: {"template": template, "said": said}

    for name, order in (("Later", 9), ("First", 1), ("Later", 8)):
        dashboard.add_part(name, saying(name, order), order=order)
    dashboard.add_part("Not for you", lambda _: None)
    shown = ada.get("/admin/").context["blocks"]
    assert [each["said"] for each in shown] == [("First", 1), ("Later", 8)]
