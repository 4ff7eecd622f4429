"""Nothing of one store is ever seen, changed or hinted at from another, though both use the same ids, people,
activities, documents and files."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures import Hub, Xapi
from tests.lrs.multipart import attachment, contents, with_attachment
from tests.statements import Json, activity, agent, reference, statement, verb, voiding

ANN = agent("ann")
COURSE = activity("forklift-safety")["id"]
REGISTRATION = str(uuid4())


@pytest.fixture
def academy(hub: Hub) -> Xapi:
    """Moodle Berlin in the store "Academy"."""
    return hub.caller("Moodle Berlin", store="Academy")


@pytest.fixture
def shipyard(hub: Hub) -> Xapi:
    """Another Moodle Berlin, in the store "Shipyard"."""
    return hub.caller("Moodle Berlin", store="Shipyard")


def _full(**more: Any) -> Json:
    context = {
        "registration": REGISTRATION,
        "instructor": agent("bob"),
        "contextActivities": {"parent": [activity("course")]},
    }
    return statement(context=context, **more)


QUERIES: dict[str, Json] = {
    "nothing": {},
    "agent": {"agent": ANN},
    "verb": {"verb": verb("passed")["id"]},
    "activity": {"activity": COURSE},
    "registration": {"registration": REGISTRATION},
    "related agents": {"agent": agent("bob"), "related_agents": "true"},
    "related activities": {"activity": activity("course")["id"], "related_activities": "true"},
    "since": {"since": "2020-01-01T00:00:00Z", "ascending": "true"},
    "all together": {
        "agent": ANN,
        "verb": verb("passed")["id"],
        "activity": COURSE,
        "registration": REGISTRATION,
    },
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_finds_statements_of_another_store(academy: Xapi, shipyard: Xapi, name: str) -> None:
    here, there = _full(), _full()
    academy.store(here)
    shipyard.store(there)
    assert academy.found(**QUERIES[name]) == [here["id"]]
    assert shipyard.found(**QUERIES[name]) == [there["id"]]
    empty = academy.get(**QUERIES[name], format="ids", attachments="true").expect(200)
    assert there["id"].encode() not in empty.content


def test_what_only_another_store_knows_finds_nothing(academy: Xapi, shipyard: Xapi) -> None:
    academy.store(_full())
    for query in QUERIES.values():
        assert shipyard.found(**query) == []


def test_a_statement_is_not_found_by_its_id_from_another_store(academy: Xapi, shipyard: Xapi) -> None:
    plain, voided = statement(), statement()
    academy.store(plain, voided, voiding(voided["id"]))
    for parameters in ({"statementId": plain["id"]}, {"voidedStatementId": voided["id"]}):
        academy.get(**parameters).expect(200)
        for format_ in ("exact", "ids", "canonical"):
            shipyard.get(**parameters, format=format_).expect(404)
        shipyard.request("HEAD", "statements", **parameters).expect(404)


def test_voiding_reaches_no_other_store(academy: Xapi, shipyard: Xapi) -> None:
    shared = statement()
    academy.store(shared)
    shipyard.store(shared)
    shipyard.store(voiding(shared["id"]))
    academy.get(statementId=shared["id"]).expect(200)
    academy.get(voidedStatementId=shared["id"]).expect(404)
    assert academy.found() == [shared["id"]]
    shipyard.get(statementId=shared["id"]).expect(404)


def test_references_reach_no_other_store(academy: Xapi, shipyard: Xapi) -> None:
    passed = statement("ben")
    confirmed = statement("andrew", "confirmed") | {"object": reference(passed["id"])}
    academy.store(passed)
    shipyard.store(confirmed)
    assert shipyard.found(agent=agent("ben")) == []
    assert academy.found(agent=agent("andrew")) == []
    assert academy.found(agent=agent("ben")) == [passed["id"]]


def test_a_more_address_of_another_store_is_refused(academy: Xapi, shipyard: Xapi) -> None:
    academy.store(statement(), statement())
    shipyard.store(statement(), statement())
    more = academy.get(limit="1").json()["more"]
    refused = shipyard.get(more).expect(400)
    assert b"statements" not in refused.content.split(b'"detail"')[0]
    academy.get(more).expect(200)


def test_attachments_reach_no_other_store(academy: Xapi, shipyard: Xapi) -> None:
    content = f"certificate {uuid4()}".encode()
    made = statement()
    academy.request("POST", "statements", **with_attachment(made, content, "text/plain")).expect(200)
    sha2 = made["attachments"][0]["sha2"]
    got = academy.get(statementId=made["id"], attachments="true").expect(200)
    assert contents(got.headers, got.content) == {sha2: content}

    # Knowing a digest must not be enough to be given the content.
    claim = statement(attachments=[attachment(content, "text/plain")])
    shipyard.post(claim).expect(400)
    named = statement(
        attachments=[attachment(content, "text/plain") | {"fileUrl": "https://files.example.com/1"}]
    )
    shipyard.store(named)
    for parameters in ({"statementId": named["id"]}, {"agent": ANN}):
        answer = shipyard.get(**parameters, attachments="true").expect(200)
        assert content not in answer.content
    shipyard.get(statementId=made["id"], attachments="true").expect(404)


def test_the_same_content_in_two_stores_is_each_stores_own(academy: Xapi, shipyard: Xapi) -> None:
    content = f"safety sheet {uuid4()}".encode()
    for caller in (academy, shipyard):
        made = statement()
        caller.request("POST", "statements", **with_attachment(made, content, "text/plain")).expect(200)
        got = caller.get(statementId=made["id"], attachments="true").expect(200)
        assert list(contents(got.headers, got.content).values()) == [content]


def test_definitions_of_activities_reach_no_other_store(academy: Xapi, shipyard: Xapi) -> None:
    here = statement() | {"object": {"id": COURSE, "definition": {"name": {"en": "Secret course"}}}}
    there = statement()
    academy.store(here)
    shipyard.store(there)
    assert academy.get("activities", activityId=COURSE).json()["definition"]["name"] == {
        "en": "Secret course"
    }
    assert b"Secret" not in shipyard.get("activities", activityId=COURSE).content
    assert b"Secret" not in shipyard.get(statementId=there["id"], format="canonical").content
    shipyard.store(statement() | {"object": {"id": COURSE, "definition": {"name": {"en": "Boats"}}}})
    assert academy.get("activities", activityId=COURSE).json()["definition"]["name"] == {
        "en": "Secret course"
    }


def test_names_of_agents_reach_no_other_store(academy: Xapi, shipyard: Xapi) -> None:
    academy.store(statement() | {"actor": {"name": "Ann Archer", **ANN}})
    shipyard.store(statement() | {"actor": {"name": "A. Archer-Smith", **ANN}})
    assert academy.get("agents", agent=ANN).json()["name"] == ["Ann Archer"]
    assert shipyard.get("agents", agent=ANN).json()["name"] == ["A. Archer-Smith"]


DOCUMENTS: dict[str, tuple[str, Json, str]] = {
    "state": ("activities/state", {"activityId": COURSE, "agent": ANN}, "stateId"),
    "state of a registration": (
        "activities/state",
        {"activityId": COURSE, "agent": ANN, "registration": REGISTRATION},
        "stateId",
    ),
    "activity profile": ("activities/profile", {"activityId": COURSE}, "profileId"),
    "agent profile": ("agents/profile", {"agent": ANN}, "profileId"),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_documents_reach_no_other_store(academy: Xapi, shipyard: Xapi, kind: str, version: str) -> None:
    academy, shipyard = academy.speaking(version), shipyard.speaking(version)
    path, context, id_name = DOCUMENTS[kind]
    one = {**context, id_name: "bookmark"}
    new = {"If-None-Match": "*"}
    academy.request("PUT", path, body={"page": 4}, headers=new, **one).expect(204)
    shipyard.get(path, **one).expect(404)
    shipyard.request("HEAD", path, **one).expect(404)
    assert shipyard.get(path, **context).expect(200).json() == []

    # The other store has none yet, so that making one must work as for the first time.
    shipyard.request("PUT", path, body={"page": 9}, headers=new, **one).expect(204)
    shipyard.request("POST", path, body={"more": True}, **one).expect(204)
    assert academy.get(path, **one).expect(200).json() == {"page": 4}
    assert shipyard.get(path, **one).expect(200).json() == {"page": 9, "more": True}
    etag = academy.get(path, **one).headers["etag"]
    shipyard.request("PUT", path, body={"page": 0}, headers={"If-Match": etag}, **one).expect(412)

    etag = shipyard.get(path, **one).headers["etag"]
    shipyard.request("DELETE", path, headers={"If-Match": etag}, **one).expect(204)
    shipyard.get(path, **one).expect(404)
    assert academy.get(path, **one).expect(200).json() == {"page": 4}
    assert academy.get(path, **context).expect(200).json() == ["bookmark"]


def test_deleting_all_states_reaches_no_other_store(academy: Xapi, shipyard: Xapi) -> None:
    path, context, id_name = DOCUMENTS["state"]
    bookmark = {**context, id_name: "bookmark"}
    for caller in (academy, shipyard):
        caller.request("PUT", path, body={"page": 4}, **bookmark).expect(204)
    shipyard.request("DELETE", path, **context).expect(204)
    assert shipyard.get(path, **context).json() == []
    assert academy.get(path, **context).json() == ["bookmark"]


def test_a_key_with_the_secret_of_another_opens_neither_store(academy: Xapi, shipyard: Xapi) -> None:
    assert academy.issued is not None
    assert shipyard.issued is not None
    made = academy.store(statement())[0]
    mixed = type(academy.issued)(
        key=academy.issued.key, secret=shipyard.issued.secret, credential=academy.issued.credential
    )
    Xapi(mixed).get(statementId=made).expect(401)


RESOURCES: dict[str, Json] = {
    "statements": {},
    "statements/more/token": {},
    "activities": {"activityId": COURSE},
    "agents": {"agent": ANN},
    "activities/state": {"activityId": COURSE, "agent": ANN},
    "activities/profile": {"activityId": COURSE},
    "agents/profile": {"agent": ANN},
}


@pytest.mark.parametrize("path", RESOURCES)
def test_no_resource_answers_without_a_credential(academy: Xapi, path: str) -> None:
    academy.store(statement())
    for method in ("GET", "HEAD"):
        answer = Xapi(None).request(method, path, **RESOURCES[path]).expect(401)
        assert b"ann@example.com" not in answer.content


def test_a_source_that_reads_its_own_statements_sees_no_other_of_its_store(hub: Hub) -> None:
    berlin = hub.caller("Moodle Berlin", scopes=["statements/write", "statements/read/mine"])
    paris = hub.caller("Moodle Paris")
    own, other = [statement() for _ in range(3)], [statement() for _ in range(3)]
    for mine, theirs in zip(own, other, strict=True):
        berlin.store(mine)
        paris.store(theirs)
    assert berlin.found(limit="1", ascending="true") == [each["id"] for each in own]
    assert berlin.found(agent=ANN) == [each["id"] for each in own[::-1]]
    berlin.get(statementId=other[0]["id"]).expect(404)
    berlin.get(statementId=own[0]["id"]).expect(200)
    # An address that someone else was given opens no more than one's own.
    more = paris.get(limit="1", ascending="true").json()["more"]
    assert {each["id"] for each in berlin.get(more).expect(200).json()["statements"]} <= {
        each["id"] for each in own
    }


def test_a_reference_does_not_open_what_a_source_may_not_read(hub: Hub) -> None:
    berlin = hub.caller("Moodle Berlin", scopes=["statements/write", "statements/read/mine"])
    paris = hub.caller("Moodle Paris")
    secret = statement("ben")
    paris.store(secret)
    pointer = statement() | {"object": reference(secret["id"])}
    berlin.store(pointer)
    about_berlin = statement() | {"object": reference(pointer["id"])}
    paris.store(about_berlin)
    assert berlin.found() == [pointer["id"]]
    berlin.get(statementId=about_berlin["id"]).expect(404)
    berlin.get(statementId=secret["id"]).expect(404)
