"""Contractors and partners no HR system knows, kept over `/api/v1/people`."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import OperationalError

from connectors.models import ChangeNote, Person, PersonVersion, System
from connectors.workforce import by_hand
from connectors.workforce.canonical import Unit
from tests.connectors.api.client import Api, hired, portal, problem
from tests.connectors.learning import caught_up, learned, units
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub, Xapi, at_once

MAIL = {"mbox": "mailto:cleo@partner.example"}


def _gate(hub: Hub) -> tuple[Xapi, System, Api, dict[str, Any]]:
    """Return an LMS, Workday with Ann, the gate that keeps contractors, and what it says of Cleo."""
    moodle, workday, _ = hired(hub)
    told(workday, Unit(key="ICU", name="Intensive care"), ann())
    gate = portal(hub, "workforce/read", "workforce/write")
    [unit] = gate.lines("organization-units")
    cleo = {
        "name": {"formatted": "Cleo Hart", "given": "Cleo", "family": "Hart"},
        "identifiers": [{"type": "email", "value": "cleo@partner.example", "primary": True}],
        "worker_type": "contractor",
        "start_date": "2026-01-01",
        "end_date": "2027-12-31",
        "sponsor": person(workday).pk,
        "assignment": {"title": "Fitter", "unit": unit["id"], "manager": person(workday).pk},
    }
    return moodle, workday, gate, cleo


def _notes(api: Api) -> list[str]:
    system = System.objects.get(store=api.store_id, adapter="manual")
    return [each.text for each in ChangeNote.objects.filter(system=system).order_by("pk")]


def test_a_contractor_is_kept_like_everybody_else(hub: Hub) -> None:
    moodle, workday, gate, cleo = _gate(hub)
    answer = gate.request("POST", "people", body=cleo).expect(201)
    kept = answer.json()
    assert answer.headers["location"] == f"/api/v1/people/{kept['id']}"
    assert kept["name"] == "Cleo Hart"
    assert kept["context"]["unit"]["key"] == "ICU"
    assert kept["context"]["worker_type"] == "contractor"
    assert kept["context"]["manager"]["id"] == person(workday).pk
    [assignment] = gate.get(f"people/{kept['id']}/assignments")["assignments"]
    assert assignment["relationship"]["sponsor"] == person(workday).pk
    assert assignment["valid_to"] == "2028-01-01T00:00:00+00:00"
    posted = learned(moodle, MAIL, "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["ICU"]
    assert _notes(gate) == [f"Person {kept['id']}: kept"]


@pytest.mark.parametrize(
    ("said", "pointers"),
    [
        ({"sponsor": None}, ["/sponsor"]),
        ({"end_date": None, "sponsor": "x"}, ["/end_date", "/sponsor"]),
        ({"worker_type": "employee"}, ["/worker_type"]),
        ({"end_date": "2025-01-01"}, ["/end_date"]),
        ({"departement": "ICU"}, ["/departement"]),
        ({"name": {"formatted": "Cleo", "nick": "C"}}, ["/name/nick"]),
        ({"identifiers": [{"type": "email", "value": "a@b.example"}, {"type": "pager"}]}, None),
        ({"assignment": {"unit": 999_999_999}}, ["/assignment/unit"]),
        ({"assignment": {"manager": 999_999_999}}, ["/assignment/manager"]),
        ({"sponsor": 10**30}, ["/sponsor"]),
        ({"name": {"formatted": "Cleo\0"}}, ["/name/formatted"]),
        ({"key": "person-7"}, ["/key"]),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(
    hub: Hub, said: dict[str, Any], pointers: list[str] | None
) -> None:
    _, _, gate, cleo = _gate(hub)
    before = Person.objects.filter(store=gate.store_id).count()
    refused = gate.refused(422, "people", method="POST", body=cleo | said)
    found = sorted(each["pointer"] for each in refused["errors"])
    assert found == (pointers or ["/identifiers/1/type", "/identifiers/1/value"])
    assert Person.objects.filter(store=gate.store_id).count() == before


def test_sponsor_and_last_day_have_to_be_told(hub: Hub) -> None:
    _, _, gate, cleo = _gate(hub)
    for name in ("sponsor", "end_date"):
        left = {key: value for key, value in cleo.items() if key != name}
        refused = gate.refused(422, "people", method="POST", body=left)
        assert [each["pointer"] for each in refused["errors"]] == [f"/{name}"]


def test_a_body_that_is_not_json_or_of_another_type_is_refused(hub: Hub) -> None:
    _, _, gate, _ = _gate(hub)
    assert gate.refused(400, "people", method="POST", body=b"{")["rule"] == "body.json"
    assert gate.refused(422, "people", method="POST", body=b"[]")["rule"] == "body.object"
    assert gate.refused(400, "people", method="POST", body=b"[" * 100_000)["rule"] == "body.json"
    assert gate.refused(413, "people", method="POST", body=b" " * 300_000)["rule"] == "body.size"
    refused = gate.refused(415, "people", method="POST", body=b"a=b", content_type="text/plain")
    assert refused["rule"] == "content-type"


def test_the_same_request_again_is_the_same_person(hub: Hub) -> None:
    _, _, gate, cleo = _gate(hub)
    headers = {"Idempotency-Key": "gate-7"}
    first = gate.request("POST", "people", body=cleo, headers=headers).expect(201)
    again = gate.request("POST", "people", body=cleo, headers=headers).expect(201)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert len(_notes(gate)) == 1
    other = cleo | {"end_date": "2026-06-30"}
    refused = gate.refused(422, "people", method="POST", body=other, headers=headers)
    assert refused["rule"] == "idempotency-key"
    gate.refused(400, "people", method="POST", body=cleo, headers={"Idempotency-Key": "x" * 201})


def test_two_of_the_same_requests_at_once_are_one_person(hub: Hub) -> None:
    _, _, gate, cleo = _gate(hub)
    headers = {"Idempotency-Key": "gate-8"}

    def post() -> int:
        found: int = gate.request("POST", "people", body=cleo, headers=headers).expect(201).json()["id"]
        return found

    assert len(set(at_once([post, post, post]))) == 1
    assert PersonVersion.objects.filter(person__store=gate.store_id, formatted_name="Cleo Hart").count() == 1


def test_a_write_that_failed_left_nothing_and_one_that_was_stored_is_found_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, gate, cleo = _gate(hub)
    headers = {"Idempotency-Key": "gate-9"}
    with monkeypatch.context() as patched:

        def lost(*_: Any) -> int:
            raise OperationalError("gone before the note")

        patched.setattr(by_hand, "_noted", lost)
        gate.refused(503, "people", method="POST", body=cleo, headers=headers)
    assert gate.lines("people", name="Cleo") == []
    with monkeypatch.context() as patched:

        def unanswered(*_: Any, **__: Any) -> Any:
            raise OperationalError("gone after the commit")

        patched.setattr("connectors.api.by_hand.everything", unanswered)
        gate.refused(503, "people", method="POST", body=cleo, headers=headers)
    [stored] = gate.lines("people", name="Cleo")
    assert gate.request("POST", "people", body=cleo, headers=headers).expect(201).json()["id"] == stored["id"]


def test_what_changes_counts_from_its_day_and_what_is_not_said_stays(hub: Hub) -> None:
    _, workday, gate, cleo = _gate(hub)
    told(workday, Unit(key="ER", name="Emergency"))
    [er] = gate.lines("organization-units", key="ER")
    kept = gate.request("POST", "people", body=cleo).expect(201).json()
    address = f"people/{kept['id']}"
    changed = {"assignment": {"unit": er["id"]}, "valid_from": "2026-02-01"}
    gate.request("PATCH", address, body=changed).expect(200)
    assert gate.get(f"{address}/context", at="2026-01-31")["context"]["unit"]["key"] == "ICU"
    after = gate.get(f"{address}/context", at="2026-02-01")["context"]
    assert (after["unit"]["key"], after["assignment"]["title"]) == ("ER", "Fitter")
    later = gate.request("PATCH", address, body={"end_date": "2028-06-30"}).expect(200).json()
    assert later["name"] == "Cleo Hart"
    assert gate.get(f"{address}/assignments")["assignments"][-1]["valid_to"] == "2028-07-01T00:00:00+00:00"
    assert [each.split(": ")[1] for each in _notes(gate)] == ["kept", "changed", "changed"]
    refused = gate.refused(422, address, method="PATCH", body={"end_date": "2025-06-30"})
    assert refused["rule"] == "relationship.period"
    renamed = gate.request("PATCH", address, body={"name": {"family": "Hart-Lee"}}).expect(200).json()
    assert renamed["names"][-1]["family"] == "Hart-Lee"


def test_an_engagement_ends_and_a_new_one_is_a_rehire(hub: Hub) -> None:
    _, _, gate, cleo = _gate(hub)
    kept = gate.request("POST", "people", body=cleo | {"key": "C-1"}).expect(201).json()
    assert gate.refused(409, "people", method="POST", body=cleo | {"key": "C-1"})["rule"] == "person.kept"
    address = f"people/{kept['id']}"
    gate.request("DELETE", address, at="2026-03-31", reason="Contract over").expect(200)
    assert gate.get(f"{address}/context", at="2026-04-01")["context"] is None
    [ended] = gate.get(f"{address}/assignments")["assignments"]
    assert ended["relationship"]["end_reason"] == "Contract over"
    assert (
        gate.refused(409, address, method="PATCH", body={"end_date": "2027-01-01"})["rule"] == "person.kept"
    )
    again = cleo | {"key": "C-1", "start_date": "2026-06-01"}
    rehired = gate.request("POST", "people", body=again).expect(201).json()
    assert rehired["id"] == kept["id"]
    timeline = gate.get(f"{address}/assignments")["assignments"]
    assert [each["relationship"]["hire_kind"] for each in timeline] == ["hire", "rehire"]


def test_somebody_kept_by_mistake_was_never_there(hub: Hub) -> None:
    _, _, gate, cleo = _gate(hub)
    kept = gate.request("POST", "people", body=cleo).expect(201).json()
    gate.request("DELETE", f"people/{kept['id']}", mistake="true").expect(200)
    assert gate.get(f"people/{kept['id']}/assignments")["assignments"] == []
    assert len(gate.get(f"people/{kept['id']}/assignments", superseded="true")["assignments"]) == 1


def test_whom_an_hr_system_tells_of_is_not_changed_by_hand(hub: Hub) -> None:
    _, workday, gate, cleo = _gate(hub)
    gate.request("POST", "people", body=cleo).expect(201)
    address = f"people/{person(workday).pk}"
    body = {"name": {"formatted": "Somebody else"}}
    assert gate.refused(409, address, method="PATCH", body=body)["rule"] == "person.kept"
    assert gate.refused(409, address, method="DELETE")["rule"] == "person.kept"
    assert gate.get(address)["name"] == "Ann Lee"


def test_writing_asks_for_its_own_scope_and_ends_at_the_store(hub: Hub) -> None:
    _, _, gate, cleo = _gate(hub)
    kept = gate.request("POST", "people", body=cleo).expect(201).json()
    for scopes in (("workforce/read",), ("all",)):
        reader = portal(hub, *scopes)
        assert reader.refused(403, "people", method="POST", body=cleo)["rule"] == "scope"
        assert reader.refused(403, f"people/{kept['id']}", method="DELETE")["rule"] == "scope"
    stranger = portal(hub, "workforce/read", "workforce/write", store="Factory")
    for method in ("PATCH", "DELETE"):
        assert stranger.refused(404, f"people/{kept['id']}", method=method, body={})["rule"] == "not-found"
    refused = stranger.refused(422, "people", method="POST", body=cleo | {"assignment": {}})
    assert [each["pointer"] for each in refused["errors"]] == ["/sponsor"]


def test_units_of_another_namespace_cannot_be_named(hub: Hub) -> None:
    _, workday, gate, cleo = _gate(hub)
    told(hris("SAP", store=workday.store, namespace="sap", precedence=150), Unit(key="X", name="Plant"))
    [plant] = gate.lines("organization-units", key="X")
    answer = gate.request("POST", "people", body=cleo | {"assignment": {"unit": plant["id"]}})
    assert "namespace" in problem(answer, 422)["detail"]


def test_a_partner_is_known_under_the_name_of_its_day(hub: Hub) -> None:
    _, _, gate, cleo = _gate(hub)
    partner = cleo | {"worker_type": "partner", "start_date": date(2026, 1, 1).isoformat()}
    kept = gate.request("POST", "people", body=partner).expect(201).json()
    assert [each["id"] for each in gate.lines("people", worker_type="partner")] == [kept["id"]]
