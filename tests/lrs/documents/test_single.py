"""One document at a time, through the three resources and in both versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha1
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from lrs.documents.naming import Context
from lrs.models import Document, DocumentKind
from tests.lrs.documents.lms import ANN, BOB, ONLY_NEW, RESOURCES, Lms, each_resource, each_version, told


@each_resource
@each_version
def test_it_keeps_a_document_and_gives_it_back(
    berlin: Lms, path: str, named: Mapping[str, Any], version: str
) -> None:
    lms = berlin.speaking(version)
    put = lms.call("PUT", path, {"page": 4}, headers=ONLY_NEW, **named)
    assert (put.status_code, put.content) == (204, b"")
    got = lms.call("GET", path, **named)
    assert got.status_code == 200
    assert json.loads(got.content) == {"page": 4}
    assert got["Content-Type"] == "application/json"
    assert got["ETag"] == f'"{sha1(got.content).hexdigest()}"'
    assert got["X-Experience-API-Version"] == version
    assert abs((parsedate_to_datetime(got["Last-Modified"]) - datetime.now(UTC)).total_seconds()) < 60


@each_resource
def test_it_answers_head_like_get_without_the_body(berlin: Lms, path: str, named: Mapping[str, Any]) -> None:
    berlin.create(path, b"four", content_type="text/plain", **named)
    head, got = berlin.call("HEAD", path, **named), berlin.call("GET", path, **named)
    assert (head.status_code, head.content) == (200, b"")
    for header in ("ETag", "Last-Modified", "Content-Type"):
        assert head[header] == got[header]
    assert head["Content-Length"] == "4"


@each_resource
def test_it_says_404_where_there_is_none(berlin: Lms, path: str, named: Mapping[str, Any]) -> None:
    assert told(berlin.call("GET", path, **named)) == (404, "document.unknown")


@each_resource
def test_it_deletes_and_does_not_mind_deleting_twice(
    berlin: Lms, path: str, named: Mapping[str, Any]
) -> None:
    berlin.create(path, {}, **named)
    assert berlin.call("DELETE", path, **named).status_code == 204
    assert berlin.call("GET", path, **named).status_code == 404
    assert berlin.call("DELETE", path, **named).status_code == 204


@each_resource
def test_it_keeps_bytes_of_any_kind_as_they_are(berlin: Lms, path: str, named: Mapping[str, Any]) -> None:
    content = bytes(range(256)) * 3
    berlin.create(path, content, content_type="image/x-scan; page=2", **named)
    got = berlin.call("GET", path, **named)
    assert (got.content, got["Content-Type"]) == (content, "image/x-scan; page=2")
    # A browser that is made to open the address must not run what some client stored.
    assert "sandbox" in got["Content-Security-Policy"]
    assert got["X-Content-Type-Options"] == "nosniff"


def test_it_calls_a_body_without_content_type_an_octet_stream(berlin: Lms) -> None:
    path, named = RESOURCES[0]
    assert berlin.call("PUT", path, b"", content_type="", **named).status_code == 204
    got = berlin.call("GET", path, **named)
    assert (got.content, got["Content-Type"]) == (b"", "application/octet-stream")


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_it_refuses_json_that_is_none(berlin: Lms, method: str, body: bytes) -> None:
    path, named = RESOURCES[0]
    status, rule = told(berlin.call(method, path, body, **named))
    assert status == 400
    assert rule.startswith("json.")
    assert berlin.call("GET", path, **named).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_it_refuses_a_document_over_the_limit(berlin: Lms, settings: Settings, method: str) -> None:
    path, named = RESOURCES[0]
    settings.LRS_DOCUMENT_BYTES = 10
    assert berlin.call(method, path, b"0123456789", content_type="text/plain", **named).status_code == 204
    larger = berlin.call(method, path, b"0123456789a", content_type="text/plain", **named)
    assert told(larger) == (413, "document.size")
    assert berlin.call("GET", path, **named).content == b"0123456789"


def test_it_refuses_a_merge_that_grows_over_the_limit(berlin: Lms, settings: Settings) -> None:
    path, named = RESOURCES[0]
    settings.LRS_DOCUMENT_BYTES = 12
    assert berlin.call("POST", path, b'{"a":"1"}', **named).status_code == 204
    assert told(berlin.call("POST", path, b'{"b":"2"}', **named)) == (413, "document.size")
    assert berlin.call("GET", path, **named).content == b'{"a":"1"}'


def test_it_refuses_a_content_type_it_could_never_send_back(berlin: Lms) -> None:
    path, named = RESOURCES[0]
    response = berlin.call("PUT", path, b"x", content_type="text/" + "x" * 300, **named)
    assert told(response) == (400, "document.content-type")


@pytest.mark.parametrize(
    ("path", "changed", "rule"),
    [
        ("activities/state", {"activityId": None}, "parameter.activityId"),
        ("activities/state", {"activityId": "forklift"}, "parameter.activityId"),
        ("activities/state", {"agent": None}, "parameter.agent"),
        ("activities/state", {"agent": "not JSON"}, "parameter.agent"),
        ("activities/state", {"agent": {**ANN, "objectType": "Group"}}, "parameter.agent"),
        ("activities/state", {"registration": "12"}, "parameter.registration"),
        ("activities/state", {"stateId": ""}, "parameter.stateId"),
        ("activities/state", {"profileId": "x"}, "parameter.unknown"),
        ("activities/state", {"StateId": "x"}, "parameter.unknown"),
        ("activities/profile", {"activityId": None}, "parameter.activityId"),
        ("activities/profile", {"profileId": ""}, "parameter.profileId"),
        ("activities/profile", {"agent": ANN}, "parameter.unknown"),
        ("agents/profile", {"agent": None}, "parameter.agent"),
        ("agents/profile", {"profileId": ""}, "parameter.profileId"),
        ("agents/profile", {"registration": str(uuid4())}, "parameter.unknown"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "POST", "GET", "DELETE"])
def test_it_says_which_parameter_is_wrong(
    berlin: Lms, method: str, path: str, changed: dict[str, Any], rule: str
) -> None:
    named = {**dict(RESOURCES)[path], **changed}
    named = {name: value for name, value in named.items() if value is not None}
    assert told(berlin.call(method, path, {}, **named)) == (400, rule)
    assert not Document.objects.filter(store=berlin.source.store).exists()


@pytest.mark.parametrize(
    "agent", [{"name": "Ann"}, {**ANN, "mbox": "mailto:ann@example.com"}, {"mbox": "ann"}]
)
def test_it_refuses_an_agent_that_is_not_one(berlin: Lms, agent: dict[str, Any]) -> None:
    path, named = RESOURCES[2]
    assert berlin.call("PUT", path, {}, **{**named, "agent": agent}).status_code == 400


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(("path", "named"), RESOURCES[1:])
def test_it_needs_the_id_to_write_a_profile(
    berlin: Lms, method: str, path: str, named: Mapping[str, Any]
) -> None:
    without = {name: value for name, value in named.items() if name != "profileId"}
    assert told(berlin.call(method, path, {}, **without)) == (400, "parameter.profileId")


def test_it_takes_since_for_reading_alone(berlin: Lms) -> None:
    path, named = RESOURCES[0]
    for method in ("PUT", "POST", "DELETE"):
        response = berlin.call(method, path, {}, **named, since="2026-01-01T00:00:00Z")
        assert told(response) == (400, "parameter.unknown")


@each_resource
def test_it_shows_a_store_nothing_of_another(
    berlin: Lms, elsewhere: Lms, path: str, named: Mapping[str, Any]
) -> None:
    berlin.create(path, {"of": "berlin"}, **named)
    assert elsewhere.call("GET", path, **named).status_code == 404
    assert elsewhere.call("DELETE", path, **named).status_code == 204
    elsewhere.create(path, {"of": "oslo"}, **named)
    assert json.loads(berlin.call("GET", path, **named).content) == {"of": "berlin"}
    without = {name: value for name, value in named.items() if name not in ("stateId", "profileId")}
    elsewhere.call("DELETE", path, **named)
    assert json.loads(elsewhere.call("GET", path, **without).content) == []


def test_it_knows_an_agent_by_identifier_alone(berlin: Lms) -> None:
    path, named = RESOURCES[2]
    berlin.create(path, {}, **named)
    renamed = {"account": ANN["account"], "name": "Ann Smith"}
    assert berlin.call("GET", path, **{**named, "agent": renamed}).status_code == 200
    assert berlin.call("GET", path, **{**named, "agent": BOB}).status_code == 404


def test_it_keeps_the_state_of_each_registration_apart(berlin: Lms) -> None:
    path, named = RESOURCES[0]
    first, second = str(uuid4()), str(uuid4())
    berlin.create(path, {"of": "none"}, **named)
    berlin.create(path, {"of": "first"}, **named, registration=first)
    assert json.loads(berlin.call("GET", path, **named).content) == {"of": "none"}
    assert json.loads(berlin.call("GET", path, **named, registration=first.upper()).content) == {
        "of": "first"
    }
    assert berlin.call("GET", path, **named, registration=second).status_code == 404
    berlin.call("DELETE", path, **named)
    assert berlin.call("GET", path, **named, registration=first).status_code == 200


@pytest.mark.parametrize(
    ("path", "scope", "may"),
    [
        ("activities/state", "state", {"PUT", "GET"}),
        ("activities/state", "profile", set()),
        ("activities/state", "all/read", {"GET"}),
        ("activities/profile", "profile", {"PUT", "GET"}),
        ("activities/profile", "state", set()),
        ("agents/profile", "profile", {"PUT", "GET"}),
        ("agents/profile", "statements/write", set()),
    ],
)
def test_it_asks_for_the_scope(db: None, path: str, scope: str, may: set[str]) -> None:
    lms = Lms("Moodle Berlin", scopes=(scope,))
    named = dict(RESOURCES)[path]
    for method, status in (("PUT", 204), ("GET", 200)):
        response = lms.call(method, path, {}, headers=ONLY_NEW if method == "PUT" else {}, **named)
        if method in may:
            assert response.status_code in (status, 404)
        else:
            assert told(response)[0] == 403


_text = st.text(max_size=6)


@given(one=st.tuples(_text, _text, _text), other=st.tuples(_text, _text, _text))
def test_two_documents_share_a_key_only_when_every_name_is_the_same(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    def key(parts: tuple[str, str, str]) -> object:
        context = Context(store_id=1, kind=DocumentKind.STATE, activity_id=parts[0], agent=parts[1])
        return context.key(parts[2])

    assert (key(one) == key(other)) == (one == other)
