"""Query parameters and the alternate request syntax."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.wire import alternate, parameters
from lrs.wire.parameters import parse_query

ALLOWED = frozenset({"agent", "verb", "limit", "ascending", "since", "registration", "statementId", "format"})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("&&", {}),
        ("verb=http://example.com/did", {"verb": "http://example.com/did"}),
        ("verb=a%20b+c&limit=", {"verb": "a b c", "limit": ""}),
        ("verb=a=b%3D&", {"verb": "a=b="}),
        ("verb=%C3%BC", {"verb": "ü"}),
        ("verb=ü", {"verb": "ü"}),
        ("verb", {"verb": ""}),
    ],
)
def test_it_reads_a_query(query: str, expected: dict[str, str]) -> None:
    assert parse_query(query, allowed=ALLOWED) == expected


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("verb=a&verb=a", "parameter.repeated"),
        ("verb=a&%76erb=b", "parameter.repeated"),
        ("speed=9", "parameter.unknown"),
        ("statementid=1", "parameter.unknown"),
        ("verb=%", "parameter.encoding"),
        ("verb=%zz", "parameter.encoding"),
        ("verb=%FF", "parameter.encoding"),
        ("verb=%ED%A0%80", "parameter.encoding"),
        ("verb=\ud800", "parameter.encoding"),
        ("verb=a%00b", "parameter.encoding"),
    ],
)
def test_it_refuses_a_query(query: str, rule: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_query(query, allowed=ALLOWED)
    assert caught.value.rule == rule


@given(
    st.dictionaries(
        st.sampled_from(sorted(ALLOWED)), st.text(st.characters(codec="utf-8", exclude_characters="\0"))
    )
)
def test_what_was_encoded_is_read_back(values: dict[str, str]) -> None:
    assert parse_query(urlencode(values), allowed=ALLOWED) == values
    assert parse_query(urlencode(values, quote_via=quote), allowed=ALLOWED) == values


def test_an_absent_parameter_is_none() -> None:
    readers = (
        parameters.boolean,
        parameters.whole_number,
        parameters.timestamp,
        parameters.uuid,
        parameters.absolute_iri,
        parameters.agent,
    )
    assert [read({}, "x") for read in readers] == [None] * len(readers)
    assert parameters.one_of({}, "format", frozenset({"ids"})) is None


def test_it_reads_typed_parameters() -> None:
    assert parameters.boolean({"ascending": "true"}, "ascending") is True
    assert parameters.boolean({"ascending": "false"}, "ascending") is False
    assert parameters.boolean({"ascending": "True"}, "ascending") is True
    assert parameters.whole_number({"limit": "0"}, "limit") == 0
    assert parameters.whole_number({"limit": "0025"}, "limit") == 25
    assert parameters.whole_number({"limit": "9" * 5000}, "limit") == 2**31 - 1
    since = {"since": "2024-02-29T10:30:00+01:00"}
    assert parameters.timestamp(since, "since") == datetime(2024, 2, 29, 9, 30, tzinfo=UTC)
    assert parameters.uuid({"registration": "A" * 8 + "-bbbb-cccc-dddd-" + "e" * 12}, "registration") == UUID(
        "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    )
    assert parameters.absolute_iri({"verb": "urn:x:y"}, "verb") == "urn:x:y"
    assert parameters.agent({"agent": '{"mbox":"mailto:ann@example.com"}'}, "agent") == {
        "mbox": "mailto:ann@example.com"
    }
    assert parameters.one_of({"format": "ids"}, "format", frozenset({"ids", "exact"})) == "ids"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *[("boolean", text) for text in ("T", "1", "", "yes")],
        *[("whole_number", text) for text in ("-1", "1.5", "", "ten", "１", "+1", " 1")],
        *[("timestamp", text) for text in ("", "yesterday", "2024-02-29", "2024-02-29T10:30:00-00:00")],
        *[("uuid", text) for text in ("", "42", "a" * 36)],
        *[("absolute_iri", text) for text in ("", "example.com", "http://a b")],
        *[("agent", text) for text in ("", "ann", "[]", '"ann"', "{", '{"a":1,"a":2}', "[" * 5000)],
    ],
)
def test_it_refuses_a_value_of_the_wrong_form(name: str, text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        getattr(parameters, name)({"thing": text}, "thing")
    assert caught.value.rule == "parameter.thing"
    assert "thing" in caught.value.message


def test_it_refuses_a_choice_that_is_not_offered() -> None:
    with pytest.raises(BadRequest, match="exact, ids"):
        parameters.one_of({"format": "IDS"}, "format", frozenset({"ids", "exact"}))


HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": "999",
    "Accept-Language": "de",
    "Authorization": "Basic YW5uOmJvYg==",
}


def test_a_form_becomes_the_request_it_stands_for() -> None:
    form = urlencode(
        {
            "statementId": "1",
            "content": '{"name":"Zoë"}',
            "content-type": "application/json; charset=utf-8",
            "X-EXPERIENCE-API-Version": "1.0.3",
            "If-None-Match": "*",
            "Content-Length": "15",
        }
    ).encode()
    found = alternate.decode("PUT", {"method": "PUT"}, HEADERS, form)
    assert found == alternate.AlternateRequest(
        method="PUT",
        headers={
            "accept-language": "de",
            "authorization": "Basic YW5uOmJvYg==",
            "content-type": "application/json; charset=utf-8",
            "x-experience-api-version": "1.0.3",
            "if-none-match": "*",
        },
        parameters={"statementId": "1"},
        body='{"name":"Zoë"}'.encode(),
    )


def test_a_header_in_the_form_wins() -> None:
    found = alternate.decode("GET", {}, HEADERS, b"Authorization=Basic+Ym9iOmFubg%3D%3D&limit=1&verb=urn:x:y")
    assert found.headers["authorization"] == "Basic Ym9iOmFubg=="
    assert found.parameters == {"limit": "1", "verb": "urn:x:y"}
    assert found.body == b""


def test_content_without_a_type_is_json() -> None:
    assert (
        alternate.decode("POST", {}, HEADERS, b"content=%5B%5D").headers["content-type"] == "application/json"
    )


@pytest.mark.parametrize("length", ["15", "14"])
def test_a_length_in_bytes_or_in_characters_is_taken(length: str) -> None:
    form = urlencode({"content": '{"name":"Zoë"}', "Content-Length": length}).encode()
    assert "content-length" not in alternate.decode("PUT", {}, {}, form).headers


@pytest.mark.parametrize(
    ("method", "query", "form", "rule"),
    [
        ("PATCH", {}, b"", "alternate.method"),
        ("put", {}, b"content=1", "alternate.method"),
        ("PUT", {"method": "PUT", "statementId": "1"}, b"content=1", "alternate.query-parameters"),
        ("PUT", {}, b"", "alternate.content"),
        ("PUT", {}, b'{"statementId":"1","content":"{}"}', "alternate.content"),
        ("GET", {}, b"content=1", "alternate.content"),
        ("DELETE", {}, b"content=1", "alternate.content"),
        ("PUT", {}, b"content=1&content=2", "alternate.repeated"),
        ("PUT", {}, b"content=1&If-Match=a&if-match=b", "alternate.repeated"),
        ("PUT", {}, b"content=1&Content-Length=2", "alternate.content-length"),
        ("PUT", {}, b"content=1&If-Match=a%0D%0AX-Evil:1", "alternate.header"),
        ("PUT", {}, b"content=\xc3\xbc", "alternate.encoding"),
        ("PUT", {}, b"content=%FF", "parameter.encoding"),
    ],
)
def test_it_refuses_a_form(method: str, query: dict[str, str], form: bytes, rule: str) -> None:
    with pytest.raises(BadRequest) as caught:
        alternate.decode(method, query, HEADERS, form)
    assert caught.value.rule == rule
