"""POST: documents merged at their top (xAPI 1.0.3, Communication 2.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lrs.documents.lms import RESOURCES, Lms, each_resource, each_version, told

PATH, NAMED = RESOURCES[0]

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
objects = st.dictionaries(st.sampled_from("abcdef"), values, max_size=5)


@each_resource
@each_version
def test_it_stores_what_is_posted_where_there_was_none(
    berlin: Lms, path: str, named: Mapping[str, Any], version: str
) -> None:
    lms = berlin.speaking(version)
    assert lms.call("POST", path, b'{ "x" : 1.50 }', **named).status_code == 204
    got = lms.call("GET", path, **named)
    assert (got.content, got["Content-Type"]) == (b'{ "x" : 1.50 }', "application/json")


@pytest.mark.parametrize(("body", "content_type"), [(b"[1]", "application/json"), (b"hello", "text/plain")])
def test_it_stores_any_content_where_there_was_none(berlin: Lms, body: bytes, content_type: str) -> None:
    assert berlin.call("POST", PATH, body, content_type=content_type, **NAMED).status_code == 204
    got = berlin.call("GET", PATH, **NAMED)
    assert (got.content, got["Content-Type"]) == (body, content_type)


@each_resource
@each_version
def test_it_merges_properties_at_the_top_and_replaces_them_whole(
    berlin: Lms, path: str, named: Mapping[str, Any], version: str
) -> None:
    lms = berlin.speaking(version)
    lms.call("POST", path, {"x": "foo", "y": "bar", "car": {"make": "Ford", "model": "Escape"}}, **named)
    lms.call("POST", path, {"x": "bash", "z": "faz", "car": {"make": "Dodge"}}, **named)
    got = lms.call("GET", path, **named)
    assert json.loads(got.content) == {"x": "bash", "y": "bar", "car": {"make": "Dodge"}, "z": "faz"}


@given(before=objects, posted=objects)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_merges_like_an_update_of_a_dictionary(
    berlin: Lms, before: dict[str, Any], posted: dict[str, Any]
) -> None:
    assert berlin.call("PUT", PATH, before, **NAMED).status_code == 204
    assert berlin.call("POST", PATH, posted, **NAMED).status_code == 204
    assert json.loads(berlin.call("GET", PATH, **NAMED).content) == {**before, **posted}


def test_it_keeps_numbers_as_they_were_written(berlin: Lms) -> None:
    berlin.call("POST", PATH, b'{"a": 1.10, "b": 123456789012345678901234567890}', **NAMED)
    berlin.call("POST", PATH, b'{"c": 1E400}', **NAMED)
    got = berlin.call("GET", PATH, **NAMED).content
    assert got == b'{"a":1.10,"b":123456789012345678901234567890,"c":1E400}'


def test_it_keeps_the_charset_of_the_existing_document(berlin: Lms) -> None:
    berlin.call("PUT", PATH, {"a": 1}, content_type="Application/JSON; charset=utf-8", **NAMED)
    assert berlin.call("POST", PATH, {"b": 2}, **NAMED).status_code == 204
    got = berlin.call("GET", PATH, **NAMED)
    assert (json.loads(got.content), got["Content-Type"]) == (
        {"a": 1, "b": 2},
        "Application/JSON; charset=utf-8",
    )


@each_resource
@pytest.mark.parametrize(
    ("before", "before_type", "posted", "posted_type", "rule"),
    [
        (b'{"a":1}', "application/json", b"b", "text/plain", "document.merge-posted"),
        (b'{"a":1}', "application/json", b'{"b":2}', "application/octet-stream", "document.merge-posted"),
        (b'{"a":1}', "application/json", b"[2]", "application/json", "document.merge-posted"),
        (b'{"a":1}', "application/json", b'{"b":2}{', "application/json", "json.trailing-data"),
        (b"a", "text/plain", b'{"b":2}', "application/json", "document.merge-existing"),
        (b'{"a":1}', "application/octet-stream", b'{"b":2}', "application/json", "document.merge-existing"),
        (b"[1]", "application/json", b'{"b":2}', "application/json", "document.merge-existing"),
    ],
)
def test_it_merges_nothing_but_json_objects(
    berlin: Lms,
    path: str,
    named: Mapping[str, Any],
    before: bytes,
    before_type: str,
    posted: bytes,
    posted_type: str,
    rule: str,
) -> None:
    berlin.create(path, before, content_type=before_type, **named)
    etag = berlin.call("GET", path, **named)["ETag"]
    assert told(berlin.call("POST", path, posted, content_type=posted_type, **named)) == (400, rule)
    after = berlin.call("GET", path, **named)
    assert (after.content, after["Content-Type"], after["ETag"]) == (before, before_type, etag)
