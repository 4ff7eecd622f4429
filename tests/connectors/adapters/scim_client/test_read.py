"""The hub reads another SCIM server: everybody once, whatever moves in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import vault
from connectors.adapters import RawRecord, Reading
from connectors.adapters.scim_client import ADAPTER
from connectors.errors import CannotConnect, NotAuthorized, SourceChanged
from connectors.mapping import lifecycle
from connectors.models import RunMode, System
from connectors.scim import tokens
from connectors.scim.resources import ENTERPRISE
from tests.connectors.adapters.scim_client.server import TOKEN, OtherServer, user
from tests.connectors.people import context, hris, person
from tests.connectors.scim.idp import Idp, bob, connection
from tests.connectors.sync.source import synced
from tests.live import LiveHub

NOW = datetime(2026, 1, 20, 3, 0, tzinfo=UTC)


@pytest.fixture
def okta() -> Iterator[OtherServer]:
    with OtherServer(*map(user, range(1, 26))) as started:
        yield started


def reading(server: OtherServer, **parts: Any) -> Reading:
    settings = {"base": server.base, "allow_private": True, "page": 10} | parts.pop("settings", {})
    secrets = parts.pop("secrets", {"token": TOKEN})
    return Reading(**{"settings": settings, "secrets": secrets, "as_of": NOW, "full": True} | parts)


def read(asked: Reading) -> list[RawRecord]:
    return [each for page in ADAPTER.read(asked) for each in page.records]


def keys(records: list[RawRecord]) -> list[str]:
    return [each.key for each in records]


EVERYBODY = [f"u{number:04}" for number in range(1, 26)]


def test_everybody_is_read_once_in_a_stable_order(okta: OtherServer) -> None:
    pages = list(ADAPTER.read(reading(okta)))
    assert [each.key for page in pages for each in page.records] == EVERYBODY
    assert {page.total for page in pages} == {25}
    assert {each["sortBy"] for each in okta.asked} == {"id"}


def test_a_server_that_gives_less_than_asked_for_is_read_to_the_end(okta: OtherServer) -> None:
    okta.most, okta.sorts = 4, False
    assert keys(read(reading(okta))) == EVERYBODY
    assert "sortBy" not in okta.asked[0]


def test_nobody_is_skipped_when_rows_shift_to_the_left(okta: OtherServer) -> None:
    def leave(searches: int) -> None:
        if searches == 1:
            del okta.users[2:5]

    okta.meanwhile = leave
    assert keys(read(reading(okta))) == EVERYBODY


def test_nobody_is_given_twice_when_rows_shift_to_the_right(okta: OtherServer) -> None:
    def come(searches: int) -> None:
        if searches == 1:
            okta.users[0:0] = [user(100), user(101)]

    okta.meanwhile = come
    assert keys(read(reading(okta))) == EVERYBODY


def test_when_a_whole_page_is_gone_everybody_left_is_read(okta: OtherServer) -> None:
    def leave(searches: int) -> None:
        if searches == 1:
            del okta.users[0:10]

    okta.meanwhile = leave
    assert set(keys(read(reading(okta)))) == set(EVERYBODY)


def test_it_goes_on_behind_the_checkpoint(okta: OtherServer) -> None:
    first = next(iter(ADAPTER.read(reading(okta))))
    rest = read(reading(okta, checkpoint=first.checkpoint))
    assert keys([*first.records, *rest]) == EVERYBODY
    assert len(rest) == 15


def test_changes_are_asked_for_where_the_server_filters(okta: OtherServer) -> None:
    okta.users[3]["meta"] = {"lastModified": "2026-01-19T12:00:00Z"}
    okta.users[3]["active"] = "False"
    watermark = {"as_of": "2026-01-19T03:00:00+00:00"}
    [record] = read(reading(okta, full=False, watermark=watermark))
    assert (record.kind, record.key) == ("ended", "u0004")
    assert okta.asked[-1]["filter"] == 'meta.lastModified gt "2026-01-19T02:55:00Z"'
    okta.filters = False
    assert len(read(reading(okta, full=False, watermark=watermark))) == 25


def test_a_filter_of_the_connection_goes_with_every_search(okta: OtherServer) -> None:
    settings = {"filter": 'userType eq "Contractor"'}
    read(reading(okta, settings=settings))
    assert okta.asked[-1]["filter"] == 'userType eq "Contractor"'
    read(reading(okta, settings=settings, full=False, watermark={"as_of": "2026-01-19T03:00:00+00:00"}))
    assert okta.asked[-1]["filter"].startswith('(userType eq "Contractor") and meta.lastModified gt ')


def test_what_cannot_be_read_is_told_and_the_rest_is_read(okta: OtherServer) -> None:
    okta.users = [user(1), "Ann", {"userName": "nobody"}, user(2)]
    found = read(reading(okta))
    assert [(each.key, bool(each.broken)) for each in found] == [
        ("u0001", False), ("", True), ("", True), ("u0002", False),
    ]  # fmt: skip


def test_basic_is_understood_and_wrong_secrets_are_told(okta: OtherServer) -> None:
    assert len(read(reading(okta, secrets={"user": "reader", "password": "secret"}))) == 25
    for secrets in ({"token": "wrong"}, {"user": "reader", "password": "wrong"}, {}):
        with pytest.raises(NotAuthorized) as told:
            read(reading(okta, secrets=secrets))
        assert "wrong" not in str(told.value)


def test_an_answer_that_is_no_list_is_told(okta: OtherServer) -> None:
    okta.users = []
    elsewhere = reading(okta, settings={"base": f"{okta.server.url}/nowhere"})
    with pytest.raises(SourceChanged):
        read(elsewhere)
    with pytest.raises(CannotConnect, match="https"):
        read(reading(okta, settings={"allow_private": False}))


def test_the_connection_test_says_what_the_server_can(okta: OtherServer) -> None:
    found = ADAPTER.test(reading(okta))
    assert [each.ok for each in found] == [True, True, True]
    assert found[0].detail == "filters, sorts"
    assert found[1].detail == "25 users."
    refused = ADAPTER.test(reading(okta, secrets={"token": "wrong"}))
    assert [each.ok for each in refused] == [False]


def _pulled(base: str, token: str, **fields: Any) -> System:
    settings = {"base": base, "allow_private": True, "page": 10}
    system = hris("Okta", adapter="scim_client", state="live", settings=settings, **fields)
    vault.keep(system, "token", token)
    lifecycle.adopt(system)
    return system


def test_a_pulled_user_is_a_worker_until_inactive_or_gone(okta: OtherServer, database: None) -> None:
    system = _pulled(okta.base, TOKEN)
    assert synced(system).created_count == 25
    assert context(system, "2024-02-01", key="u0001") is not None
    okta.users[0]["active"] = False
    del okta.users[1]
    run = synced(system)
    assert (run.state, run.ended_count) == ("succeeded", 2)
    assert context(system, "2099-01-01", key="u0001") is None
    assert context(system, "2099-01-01", key="u0002") is None
    assert context(system, "2099-01-01", key="u0003") is not None


@pytest.mark.live
def test_one_hub_reads_another(live_hub: LiveHub, database: None) -> None:
    entra = Idp(connection("Entra"))
    boss = entra.made()
    under = {"department": "ER", "employeeNumber": "21002", "manager": {"value": boss["id"]}}
    told = entra.send("POST", "/Users", bob(**{ENTERPRISE: under})).expect(201).json()
    system = _pulled(f"{live_hub.origin}/scim/v2", tokens.issue(entra.system))
    assert synced(system).created_count == 2
    found = context(system, "2099-01-01", key=told["id"])
    assert found is not None
    assert found.manager_id == person(system, boss["id"]).pk
    entra.patched(f"/Users/{told['id']}", {"op": "replace", "path": "active", "value": False})
    run = synced(System.objects.get(pk=system.pk), RunMode.CHANGES)
    assert (run.mode, run.ended_count) == ("changes", 1)
    assert context(system, "2099-01-01", key=told["id"]) is None
