"""Who may ask `/api/v1/`, what is refused and how, and that no store sees another."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema

from connectors.api import people_search
from lrs.auth.issue import issue, issue_application, revoke
from tests.connectors.api.client import Api, hired, portal, problem
from tests.connectors.people import ann, person, told
from tests.fixtures import Answer, Hub, Xapi

LISTS = ["people", "organization-units", "jobs", "locations", "roster"]


def _of_person(person_id: int) -> list[str]:
    return [f"people/{person_id}{rest}" for rest in ("", "/assignments", "/context")]


def test_every_address_asks_for_the_scope(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann())
    lms = Api(hub.caller("Moodle Berlin", scopes=["all"]))
    writer = portal(hub, "workforce/write")
    for path in [*LISTS, *_of_person(person(workday).pk)]:
        api.get(path)
        assert lms.refused(403, path)["rule"] == "scope"
        assert writer.refused(403, path)["rule"] == "scope"


def test_nothing_of_another_store_is_ever_seen(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann())
    stranger = portal(hub, store="Factory")
    for path in LISTS:
        assert api.lines(path) or path in {"organization-units", "jobs", "locations"}
        assert stranger.lines(path) == []
    unit = person(workday).assignment_versions.get().unit_id
    assert stranger.lines("people", unit=unit) == []
    assert stranger.lines("people", identifier="21001") == []
    assert stranger.lines("organization-units", under=unit) == []
    for path in _of_person(person(workday).pk):
        assert stranger.refused(404, path)["rule"] == "not-found"


def test_a_cursor_is_of_one_list_and_one_store(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann(), ann("7"))
    following = api.get("people", limit=1)["next"]
    token = following.split("cursor=")[1].split("&")[0]
    assert portal(hub, store="Factory").refused(400, following)["rule"] == "cursor"
    assert api.refused(400, f"/api/v1/roster?cursor={token}")["rule"] == "cursor"
    assert api.refused(400, f"/api/v1/people?cursor=x{token}")["errors"][0]["parameter"] == "cursor"
    refused = api.refused(400, f"{following}&status=active")
    assert refused["errors"] == [
        {"parameter": "status", "detail": "A cursor carries the parameters of its first page."}
    ]


def test_no_key_a_wrong_key_and_a_revoked_one_are_told_apart_only_by_who_knows_it(hub: Hub) -> None:
    nobody = Api(Xapi(None))
    answer = nobody.request("GET", "people")
    assert problem(answer, 401)["rule"] == "credential.missing"
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert (
        nobody.refused(401, "people", headers={"Authorization": "Basic eDp5"})["rule"] == "credential.unknown"
    )


def test_a_token_reads_what_its_application_may_until_that_is_revoked(hub: Hub) -> None:
    _, workday, _ = hired(hub)
    told(workday, ann())
    issued = issue_application(
        store=hub.store_name("Academy"), source="Nightly export", scopes=["workforce/read"]
    )
    basic = Xapi(issued)
    token = (
        basic.request(
            "POST",
            "/oauth/token/",
            body=b"grant_type=client_credentials&scope=workforce/read",
            content_type="application/x-www-form-urlencoded",
        )
        .expect(200)
        .json()["access_token"]
    )
    nightly, bearer = Api(Xapi(None)), {"Authorization": f"Bearer {token}"}
    found = nightly.request("GET", "people", headers=bearer).expect(200).json()
    assert len(found["people"]) == 1
    revoke(issued.credential)
    assert nightly.refused(401, "people", headers=bearer)["rule"] == "credential.unknown"


def test_a_credential_has_its_requests_a_minute_here_too(hub: Hub) -> None:
    issued = issue(store=hub.store_name("Academy"), source="Portal", scopes=["workforce/read"])
    issued.credential.requests_per_minute = 2
    issued.credential.save()
    api = Api(Xapi(issued))
    api.get("jobs")
    api.get("people")
    answer = api.request("GET", "jobs")
    assert problem(answer, 429)["rule"] == "rate"
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("path", "parameter", "rule"),
    [
        ("people?departement=4", "departement", "parameter.unknown"),
        ("people?limit=0", "limit", "parameter.value"),
        ("people?limit=1001", "limit", "parameter.value"),
        ("people?unit=x", "unit", "parameter.value"),
        ("people?status=gone", "status", "parameter.value"),
        ("people?at=2026-02-30", "at", "parameter.value"),
        ("people?at=2026-02-01T10:00:00", "at", "parameter.value"),
        ("people?name=a&name=b", "name", "parameter.repeated"),
        ("people?name=%00", "name", "parameter.value"),
        ("people?issuer=hr", "identifier", "parameter.value"),
        ("jobs?store=1", "store", "parameter.unknown"),
        ("jobs?limit=9&cursor=", "cursor", "parameter.value"),
    ],
)
def test_a_wrong_parameter_is_named(hub: Hub, path: str, parameter: str, rule: str) -> None:
    refused = portal(hub).refused(400, f"/api/v1/{path}")
    assert refused["rule"] == rule
    assert [each["parameter"] for each in refused["errors"]] == [parameter]


def test_an_offset_may_come_unescaped(hub: Hub) -> None:
    portal(hub).request("GET", "/api/v1/people?at=2026-02-01T10:00:00+01:00").expect(200)


def test_other_methods_types_and_addresses_are_refused_in_the_same_shape(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann())
    answer = api.request("PUT", "people", body={})
    assert problem(answer, 405)["title"] == "Method Not Allowed"
    assert "GET" in answer.headers["allow"]
    assert api.refused(406, "people", headers={"Accept": "text/csv"})["rule"] == "accept"
    assert api.refused(404, "peoples")["rule"] == "not-found"
    assert api.refused(404, "people/999999999")["rule"] == "not-found"
    assert api.refused(404, f"people/{10**30}/context")["rule"] == "not-found"
    assert api.refused(405, "people", method="OPTIONS")["rule"] == "method_not_allowed"


def test_head_has_the_headers_and_no_body(hub: Hub) -> None:
    answer = portal(hub).request("HEAD", "people").expect(200)
    assert answer.content == b""
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_database_that_is_away_is_told_and_may_be_asked_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = portal(hub)

    def away(*_: Any) -> Any:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(people_search, "_statement", away)
    answer = api.request("GET", "people")
    refused = problem(answer, 503)
    assert refused["rule"] == "database.unavailable"
    assert "connection is lost" not in refused["detail"]
    assert answer.headers["retry-after"] == "5"


def test_what_nobody_expected_tells_a_stranger_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    api = portal(hub)

    def broken(*_: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(people_search, "_statement", broken)
    assert "secret" not in str(api.refused(500, "people"))


def _staff(*permissions: str) -> Client:
    user = get_user_model().objects.create_user(username=uuid4().hex, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _answer(response: Any) -> Answer:
    headers = {name.lower(): value for name, value in response.items()}
    return Answer(response.status_code, headers, response.content)


def test_staff_that_is_signed_in_may_look_at_one_store_at_a_time(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann(), ann("7"))
    client = _staff("view_person")
    found = _answer(client.get("/api/v1/people", {"store": api.store_id, "limit": 1})).expect(200).json()
    assert len(found["people"]) == 1
    assert len(_answer(client.get(found["next"])).expect(200).json()["people"]) == 1
    portal(hub, store="Factory").get("people")
    refused = problem(_answer(client.get("/api/v1/people")), 400)
    assert [each["parameter"] for each in refused["errors"]] == ["store"]
    problem(_answer(client.get("/api/v1/people", {"store": "0"})), 400)


def test_staff_without_the_permission_and_people_without_staff_are_refused(hub: Hub) -> None:
    api = portal(hub)
    assert problem(_answer(_staff().get("/api/v1/people", {"store": api.store_id})), 403)
    user = get_user_model().objects.create_user(username=uuid4().hex)
    client = Client()
    client.force_login(user)
    problem(_answer(client.get("/api/v1/people", {"store": api.store_id})), 401)


def test_every_address_is_described_and_the_description_is_sound(hub: Hub) -> None:
    described = Client().get("/api/schema/", headers={"Accept": "application/json"}).json()
    validate_schema(described)  # type: ignore[no-untyped-call]  # the library is
    addresses = {
        re.sub(r"<(?:int|slug):(\w+)>", r"{\1}", f"/api/v1/{each.pattern}")
        for area in ("connectors.api.urls", "compliance.api.urls")
        for each in get_resolver(area).url_patterns
        if "rest" not in str(each.pattern)
    }
    # What is below an address of its own (the proof log) has its own tests.
    of_others = {path for path in described["paths"] if path.startswith("/api/v1/log/")}
    assert addresses == set(described["paths"]) - of_others
    for path in described["paths"].values():
        for operation in path.values():
            assert operation["description"]
            assert operation["security"]
            assert "application/problem+json" in operation["responses"]["401"]["content"]


def test_the_description_is_shown_to_people(hub: Hub) -> None:
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    assert b"swagger" in page.content
