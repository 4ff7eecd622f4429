"""A plain POST is answered from the event loop; nobody can tell it from one that went the usual way."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from hub.plain_posts import PLAIN_BYTES
from tests.live import LiveHub, Lms
from tests.lrs.http.refusal import a_statement

#: Space that JSON allows; it makes a body too long for the event loop.
_LONG = " " * PLAIN_BYTES
#: Differ from one request to the next by nature.
_OWN = {"date", "x-request-id", "x-experience-api-consistent-through", "content-length"}


def post(lms: Lms, body: str, **headers: str) -> requests.Response:
    """POST `body` as it is."""
    return lms.send("POST", data=body.encode(), headers={"Content-Type": "application/json", **headers})


def heads(response: requests.Response) -> dict[str, str]:
    """Return the headers that two answers must have alike."""
    return {name.lower(): value for name, value in response.headers.items() if name.lower() not in _OWN}


def document(response: requests.Response) -> Any:
    """Return an error document without what names the request."""
    return {name: value for name, value in response.json().items() if name != "requestId"}


def remembered(lms: Lms) -> None:
    """Let every web process know the credential."""
    for _ in range(8):
        assert post(lms, json.dumps(a_statement()) + _LONG).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://course.example.com"}, {"X-Request-ID": "ann-1"}])
def test_both_ways_answer_with_the_same_headers(berlin: Lms, headers: dict[str, str]) -> None:
    remembered(berlin)
    plain = post(berlin, json.dumps(a_statement()), **headers)
    usual = post(berlin, json.dumps(a_statement()) + _LONG, **headers)
    assert (plain.status_code, usual.status_code) == (200, 200)
    assert heads(plain) == heads(usual)
    assert {name.lower() for name in plain.headers} == {name.lower() for name in usual.headers}
    assert len(plain.json()) == len(usual.json()) == 1
    assert plain.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"actor": 1}', 400),
        ('{"actor" 1, "verb": "completed by Ann on the last day of the week"}', 400),
        ("[]", 200),
        ("[1]", 400),
        (json.dumps({**a_statement(), "verb": {"id": "no IRI"}}), 400),
    ],
)
def test_both_ways_refuse_in_the_same_words(berlin: Lms, body: str, status: int) -> None:
    remembered(berlin)
    plain, usual = post(berlin, body), post(berlin, body + _LONG)
    assert (plain.status_code, usual.status_code) == (status, status)
    assert heads(plain) == heads(usual)
    if status != 200:
        assert document(plain) == document(usual)


def test_both_ways_tell_a_conflict_alike(berlin: Lms) -> None:
    remembered(berlin)
    first = a_statement()
    assert post(berlin, json.dumps(first)).json() == [first["id"]]
    other = json.dumps({**a_statement(), "id": first["id"], "result": {"success": False}})
    plain, usual = post(berlin, other), post(berlin, other + _LONG)
    assert (plain.status_code, usual.status_code) == (409, 409)
    assert document(plain) == document(usual)
    assert heads(plain) == heads(usual)


def test_each_plain_post_leaves_one_line_with_its_id(berlin: Lms, live_hub: LiveHub) -> None:
    remembered(berlin)
    name = f"berlin-{a_statement()['id']}"
    answered = post(berlin, json.dumps(a_statement()), **{"X-Request-ID": name})
    assert answered.headers["X-Request-ID"] == name
    lines = [json.loads(line) for line in live_hub.log().splitlines() if name in line]
    assert [(line["event"], line["method"], line["path"], line["status"]) for line in lines] == [
        ("request", "POST", "/xapi/statements", 200)
    ]
