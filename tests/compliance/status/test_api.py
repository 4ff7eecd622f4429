"""`/api/v1/` of compliance: each answer as somebody with a key meets it, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import resolve
from jsonschema import Draft202012Validator

from compliance.status import keep
from tests.compliance.requirements.people import YEARLY, Hospital, ago, today
from tests.connectors.api.client import Api, portal
from tests.fixtures import Hub


@pytest.fixture
def api(hub: Hub) -> Api:
    return portal(hub, "workforce/read", "workforce/write")


@pytest.fixture
def hospital(api: Api) -> Hospital:
    """The hospital in the portal's store: Ann was trained, Bo is overdue, Mia too."""
    made = Hospital(apps.get_model("lrs", "Store").objects.get(pk=api.store_id))
    made.required({**YEARLY, "for": {"units": ["H"]}})
    made.completed(made.ann, ago(10), seq=7)
    keep.rebuild(made.store_id)
    return made


def test_a_persons_status_comes_with_reasons_and_evidence(api: Api, hospital: Hospital) -> None:
    answer = api.get(f"people/{hospital.ann.pk}/status")
    [line] = answer["status"]
    assert line["state"] == "compliant"
    assert line["requirement"]["code"] == "R1"
    assert line["person"]["name"] == "Ann Lee"
    assert line["evidence"][0]["statements"] == [7]
    assert line["reasons"]
    assert answer["on"] == today().isoformat()
    before = api.get(f"people/{hospital.ann.pk}/status", on=ago(20).isoformat())
    assert [each["state"] for each in before["status"]] == ["overdue"]


def test_who_was_qualified_then_and_now(api: Api, hospital: Hospital) -> None:
    requirement = api.lines("requirements")[0]["id"]
    answer = api.get(f"people/{hospital.ann.pk}/qualified", requirement=requirement, on=ago(5).isoformat())
    assert answer["qualified_now"] is True
    assert answer["now"]["state"] == "compliant"
    # Nothing of it was known at the end of that day.
    assert answer["then"]["state"] == "not_required"
    refused = api.refused(400, f"people/{hospital.ann.pk}/qualified")
    assert refused["errors"][0]["parameter"] == "requirement"


def test_lists_of_everybody(api: Api, hospital: Hospital) -> None:
    assert [each["state"] for each in api.lines("status", limit=1)].count("compliant") == 1
    assert len(api.lines("status", limit=2)) == 3
    gaps = api.lines("gaps", limit=1)
    assert {each["person"]["id"] for each in gaps} == {hospital.mia.pk, hospital.bo.pk}
    assert all(each["days_late"] > 0 for each in gaps)
    matrix = api.get("training-matrix", by="person")
    assert len(matrix["rows"]) == 3
    assert api.get("training-matrix")["requirements"][0]["code"] == "R1"
    forecast = api.get("due-forecast", months=13)["months"]
    assert (forecast[0]["due"], sum(each["due"] for each in forecast)) == (2, 3)
    team = api.get(f"people/{hospital.mia.pk}/team", whole_line="true")["team"]
    assert {each["person"]["id"] for each in team} == {hospital.ann.pk, hospital.bo.pk}


def test_a_requirement_is_made_from_a_template_and_shows_its_impact(api: Api, hospital: Hospital) -> None:
    templates = api.lines("requirement-templates", regime="osha", limit=10)
    assert all(each["section"] and each["checked"] for each in templates)
    made = api.request(
        "POST",
        "requirements",
        body={
            "template": "osha-1910-1030-bloodborne",
            "code": "BLOOD",
            "courses": {"OSHA_1910_1030_BLOODBORNE": "BBP"},
            "rule": {"units": ["ER"]},
        },
    ).expect(201)
    document = made.json()["versions"][0]
    assert (document["state"], document["definition"]["what"]) == ("draft", {"course": "BBP"})
    impact = api.get(f"requirements/{made.json()['id']}/impact")
    assert (impact["required_before"], impact["required"]) == (0, 1)
    assert impact["changes"][0]["examples"] == [hospital.bo.pk]
    again = api.refused(
        409, "requirements", method="POST", body={"template": "osha-1910-1030-bloodborne", "code": "BLOOD"}
    )
    assert again["rule"] == "conflict"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({}, 422, ""),
        ({"template": "x", "definition": {}}, 422, ""),
        ({"code": "A", "title": "A", "definition": {"what": 1, "for": {}, "when": {}}}, 422, "/definition/"),
        ({"template": "nothing-like-it"}, 409, None),
    ],
)
def test_a_draft_that_cannot_be_is_refused_with_its_place(
    api: Api, hospital: Hospital, body: dict[str, Any], status: int, pointer: str | None
) -> None:
    refused = api.refused(status, "requirements", method="POST", body=body)
    if pointer is not None:
        assert all(each["pointer"].startswith(pointer) for each in refused["errors"])


def test_nobody_reads_another_store_or_writes_without_the_scope(hub: Hub, hospital: Hospital) -> None:
    stranger = portal(hub, store="Another")
    assert stranger.lines("status") == []
    stranger.refused(404, f"people/{hospital.ann.pk}/status")
    stranger.refused(403, "requirements", method="POST", body={"template": "iata-dgr"})


_OURS = ("compliance.api.requirements", "compliance.api.status")


def _described() -> dict[str, Any]:
    """Return what the OpenAPI document says of requirements and status."""
    paths = Client().get("/api/schema/", headers={"Accept": "application/json"}).json()["paths"]
    return {
        path: operations
        for path, operations in paths.items()
        if resolve(re.sub(r"{\w+}", "1", path)).func.__module__ in _OURS
    }


def test_every_answer_is_as_it_is_described(api: Api, hospital: Hospital) -> None:
    requirement = api.lines("requirements")[0]["id"]
    described = _described()
    assert len(described) >= 11
    for path, operations in described.items():
        address = path.removeprefix("/api/v1/").replace("{person_id}", str(hospital.mia.pk))
        address = address.replace("{requirement_id}", str(requirement))
        more = {"requirement": requirement} if path.endswith("/qualified") else {}
        found = api.get(address, **more)
        answer = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(answer).validate(found)


def test_the_documents_name_every_parameter() -> None:
    docs = Path(__file__).resolve().parents[3] / "docs"
    said = "".join((docs / name).read_text(encoding="utf-8") for name in _DOCUMENTS)
    named = {
        each["name"]
        for operations in _described().values()
        for operation in operations.values()
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    }
    assert sorted(each for each in named if f"`{each}" not in said and f"{each}=" not in said) == []


_DOCUMENTS = ("compliance/status.md", "integrator/api.md")
