"""Statements as they are served: exact, ids only, canonical."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fixtures import Xapi

FORKLIFT = "https://lms.example.org/courses/forklift"
STATEMENT: dict[str, Any] = {
    "actor": {
        "objectType": "Group",
        "name": "Night shift",
        "member": [{"name": "Ann Example", "mbox": "mailto:ann@example.org"}],
    },
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/completed",
        "display": {"en": "completed", "de": "abgeschlossen"},
    },
    "object": {
        "id": FORKLIFT,
        "definition": {"name": {"en": "Forklift safety", "de": "Staplersicherheit"}},
    },
    "result": {"score": {"raw": 92, "scaled": 0.92}},
    "context": {
        "instructor": {"name": "Bob Example", "mbox": "mailto:bob@example.org"},
        "contextActivities": {"parent": [{"id": "https://lms.example.org/safety", "objectType": "Activity"}]},
    },
}


def _got(moodle: Xapi, format_: str, **headers: str) -> dict[str, Any]:
    moodle.post(STATEMENT).expect(200)
    answer = moodle.request("GET", "statements", headers=headers, format=format_, limit="1")
    [statement] = answer.expect(200).json()["statements"]
    found: dict[str, Any] = statement
    return found


def test_it_serves_exactly_what_was_sent(moodle: Xapi) -> None:
    found = _got(moodle, "exact")
    assert {name: found[name] for name in STATEMENT} == STATEMENT


def test_it_reduces_everything_to_its_identifiers(moodle: Xapi) -> None:
    found = _got(moodle, "ids")
    assert found["actor"] == {"objectType": "Group", "member": [{"mbox": "mailto:ann@example.org"}]}
    assert found["verb"] == {"id": STATEMENT["verb"]["id"]}
    assert found["object"] == {"id": FORKLIFT}
    assert found["context"]["instructor"] == {"mbox": "mailto:bob@example.org"}
    assert found["context"]["contextActivities"] == {"parent": [{"id": "https://lms.example.org/safety"}]}
    assert found["result"] == STATEMENT["result"]


@pytest.mark.parametrize(
    ("accepted", "name", "display"),
    [
        ("de", {"de": "Staplersicherheit"}, {"de": "abgeschlossen"}),
        ("fr, en;q=0.5, de;q=0.4", {"en": "Forklift safety"}, {"en": "completed"}),
        ("de-CH", {"de": "Staplersicherheit"}, {"de": "abgeschlossen"}),
    ],
)
def test_it_serves_one_language_of_each_map(
    moodle: Xapi, accepted: str, name: dict[str, str], display: dict[str, str]
) -> None:
    found = _got(moodle, "canonical", **{"Accept-Language": accepted})
    assert found["object"]["definition"]["name"] == name
    assert found["verb"]["display"] == display


def test_it_serves_the_merged_definition_where_canonical_is_asked(moodle: Xapi) -> None:
    later = json.loads(json.dumps(STATEMENT))
    later["object"]["definition"] = {"type": "http://adlnet.gov/expapi/activities/course"}
    moodle.post([STATEMENT, later]).expect(200)
    answer = moodle.request(
        "GET", "statements", headers={"Accept-Language": "en"}, format="canonical"
    ).expect(200)
    for statement in answer.json()["statements"]:
        assert statement["object"]["definition"] == {
            "name": {"en": "Forklift safety"},
            "type": "http://adlnet.gov/expapi/activities/course",
        }


def test_it_refuses_a_format_it_does_not_know(moodle: Xapi) -> None:
    answer = moodle.request("GET", "statements", format="pretty").expect(400)
    assert answer.json()["rule"] == "parameter.format"
