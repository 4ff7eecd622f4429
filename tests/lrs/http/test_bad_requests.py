"""Requests whose head is wrong (content type, version, parameters, method, credential); cross-origin ones."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
import requests

from tests.live import Lms
from tests.lrs.http.refusal import a_statement, nothing_is_stored, refused

SOUND = json.dumps(a_statement()).encode()
SOME_ID = "0f7a6d60-16a5-4a8a-a4a5-7f7a3a0f2f01"


@pytest.mark.parametrize(
    ("content_type", "status", "rule"),
    [
        (None, 400, "content-type.form"),
        ("", 400, "content-type.form"),
        ("json", 400, "content-type.form"),
        ("application/json; charset", 400, "content-type.form"),
        ("text/plain", 400, "content-type.statements"),
        ("application/x-www-form-urlencoded", 400, "content-type.statements"),
        ("application/xml", 400, "content-type.statements"),
        ("multipart/form-data; boundary=x", 400, "content-type.statements"),
        ("multipart/mixed", 400, "multipart.boundary"),
    ],
)
def test_it_refuses_a_wrong_content_type(
    berlin: Lms, content_type: str | None, status: int, rule: str
) -> None:
    refused(berlin.send("POST", data=SOUND, headers={"Content-Type": content_type}), status, rule)
    nothing_is_stored(berlin)


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON", 'application/json;charset="utf-8"']
)
def test_it_takes_json_however_its_name_is_written(berlin: Lms, content_type: str) -> None:
    assert berlin.send("POST", data=SOUND, headers={"Content-Type": content_type}).status_code == 200


@pytest.mark.parametrize(
    ("version", "rule"),
    [
        (None, "version.missing"),
        ("", "version.missing"),
        ("0.9", "version.unknown"),
        ("0.95", "version.unknown"),
        ("1.1.0", "version.unknown"),
        ("3.0.0", "version.unknown"),
        ("1.0.3; 2.0.0", "version.unknown"),
        ("latest", "version.unknown"),
    ],
)
def test_it_refuses_a_missing_or_unknown_version(berlin: Lms, version: str | None, rule: str) -> None:
    refused(berlin.send("POST", json=a_statement(), version=version), 400, rule)
    refused(berlin.send("GET", version=version), 400, rule)
    nothing_is_stored(berlin)


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"])
def test_it_takes_the_versions_it_serves(berlin: Lms, version: str) -> None:
    assert berlin.send("POST", json=a_statement(), version=version).status_code == 200


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("verb=http://example.com/a&verb=http://example.com/b", "parameter.repeated"),
        ("limit=1&limit=1", "parameter.repeated"),
        ("page=2", "parameter.unknown"),
        ("statementid=x", "parameter.unknown"),
        ("Verb=http://example.com/a", "parameter.unknown"),
        ("limit=-1", "parameter.limit"),
        ("limit=ten", "parameter.limit"),
        ("ascending=maybe", "parameter.ascending"),
        ("since=yesterday", "parameter.since"),
        ("registration=1234", "parameter.registration"),
        ("verb=completed", "parameter.verb"),
        ("agent=ann@example.com", "parameter.agent"),
        ("agent=%7B%7D%7D", "parameter.agent"),
        ("format=pretty", "parameter.format"),
        ("verb=%ff%fe", "parameter.encoding"),
        ("verb=http://example.com/%00", "parameter.encoding"),
        (f"statementId={SOME_ID}&verb=http://example.com/a", "parameter.combination"),
        (f"statementId={SOME_ID}&voidedStatementId={SOME_ID}", "parameter.combination"),
    ],
)
def test_it_refuses_a_query_it_cannot_understand(berlin: Lms, query: str, rule: str) -> None:
    problem = refused(berlin.send("GET", f"statements?{query}"), 400, rule)
    assert problem["value"]


def test_it_refuses_unknown_parameters_of_writes_too(berlin: Lms) -> None:
    refused(berlin.send("POST", "statements?dryRun=true", json=a_statement()), 400, "parameter.unknown")
    refused(
        berlin.send("PUT", f"statements?statementId={uuid4()}&force=1", json=a_statement()),
        400,
        "parameter.unknown",
    )
    nothing_is_stored(berlin)


def test_it_refuses_methods_a_resource_does_not_have(berlin: Lms) -> None:
    answer = berlin.send("DELETE", f"statements?statementId={uuid4()}")
    assert answer.status_code == 405
    assert {"GET", "HEAD", "POST", "PUT"} <= set(answer.headers["Allow"].split(", "))


def test_it_refuses_a_wrong_secret_and_stores_nothing(berlin: Lms) -> None:
    answer = requests.post(
        berlin.endpoint + "statements",
        json=a_statement(),
        headers={"X-Experience-API-Version": "1.0.3"},
        auth=(berlin.key, "wrong"),
        timeout=60,
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    nothing_is_stored(berlin)


def test_a_browser_gets_its_preflight_answered_without_a_credential(berlin: Lms) -> None:
    answer = requests.options(
        berlin.endpoint + "statements",
        headers={
            "Origin": "https://course.example.com",
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization,content-type,if-match,x-experience-api-version",
        },
        timeout=60,
    )
    assert answer.status_code in {200, 204}
    assert answer.headers["Access-Control-Allow-Origin"] in {"*", "https://course.example.com"}
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {
        "authorization",
        "content-type",
        "if-match",
        "if-none-match",
        "x-experience-api-version",
    } <= allowed
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_in_a_browser_may_read_what_it_needs_even_of_a_refusal(berlin: Lms) -> None:
    for body in (SOUND, b"{"):
        answer = berlin.send(
            "POST",
            data=body,
            headers={"Content-Type": "application/json", "Origin": "https://course.example.com"},
        )
        assert answer.headers["Access-Control-Allow-Origin"] in {"*", "https://course.example.com"}
        exposed = {
            name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")
        }
        assert {
            "etag",
            "last-modified",
            "x-experience-api-version",
            "x-experience-api-consistent-through",
        } <= exposed


def test_without_an_origin_no_cross_origin_headers_are_sent(berlin: Lms) -> None:
    assert "Access-Control-Allow-Origin" not in berlin.send("GET").headers
