"""The OpenAPI document and the docs tell what the API of compliance does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator

from compliance.catalogue import equivalence
from compliance.training import records
from tests.compliance.courses import FORKLIFT, caught_up, course, did, hired, version
from tests.connectors.api.client import portal
from tests.connectors.people import day, person
from tests.fixtures import Hub

DOCS = Path(__file__).resolve().parents[3] / "docs" / "compliance"


def _described() -> dict[str, Any]:
    """Return the addresses whose scopes are of courses, completions and records."""
    document = Client().get("/api/schema/", headers={"Accept": "application/json"}).json()
    mine = ("course", "catalogue", "completion", "training-record", "unassigned")
    return {
        path: each
        for path, each in document["paths"].items()
        if path.removeprefix("/api/v1/").startswith(mine)
    }


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _strict(each) for name, each in schema.items()}
    if "properties" in found and isinstance(found["properties"], dict):
        found["additionalProperties"] = False
    return found


def test_every_answer_is_as_it_is_described(hub: Hub) -> None:
    moodle, workday = hired(hub)
    fork = course(moodle.store_id, "FORK-1", FORKLIFT, credit_hours=4)
    version(fork, "2026", "2026-01-01")
    equivalence.approve(fork, course(moodle.store_id, "OLD"), reason="Same", approved_as="C. Manager")
    did(moodle, "passed")
    did(moodle, "passed", what="https://lms.example/unassigned")
    told = {
        "person": person(workday),
        "course": fork,
        "completed_at": day("2026-02-10"),
        "trainer_name": "Tom",
    }
    record = records.draft(moodle.store_id, told)
    caught_up()
    api = portal(hub, "compliance/read")
    for path, operations in _described().items():
        if "get" not in operations:
            continue
        address = path.removeprefix("/api/v1/")
        address = address.replace("{course_id}", str(fork.pk)).replace("{record_id}", str(record.pk))
        found = api.get(address)
        schema = operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        if path != "/api/v1/catalogue":
            Draft202012Validator(_strict(schema)).validate(found)
        lists = [each for each in found.values() if isinstance(each, list)]
        assert any(lists) or "record" in path, path


def test_the_documents_name_every_address_and_parameter() -> None:
    text = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("catalogue.md", "completions.md"))
    shared = {"limit", "cursor", "store"}
    for path, operations in _described().items():
        told = path.removeprefix("/api/v1/")
        for name in ("course", "activity", "equivalence", "record"):
            told = told.replace(f"{{{name}_id}}", "{id}")
        assert f" {told}`" in text, told
        for operation in operations.values():
            for each in operation.get("parameters", ()):
                assert each["in"] != "query" or each["name"] in shared or f"`{each['name']}`" in text, each[
                    "name"
                ]
