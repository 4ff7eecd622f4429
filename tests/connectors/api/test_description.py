"""The OpenAPI document says what the answers really look like."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import resolve
from jsonschema import Draft202012Validator

from connectors.export.columns import COLUMNS
from connectors.workforce.canonical import Job, Location, Unit
from tests.connectors.api.client import portal
from tests.connectors.learning import academy, caught_up, learned
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub


def _described() -> Any:
    return Client().get("/api/schema/", headers={"Accept": "application/json"}).json()


def _of_the_workforce(paths: Any) -> Any:
    """Return the addresses that are the connectors' own; other applications describe theirs beside them."""
    return {path: operations for path, operations in paths.items() if _is_ours(path)}


def _is_ours(path: str) -> bool:
    view = resolve(re.sub(r"{\w+}", "1", path)).func
    return view.__module__.startswith("connectors.")


def _strict(schema: Any) -> Any:
    """Return a schema that takes no member it does not describe."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _strict(each) for name, each in schema.items()}
    if "properties" in found and isinstance(found["properties"], dict):
        found["additionalProperties"] = False
    return found


def test_every_answer_is_as_it_is_described(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, Unit(key="HQ", name="Hospital"), Unit(key="ICU", name="Intensive care", parent="HQ"))
    told(workday, Job(key="RN2", title="Nurse"), Location(key="L1", name="Leeds", country="GB"))
    told(workday, ann(), ann("7", manager="21001"))
    learned(moodle, {"mbox": "mailto:ann.7@example.com"}, "2026-02-10")
    learned(moodle, {"mbox": "mailto:nobody@example.com"}, "2026-02-11")
    caught_up()
    api = portal(hub, "workforce/read", "workforce/write")
    bob = person(workday, "7").pk
    described = _of_the_workforce(_described()["paths"])
    answers = {
        path: api.get(path.removeprefix("/api/v1/").replace("{person_id}", str(bob)))
        for path in described
        if path not in {"/api/v1/export", "/api/v1/statements"}
    }
    answers["/api/v1/statements"] = api.get("statements", extension="true")
    for path, found in answers.items():
        answer = described[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator(_strict(answer)).validate(found)
        lists = [each for each in found.values() if isinstance(each, list)]
        assert any(lists) or path.endswith("/context")


def test_a_body_is_described_with_what_it_must_have(hub: Hub) -> None:
    document = _described()
    body = document["paths"]["/api/v1/people"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    kept = document["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]
    assert {"name", "worker_type", "start_date", "end_date", "sponsor"} <= set(kept["required"])
    changed = document["components"]["schemas"]["PatchedChangedPerson"]
    assert "required" not in changed


def test_the_documents_name_every_parameter_and_column() -> None:
    docs = Path(__file__).resolve().parents[3] / "docs" / "integrator"
    export = (docs / "export.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"| `{name}` |" not in export] == []
    api = (docs / "api.md").read_text(encoding="utf-8")
    named = {
        each["name"]
        for path, operations in _of_the_workforce(_described()["paths"]).items()
        for operation in operations.values()
        for each in operation.get("parameters", ())
        if each["in"] == "query" and not path.endswith("/export")
    }
    assert sorted(each for each in named if f"`{each}" not in api and f"{each}=" not in api) == []
