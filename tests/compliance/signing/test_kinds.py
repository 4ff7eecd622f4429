"""What is hashed is all of what is shown, whatever it is; kinds are registered once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.signing import Shown, SignableKind, UnknownRecord, kind_of, register, shown_of, unregister
from compliance.signing.pages import lines

#: JSON as of RFC 8785: numbers are those a double holds exactly.
_WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
_LEAVES = st.none() | st.booleans() | _WHOLE | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4)
)
_CONTENT = st.dictionaries(_NAMES, _JSON, max_size=5)


def shown(content: dict[str, Any], **fields: Any) -> Shown:
    standing: dict[str, Any] = {
        "kind": "procedure", "record_key": "1", "version": "1", "title": "Washing", "author_id": 7,
    }  # fmt: skip
    return Shown(**(standing | fields), content=content)


@given(_CONTENT)
def test_the_order_of_names_does_not_matter(content: dict[str, Any]) -> None:
    assert shown(dict(reversed(content.items()))).digest == shown(content).digest


@given(_CONTENT, _CONTENT)
def test_contents_that_differ_have_different_digests(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (shown(one).digest == shown(other).digest) == same


@given(_CONTENT)
def test_every_value_that_is_hashed_is_shown(content: dict[str, Any]) -> None:
    said = {(line.name, line.value) for line in lines(content)}

    def walk(value: Any, name: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, each in value.items():
                yield from walk(each, key)
        elif isinstance(value, list):
            for place, each in enumerate(value, 1):
                yield from walk(each, str(place))
        else:
            yield name, value if isinstance(value, str) else json.dumps(value)

    assert set(walk(content, "")) <= said


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "waiver"},
        {"record_key": "2"},
        {"version": "2"},
        {"title": "Not washing"},
        {"author_id": 8},
        {"author_id": None},
    ],
    ids=str,
)
def test_everything_about_a_record_is_hashed(change: dict[str, Any]) -> None:
    assert shown({"a": 1}, **change).digest != shown({"a": 1}).digest


def test_a_digest_is_sha_256_over_rfc_8785() -> None:
    said = shown({"z": 1, "a": "é"})
    assert said.canonical().decode() == (
        '{"author_id":7,"content":{"a":"é","z":1},"kind":"procedure","record_key":"1","title":"Washing","version":"1"}'
    )
    assert said.digest == "38e3203ab82f1bda3a60a57eb8354a64fb09a0fa25b878e4d102ef1233cf419a"


def test_a_kind_is_registered_once_and_knows_its_records() -> None:
    def look(key: str) -> Shown:
        if key != "1":
            raise LookupError(key)
        return shown({}, kind="procedure-once")

    kind = register(SignableKind(kind="procedure-once", label="procedure", shown=look))
    try:
        assert kind_of("procedure-once") is kind
        with pytest.raises(ValueError, match="registered already"):
            register(kind)
        assert shown_of("procedure-once", "1").title == "Washing"
        with pytest.raises(UnknownRecord, match="no procedure 2"):
            shown_of("procedure-once", "2")
    finally:
        unregister("procedure-once")
    with pytest.raises(UnknownRecord):
        kind_of("procedure-once")
    with pytest.raises(ValueError, match="no signature"):
        register(SignableKind(kind="procedure-none", label="procedure", shown=look, policy=()))
