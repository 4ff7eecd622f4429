"""What the documentation shows is what runs: the worked example of an adapter, the examples of mappings."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.test import Client

from connectors import adapters as package
from connectors import mapping, vault
from connectors.adapters import Adapter, adapters
from connectors.mapping import trial
from connectors.models import System
from connectors.sync import run as runs
from simulators.server import Answer, Request, Server, json_answer
from tests.connectors.admin.pages import said, seen, send
from tests.connectors.people import context, hris, new_store

INTEGRATOR = Path(__file__).resolve().parents[3] / "docs" / "integrator"
PEOPLE = [
    {
        "number": f"B-{number:03}",
        "name": {"first": name, "last": "Lee"},
        "mail": f"{name}@bridge.example",
        "state": "on",
        "contract": {"from": "2025-02-01", "to": "2027-01-31", "role": "Nurse", "department": "ICU"},
    }
    for number, name in enumerate(("Ann", "Bob", "Cy", "Dee", "Eve"), start=1)
]


@pytest.fixture
def staffing(tmp_path: Path) -> Iterator[Adapter]:
    """The adapter of the page, in a folder of its own beside those of the hub."""
    text = (INTEGRATOR / "adapter.md").read_text(encoding="utf-8")
    files = re.findall(
        r"`connectors/adapters/(staffing/[a-z_]+\.py)`[^\n]*\n+```python\n(.*?)```", text, re.DOTALL
    )
    assert [name for name, _ in files] == [
        "staffing/__init__.py",
        "staffing/pages.py",
        "staffing/default_mapping.py",
    ]
    (tmp_path / "staffing").mkdir()
    for name, code in files:
        (tmp_path / name).write_text(code, encoding="utf-8")
    before = dict(adapters())
    package.__path__.append(str(tmp_path))
    adapters.cache_clear()
    try:
        yield adapters()["staffing"]
    finally:
        package.__path__.remove(str(tmp_path))
        for name in [name for name in sys.modules if name.startswith("connectors.adapters.staffing")]:
            del sys.modules[name]
        adapters.cache_clear()
        cast("dict[str, Adapter]", adapters()).update(
            {key: each for key, each in before.items() if key not in adapters()}
        )


@pytest.fixture
def bridge() -> Iterator[Server]:
    """Bridge Staffing's directory: two contractors in a page, for who has the token."""
    server = Server()

    @server.route("GET", "/api/contractors")
    def contractors(request: Request) -> Answer:
        if request.headers.get("authorization") != "Bearer bridge-token":
            return Answer(401)
        start = int(request.query.get("cursor", "0"))
        more = start + 2 < len(PEOPLE)
        return json_answer(
            {
                "contractors": PEOPLE[start : start + 2],
                "next": str(start + 2) if more else None,
                "total": len(PEOPLE),
            }
        )

    with server:
        yield server


def test_a_folder_is_an_adapter_and_the_engine_runs_it(
    ingo: Client, database: None, staffing: Adapter, bridge: Server
) -> None:
    form = {"adapter": "staffing", "store": new_store().pk, "name": "Bridge", "time_zone": "UTC"}
    limits = {"precedence": 100, "full_every_hours": 24, "end_share_most": 0.05, "end_count_least": 10}
    targets = {"freshness_minutes": 60, "provisioning_hours": 24}
    response = send(ingo, "system/add/", {**form, **limits, **targets})
    system = System.objects.get(pk=int(response["Location"].split("/")[4]))
    setup = f"system/{system.pk}/setup"
    assert "As https://bridge.example/api" in said(ingo, f"{setup}/settings/")
    values = {"setting-address": f"{bridge.url}/api", "setting-page": "2", "setting-allow_private": "on"}
    send(ingo, f"{setup}/settings/", values)
    assert "<strong>Directory reader</strong>" in seen(ingo, f"{setup}/secrets/")
    send(ingo, f"{setup}/test/")
    assert "✗ Read the directory 127.0.0.1 refuses the hub" in said(ingo, f"{setup}/test/")
    send(ingo, f"{setup}/secrets/", {"secret-token": "bridge-token"})
    send(ingo, f"{setup}/test/")
    assert "✓ Read the directory 5 contractors." in said(ingo, f"{setup}/test/")
    send(ingo, f"{setup}/mapping/")
    send(ingo, f"system/{system.pk}/state/", to="live")
    response = send(ingo, f"syncrun/start/{system.pk}/", mode="full")
    run = runs.carry_on(int(response["Location"].split("/")[4]))
    assert (run.state, run.records, run.created_count, run.expected) == ("succeeded", 5, 5, 5)
    found = context(system, "2026-01-15", key="B-002")
    assert found is not None
    assert found.worker_type == "contractor"


def test_it_goes_on_behind_the_last_page(database: None, staffing: Adapter, bridge: Server) -> None:
    system = hris(
        adapter="staffing", settings={"address": f"{bridge.url}/api", "page": 2, "allow_private": True}
    )
    vault.keep(system, "token", "bridge-token")
    from connectors.adapters import Reading

    reading = Reading(system.settings, vault.secrets_of(system), system.created, True)
    first = next(iter(staffing.read(reading)))
    rest = Reading(system.settings, vault.secrets_of(system), system.created, True, {}, first.checkpoint)
    assert [each.key for page in staffing.read(rest) for each in page.records] == ["B-003", "B-004", "B-005"]


def _examples() -> list[Any]:
    text = (INTEGRATOR / "mapping.md").read_text(encoding="utf-8")
    return [json.loads(found) for found in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def _with(assignment: dict[str, Any]) -> dict[str, Any]:
    relationship = {"hire_date": {"from": "Hired"}, "assignments": [assignment]}
    fields = {
        "key": {"from": "ID"},
        "names": [{"formatted": {"from": "ID"}}],
        "relationships": [relationship],
    }
    return {"format": 1, "records": {"worker": {"emit": [{"record": "worker", "fields": fields}]}}}


@pytest.mark.parametrize(
    ("code", "status"), [("A", "active"), (" l ", "leave"), ("t", "terminated"), ("", "active")]
)
def test_the_first_example_maps_the_status(code: str, status: str) -> None:
    document = _with(_examples()[0])
    found = trial.preview(document, "worker", {"ID": "1", "Hired": "2020-01-01", "EmployeeStatus": code})
    assert found.problems == ()
    assert [each.value for each in found.tried if each.target == "assignment.status"] == [status]


def test_the_first_example_refuses_an_unknown_code() -> None:
    raw = {"ID": "1", "Hired": "2020-01-01", "EmployeeStatus": "X"}
    found = trial.preview(_with(_examples()[0]), "worker", raw)
    assert found.refused is not None
    assert found.refused.field == "/EmployeeStatus"


def test_the_other_examples_are_sound_mappings() -> None:
    _, whole, lists = _examples()
    assert mapping.problems(whole) == []
    fields = {"key": {"from": "ID"}, "names": [{"formatted": {"from": "ID"}}], **lists}
    document = {"format": 1, "records": {"worker": {"emit": [{"record": "worker", "fields": fields}]}}}
    assert mapping.problems(document) == []


def test_every_transformation_in_the_table_is_one_and_none_is_missing() -> None:
    text = (INTEGRATOR / "mapping.md").read_text(encoding="utf-8").split("## Transformations")[1]
    table = text.split("A condition has")[0]
    told: set[str] = set()
    for names, example in re.findall(r"^\| (`[^|]+`) \|([^|]*)\|", table, re.MULTILINE):
        for name in re.findall(r"`([a-z_]+)`", names):
            if name == "do":
                continue
            told.add(name)
            step = {"do": name, **(json.loads(example.strip().strip("`")) if example.strip() else {})}
            document = _with({"status": {"from": "S", "transform": [step]}}) | {
                "tables": {"classes": {"a": "b"}}
            }
            assert mapping.problems(document) == []
    assert told == set(mapping.schema()["$defs"]["transformation"]["properties"]["do"]["enum"])
