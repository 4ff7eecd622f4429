"""A statement that names nothing new is stored by a statement of its own, as a batch would have stored it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.db import connection, connections

from lrs import lines
from lrs.errors import Conflict
from lrs.ingest import door
from lrs.ingest.links import Role
from lrs.ingest.single import STORE_ONE
from lrs.ingest.together import Outcome, Together
from lrs.models import Statement, StatementEntity
from lrs.wire.version import Version
from tests.fixtures import Hub, Xapi
from tests.statements import activity, agent, reference, statement

FORKLIFT = activity("forklift-safety") | {"definition": {"name": {"en": "Forklift safety"}}}
ANN = agent("ann") | {"name": "Ann Berg"}


@pytest.fixture
def thread(hub: Hub) -> Iterator[ThreadPoolExecutor]:
    """A thread for what the event loop leaves to one."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(connections.close_all).result()


@pytest.fixture
def single(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many rows each call for one statement brought."""
    brought: list[int] = []
    rows = lines.Lines.rows

    async def noted(self: lines.Lines, call: Any, values: Any) -> Any:
        found = await rows(self, call, values)
        if call is STORE_ONE:
            brought.append(-1 if found is None else len(found))
        return found

    monkeypatch.setattr(lines.Lines, "rows", noted)
    return brought


def post(
    thread: ThreadPoolExecutor, caller: Xapi, sent: dict[str, Any], *, version: Version = Version.V1
) -> Outcome:
    """Store one statement from an event loop."""
    batch = door.prepare_plain(caller.access, version, "application/json", orjson.dumps(sent))
    assert batch is not None

    async def store() -> Outcome:
        together = Together(thread)
        await together.open()
        try:
            return await together.store(caller.access, batch)
        finally:
            await together.close()

    return asyncio.run(store())


def known(caller: Xapi, *statements: dict[str, Any]) -> None:
    """Let this process know all that `statements` name, by others like them."""
    caller.store(*[{**each, "id": str(uuid4())} for each in statements])


def row(caller: Xapi, statement_id: str) -> dict[str, Any]:
    """Return what is stored of a statement, but for what differs from one store or moment to another."""
    found: dict[str, Any] = dict(
        Statement.objects.filter(store=caller.store_id, statement_id=statement_id).values().get()
    )
    payload = orjson.loads(found["payload"])
    assert payload.pop("stored") == found["stored"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    del payload["authority"]
    if found["timestamp"] == found["stored"]:
        assert payload.pop("timestamp") == found["stored"].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        found["timestamp"] = "as stored"
    links = StatementEntity.objects.filter(seq=found["seq"]).values_list(
        "entity__kind", "entity__identifier", "roles"
    )
    apart = ("store_id", "source_id", "credential_id", "seq", "stored", "xid", "payload")
    return {
        **{name: value for name, value in found.items() if name not in apart},
        "payload": payload,
        "links": sorted(each for each in links if each[2] != Role.AUTHORITY),
    }


CASES: dict[str, tuple[dict[str, Any], Version]] = {
    "plain": ({}, Version.V1),
    "timestamp": ({"timestamp": "2026-03-01T08:00:00.123456+01:00"}, Version.V1),
    "definition": ({"object": FORKLIFT, "actor": ANN}, Version.V1),
    "version": ({"version": "1.0.2", "result": {"score": {"scaled": 0.92}, "success": True}}, Version.V1),
    "context": (
        {
            "context": {
                "registration": "b2f1c3a4-0d6e-4f7a-8b9c-0123456789ab",
                "contextActivities": {"parent": activity("warehouse"), "grouping": [activity("2026")]},
                "instructor": agent("bob"),
                "team": {"objectType": "Group", "member": [agent("cleo")]},
            }
        },
        Version.V1,
    ),
    "2.0": (
        {
            "context": {
                "contextAgents": [
                    {
                        "objectType": "contextAgent",
                        "agent": agent("dora"),
                        "relevantTypes": ["https://example.com/roles/assessor"],
                    }
                ]
            }
        },
        Version.V2,
    ),
    "unicode": (
        {"object": {**agent("eve"), "objectType": "Agent"}, "result": {"response": "Schöne Grüße, 安全 🚜"}},
        Version.V1,
    ),
    "sub-statement": (
        {
            "object": {
                "objectType": "SubStatement",
                "actor": agent("fay"),
                "verb": {"id": "http://example.com/plan"},
                "object": activity("ladders"),
            }
        },
        Version.V1,
    ),
}


@pytest.mark.parametrize(("more", "version"), CASES.values(), ids=CASES)
def test_it_is_stored_as_a_batch_stores_it(
    hub: Hub, thread: ThreadPoolExecutor, single: list[int], more: dict[str, Any], version: Version
) -> None:
    alone, in_batch = hub.caller("Moodle Berlin"), hub.caller("Moodle Oslo", store="Shipyard")
    spoken = "2.0.0" if version is Version.V2 else "1.0.3"
    sent = statement(**more)
    known(alone.speaking(spoken), sent)
    post(thread, alone, sent, version=version)
    assert single == [1]
    in_batch.speaking(spoken).store(sent, statement("gil"))
    assert row(alone, sent["id"]) == row(in_batch, sent["id"])


def test_what_names_somebody_new_is_stored_with_them(
    moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]
) -> None:
    sent = statement("nora")
    post(thread, moodle, sent)
    assert single == []
    assert moodle.found(agent=agent("nora")) == [sent["id"]]


def test_sent_again_it_is_stored_once(moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]) -> None:
    sent = statement()
    known(moodle, sent)
    outcomes = [post(thread, moodle, sent) for _ in range(2)]
    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert single == [1, 0]
    assert moodle.found().count(sent["id"]) == 1


def test_other_content_under_its_id_is_a_conflict_and_changes_nothing(
    moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]
) -> None:
    first = statement()
    moodle.store(first, statement(did="failed"))
    outcome = post(thread, moodle, {**statement(did="failed"), "id": first["id"]})
    assert isinstance(outcome, Conflict)
    assert single == [0]
    [kept] = [each for each in moodle.query() if each["id"] == first["id"]]
    assert kept["verb"] == first["verb"]


def test_what_was_disposed_of_is_not_stored_again(
    moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]
) -> None:
    sent = statement()
    known(moodle, sent)
    batch = door.prepare_plain(moodle.access, Version.V1, "application/json", orjson.dumps(sent))
    assert batch is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO lrs_disposed_statement"
            " (seq, store_id, source_id, statement_id, stored, fingerprint, disposed)"
            " SELECT coalesce(max(seq), 0) + 1, %s, %s, %s, now(), %s, now() FROM lrs_disposed_statement",
            [moodle.store_id, moodle.access.source_id, sent["id"], batch.fingerprints[0]],
        )
    assert not isinstance(post(thread, moodle, sent), Exception)
    assert single == [0]
    assert sent["id"] not in moodle.found()


def test_a_definition_it_brings_is_known_afterwards(
    moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]
) -> None:
    known(moodle, statement())
    post(thread, moodle, statement(object=FORKLIFT))
    assert single == [1]
    served = moodle.get("activities", activityId=FORKLIFT["id"]).expect(200).json()
    assert served["definition"] == FORKLIFT["definition"]


def test_the_newest_wording_wins_however_it_comes(
    moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]
) -> None:
    known(moodle, statement(object=FORKLIFT))
    renamed = {**FORKLIFT, "definition": {"name": {"en": "Forklift safety 2"}}}
    post(thread, moodle, statement(object=renamed))
    assert single == [1]
    served = moodle.get("activities", activityId=FORKLIFT["id"]).expect(200).json()
    assert served["definition"] == renamed["definition"]


def test_a_name_it_brings_is_known_afterwards(
    moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]
) -> None:
    known(moodle, statement())
    post(thread, moodle, statement(actor=ANN))
    assert single == [1]
    person = moodle.get("agents", agent=agent("ann")).expect(200).json()
    assert person["name"] == ["Ann Berg"]


def test_a_statement_that_referred_to_it_before_it_came_is_found_by_it(
    moodle: Xapi, thread: ThreadPoolExecutor, single: list[int]
) -> None:
    sent = statement(what="ladders")
    known(moodle, sent)
    comment = statement("bob", "commented", object=reference(sent["id"]))
    moodle.store(comment)
    post(thread, moodle, sent)
    assert single == [1]
    assert comment["id"] in moodle.found(activity=activity("ladders")["id"])
