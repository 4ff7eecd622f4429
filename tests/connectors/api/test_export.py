"""The export: streamed, incremental by position, safe against late commits, in three formats."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.apps import apps

from connectors.enrichment.derive import Asked, derive
from connectors.enrichment.extended import EXTENSION
from connectors.export.columns import COLUMNS
from connectors.models import System
from connectors.workforce.canonical import Named, Unit
from tests.connectors.api.client import Api, hired, portal, settled
from tests.connectors.learning import learned
from tests.connectors.people import ann, person, told
from tests.fixtures import Answer, Hub, Xapi, held_open

MAIL = {"mbox": "mailto:ann.21001@example.com"}
BOBS = {"mbox": "mailto:ann.7@example.com"}


def _sent(api: Api, **parameters: Any) -> tuple[Answer, list[Any]]:
    answer = api.request("GET", "export", **parameters).expect(200)
    return answer, [json.loads(line) for line in answer.content.splitlines()]


def _ids(lines: list[Any]) -> list[str]:
    return [each["statement"]["id"] for each in lines]


def _learned(hub: Hub) -> tuple[Xapi, System, Api, list[str]]:
    moodle, workday, api = hired(hub)
    told(workday, Unit(key="HQ", name="Hospital"), Unit(key="ICU", name="Intensive care", parent="HQ"))
    told(workday, ann(), ann("7", unit="ER", manager="21001"))
    ids = [learned(moodle, MAIL, "2026-01-10"), learned(moodle, MAIL, "2026-02-10")]
    ids.append(learned(moodle, BOBS, "2026-02-11"))
    settled()
    return moodle, workday, api, ids


def _row(caller: Xapi, statement_id: str) -> Any:
    return apps.get_model("lrs", "Statement").objects.get(store_id=caller.store_id, statement_id=statement_id)


def test_an_export_goes_on_behind_its_last_position(hub: Hub) -> None:
    moodle, _, api, ids = _learned(hub)
    answer, lines = _sent(api, limit=2)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["x-export-more"] == "true"
    assert lines[-1]["position"] == answer.headers["x-export-position"]
    following = answer.headers["link"].split(">")[0].removeprefix("<")
    answer, rest = _follow(api, following)
    assert _ids(lines + rest) == ids
    assert answer.headers["x-export-more"] == "false"
    answer, nothing = _follow(api, answer.headers["link"].split(">")[0].removeprefix("<"))
    assert nothing == []
    new = learned(moodle, MAIL, "2026-02-12")
    settled()
    _, more = _sent(api, after=answer.headers["x-export-position"])
    assert _ids(more) == [new]


def _follow(api: Api, address: str) -> tuple[Answer, list[Any]]:
    answer = api.request("GET", address).expect(200)
    return answer, [json.loads(line) for line in answer.content.splitlines()]


def test_a_statement_comes_byte_for_byte_with_its_context_and_is_never_changed(hub: Hub) -> None:
    moodle, _, api, ids = _learned(hub)
    stored = [_row(moodle, each).payload for each in ids]
    answer, lines = _sent(api)
    for payload, line in zip(stored, answer.content.splitlines(), strict=True):
        assert b'"statement":' + payload.encode() + b',"context":[' in line
    assert [each["context"][0]["unit"]["key"] for each in lines] == ["ICU", "ICU", "ER"]
    for format_ in ("csv", "parquet"):
        api.request("GET", "export", format=format_).expect(200)
    assert [_row(moodle, each).payload for each in ids] == stored


def test_a_context_that_turns_out_otherwise_comes_again_and_nothing_else_does(hub: Hub) -> None:
    _, workday, api, ids = _learned(hub)
    answer, _ = _sent(api)
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-03-01")
    settled()
    _, again = _sent(api, after=answer.headers["x-export-position"])
    assert _ids(again) == [ids[1]]
    assert again[0]["context"][0]["unit"]["key"] == "ER"
    _, whole = _sent(api)
    assert sorted(_ids(whole)) == sorted(ids)


def test_what_is_derived_early_and_committed_late_is_not_passed_over(hub: Hub) -> None:
    moodle, _, api = hired(hub)
    totara = hub.caller("Totara Oslo")
    rows = [_row(each, learned(each, MAIL, "2026-01-10")) for each in (moodle, totara)]

    def asked(row: Any) -> Asked:
        return Asked(row.pk, 0, row.store_id, row.source_id, row.timestamp)

    with held_open(lambda: derive([asked(rows[0])])) as commit:
        derive([asked(rows[1])])
        answer, lines = _sent(api)
        assert lines == []
        commit()
    settled()
    _, lines = _sent(api, after=answer.headers["x-export-position"])
    assert {each["statement"]["id"] for each in lines} == {str(each.statement_id) for each in rows}


def test_csv_has_a_line_for_each_actor_and_no_formula(hub: Hub) -> None:
    moodle, workday, api = hired(hub)
    evil = Named(formatted='=HYPERLINK("http://evil.example")', given="Ann", family="Lee")
    told(workday, replace(ann(), names=(evil,)), ann("7", unit="ER", title="+1"))
    learned(moodle, {"objectType": "Group", "member": [MAIL, BOBS]}, "2026-02-10")
    settled()
    answer = api.request("GET", "export", format="csv").expect(200)
    assert answer.headers["content-type"] == "text/csv"
    lines = list(csv.DictReader(StringIO(answer.content.decode(), newline="")))
    assert list(lines[0]) == list(COLUMNS)
    assert sorted(each["unit_key"] for each in lines) == ["ER", "ICU"]
    anns = next(each for each in lines if each["unit_key"] == "ICU")
    assert anns["person_name"] == '\'=HYPERLINK("http://evil.example")'
    assert {each["title"] for each in lines} == {"Nurse", "'+1"}
    assert anns["timestamp"] == "2026-02-10T10:00:00+00:00"
    assert anns["voided"] == "false"
    assert json.loads(anns["payload"])["actor"]["objectType"] == "Group"


def test_parquet_has_one_schema_whatever_is_in_it(hub: Hub) -> None:
    moodle, workday, api, ids = _learned(hub)
    unknown = learned(moodle, {"mbox": "mailto:nobody@example.com"}, "2026-02-12")
    settled()
    answer = api.request("GET", "export", format="parquet").expect(200)
    table = pq.read_table(BytesIO(answer.content))
    empty = api.request("GET", "export", format="parquet", after=answer.headers["x-export-position"])
    assert pq.read_table(BytesIO(empty.expect(200).content)).schema == table.schema
    assert table.column_names == list(COLUMNS)
    assert table.schema.field("timestamp").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("path").type == pa.list_(pa.string())
    assert table.schema.field("payload").type == pa.string()
    rows = {each["statement_id"]: each for each in table.to_pylist()}
    first = rows[ids[0]]
    assert first["timestamp"] == datetime(2026, 1, 10, 10, tzinfo=UTC)
    assert first["stored"] == _row(moodle, ids[0]).stored
    assert first["path"] == ["HQ", "ICU"]
    assert first["path_names"] == ["Hospital", "Intensive care"]
    assert first["hire_date"] == date(2020, 3, 1)
    assert first["payload"] == _row(moodle, ids[0]).payload
    assert first["verb"] == "http://adlnet.gov/expapi/verbs/passed"
    assert rows[ids[2]]["manager_id"] == person(workday).pk
    assert rows[unknown]["why_not"] == "Nobody is known by this actor"
    assert rows[unknown]["path"] is None


def test_an_export_is_of_one_store_and_asks_for_the_scope(hub: Hub) -> None:
    _, _, api, _ = _learned(hub)
    _, lines = _sent(api)
    assert lines
    _, nothing = _sent(portal(hub, store="Factory"))
    assert nothing == []
    assert Api(hub.caller("Moodle", scopes=["all"])).refused(403, "export")["rule"] == "scope"


def test_a_wrong_position_format_or_type_is_refused(hub: Hub) -> None:
    api = portal(hub)
    for name, value in (("after", "7"), ("after", "99999999999999999999.1"), ("format", "xml")):
        refused = api.refused(400, "export", **{name: value})
        assert [each["parameter"] for each in refused["errors"]] == [name]
    assert (
        api.refused(406, "export", format="csv", headers={"Accept": "application/json"})["rule"] == "accept"
    )
    api.request("GET", "export", format="csv", headers={"Accept": "text/csv"}).expect(200)


def test_a_copy_with_the_context_inside_comes_on_request_and_only_with_lines_of_json(hub: Hub) -> None:
    moodle, _, api, ids = _learned(hub)
    answer, lines = _sent(api, extension="true", limit=2)
    for line in lines:
        assert line["extended"]["context"]["extensions"][EXTENSION] == line["context"]
        assert "context" not in line["statement"]
    _, rest = _follow(api, answer.headers["link"].split(">")[0].removeprefix("<"))
    assert "extended" in rest[0]
    assert EXTENSION not in _row(moodle, ids[0]).payload
    refused = api.refused(400, "export", extension="true", format="csv")
    assert [each["parameter"] for each in refused["errors"]] == ["extension"]
