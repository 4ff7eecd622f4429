"""Statements by the workforce context they were learned in, untouched, with the context beside them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.apps import apps

from connectors.enrichment import search as searching
from connectors.enrichment.extended import EXTENSION
from connectors.models import System
from connectors.workforce.canonical import Job, Unit
from tests.connectors.api.client import Api, hired, portal
from tests.connectors.learning import caught_up, learned
from tests.connectors.people import ann, person, told
from tests.fixtures import Hub, Xapi
from tests.statements import activity, agent, statement, verb, voiding

MAIL = {"mbox": "mailto:ann.21001@example.com"}
BOBS = {"mbox": "mailto:ann.7@example.com"}


def _ids(lines: list[Any]) -> list[str]:
    return [each["statement"]["id"] for each in lines]


def _payload(caller: Xapi, statement_id: str) -> str:
    found = apps.get_model("lrs", "Statement").objects.get(
        store_id=caller.store_id, statement_id=statement_id
    )
    return str(found.payload)


def _two(hub: Hub) -> tuple[Xapi, System, Api, str, str]:
    """Return Ann's and Bob's statement: she in intensive care, he in the emergency room, she his manager."""
    moodle, workday, api = hired(hub)
    told(workday, Unit(key="HQ", name="Hospital"), Unit(key="ICU", name="Intensive care", parent="HQ"))
    told(workday, Unit(key="ER", name="Emergency", parent="HQ"))
    told(
        workday, Job(key="RN2", title="Nurse", regulatory_classes=("GxP",)), Job(key="MD", title="Physician")
    )
    bob = ann(
        "7", unit="ER", job="MD", location="L2", manager="21001", worker_type="contractor", status="leave"
    )
    told(workday, ann(), bob)
    first, second = learned(moodle, MAIL, "2026-02-01"), learned(moodle, BOBS, "2026-02-02")
    caught_up()
    return moodle, workday, api, first, second


def test_statements_are_found_by_every_part_of_their_context(hub: Hub) -> None:
    _, workday, api, anns, bobs = _two(hub)
    units = {each["key"]: each["id"] for each in api.lines("organization-units")}
    jobs = {each["key"]: each["id"] for each in api.lines("jobs")}
    bob = api.get(f"people/{person(workday, '7').pk}/context")["context"]
    assert _ids(api.lines("statements", unit=units["HQ"])) == [bobs, anns]
    assert _ids(api.lines("statements", unit=units["ICU"])) == [anns]
    assert _ids(api.lines("statements", job=jobs["MD"])) == [bobs]
    assert _ids(api.lines("statements", location=bob["location"]["id"])) == [bobs]
    assert _ids(api.lines("statements", manager=person(workday).pk)) == [bobs]
    assert _ids(api.lines("statements", person=person(workday).pk)) == [anns]
    assert _ids(api.lines("statements", worker_type="contractor")) == [bobs]
    assert _ids(api.lines("statements", status="active")) == [anns]
    assert _ids(api.lines("statements", regulatory_class="GxP")) == [anns]
    assert _ids(api.lines("statements", worker_type="contractor", status="active")) == []


def test_statements_are_found_by_what_they_say(hub: Hub) -> None:
    moodle, _, api = hired(hub)
    canvas = hub.caller("Canvas")
    [failed] = moodle.store(statement(verb=verb("failed"), timestamp="2026-02-01T10:00:00Z"))
    [ladder] = canvas.store(statement(object=activity("ladders"), timestamp="2026-02-02T10:00:00Z"))
    caught_up()
    assert _ids(api.lines("statements")) == [ladder, failed]
    assert _ids(api.lines("statements", order="oldest", limit=1)) == [failed, ladder]
    assert _ids(api.lines("statements", verb=verb("failed")["id"])) == [failed]
    assert _ids(api.lines("statements", activity=activity("ladders")["id"])) == [ladder]
    assert _ids(api.lines("statements", activity="http://example.com/never")) == []
    assert _ids(api.lines("statements", since="2026-02-02")) == [ladder]
    assert _ids(api.lines("statements", until="2026-02-01T10:00:00Z")) == []
    assert canvas.issued is not None
    assert _ids(api.lines("statements", source=canvas.issued.credential.source_id)) == [ladder]


def test_many_contexts_and_few_find_the_same(hub: Hub, monkeypatch: Any) -> None:
    _, workday, api, anns, bobs = _two(hub)
    units = {each["key"]: each["id"] for each in api.lines("organization-units")}
    asked: list[dict[str, Any]] = [
        {"unit": units["HQ"], "limit": 1},
        {"unit": units["ICU"]},
        {"manager_line": person(workday).pk},
        {"person": person(workday).pk, "order": "oldest"},
        {"status": "leave", "verb": verb("passed")["id"]},
    ]
    few = [_ids(api.lines("statements", **each)) for each in asked]
    assert few[0] == [bobs, anns]
    monkeypatch.setattr(searching, "_FEW", 0)
    assert [_ids(api.lines("statements", **each)) for each in asked] == few


def test_a_manager_line_is_who_stood_below_at_the_time(hub: Hub) -> None:
    moodle, workday, api = hired(hub)
    told(workday, ann("1"), ann("2", manager="1"), ann(manager="2"))
    told(workday, ann("2", manager="", valid_from=date(2026, 2, 1)), at="2026-02-01")
    before, after = learned(moodle, MAIL, "2026-01-20"), learned(moodle, MAIL, "2026-02-20")
    [seconds] = moodle.store(
        statement(actor={"mbox": "mailto:ann.2@example.com"}, timestamp="2026-01-10T10:00:00Z")
    )
    caught_up()
    chief, second = person(workday, "1").pk, person(workday, "2").pk
    assert _ids(api.lines("statements", manager_line=chief)) == [before, seconds]
    assert _ids(api.lines("statements", manager_line=second)) == [after, before]
    assert _ids(api.lines("statements", manager=chief)) == [seconds]
    assert _ids(api.lines("statements", manager_line=person(workday).pk)) == []


def test_managers_in_a_ring_end_where_it_closes(hub: Hub) -> None:
    moodle, workday, api = hired(hub)
    told(workday, ann("1", manager="2"), ann("2", manager="1"), ann(manager="2"))
    posted = learned(moodle, MAIL, "2026-01-20")
    caught_up()
    assert _ids(api.lines("statements", manager_line=person(workday, "1").pk)) == [posted]


def test_the_statement_is_given_byte_for_byte_and_nothing_stored_ever_changes(hub: Hub) -> None:
    moodle, workday, api = hired(hub)
    told(workday, ann())
    odd = statement(actor=MAIL, timestamp="2026-02-01T10:00:00.1200Z")
    odd["result"] = {"score": {"scaled": 0.5}, "extensions": {"http://example.com/ü": ["€", "\u2028"]}}
    body = json.dumps(odd, ensure_ascii=False).replace("0.5", "0.50").encode()
    moodle.request("POST", "statements", body=body).expect(200)
    caught_up()
    stored = _payload(moodle, odd["id"])
    for extension in ("false", "true"):
        raw = api.request("GET", "statements", extension=extension).expect(200).content
        assert b'"statement":' + stored.encode() + b"," in raw
    told(workday, ann(unit="ER", valid_from=date(2026, 1, 1)), at="2026-03-01")
    caught_up()
    api.lines("statements")
    assert _payload(moodle, odd["id"]) == stored
    assert "0.50" in stored
    assert EXTENSION not in stored


def test_the_context_stands_beside_the_statement_with_how_it_was_found(hub: Hub) -> None:
    _, workday, api, *_ = _two(hub)
    [line] = api.lines("statements", person=person(workday).pk)
    [context] = line["context"]
    assert context["actor"] == MAIL
    assert context["person"]["name"] == "Ann Lee"
    assert context["person"]["employee_number"] == "21001"
    assert context["unit"]["key"] == "ICU"
    assert [each["key"] for each in context["path"]] == ["HQ", "ICU"]
    assert context["resolved"]["rule"]
    assert line["voided"] is False


def test_a_statement_of_nobody_known_says_why(hub: Hub) -> None:
    moodle, _, api = hired(hub)
    learned(moodle, agent("nobody"), "2026-02-01")
    caught_up()
    [line] = api.lines("statements")
    [context] = line["context"]
    assert context["why_not"] == "Nobody is known by this actor"
    assert api.lines("statements", worker_type="employee") == []


def test_a_copy_carries_the_context_inside_and_keeps_every_number_as_written(hub: Hub) -> None:
    moodle, workday, api = hired(hub)
    told(workday, ann())
    posted = statement(actor=MAIL, timestamp="2026-02-01T10:00:00Z")
    posted["context"] = {"extensions": {"http://example.com/room": 7}}
    posted["result"] = {"score": {"scaled": 0.5}}
    moodle.request("POST", "statements", body=json.dumps(posted).replace("0.5", "0.50").encode()).expect(200)
    caught_up()
    raw = api.request("GET", "statements", extension="true").expect(200)
    [line] = raw.json()["statements"]
    assert raw.content.count(b'"scaled":0.50') == 2
    extensions = line["extended"]["context"]["extensions"]
    assert extensions["http://example.com/room"] == 7
    assert extensions[EXTENSION] == line["context"]
    assert EXTENSION not in line["statement"]["context"]["extensions"]


def test_a_voided_statement_is_marked(hub: Hub) -> None:
    moodle, _, api = hired(hub)
    [posted] = moodle.store(statement(timestamp="2026-02-01T10:00:00Z"))
    moodle.store(voiding(posted, timestamp="2026-02-02T10:00:00Z"))
    caught_up()
    assert [each["voided"] for each in api.lines("statements")] == [False, True]


def test_a_group_is_one_statement_with_a_context_for_each_member(hub: Hub) -> None:
    moodle, workday, api = hired(hub)
    told(workday, ann(), ann("7", unit="ER"))
    posted = learned(moodle, {"objectType": "Group", "member": [MAIL, BOBS]}, "2026-02-01")
    caught_up()
    [line] = api.lines("statements", worker_type="employee")
    assert line["statement"]["id"] == posted
    assert sorted(each["unit"]["key"] for each in line["context"]) == ["ER", "ICU"]


def test_pages_neither_skip_nor_double_while_others_write(hub: Hub) -> None:
    moodle, workday, api = hired(hub)
    told(workday, ann())
    there = [learned(moodle, MAIL, f"2026-02-{each:02}") for each in range(1, 8)]
    caught_up()
    pages = api.pages("statements", limit=2, worker_type="employee")
    found = _ids(next(pages))
    late, new = learned(moodle, MAIL, "2026-02-03"), learned(moodle, MAIL, "2026-02-20")
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 2)), at="2026-03-01")
    caught_up()
    for page in pages:
        found += _ids(page)
    assert len(found) == len(set(found))
    assert [each for each in found if each != late] == there[::-1]
    assert new not in found


def test_nothing_of_another_store_is_found(hub: Hub) -> None:
    _, workday, api, *_ = _two(hub)
    stranger = portal(hub, store="Factory")
    unit = person(workday).assignment_versions.get().unit_id
    assert api.lines("statements", unit=unit)
    for parameters in ({}, {"unit": unit}, {"person": person(workday).pk}):
        assert stranger.lines("statements", **parameters) == []
    assert stranger.lines("statements", manager_line=person(workday).pk) == []
    assert Api(hub.caller("Moodle", scopes=["all"])).refused(403, "statements")["rule"] == "scope"


def test_a_manager_and_a_line_are_not_asked_for_together(hub: Hub) -> None:
    refused = portal(hub).refused(400, "statements", manager=1, manager_line=1)
    assert refused["errors"][0]["parameter"] == "manager"
