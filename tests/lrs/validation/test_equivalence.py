"""When two statements say the same, and where they first differ when they do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.validation.equivalence import first_difference

Sample = Callable[..., dict[str, Any]]
SAMPLES = [
    found
    for path in sorted((Path(__file__).parents[2] / "samples").glob("*.json"))
    if isinstance(found := json.loads(path.read_text()), dict)
]
UPPER = "AA97B177-9383-4934-8543-0F91A7A02836"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("completed_course", {"/timestamp": "2024-02-29T08:30:00.12Z"}),
        ("completed_course", {"/result/duration": "PT1H12M30.251S"}),
        ("completed_course", {"/object/definition": {"name": {"en": "Renamed"}}, "/verb/display": {}}),
        ("completed_course", {"/context/registration": "6F0A2F5E-0C3F-4D0A-9A3B-3A2D3F1F7A10"}),
        (
            "completed_course",
            {"/context/contextActivities/category": {"id": "https://moodle.berlin.example"}},
        ),
        (
            "completed_course",
            {"/stored": "2024-01-01T00:00:00Z", "/version": "1.0.3", "/authority": {"openid": "x:y"}},
        ),
        ("completed_course", {"/id": UPPER}),
        ("completed_course", {"/result/score/raw": 46.0}),
        ("mentored_person", {"/object/mbox": "mailto:bob.okafor@PLANT.example"}),
        ("voided", {"/object/id": "5B7D3C1E-8A52-4F0E-9C3B-6D1F2E4A5B60"}),
        ("rated_likert", {"/actor/objectType": "Agent", "/object/objectType": "Activity"}),
        ("planned_sub_statement", {"/object/timestamp": "2030-01-01T01:00:00+01:00"}),
    ],
)
def test_these_say_the_same(sample: Sample, name: str, changes: dict[str, Any]) -> None:
    assert first_difference(sample(name), sample(name, changes)) is None
    assert first_difference(sample(name, changes), sample(name)) is None


def test_the_order_of_members_does_not_count(sample: Sample) -> None:
    members = sample("group_attended")["actor"]["member"]
    assert (
        first_difference(sample("group_attended"), sample("group_attended", {"/actor/member": members[::-1]}))
        is None
    )


@pytest.mark.parametrize(
    ("name", "changes", "pointer"),
    [
        ("completed_course", {"/actor/name": "Anne"}, "/actor/name"),
        ("completed_course", {"/verb/id": "urn:x:did"}, "/verb"),
        ("completed_course", {"/object/id": "urn:x:course"}, "/object/id"),
        ("completed_course", {"/result/score/scaled": 0.93}, "/result/score/scaled"),
        ("completed_course", {"/result/success": 1}, "/result/success"),
        ("completed_course", {"/result/duration": "PT1H12M30.26S"}, "/result/duration"),
        ("completed_course", {"/result/duration": "PT72M30.25S"}, "/result/duration"),
        ("completed_course", {"/result/response": "yes"}, "/result/response"),
        ("completed_course", {"/timestamp": "2024-02-29T08:30:00.13Z"}, "/timestamp"),
        ("completed_course", {"/context/extensions": {"urn:a/b": 1}}, "/context/extensions"),
        ("completed_course", {"/attachments": []}, "/attachments"),
        ("answered_choice", {"/id": UPPER}, "/id"),
        ("answered_matching", {"/result/extensions": {"https://moodle.berlin.example/x/attempt": 2}}, None),
        ("group_attended", {"/actor/member/-": {"mbox": "mailto:x@example.com"}}, None),
        ("virtual_classroom_v2", {"/context/contextAgents/1/agent": {"mbox": "mailto:x@y.z"}}, None),
        ("voided", {"/object/objectType": "Activity"}, "/object/objectType"),
    ],
)
def test_these_do_not(sample: Sample, name: str, changes: dict[str, Any], pointer: str | None) -> None:
    found = first_difference(sample(name), sample(name, changes))
    assert found is not None
    assert pointer is None or found == pointer
    assert first_difference(sample(name, changes), sample(name)) is not None


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "objectType", "member", "mbox", "agent", "duration"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(SAMPLES),
    st.dictionaries(
        st.sampled_from(["actor", "verb", "object", "result", "context", "timestamp", "id"]), anything
    ),
)
def test_nonsense_differs_and_does_no_harm(statement: dict[str, Any], nonsense: dict[str, Any]) -> None:
    assert first_difference(statement, statement) is None
    assert first_difference(nonsense, nonsense) is None
    assert first_difference(statement, nonsense) is not None
