"""Courses, completions and training records over `/api/v1/`."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.compliance.courses import FORKLIFT, caught_up, course, did, hired
from tests.connectors.api.client import Api, portal
from tests.connectors.people import person
from tests.fixtures import Hub
from tests.statements import voiding

SCOPES = ("compliance/read", "compliance/write")


def _academy(hub: Hub) -> tuple[Any, Any, Api]:
    moodle, workday = hired(hub)
    return moodle, workday, portal(hub, *SCOPES)


def test_a_course_is_added_mapped_and_completed(hub: Hub) -> None:
    moodle, workday, api = _academy(hub)
    passed = did(moodle, "passed", result={"score": {"scaled": 0.9}})
    caught_up()
    [unassigned] = api.lines("unassigned-activities")
    assert (unassigned["iri"], unassigned["outcomes"]) == (FORKLIFT, 1)
    made = api.request(
        "POST", "courses", body={"code": "FORK-1", "title": "Forklift safety", "credit_hours": "4.00"}
    ).expect(201)
    address = made.headers["location"].removeprefix("/api/v1/")
    body = {"label": "2026", "effective_on": "2026-01-01", "retraining": True}
    api.request("POST", f"{address}/versions", body=body).expect(201)
    activity = api.request("POST", f"{address}/activities", body={"iri": FORKLIFT}).expect(201).json()
    assert api.lines("unassigned-activities") == []
    caught_up()
    [found] = api.lines("completions")
    assert found["person"] == person(workday).pk
    assert (found["code"], found["version"], found["score"], found["credit_hours"]) == (
        "FORK-1",
        "2026",
        0.9,
        "4.00",
    )
    assert found["rule"] == "xapi/1"
    assert [each["id"] for each in found["statements"]] == [passed]
    [listed] = api.lines("courses", iri=FORKLIFT)
    assert listed["activities"] == [activity]
    api.request("DELETE", f"{address}/activities/{activity['id']}").expect(204)
    caught_up()
    assert api.lines("completions") == []


def test_completions_are_told_as_known_then_and_with_what_was_believed(hub: Hub) -> None:
    moodle, workday, api = _academy(hub)
    course(moodle.store_id, "FORK-1", FORKLIFT)
    passed = did(moodle, "passed")
    caught_up()
    believed = api.get("completions")
    moodle.store(voiding(passed))
    caught_up()
    assert api.lines("completions") == []
    assert api.lines("completions", known=believed["known"])[0]["id"] == believed["completions"][0]["id"]
    [superseded] = api.lines("completions", superseded="true", person=person(workday).pk)
    assert superseded["withdrawn_why"] == "Withdrawn: a statement it stood on was voided."
    assert superseded["statements"] == [{**superseded["statements"][0], "id": passed, "voided": True}]
    assert api.lines("completions", at="2026-02-09", known=believed["known"]) == []


def test_pages_of_completions_go_on_where_they_ended(hub: Hub) -> None:
    moodle, _, api = _academy(hub)
    course(moodle.store_id, "FORK-1", FORKLIFT)
    for month in range(1, 6):
        did(moodle, "passed", f"2026-{month:02}-10")
    caught_up()
    pages = list(api.pages("completions", limit=2))
    assert [len(each) for each in pages] == [2, 2, 1]
    assert len({line["id"] for page in pages for line in page}) == 5


def test_a_training_is_told_with_its_evidence_posted_and_withdrawn(hub: Hub) -> None:
    moodle, workday, api = _academy(hub)
    fork = course(moodle.store_id)
    told = {
        "person": person(workday).pk,
        "course": fork.pk,
        "completed_at": "2026-02-10T10:00:00Z",
        "trainer_name": "Tom Weld",
        "trainer_qualification": "OSHA 500",
        "reference": "R-77",
        "evidence": [
            {
                "name": "sheet.pdf",
                "content_type": "application/pdf",
                "content": base64.b64encode(b"%PDF sheet").decode(),
            }
        ],
    }
    made = api.request("POST", "training-records", body=told).expect(201)
    record = made.json()
    assert (record["state"], record["evidence"][0]["size"]) == ("draft", 10)
    again = api.request("POST", "training-records", body=told).expect(201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["id"] == record["id"]
    posted = api.request("POST", f"training-records/{record['id']}/post", body={}).expect(201).json()
    assert posted["state"] == "posted"
    caught_up()
    [found] = api.lines("completions")
    assert found["statements"][0]["id"] == record["statement"]
    api.refused(422, f"training-records/{record['id']}", method="DELETE")
    gone = (
        api.request("DELETE", f"training-records/{record['id']}", why="The wrong person").expect(200).json()
    )
    assert (gone["state"], gone["withdrawn_why"]) == ("withdrawn", "The wrong person")
    caught_up()
    assert api.lines("completions") == []


def test_a_catalogue_goes_out_and_comes_in(hub: Hub) -> None:
    moodle, _, api = _academy(hub)
    course(moodle.store_id, "FORK-1", FORKLIFT)
    catalogue = api.get("catalogue")
    other = portal(hub, *SCOPES, store="Factory")
    assert other.request("POST", "catalogue", body=catalogue, dry="true").expect(201).json()["created"] == 1
    assert other.get("catalogue")["courses"] == []
    other.request("POST", "catalogue", body=catalogue).expect(201)
    assert other.get("catalogue") == catalogue
    text = api.request("GET", "catalogue", form="csv").expect(200)
    assert text.content.startswith(b"code,title,kind")
    refused = other.refused(422, "catalogue", method="POST", body={"format": 1, "courses": [{"title": "x"}]})
    assert refused["errors"][0]["pointer"] == "/courses/0"


def test_equivalences_are_approved_listed_and_ended(hub: Hub) -> None:
    moodle, _, api = _academy(hub)
    old, new = course(moodle.store_id, "OLD"), course(moodle.store_id, "NEW")
    body = {"course": old.pk, "counts_as": new.pk, "reason": "Same contents", "approved_as": "C. Manager"}
    made = api.request("POST", "course-equivalences", body=body).expect(201).json()
    assert (
        api.refused(422, "course-equivalences", method="POST", body=body)["errors"][0]["pointer"]
        == "/counts_as"
    )
    assert [each["id"] for each in api.lines("course-equivalences", course=new.pk)] == [made["id"]]
    api.request("DELETE", f"course-equivalences/{made['id']}").expect(204)
    assert api.lines("course-equivalences") == []
    assert len(api.lines("course-equivalences", ended="true")) == 1


def test_two_courses_are_merged(hub: Hub) -> None:
    moodle, _, api = _academy(hub)
    old, new = course(moodle.store_id, "OLD", FORKLIFT), course(moodle.store_id, "NEW")
    kept = api.request("POST", f"courses/{old.pk}/merge", body={"into": new.pk}).expect(201).json()
    assert [each["iri"] for each in kept["activities"]] == [FORKLIFT]
    assert api.get(f"courses/{old.pk}")["merged_into"] == new.pk
    api.refused(422, f"courses/{old.pk}/merge", method="POST", body={"into": old.pk})


def test_the_rules_that_stand_are_told(hub: Hub) -> None:
    *_, api = _academy(hub)
    assert {"xapi", "cmi5", "training-records"} <= {each["code"] for each in api.lines("completion-rules")}


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("courses", {"code": "A", "title": "A", "kind": "film"}, "/kind"),
        ("courses", {"code": "A", "title": "A", "colour": "red"}, "/colour"),
        ("courses", {"title": "A"}, "/code"),
        ("training-records", {"person": 1}, "/course"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(hub: Hub, path: str, body: Any, pointer: str) -> None:
    api = portal(hub, *SCOPES)
    errors = api.refused(422, path, method="POST", body=body)["errors"]
    assert pointer in {each["pointer"] for each in errors}


def test_a_key_needs_the_scope_and_sees_its_own_store(hub: Hub) -> None:
    moodle, _, api = _academy(hub)
    fork = course(moodle.store_id, "FORK-1", FORKLIFT)
    assert portal(hub, "all").refused(403, "courses")["rule"] == "scope"
    reader = portal(hub, "compliance/read")
    assert reader.refused(403, "courses", method="POST", body={})["rule"] == "scope"
    stranger = portal(hub, *SCOPES, store="Factory")
    assert stranger.lines("courses") == []
    stranger.refused(404, f"courses/{fork.pk}")
    body = {"course": fork.pk, "counts_as": fork.pk, "reason": "x", "approved_as": "x"}
    stranger.refused(404, "course-equivalences", method="POST", body=body)
    assert (
        api.refused(409, "courses", method="POST", body={"code": "FORK-1", "title": "x"})["rule"]
        == "course.code"
    )
