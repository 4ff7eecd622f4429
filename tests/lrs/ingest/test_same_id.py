"""One id, one statement: what counts as the same (xAPI 1.0.3, Data 2.3.1), and what is refused."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from lrs.models import Statement
from tests.fixtures import Hub, Xapi, at_once
from tests.statements import activity, agent, reference, statement, verb, voiding

REGISTRATION = "0c3c8f5a-1b8f-4a56-9d6e-6e0f4c1a7b11"


def rows(caller: Xapi, *ids: str) -> int:
    """Return how many statements of the store have one of these ids."""
    return Statement.objects.filter(store=caller.store_id, statement_id__in=ids).count()


def full(**more: Any) -> dict[str, Any]:
    """Return a statement with every property that a comparison may stumble over."""
    return statement(
        timestamp="2024-03-02T10:00:00Z",
        result={"score": {"scaled": 0.5, "raw": 10}, "success": True, "duration": "PT4H35M59.14S"},
        context={
            "registration": REGISTRATION,
            "team": {"objectType": "Group", "member": [agent("elif"), agent("femi")]},
            "contextActivities": {"parent": [activity("course")]},
        },
        **more,
    )


def test_a_put_again_is_accepted_and_stored_once(moodle: Xapi) -> None:
    made = full()
    for _ in range(3):
        moodle.put(made, made["id"]).expect(204)
    assert rows(moodle, made["id"]) == 1


def test_a_post_again_is_accepted_and_stored_once(moodle: Xapi) -> None:
    batch = [full(), statement(), voiding(str(uuid4()))]
    first = moodle.post(batch).expect(200).json()
    stored = [moodle.get(statementId=each).content for each in first]
    assert moodle.post(batch).expect(200).json() == first
    assert moodle.post([batch[1], statement()]).expect(200).json()[0] == batch[1]["id"]
    assert [moodle.get(statementId=each).content for each in first] == stored
    assert rows(moodle, *first) == 3


def test_eight_writers_of_one_statement_at_once_are_all_accepted_and_store_it_once(hub: Hub) -> None:
    callers = [hub.caller(f"LMS {number}") for number in range(8)]
    for _ in range(4):
        shared = full()
        answers = at_once([partial(each.post, [statement(), shared]) for each in callers])
        assert [answer.status for answer in answers] == [200] * 8
        assert rows(callers[0], shared["id"]) == 1


def test_of_eight_writers_of_other_content_at_once_one_wins(hub: Hub) -> None:
    callers = [hub.caller(f"LMS {number}") for number in range(8)]
    shared = str(uuid4())
    beside = [statement() for _ in callers]

    def write(place: int) -> int:
        contested = statement(f"worker-{place}") | {"id": shared}
        return callers[place].post([beside[place], contested]).status

    statuses = at_once([partial(write, place) for place in range(8)])
    assert sorted(statuses) == [200] + [409] * 7
    assert rows(callers[0], shared) == 1
    kept = [each["id"] for each in beside if rows(callers[0], each["id"])]
    assert kept == [beside[statuses.index(200)]["id"]]


def _as_utc(made: dict[str, Any]) -> None:
    made["timestamp"] = "2024-03-02T12:00:00.000+02:00"


def _other_definition(made: dict[str, Any]) -> None:
    made["object"]["definition"] = {"name": {"de": "Gabelstapler"}}


def _other_display(made: dict[str, Any]) -> None:
    made["verb"]["display"] = {"en": "passed"}


def _members_turned_round(made: dict[str, Any]) -> None:
    made["context"]["team"]["member"].reverse()


def _upper_case(made: dict[str, Any]) -> None:
    made["id"] = made["id"].upper()
    made["context"]["registration"] = REGISTRATION.upper()


def _single_context_activity(made: dict[str, Any]) -> None:
    made["context"]["contextActivities"]["parent"] = activity("course")


def _object_type_said(made: dict[str, Any]) -> None:
    made["actor"]["objectType"] = "Agent"
    made["object"]["objectType"] = "Activity"


def _keys_turned_round(made: dict[str, Any]) -> None:
    turned = dict(reversed(made.items()))
    made.clear()
    made.update(turned)


def _number_spelt_otherwise(made: dict[str, Any]) -> None:
    made["result"]["score"]["raw"] = 10.0


def _without_timestamp(made: dict[str, Any]) -> None:
    del made["timestamp"]


def _authority_and_stored(made: dict[str, Any]) -> None:
    made["authority"] = agent("somebody")
    made["stored"] = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "change",
    [
        _as_utc,
        _other_definition,
        _other_display,
        _members_turned_round,
        _upper_case,
        _single_context_activity,
        _object_type_said,
        _keys_turned_round,
        _number_spelt_otherwise,
        _without_timestamp,
        _authority_and_stored,
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_another_way_to_say_the_same_is_the_same(moodle: Xapi, change: Any) -> None:
    made = full()
    moodle.store(made)
    before = moodle.get(statementId=made["id"]).content
    again = deepcopy(made)
    change(again)
    assert again != made or change is _keys_turned_round or change is _number_spelt_otherwise
    moodle.post(again).expect(200)
    moodle.put(again, again["id"]).expect(204)
    assert moodle.get(statementId=made["id"]).content == before
    assert rows(moodle, made["id"]) == 1


OTHER = {
    "actor": agent("chloe"),
    "verb": verb("failed"),
    "object": activity("another"),
    "result": {"score": {"scaled": 0.5, "raw": 11}, "success": True, "duration": "PT4H35M59.14S"},
    "timestamp": "2024-03-02T10:00:01Z",
    "context": {"registration": REGISTRATION},
    "attachments": [
        {
            "usageType": "http://example.com/usage",
            "display": {"en": "a file"},
            "contentType": "text/plain",
            "length": 3,
            "sha2": "a" * 64,
            "fileUrl": "http://example.com/file.txt",
        }
    ],
}


@pytest.mark.parametrize("name", OTHER)
def test_other_content_is_refused_and_nothing_of_its_batch_is_stored(moodle: Xapi, name: str) -> None:
    made = full()
    moodle.store(made)
    before = moodle.get(statementId=made["id"]).content
    beside = [statement(), statement(), voiding(str(uuid4()))]
    answer = moodle.post([beside[0], made | {name: OTHER[name]}, *beside[1:]]).expect(409)
    assert made["id"] in answer.content.decode()
    moodle.put(made | {name: OTHER[name]}, made["id"]).expect(409)
    assert rows(moodle, *(each["id"] for each in beside)) == 0
    assert moodle.get(statementId=made["id"]).content == before
    assert moodle.found() == [made["id"]]


def test_a_conflict_takes_no_void_with_it(moodle: Xapi) -> None:
    made, victim = full(), statement()
    moodle.store(made, victim)
    moodle.post([voiding(victim["id"]), made | {"verb": verb("failed")}]).expect(409)
    moodle.get(statementId=victim["id"]).expect(200)


def test_the_same_id_in_another_store_is_another_statement(hub: Hub) -> None:
    here, there = hub.caller(store="Academy"), hub.caller(store="Shipyard")
    made = full()
    here.store(made)
    there.store(made | {"verb": verb("failed")})
    assert here.get(statementId=made["id"]).json()["verb"] == verb("passed")
    assert there.get(statementId=made["id"]).json()["verb"] == verb("failed")


def test_a_batch_with_one_id_twice_is_refused_whole(moodle: Xapi) -> None:
    made = statement()
    moodle.post([statement(), made, made | {"verb": verb("failed")}]).expect(400)
    moodle.post([made, made | {"id": made["id"].upper()}]).expect(400)
    assert moodle.found() == []


def test_a_reference_to_another_statement_is_other_content(moodle: Xapi) -> None:
    made = statement() | {"object": reference(str(uuid4()))}
    moodle.store(made)
    moodle.post(made | {"object": reference(str(uuid4()))}).expect(409)
    upper = made | {"object": reference(made["object"]["id"].upper())}
    moodle.post(upper).expect(200)
