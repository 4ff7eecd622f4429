"""What filters find, said in single cases; tests/lrs/query/test_oracle.py asks everything, combined."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures import Xapi
from tests.statements import activity, agent, reference, statement, verb, voiding

BOB = {"mbox": "mailto:bob@example.com"}
TEAM = {"objectType": "Group", "account": {"homePage": "https://hr.example.com/", "name": "welders"}}
ANONYMOUS = {"objectType": "Group", "member": [agent("elif"), BOB]}


def test_it_finds_what_was_stored_newest_first(moodle: Xapi) -> None:
    ids = moodle.store(*(statement(what=f"lesson-{number}") for number in range(5)))
    assert moodle.found() == ids[::-1]
    assert moodle.found(ascending="true", limit="2") == ids


@pytest.mark.parametrize(
    "said",
    [
        {"actor": BOB},
        {"actor": {"name": "Robert", "objectType": "Agent", **BOB}},
        {"object": {"objectType": "Agent", **BOB}},
        {"actor": ANONYMOUS},
        {"actor": {**TEAM, "member": [BOB]}},
        {"object": ANONYMOUS},
    ],
    ids=[
        "actor",
        "actor under another name",
        "object",
        "member",
        "member of a named group",
        "member of object",
    ],
)
def test_the_agent_filter_looks_at_actor_and_object(moodle: Xapi, said: dict[str, Any]) -> None:
    [about_bob, _] = moodle.store(statement() | said, statement("chloe"))
    assert moodle.found(agent=BOB) == [about_bob]


@pytest.mark.parametrize(
    "said",
    [
        {"context": {"instructor": BOB}},
        {"context": {"team": ANONYMOUS}},
        {
            "object": {
                "objectType": "SubStatement",
                "actor": BOB,
                "verb": verb("failed"),
                "object": activity("x"),
            }
        },
        {
            "object": {
                "objectType": "SubStatement",
                "actor": agent("elif"),
                "verb": verb("failed"),
                "object": activity("x"),
                "context": {"team": ANONYMOUS},
            }
        },
    ],
    ids=["instructor", "team", "sub-statement", "team of sub-statement"],
)
def test_other_positions_need_related_agents(moodle: Xapi, said: dict[str, Any]) -> None:
    [about_bob, _] = moodle.store(statement() | said, statement("chloe"))
    assert moodle.found(agent=BOB) == []
    assert moodle.found(agent=BOB, related_agents="true") == [about_bob]


@pytest.mark.parametrize(
    "context",
    [
        {"contextAgents": [{"objectType": "contextAgent", "agent": {"objectType": "Agent", **BOB}}]},
        {"contextGroups": [{"objectType": "contextGroup", "group": ANONYMOUS}]},
    ],
    ids=["contextAgents", "contextGroups"],
)
def test_context_agents_and_groups_need_related_agents(moodle: Xapi, context: dict[str, Any]) -> None:
    in_v2 = moodle.speaking("2.0.0")
    [about_bob] = in_v2.store(statement(context=context))
    assert in_v2.found(agent=BOB) == []
    assert in_v2.found(agent=BOB, related_agents="true") == [about_bob]


def test_the_authority_is_found_with_related_agents_alone(moodle: Xapi) -> None:
    ids = moodle.store(statement())
    authority = moodle.get(statementId=ids[0]).json()["authority"]
    assert moodle.found(agent=authority) == []
    assert moodle.found(agent=authority, related_agents="true") == ids


def test_identifiers_of_two_kinds_are_two_agents(moodle: Xapi) -> None:
    by_mail = statement()
    by_account = statement() | {"actor": {"account": {"homePage": "https://a.example.com/", "name": "ann"}}}
    elsewhere = statement() | {"actor": {"account": {"homePage": "https://b.example.com/", "name": "ann"}}}
    moodle.store(by_mail, by_account, elsewhere)
    assert moodle.found(agent=by_account["actor"]) == [by_account["id"]]
    assert moodle.found(agent=by_mail["actor"]) == [by_mail["id"]]


@pytest.mark.parametrize("position", ["parent", "grouping", "category", "other"])
def test_context_activities_need_related_activities(moodle: Xapi, position: str) -> None:
    course = activity("first-aid-course")
    [lesson, _] = moodle.store(statement(context={"contextActivities": {position: [course]}}), statement())
    assert moodle.found(activity=course["id"]) == []
    assert moodle.found(activity=course["id"], related_activities="true") == [lesson]


def test_a_sub_statement_answers_neither_verb_nor_registration(moodle: Xapi) -> None:
    registration = str(uuid4())
    sub_statement = {
        "objectType": "SubStatement",
        "actor": agent("bob"),
        "verb": verb("planned"),
        "object": activity("welding"),
        "context": {"registration": registration},
    }
    [planned] = moodle.store(statement() | {"object": sub_statement})
    assert moodle.found(verb=verb("planned")["id"]) == []
    assert moodle.found(registration=registration) == []
    assert moodle.found(activity=activity("welding")["id"]) == []
    assert moodle.found(activity=activity("welding")["id"], related_activities="true") == [planned]


def test_since_is_exclusive_and_until_inclusive_to_the_microsecond(moodle: Xapi) -> None:
    ids = moodle.store(*(statement() for _ in range(3)))
    stored = [moodle.get(statementId=each).json()["stored"] for each in ids]
    assert moodle.found(since=stored[1]) == [ids[2]]
    assert moodle.found(until=stored[1], ascending="true") == ids[:2]
    assert moodle.found(since=stored[0], until=stored[1]) == [ids[1]]
    just_before = datetime.fromisoformat(stored[1]) - timedelta(microseconds=1)
    assert moodle.found(since=just_before.isoformat(), ascending="true") == ids[1:]
    assert moodle.found(since=stored[2]) == moodle.found(since=stored[1], until=stored[0]) == []


def test_filters_are_met_one_by_one_by_a_referrer_or_by_what_it_refers_to(moodle: Xapi) -> None:
    passed = statement("ben", "passed", "explosives-training")
    confirmed = statement("andrew", "confirmed") | {"object": reference(passed["id"])}
    moodle.store(passed, confirmed)
    assert moodle.found(agent=agent("ben")) == [confirmed["id"], passed["id"]]
    assert moodle.found(activity=activity("explosives-training")["id"]) == [confirmed["id"], passed["id"]]
    assert moodle.found(agent=agent("ben"), verb=verb("confirmed")["id"]) == [confirmed["id"]]
    assert moodle.found(agent=agent("andrew"), verb=verb("passed")["id"]) == [confirmed["id"]]
    since = moodle.get(statementId=passed["id"]).json()["stored"]
    assert moodle.found(agent=agent("ben"), since=since) == [confirmed["id"]]
    assert moodle.found(agent=agent("ben"), until=since) == [passed["id"]]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1)])
def test_chains_of_references_are_followed_whatever_arrived_first(
    moodle: Xapi, order: tuple[int, ...]
) -> None:
    last = statement("ben")
    middle = statement("chloe") | {"object": reference(last["id"])}
    first = statement("david") | {"object": reference(middle["id"].upper())}
    for place in order:
        moodle.store((first, middle, last)[place])
    assert set(moodle.found(agent=agent("ben"))) == {first["id"], middle["id"], last["id"]}
    assert set(moodle.found(agent=agent("chloe"))) == {first["id"], middle["id"]}
    assert moodle.found(agent=agent("david")) == [first["id"]]


def test_a_context_statement_is_no_target(moodle: Xapi) -> None:
    passed = statement("ben")
    moodle.store(passed, statement("chloe", context={"statement": reference(passed["id"])}))
    assert moodle.found(agent=agent("ben")) == [passed["id"]]


def test_statements_that_refer_to_each_other_or_to_themselves_end_somewhere(moodle: Xapi) -> None:
    one, other, alone = statement("ben"), statement("chloe"), statement("david")
    one["object"], other["object"], alone["object"] = (reference(each["id"]) for each in (other, one, alone))
    moodle.store(one, other, alone)
    assert moodle.found(agent=agent("ben"), ascending="true") == [one["id"], other["id"]]
    assert moodle.found(agent=agent("chloe"), ascending="true") == [one["id"], other["id"]]
    assert moodle.found(agent=agent("david")) == [alone["id"]]


@pytest.mark.parametrize("void_first", [False, True], ids=["target first", "void first"])
def test_a_voided_statement_is_found_by_voided_statement_id_alone(moodle: Xapi, void_first: bool) -> None:
    passed = statement("ben")
    void = voiding(passed["id"])
    for each in (void, passed) if void_first else (passed, void):
        moodle.store(each)
    assert moodle.found() == [void["id"]]
    assert moodle.found(agent=agent("ben")) == [void["id"]]
    moodle.get(statementId=passed["id"]).expect(404)
    assert moodle.get(voidedStatementId=passed["id"]).expect(200).json()["id"] == passed["id"]
    moodle.get(voidedStatementId=void["id"]).expect(404)


def test_a_voiding_statement_cannot_be_voided(moodle: Xapi) -> None:
    passed = statement("ben")
    void = voiding(passed["id"])
    moodle.store(passed, void, voiding(void["id"]))
    moodle.get(statementId=void["id"]).expect(200)
    moodle.get(voidedStatementId=void["id"]).expect(404)
    moodle.get(statementId=passed["id"]).expect(404)


def test_what_refers_to_a_voided_statement_is_still_found_by_it(moodle: Xapi) -> None:
    passed = statement("ben")
    confirmed = statement("andrew", "confirmed") | {"object": reference(passed["id"])}
    void = voiding(passed["id"])
    moodle.store(passed, confirmed, void)
    assert moodle.found(agent=agent("ben"), ascending="true") == [confirmed["id"], void["id"]]


def test_a_voided_referrer_is_gone_and_its_target_stays(moodle: Xapi) -> None:
    passed = statement("ben")
    confirmed = statement("andrew", "confirmed") | {"object": reference(passed["id"])}
    void = voiding(confirmed["id"])
    moodle.store(passed, confirmed, void)
    assert moodle.found(agent=agent("ben"), ascending="true") == [passed["id"], void["id"]]
