"""A batch is stored whole or not at all, in its order, and comes back as it was written."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.models import Statement, StatementEntity
from tests.fixtures import Hub, Xapi, at_once
from tests.lrs.multipart import with_attachment
from tests.statements import Json, activity, agent, reference, statement, verb, voiding

SET_BY_THE_HUB = ("stored", "authority", "version", "timestamp")


def test_a_bad_statement_in_the_middle_leaves_nothing(moodle: Xapi) -> None:
    batch = [statement() for _ in range(7)]
    batch[3] = batch[3] | {"actor": {"mbox": "ann@example.com"}}
    answer = moodle.post(batch).expect(400)
    assert '"index":3' in answer.content.decode().replace(" ", "")
    assert moodle.found() == []
    assert not Statement.objects.filter(store=moodle.store_id).exists()


def test_ids_come_back_in_the_order_of_the_batch(moodle: Xapi) -> None:
    batch = [statement() for _ in range(20)]
    del batch[4]["id"], batch[11]["id"]
    ids = moodle.store(*batch)
    assert [each.get("id", made) for each, made in zip(batch, ids, strict=True)] == ids
    assert moodle.found(ascending="true") == ids


def test_stored_grows_strictly_inside_a_batch_and_from_batch_to_batch(moodle: Xapi) -> None:
    for size in (50, 1, 30):
        moodle.store(*(statement() for _ in range(size)))
    stored = [datetime.fromisoformat(each["stored"]) for each in moodle.query(ascending="true")]
    assert len(stored) == 81
    assert stored == sorted(set(stored))


def test_a_timestamp_is_kept_as_written_and_filled_in_where_there_is_none(moodle: Xapi) -> None:
    written, silent = statement(timestamp="2024-02-29T10:30:00.123456789+05:30"), statement()
    moodle.store(written, silent)
    answers = [moodle.get(statementId=each["id"]).json() for each in (written, silent)]
    assert answers[0]["timestamp"] == written["timestamp"]
    assert answers[1]["timestamp"] == answers[1]["stored"]


@pytest.mark.parametrize(
    "number",
    [
        "1.10",
        "1e400",
        "-1E-400",
        "123456789012345678901234567890",
        "0.1000",
        "1.0",
        "-0.0",
        "3.141592653589793238462643",
    ],
)
def test_numbers_come_back_as_they_were_written(moodle: Xapi, number: str) -> None:
    made = json.dumps(statement(result={"extensions": {"http://example.com/n": "HERE"}}))
    sent = made.replace('"HERE"', number)
    ids = moodle.request("POST", "statements", body=sent.encode()).expect(200).json()
    for format_ in ("exact", "ids", "canonical"):
        found = moodle.get(statementId=ids[0], format=format_).content.decode()
        assert re.search(r'"http://example.com/n":\s*' + re.escape(number) + r"\s*}", found), found
    # The same number again is the same statement.
    moodle.request("POST", "statements", body=sent.encode()).expect(200)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60),
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("abcü😀", max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)
def test_any_text_and_any_extension_come_back_equal(moodle: Xapi, words: str, value: Any) -> None:
    made = statement(result={"response": words, "extensions": {"http://example.com/x": value}})
    moodle.store(made)
    answer = moodle.get(statementId=made["id"]).expect(200).json()
    assert {name: each for name, each in answer.items() if name not in SET_BY_THE_HUB} == made
    assert [each for each in moodle.query(limit="1") if each["id"] == made["id"]] == [answer]


@pytest.mark.parametrize(
    "name", ["Łukasz Ñandú", "李小龍", "👩🏽‍🏭 Ann", "e\u0301 und é", "\u202eright to left", "\ufeffBOM"]
)
def test_people_of_every_script_are_found_by_their_accounts(moodle: Xapi, name: str) -> None:
    account = {"account": {"homePage": "https://hr.example.com/", "name": name}}
    [stored, _] = moodle.store(statement() | {"actor": account | {"name": name}}, statement())
    assert moodle.found(agent=account) == [stored]
    assert moodle.get(statementId=stored).json()["actor"] == account | {"name": name}


def _busy(caller: int, turn: int) -> list[Json]:
    """Return a batch that shares people and activities with everyone's, in an order of its own."""
    people = [f"worker-{(place * (caller + 3) + turn) % 12}" for place in range(12)]
    definition = {"definition": {"name": {"en": f"Lesson as LMS {caller} calls it"}}}
    batch = [
        statement(person, what=f"lesson-{(caller * 5 + place) % 9}")
        | {"actor": {"name": f"{person} in LMS {caller}", **agent(person)}}
        for place, person in enumerate(people)
    ]
    for place, each in enumerate(batch):
        if place % 3 == 0:
            each["object"] = each["object"] | definition
    batch.append(statement(f"new-{turn}", what=f"new-{turn}"))
    batch.append(statement("bob", "confirmed") | {"object": reference(batch[0]["id"])})
    return batch


def test_sixteen_writers_sharing_people_and_activities_store_everything_once(hub: Hub) -> None:
    callers = [hub.caller(f"LMS {number}") for number in range(16)]
    acknowledged: list[str] = []

    def write(number: int) -> None:
        for turn in range(5):
            answer = callers[number].post(_busy(number, turn))
            acknowledged.extend(answer.expect(200).json())

    at_once([partial(write, number) for number in range(16)])
    assert len(acknowledged) == len(set(acknowledged)) == 16 * 5 * 14
    assert sorted(callers[0].found(limit="1000")) == sorted(acknowledged)
    by_worker = [callers[0].found(agent=agent(f"worker-{number}"), limit="1000") for number in range(12)]
    assert sum(map(len, by_worker)) >= 16 * 5 * 12


def _store_one_by_one(caller: Xapi) -> None:
    for _ in range(6):
        caller.store(statement())


def test_statements_of_sixteen_writers_never_share_a_key(hub: Hub) -> None:
    callers = [hub.caller(f"LMS {number}") for number in range(16)]
    at_once([partial(_store_one_by_one, each) for each in callers])
    stored = [each["stored"] for each in callers[0].query()]
    keys = Statement.objects.filter(store=callers[0].store_id).values_list("seq", flat=True)
    assert len(stored) == len(set(keys)) == 96


def test_voids_from_a_source_that_may_not_void_are_refused_whole(moodle: Xapi) -> None:
    assert moodle.issued is not None
    source = moodle.issued.credential.source
    source.may_void = False
    source.save()
    made = statement()
    moodle.store(made)
    moodle.post([statement(), voiding(made["id"])]).expect(403)
    assert moodle.found() == [made["id"]]


def test_an_attachment_and_its_statement_come_and_fail_together(moodle: Xapi) -> None:
    made = statement()
    request = with_attachment(made, b"certificate", "text/plain")
    moodle.request("POST", "statements", **request).expect(200)
    moodle.request("POST", "statements", **request).expect(200)
    assert moodle.found() == [made["id"]]
    other = made | {"verb": verb("failed")}
    moodle.request("POST", "statements", **with_attachment(other, b"another", "text/plain")).expect(409)
    answer = moodle.get(statementId=made["id"], attachments="true")
    assert b"certificate" in answer.content
    assert b"another" not in answer.content


def test_each_statement_has_one_link_for_each_thing_it_points_at(moodle: Xapi) -> None:
    made = statement(
        "ann", "passed", "welding", context={"instructor": agent("ann"), "registration": str(uuid4())}
    )
    moodle.store(made)
    seq = Statement.objects.get(store=moodle.store_id).seq
    # Ann (twice over), the verb, the activity, the registration and the authority.
    assert StatementEntity.objects.filter(seq=seq).count() == 5
    assert moodle.found(activity=activity("welding")["id"], agent=agent("ann"), related_agents="true") == [
        made["id"]
    ]
