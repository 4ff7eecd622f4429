"""People over `/api/v1/`: as of a moment, as known at another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils import timezone

from connectors.identity import merge
from connectors.workforce.canonical import Ended, Identified, Job, Location, Named, Unit
from tests.connectors.api.client import hired
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub


def _bob(**fields: Any) -> Any:
    names = (Named(formatted="Bob Marsh", given="Bob", family="Marsh"),)
    return ann("7", names=names, **{"unit": "ER", "job": "MD", "location": "L2", **fields})


def _ids(found: list[Any]) -> list[int]:
    return [each["id"] for each in found]


def test_people_are_found_by_what_they_are_called_and_known_by(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann(), _bob())
    ann_id, bob_id = person(workday).pk, person(workday, "7").pk
    assert _ids(api.lines("people")) == [ann_id, bob_id]
    assert _ids(api.lines("people", name="mar")) == [bob_id]
    assert _ids(api.lines("people", name="ann l")) == [ann_id]
    assert _ids(api.lines("people", name="%")) == []
    assert _ids(api.lines("people", identifier="ANN.7@example.com")) == [bob_id]
    assert _ids(api.lines("people", identifier="7", identifier_type="employee_number", issuer="hr")) == [
        bob_id
    ]
    assert _ids(api.lines("people", identifier="7", identifier_type="email")) == []


def test_people_are_found_by_where_they_work(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, Unit(key="HQ", name="Hospital"), Unit(key="ICU", name="Intensive care", parent="HQ"))
    told(workday, Unit(key="ER", name="Emergency", parent="HQ"), Job(key="RN2", title="Nurse"))
    told(workday, ann(), _bob(manager="21001", status="leave", worker_type="contractor"))
    units = {each["key"]: each["id"] for each in api.lines("organization-units")}
    ann_id, bob_id = person(workday).pk, person(workday, "7").pk
    jobs = api.lines("jobs", key="RN2")
    assert _ids(api.lines("people", unit=units["HQ"])) == [ann_id, bob_id]
    assert _ids(api.lines("people", unit=units["ER"])) == [bob_id]
    assert _ids(api.lines("people", job=jobs[0]["id"])) == [ann_id]
    assert _ids(api.lines("people", manager=ann_id)) == [bob_id]
    assert _ids(api.lines("people", worker_type="contractor")) == [bob_id]
    assert _ids(api.lines("people", status="active", unit=units["HQ"])) == [ann_id]
    assert _ids(api.lines("people", unit=units["HQ"], at="2019-01-01")) == []


def test_a_list_says_where_each_works_in_words(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(
        workday,
        Unit(key="HQ", name="Hospital"),
        Unit(key="ICU", name="Intensive care", parent="HQ"),
        Job(key="RN2", title="Nurse", regulatory_classes=("GxP",)),
        Location(key="L1", name="Leeds", country="GB"),
        ann("1"),
        ann(manager="1"),
    )
    [line] = api.lines("people", identifier="21001", identifier_type="employee_number")
    context = line["context"]
    assert line["name"] == "Ann Lee"
    assert [each["name"] for each in context["path"]] == ["Hospital", "Intensive care"]
    assert (context["unit"]["key"], context["job"]["name"]) == ("ICU", "Nurse")
    assert context["location"]["name"] == "Leeds"
    assert context["manager"] == {"id": person(workday, "1").pk, "name": "Ann Lee"}
    assert context["regulatory_classes"] == ["GxP"]
    assert context["hire_date"] == "2020-03-01"


def test_an_identifier_is_found_after_it_was_given_up_unless_a_day_is_named(hub: Hub) -> None:
    _, workday, api = hired(hub)
    worker = ann()
    told(workday, worker)
    new = Identified(type="email", value="ann.miller@example.com")
    told(workday, replace(worker, identifiers=(worker.identifiers[0], new)), at="2026-02-01")
    assert len(api.lines("people", identifier="ann.21001@example.com")) == 1
    assert len(api.lines("people", identifier="ann.21001@example.com", at="2026-01-31")) == 1
    assert api.lines("people", identifier="ann.21001@example.com", at="2026-02-02") == []


def test_one_person_is_told_with_every_name_and_identifier(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann())
    told(workday, Ended(key="21001", at=date(2026, 1, 31)), at="2026-02-05")
    found = api.get(f"people/{person(workday).pk}", at="2026-01-31")
    assert found["name"] == "Ann Lee"
    assert found["keys"] == [{"system": "Workday", "key": "21001"}]
    assert [(each["type"], each["valid_to"]) for each in found["identifiers"]] == [
        ("employee_number", "2026-02-01T00:00:00+00:00"),
        ("email", "2026-02-01T00:00:00+00:00"),
    ]
    assert found["context"]["unit"]["key"] == "ICU"
    assert api.get(f"people/{person(workday).pk}", at="2026-02-01")["context"] is None


def test_a_context_is_told_as_of_then_as_known_then(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann())
    before = timezone.now().isoformat()
    told(workday, ann(unit="ER", valid_from=date(2026, 1, 10)), at="2026-02-01")
    address = f"people/{person(workday).pk}/context"
    assert api.get(address, at="2026-01-15")["context"]["unit"]["key"] == "ER"
    assert api.get(address, at="2026-01-15", known=before)["context"]["unit"]["key"] == "ICU"
    assert api.get(address, at="2026-01-09")["context"]["unit"]["key"] == "ICU"
    assert api.get(address, at="2010-01-01")["context"] is None


def test_a_timeline_has_every_assignment_and_on_request_what_was_believed_before(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann())
    before = timezone.now().isoformat()
    told(workday, ann(unit="ER", valid_from=date(2026, 1, 10)), at="2026-02-01")
    address = f"people/{person(workday).pk}/assignments"
    timeline = api.get(address)["assignments"]
    assert [(each["unit"]["key"], each["valid_from"], each["valid_to"]) for each in timeline] == [
        ("ICU", "2020-03-01T00:00:00+00:00", "2026-01-10T00:00:00+00:00"),
        ("ER", "2026-01-10T00:00:00+00:00", None),
    ]
    assert timeline[0]["relationship"]["hire_date"] == "2020-03-01"
    assert [each["unit"]["key"] for each in api.get(address, at="2026-01-15")["assignments"]] == ["ER"]
    [then] = api.get(address, known=before)["assignments"]
    assert (then["unit"]["key"], then["valid_to"]) == ("ICU", None)
    superseded = api.get(address, superseded="true")["assignments"]
    assert [each["recorded_to"] is None for each in superseded].count(False) == 1


def test_who_is_merged_is_answered_for_by_the_one_they_are(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann())
    partner = hris("Partner list", store=workday.store)
    told(partner, replace(ann("P7"), relationships=()))
    first, second = person(partner, "P7").pk, person(workday).pk
    done = merge.merge(first, second)
    for rest in ("", "/assignments", "/context"):
        answer = api.request("GET", f"people/{first}{rest}", at="2026-02-01").expect(307)
        assert answer.headers["location"] == f"/api/v1/people/{second}{rest}?at=2026-02-01"
        assert answer.json() == {"merged_into": second}
    assert _ids(api.lines("people")) == [second]
    assert api.get(f"people/{second}")["merged"] == [first]
    merge.undo(done.pk)
    assert api.get(f"people/{first}")["merged"] == []


def test_units_are_a_tree_as_of_then_as_known_then(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, Unit(key="HQ", name="Hospital"), Unit(key="ICU", name="Intensive care", parent="HQ"))
    before = timezone.now().isoformat()
    told(workday, Unit(key="ICU", name="Critical care", valid_from=date(2026, 1, 1)), at="2026-02-01")
    units = {each["key"]: each for each in api.lines("organization-units")}
    assert units["ICU"]["parent"] is None
    assert units["ICU"]["name"] == "Critical care"
    then = {each["key"]: each for each in api.lines("organization-units", at="2026-01-15", known=before)}
    assert then["ICU"]["parent"] == units["HQ"]["id"]
    assert then["ICU"]["path"] == [units["HQ"]["id"], units["ICU"]["id"]]
    under = api.lines("organization-units", under=units["HQ"]["id"], at="2025-06-01")
    assert {each["key"] for each in under} == {"HQ", "ICU"}
    assert [each["key"] for each in api.lines("organization-units", under=units["HQ"]["id"])] == ["HQ"]


def test_jobs_and_locations_are_listed(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(
        workday,
        Job(key="RN2", title="Nurse", regulatory_classes=("GxP",)),
        Job(key="MD", title="Physician"),
        Location(key="L1", name="Leeds", country="GB"),
    )
    assert {each["title"] for each in api.lines("jobs")} == {"Nurse", "Physician"}
    assert [each["title"] for each in api.lines("jobs", regulatory_class="GxP")] == ["Nurse"]
    [leeds] = api.lines("locations")
    assert (leeds["key"], leeds["country"]) == ("L1", "GB")


def test_a_roster_is_everybody_then_as_known_then(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, ann(), _bob())
    before = timezone.now().isoformat()
    told(workday, Ended(key="7", at=date(2026, 1, 31)), at="2026-02-05")
    assert [each["name"] for each in api.lines("roster", limit=1)] == ["Ann Lee"]
    assert [each["name"] for each in api.lines("roster", limit=1, at="2026-01-31")] == [
        "Ann Lee",
        "Bob Marsh",
    ]
    then = api.lines("roster", known=before)
    assert [each["context"]["unit"]["key"] for each in then] == ["ICU", "ER"]


def test_a_page_neither_skips_nor_doubles_while_others_write(hub: Hub) -> None:
    _, workday, api = hired(hub)
    told(workday, *(ann(str(each)) for each in range(1, 8)))
    there = [person(workday, str(each)).pk for each in range(1, 8)]
    pages = api.pages("people", limit=3, status="active")
    found = _ids(next(pages))
    told(workday, ann("8"), Ended(key="6", at=date(2020, 4, 1)))
    for page in pages:
        found += _ids(page)
    # What "now" means, and what is known, stays what it was on the first page.
    assert found == there
