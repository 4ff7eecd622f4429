"""Calls to other systems: guarded, tried again where that helps, and told as what they mean."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import CannotConnect, Forbidden, NotAuthorized, SourceChanged, Throttled
from connectors.outbound.address import reachable
from connectors.outbound.http import Caller
from simulators.server import Answer, Request, Server, json_answer


@pytest.fixture
def workday() -> Iterator[Server]:
    server = Server()

    @server.route("GET", "/workers")
    def workers(_: Request) -> Answer:
        return json_answer({"workers": ["Ann"]})

    @server.route("POST", "/events")
    def events(_: Request) -> Answer:
        return json_answer({"taken": True})

    @server.route("GET", "/elsewhere")
    def elsewhere(_: Request) -> Answer:
        return Answer(302, headers={"Location": "/workers"})

    @server.route("GET", "/bomb")
    def bomb(_: Request) -> Answer:
        return Answer(200, bytes(5_000_000))

    with server:
        yield server


@pytest.fixture
def caller() -> Iterator[Caller]:
    with Caller(allow_private=True, body_most=1_000_000) as found:
        yield found


def test_it_returns_what_the_system_answers(workday: Server, caller: Caller) -> None:
    assert caller.send("GET", f"{workday.url}/workers").json() == {"workers": ["Ann"]}


def test_a_secret_that_cannot_be_sent_is_not_quoted(workday: Server) -> None:
    headers = {"Authorization": "Bearer correct-horse "}
    with (
        Caller(allow_private=True, headers=headers, attempts=1) as caller,
        pytest.raises(CannotConnect, match="not well-formed") as found,
    ):
        caller.send("GET", f"{workday.url}/workers")
    assert "correct-horse" not in str(found.value)


def test_it_calls_no_private_address_unless_allowed(workday: Server) -> None:
    with Caller(allow_private=False) as caller, pytest.raises(Forbidden, match="private network"):
        caller.send("GET", f"{workday.url}/workers")
    assert workday.log == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.8",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "fd00::1",
        "0.0.0.0",
        "2130706433",
    ],
)
def test_an_address_inside_is_none_of_ours(host: str) -> None:
    with pytest.raises(Forbidden):
        reachable(host, 443, allow_private=False)


@given(st.ip_addresses(v=4).filter(lambda each: each.is_private and not each.is_global))
def test_every_private_address_is_refused(address: object) -> None:
    with pytest.raises(Forbidden):
        reachable(str(address), 443, allow_private=False)


def test_it_tries_again_after_a_pause_that_was_asked_for(workday: Server, caller: Caller) -> None:
    workday.faults.throttle(1, retry_after=1)
    began = time.monotonic()
    assert caller.send("GET", f"{workday.url}/workers").status_code == 200
    assert time.monotonic() - began >= 1.0


def test_a_long_pause_is_left_to_whoever_called(workday: Server, caller: Caller) -> None:
    workday.faults.throttle(1, retry_after=3600)
    with pytest.raises(Throttled) as raised:
        caller.send("GET", f"{workday.url}/workers")
    assert raised.value.retry_after == 3600


def test_trouble_of_the_server_passes(workday: Server, caller: Caller) -> None:
    workday.faults.fail(2, 502)
    assert caller.send("GET", f"{workday.url}/workers").status_code == 200
    assert len(workday.log) == 3


def test_what_must_not_happen_twice_is_sent_once(workday: Server, caller: Caller) -> None:
    workday.faults.fail(1, 500)
    with pytest.raises(CannotConnect, match="in trouble"):
        caller.send("POST", f"{workday.url}/events", json={})
    assert len(workday.log) == 1


def test_trouble_that_stays_is_told_after_some_tries(workday: Server) -> None:
    workday.faults.fail(100, 500)
    with Caller(allow_private=True, attempts=2) as caller, pytest.raises(CannotConnect):
        caller.send("GET", f"{workday.url}/workers")
    assert len(workday.log) == 2


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, NotAuthorized), (403, NotAuthorized), (400, SourceChanged), (404, SourceChanged)],
)
def test_what_trying_again_does_not_change_is_not_tried_again(
    workday: Server, caller: Caller, status: int, error: type[Exception]
) -> None:
    workday.faults.fail(5, status)
    with pytest.raises(error):
        caller.send("GET", f"{workday.url}/workers")
    assert len(workday.log) == 1


def test_it_does_not_follow_where_it_is_sent(workday: Server, caller: Caller) -> None:
    with pytest.raises(SourceChanged, match="302"):
        caller.send("GET", f"{workday.url}/elsewhere")


def test_an_answer_that_grows_without_end_is_cut_off(workday: Server, caller: Caller) -> None:
    with pytest.raises(SourceChanged, match="1,000,000 bytes"):
        caller.send("GET", f"{workday.url}/bomb")


def test_nobody_there_is_told_as_such() -> None:
    with (
        Caller(allow_private=True, attempts=1) as caller,
        pytest.raises(CannotConnect, match="does not answer"),
    ):
        caller.send("GET", "http://127.0.0.1:9/")
