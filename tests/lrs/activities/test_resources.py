"""activities, agents and about over HTTP."""

from __future__ import annotations

import json
from hashlib import sha1
from typing import Any

import pytest
from django.test import Client

from tests.lrs.documents.lms import ANN, BOB, FORKLIFT, Lms, told

COMPLETED = {"id": "http://adlnet.gov/expapi/verbs/completed"}
each_version = pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])


def send(lms: Lms, *objects: dict[str, Any], actor: dict[str, Any] = ANN, **more: Any) -> None:
    statements = [{"actor": actor, "verb": COMPLETED, "object": object_, **more} for object_ in objects]
    response = lms.call("POST", "statements", statements)
    assert response.status_code == 200, response.content


def activity(name: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"id": FORKLIFT, "definition": {"name": name, **more}}


def known(lms: Lms, activity_id: str = FORKLIFT, **headers: str) -> Any:
    response = lms.call("GET", "activities", headers=headers, activityId=activity_id)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


@each_version
def test_it_returns_all_that_statements_said_of_an_activity(berlin: Lms, version: str) -> None:
    lms = berlin.speaking(version)
    send(
        lms,
        activity({"en-US": "Forklift"}, type="http://adlnet.gov/expapi/activities/course"),
        activity({"fr-FR": "Chariot élévateur"}, extensions={"https://example.com/hours": 3}),
    )
    assert known(lms, **{"Accept-Language": "fr"}) == {
        "objectType": "Activity",
        "id": FORKLIFT,
        "definition": {
            "name": {"en-US": "Forklift", "fr-FR": "Chariot élévateur"},
            "type": "http://adlnet.gov/expapi/activities/course",
            "extensions": {"https://example.com/hours": 3},
        },
    }


def test_it_learns_from_context_activities_and_sub_statements(berlin: Lms) -> None:
    send(
        berlin,
        {
            "objectType": "SubStatement",
            "actor": BOB,
            "verb": COMPLETED,
            "object": activity({"en": "Forklift"}),
        },
        context={
            "contextActivities": {
                "parent": {"id": f"{FORKLIFT}/parent", "definition": {"name": {"en": "Warehouse"}}}
            }
        },
    )
    assert known(berlin)["definition"] == {"name": {"en": "Forklift"}}
    assert known(berlin, f"{FORKLIFT}/parent")["definition"] == {"name": {"en": "Warehouse"}}


@each_version
def test_it_returns_an_activity_nobody_described(berlin: Lms, version: str) -> None:
    assert known(berlin.speaking(version), "urn:example:new") == {
        "objectType": "Activity",
        "id": "urn:example:new",
    }
    send(berlin, {"id": "urn:example:bare"})
    assert known(berlin, "urn:example:bare") == {"objectType": "Activity", "id": "urn:example:bare"}


def test_it_shows_a_store_nothing_of_what_another_learned(berlin: Lms, elsewhere: Lms) -> None:
    send(berlin, activity({"en": "Forklift"}), actor={**ANN, "name": "Ann"})
    assert "definition" not in known(elsewhere)
    assert "name" not in json.loads(elsewhere.call("GET", "agents", agent=ANN).content)


def test_it_learns_nothing_from_who_may_not_define(berlin: Lms) -> None:
    send(Lms("Kiosk", scopes=("statements/write",)), activity({"en": "Nonsense"}), actor={**ANN, "name": "X"})
    assert "definition" not in known(berlin)
    assert "name" not in json.loads(berlin.call("GET", "agents", agent=ANN).content)


@each_version
@pytest.mark.parametrize("path", ["activities", "agents"])
def test_it_carries_an_etag_and_knows_it_again(berlin: Lms, path: str, version: str) -> None:
    lms = berlin.speaking(version)
    named: dict[str, Any] = {"activityId": FORKLIFT} if path == "activities" else {"agent": ANN}
    got = lms.call("GET", path, **named)
    assert got["ETag"] == f'"{sha1(got.content).hexdigest()}"'
    again = lms.call("GET", path, headers={"If-None-Match": got["ETag"]}, **named)
    assert (again.status_code, again.content) == (304, b"")
    head = lms.call("HEAD", path, **named)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])


@pytest.mark.parametrize(
    ("path", "named", "rule"),
    [
        ("activities", {}, "parameter.activityId"),
        ("activities", {"activityId": "forklift"}, "parameter.activityId"),
        ("activities", {"activityId": FORKLIFT, "agent": ANN}, "parameter.unknown"),
        ("agents", {}, "parameter.agent"),
        ("agents", {"agent": "ann"}, "parameter.agent"),
        ("agents", {"agent": {"objectType": "Group", "mbox": "mailto:all@example.com"}}, "parameter.agent"),
    ],
)
def test_it_says_which_parameter_is_wrong(berlin: Lms, path: str, named: dict[str, Any], rule: str) -> None:
    assert told(berlin.call("GET", path, **named)) == (400, rule)


@pytest.mark.parametrize("path", ["activities", "agents", "about"])
def test_it_can_only_be_read(berlin: Lms, path: str) -> None:
    refused = berlin.call("PUT", path, {})
    assert refused.status_code == 405
    assert refused["Allow"] == "GET, HEAD"


@each_version
def test_it_makes_a_person_of_every_name_it_saw(berlin: Lms, version: str) -> None:
    lms = berlin.speaking(version)
    send(lms, {"id": FORKLIFT}, actor={**ANN, "name": "Ann Smith"})
    send(lms, {"objectType": "Agent", **ANN, "name": "Ann Miller"}, actor=BOB)
    person = json.loads(lms.call("GET", "agents", agent={**ANN, "name": "Annie"}).content)
    assert person == {
        "objectType": "Person",
        "name": ["Ann Smith", "Ann Miller", "Annie"],
        "account": [ANN["account"]],
    }


@pytest.mark.parametrize(
    "identifier",
    [
        {"mbox": "mailto:new@example.com"},
        {"mbox_sha1sum": "ebd31e95054c018b10727ccffd2ef2ec3a016ee9"},
        {"openid": "https://id.example.com/new"},
        {"account": {"homePage": "https://hr.example.com", "name": "new"}},
    ],
)
def test_it_makes_a_person_of_an_agent_it_never_saw(berlin: Lms, identifier: dict[str, Any]) -> None:
    [(property_, value)] = identifier.items()
    unknown = json.loads(berlin.call("GET", "agents", agent=identifier).content)
    assert unknown == {"objectType": "Person", property_: [value]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [{}, {"X-Experience-API-Version": "0.95"}, {"X-Experience-API-Version": "2.0.0"}]
)
def test_it_tells_anyone_which_versions_there_are(headers: dict[str, str]) -> None:
    response = Client().get("/xapi/about", headers=headers)
    assert response.status_code == 200
    about = response.json()
    assert about["version"] == ["1.0.3", "2.0.0"]
    assert list(about) == ["version", "extensions"]
    assert all(key.startswith("https://") for key in about["extensions"])
