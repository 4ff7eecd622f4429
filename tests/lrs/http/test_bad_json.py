"""Bodies that are not the JSON they should be, over real HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.live import Lms
from tests.lrs.http.refusal import a_statement, nothing_is_stored, refused

SOUND = json.dumps(a_statement()).encode()
JSON = {"Content-Type": "application/json"}


def nested(levels: int) -> bytes:
    """Return a statement with an extension nested `levels` deep."""
    extension = b"[" * levels + b"]" * levels
    statement = json.dumps(a_statement(result={"extensions": {"http://example.com/x": "here"}})).encode()
    return statement.replace(b'"here"', extension)


BROKEN = {
    "nothing": (b"", "json.empty"),
    "cut off": (SOUND[:-1], "json.syntax"),
    "no json": (b"actor=Ann&verb=completed", "json.syntax"),
    "one quote": (SOUND.replace(b'"', b"'", 1), "json.syntax"),
    "a comma too many": (SOUND[:-1] + b",}", "json.syntax"),
    "two values": (SOUND + SOUND, "json.trailing-data"),
    "a byte order mark": (b"\xef\xbb\xbf" + SOUND, "json.byte-order-mark"),
    "UTF-16": (SOUND.decode().encode("utf-16-le"), "json.encoding"),
    "Latin-1": (SOUND.replace(b"Ann", "Zoé".encode("latin-1")), "json.encoding"),
    "an overlong character": (SOUND.replace(b"Ann", b"\xc0\xaf"), "json.encoding"),
    "a surrogate as UTF-8": (SOUND.replace(b"Ann", b"\xed\xa0\x80"), "json.encoding"),
    "half a surrogate pair": (SOUND.replace(b"Ann", b"\\ud83d"), "json.lone-surrogate"),
    "a surrogate pair the wrong way round": (SOUND.replace(b"Ann", b"\\ude9c\\ud83d"), "json.lone-surrogate"),
    "NaN": (SOUND.replace(b'"Ann"', b"NaN"), "json.not-a-number"),
    "infinity": (SOUND.replace(b'"Ann"', b"-Infinity"), "json.not-a-number"),
    "a control character": (SOUND.replace(b"Ann", b"A\x00n"), "json.syntax"),
    "a key twice": (SOUND.replace(b'"name": "Ann"', b'"name": "Ann", "name": "Bob"'), "json.duplicate-key"),
    "2,000 levels": (nested(2_000), "json.too-deep"),
    "100,000 brackets": (b"[" * 100_000, "json.too-deep"),
}


@pytest.mark.parametrize(("body", "rule"), BROKEN.values(), ids=BROKEN.keys())
def test_it_refuses_a_body_that_is_no_sound_json(berlin: Lms, body: bytes, rule: str) -> None:
    refused(berlin.send("POST", data=body, headers=JSON), 400, rule)
    nothing_is_stored(berlin)


def test_it_says_where_a_lone_surrogate_and_a_repeated_key_stand(berlin: Lms) -> None:
    refused(
        berlin.send("POST", data=BROKEN["half a surrogate pair"][0], headers=JSON),
        400,
        "json.lone-surrogate",
        pointer="/actor/name",
    )
    refused(
        berlin.send("POST", data=BROKEN["a key twice"][0], headers=JSON),
        400,
        "json.duplicate-key",
        pointer="/actor/name",
    )


def test_an_escaped_nul_character_is_kept_though_the_database_has_no_such_character(berlin: Lms) -> None:
    answer = berlin.send("POST", data=SOUND.replace(b"Ann", b"A\\u0000n"), headers=JSON)
    assert answer.status_code == 200, answer.text
    assert berlin.all_statements()[0]["actor"]["name"] == "A\0n"


def test_it_takes_deep_nesting_within_the_limit(berlin: Lms) -> None:
    answer = berlin.send("POST", data=nested(150), headers=JSON)
    assert answer.status_code == 200, answer.text
    deep: Any = berlin.all_statements()[0]["result"]["extensions"]["http://example.com/x"]
    levels = 0
    while deep:
        deep, levels = deep[0], levels + 1
    assert levels == 149


@pytest.mark.parametrize("value", [b"null", b"true", b"42", b'"statement"', b"[[]]", b"[null]"])
def test_it_refuses_json_that_is_no_statement(berlin: Lms, value: bytes) -> None:
    answer = berlin.send("POST", data=value, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["message"]
    nothing_is_stored(berlin)


def test_one_bad_statement_in_the_middle_refuses_the_batch_and_is_named(berlin: Lms) -> None:
    batch = [a_statement() for _ in range(9)]
    batch[4]["verb"] = {"id": "completed"}
    answer = berlin.send("POST", json=batch)
    assert answer.status_code == 400, answer.text
    error = answer.json()["errors"][0]
    assert (error["index"], error["pointer"], error["value"]) == (4, "/verb/id", "completed")
    assert error["rule"]
    nothing_is_stored(berlin)


def test_every_bad_statement_of_a_batch_is_named(berlin: Lms) -> None:
    batch = [a_statement(result={"score": {"scaled": scaled}}) for scaled in (0, 1.5, 0.5, -7, 1)]
    errors = berlin.send("POST", json=batch).json()["errors"]
    assert [(error["index"], error["pointer"]) for error in errors] == [
        (1, "/result/score/scaled"),
        (3, "/result/score/scaled"),
    ]
    nothing_is_stored(berlin)


def test_an_id_twice_in_one_batch_refuses_it(berlin: Lms) -> None:
    first, second = a_statement(), a_statement()
    again = {**second, "id": first["id"].upper()}
    refused(
        berlin.send("POST", json=[first, second, again]), 400, "batch.duplicate-id", pointer="/id", index=2
    )
    nothing_is_stored(berlin)


def test_an_id_that_is_taken_by_other_content_refuses_the_batch(berlin: Lms) -> None:
    taken = a_statement()
    assert berlin.send("POST", json=taken).status_code == 200
    other = {**taken, "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
    refused(
        berlin.send("POST", json=[a_statement(), other, a_statement()]),
        409,
        "statement.id-taken",
        pointer="/id",
        index=1,
    )
    assert [found["id"] for found in berlin.all_statements()] == [taken["id"]]
    found = berlin.all_statements()[0]
    assert found["verb"]["id"] == taken["verb"]["id"]
