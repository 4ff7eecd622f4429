"""People: found, looked at as of a day and as known on another, merged, kept by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.test import Client

from connectors.models import OrganizationUnit, Person, PersonVersion
from connectors.workforce.canonical import Ended, Identified
from tests.connectors.admin.people.academy import look, said, send, staffed, words
from tests.connectors.api.client import portal
from tests.connectors.learning import caught_up, learned
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub


def test_people_are_found_by_name_number_and_address(hub: Hub, vera: Client) -> None:
    moodle, _ = staffed(hub)
    for typed in ("ann", "LEE", "0002", "ann.lee@"):
        page = words(look(vera, "person/", moodle, q=typed))
        assert "Ann Lee" in page, typed
        assert "Bob Miller" not in page, typed
    everybody = words(look(vera, "person/", moodle))
    assert "Bob Miller" in everybody
    assert "Emergency" in everybody
    assert "Nobody begins with “%_”" in words(look(vera, "person/", moodle, q="%_"))
    assert "Two letters at least" in words(look(vera, "person/", moodle, q="a"))


def test_who_has_left_stands_in_the_list_without_an_assignment(hub: Hub, vera: Client) -> None:
    moodle, workday = staffed(hub)
    told(workday, Ended(key="7", at=date(2026, 1, 20)), at="2026-02-01")
    page = words(look(vera, "person/", moodle))
    assert "Bob Miller" in page
    assert "no assignment" in page


def test_a_list_goes_on_where_the_page_before_ended(hub: Hub, vera: Client) -> None:
    moodle, workday = staffed(hub)
    told(workday, *(ann(f"9{number:03}") for number in range(60)))
    first = look(vera, "person/", moodle, q="ann")
    [onward] = [each.split('"')[0] for each in first.split('href="') if 'rel="next"' in each[:200]]
    second = vera.get(f"/admin/connectors/person/{onward.replace('&amp;', '&')}").content.decode()
    assert first.count("/admin/connectors/person/") > second.count("<bdi>Ann Lee")
    assert second.count("<bdi>Ann Lee") == 61 - 50


def test_people_of_a_unit_are_those_of_the_day(hub: Hub, vera: Client) -> None:
    moodle, workday = staffed(hub)
    unit = person(workday).assignment_versions.get(unit__key="ICU", recorded__upper_inf=True).unit
    assert unit is not None
    assert "Ann Lee" in words(look(vera, "person/", moodle, unit=unit.pk, at="2026-01-15"))
    assert "Nobody stands in this unit" in words(look(vera, "person/", moodle, unit=unit.pk, at="2026-03-01"))


def test_the_header_is_as_of_a_day_and_as_known_on_another(hub: Hub, vera: Client) -> None:
    _, workday = staffed(hub)
    who = person(workday)
    before = vera.get(f"/admin/connectors/person/{who.pk}/as-of", {"at": "2026-01-15"}).json()
    after = vera.get(f"/admin/connectors/person/{who.pk}/as-of", {"at": "2026-03-01"}).json()
    assert before["fields"]["path"] == "Hospital › Intensive care"
    assert after["fields"]["path"] == "Hospital › Emergency"
    assert after["fields"]["title"] == "Emergency nurse"
    assert after["fields"]["classes"] == "GMP"
    assert after["fields"]["location"] == "Main house, Berlin, DE"
    unknown = vera.get(
        f"/admin/connectors/person/{who.pk}/as-of", {"at": "2026-03-01", "known": "2020-01-01"}
    )
    assert unknown.json()["standing"] is False
    page = words(look(vera, f"person/{who.pk}/", at="2026-01-15"))
    assert "Hospital › Intensive care" in page


def test_what_the_hub_knew_and_when_is_kept_in_view(hub: Hub, vera: Client) -> None:
    _, workday = staffed(hub)
    told(workday, replace(ann(unit="ICU", valid_from=date(2026, 2, 1))), at="2026-03-01")
    page = look(vera, f"person/{person(workday).pk}/")
    versions = page.split('id="ppl-versions"')[1]
    assert "Emergency nurse" in versions
    assert 'class="ppl-old"' in versions
    assert "ppl-assignment" in page
    assert "ppl-identifier" in page


def test_learning_shows_what_each_statement_counted_for(hub: Hub, ada: Client, vera: Client) -> None:
    moodle, workday = staffed(hub)
    mail = {"name": "Ann", "mbox": "mailto:ann.lee@example.com"}
    for day in ("2026-01-10", "2026-02-10"):
        learned(moodle, mail, day)
    learned(moodle, {"mbox": "mailto:somebody@example.com"}, "2026-02-11")
    for number in range(20):
        learned(moodle, mail, f"2025-03-{number + 1:02}")
    caught_up()
    page = look(ada, f"person/{person(workday).pk}/")
    rows = words('class="lrs"' + page.split('id="ppl-learning"')[1].split("</tbody>")[0])
    assert "2026-02-10 Ann passed" in rows
    assert rows.index("Emergency") < rows.index("Intensive care")
    assert rows.count("passed") == 15
    [onward] = [each.split('"')[0] for each in page.split('href="') if "before=" in each[:100]]
    second = ada.get(f"/admin/connectors/person/{person(workday).pk}/{onward.replace('&amp;', '&')}")
    assert "2025-03-01" in said(second)
    assert "2026-02-10" not in words(
        'class="lrs"' + second.content.decode().split('id="ppl-learning"')[1].split("</tbody>")[0]
    )
    assert "passed" not in words(look(vera, f"person/{person(workday).pk}/"))


def test_two_who_are_one_are_merged_and_the_merge_undone(hub: Hub, iris: Client) -> None:
    moodle, workday = staffed(hub)
    badge = hris("Badges", store=workday.store)
    told(
        badge,
        replace(ann("B1"), relationships=(), identifiers=(Identified(type="user_name", value="annl"),)),
    )
    one, other = person(workday), person(badge, "B1")
    assert f'value="{other.pk}"' in look(iris, f"person/{one.pk}/", q="annl")
    send(iris, f"person/{one.pk}/merge/", other=other.pk, reason="Same birthday")
    other.refresh_from_db()
    assert other.merged_into_id == one.pk
    page = words(look(iris, f"person/{one.pk}/"))
    assert "Same birthday" in page
    assert "annl" in page
    assert iris.get(f"/admin/connectors/person/{other.pk}/")["Location"].endswith(f"/{one.pk}/")
    [done] = [
        each.split('"')[0]
        for each in look(iris, f"person/{one.pk}/").split('action="')
        if "/undo/" in each[:90]
    ]
    iris.post(done)
    assert Person.objects.get(pk=other.pk).merged_into_id is None
    assert "undone" in words(look(iris, f"person/{one.pk}/"))
    assert moodle.store_id == one.store_id


def _contractor(**fields: Any) -> dict[str, Any]:
    return {
        "given": "Cara",
        "family": "Novak",
        "email": "cara@agency.example.com",
        "worker_type": "contractor",
        "sponsor": "00021001",
        "start": "2026-01-01",
        "end": "2099-12-31",
        **fields,
    }


def test_a_contractor_is_kept_by_hand_and_changed(hub: Hub, iris: Client) -> None:
    moodle, workday = staffed(hub)
    assert "Emergency" in look(iris, "person/add/", moodle)
    er = str(OrganizationUnit.objects.get(store=moodle.store_id, key="ER").pk)
    answer = send(iris, "person/add/", **_contractor(unit=er))
    cara = PersonVersion.objects.get(formatted_name="Cara Novak", person__store=moodle.store_id).person
    assert answer["Location"] == f"/admin/connectors/person/{cara.pk}/"
    page = words(look(iris, f"person/{cara.pk}/"))
    assert "Contractor" in page
    assert "Kept by hand. " in page
    assert "Change" in page
    form = look(iris, f"person/{cara.pk}/by-hand/")
    assert 'value="Ann Lee"' in form
    icu = str(OrganizationUnit.objects.get(store=moodle.store_id, key="ICU").pk)
    send(
        iris, f"person/{cara.pk}/by-hand/", **_contractor(unit=icu, sponsor="Ann Lee", effective="2026-06-01")
    )
    for day, unit in (("2026-05-01", "Emergency"), ("2026-07-01", "Intensive care")):
        header = iris.get(f"/admin/connectors/person/{cara.pk}/as-of", {"at": day}).json()
        assert header["fields"]["path"].endswith(unit)
    assert "kept by hand" in said(
        iris.get(f"/admin/connectors/person/{person(workday).pk}/by-hand/", follow=True)
    )


def test_who_was_kept_over_the_api_is_changed_in_the_pages_and_the_other_way_round(
    hub: Hub, iris: Client
) -> None:
    moodle, workday = staffed(hub)
    gate = portal(hub, "workforce/read", "workforce/write")
    [icu] = [each for each in gate.lines("organization-units") if each["name"] == "Intensive care"]
    body = {
        "name": {"formatted": "Dr Cleo Hart", "given": "Cleo", "family": "Hart", "preferred": "Clee"},
        "identifiers": [
            {"type": "email", "value": "cleo@old.example"},
            {"type": "email", "value": "cleo@partner.example", "primary": True},
        ],
        "worker_type": "partner",
        "start_date": "2026-01-01",
        "end_date": "2027-12-31",
        "sponsor": person(workday).pk,
        "assignment": {"unit": icu["id"], "manager": person(workday).pk},
    }
    cleo = gate.request("POST", "people", body=body).expect(201).json()["id"]
    address = f"person/{cleo}/by-hand/"
    form = look(iris, address, moodle)
    for shown in ("Cleo", "Hart", "cleo@partner.example", "2027-12-31", "Ann Lee"):
        assert f'value="{shown}"' in form
    typed = _contractor(
        given="Cleo",
        family="Hart",
        email="cleo@new.example",
        worker_type="partner",
        sponsor="Ann Lee",
        end="2027-12-31",
        unit=str(icu["id"]),
        title="Perfusionist",
    )
    assert send(iris, address, **typed).status_code == 302
    kept = gate.get(f"people/{cleo}")
    # What the form does not show stays.
    assert (kept["name"], kept["names"][-1]["preferred"]) == ("Dr Cleo Hart", "Clee")
    assert kept["context"]["manager"]["id"] == person(workday).pk
    now = {each["value"] for each in kept["identifiers"] if each["type"] == "email" and not each["valid_to"]}
    assert {"cleo@old.example", "cleo@new.example"} <= now
    [assignment] = gate.get(f"people/{cleo}/assignments")["assignments"][-1:]
    assert assignment["title"] == "Perfusionist"
    assert assignment["relationship"]["sponsor"] == person(workday).pk
    send(iris, "person/add/", **_contractor(unit=str(icu["id"])))
    cara = PersonVersion.objects.get(formatted_name="Cara Novak", person__store=moodle.store_id).person_id
    gate.request("PATCH", f"people/{cara}", body={"end_date": "2028-06-30"}).expect(200)
    assert 'value="2028-06-30"' in look(iris, f"person/{cara}/by-hand/")


def test_somebody_whose_engagement_ended_is_kept_again(hub: Hub, iris: Client) -> None:
    moodle, _ = staffed(hub)
    look(iris, "person/add/", moodle)
    send(iris, "person/add/", **_contractor(unit=""))
    cara = PersonVersion.objects.get(formatted_name="Cara Novak", person__store=moodle.store_id).person_id
    gate = portal(hub, "workforce/read", "workforce/write")
    gate.request("DELETE", f"people/{cara}", at="2026-03-31").expect(200)
    assert "Keep somebody again" in look(iris, f"person/{cara}/by-hand/")
    again = send(iris, f"person/{cara}/by-hand/", **_contractor(unit="", start="2026-06-01"))
    assert again["Location"] == f"/admin/connectors/person/{cara}/"
    kinds = [
        each["relationship"]["hire_kind"] for each in gate.get(f"people/{cara}/assignments")["assignments"]
    ]
    assert kinds == ["hire", "rehire"]


def test_what_cannot_be_so_is_said_beside_the_form(hub: Hub, iris: Client, vera: Client) -> None:
    moodle, _ = staffed(hub)
    look(iris, "person/add/", moodle)
    many = send(iris, "person/add/", **_contractor(sponsor="an"))
    assert many.status_code in (302, 400)
    wrong = send(iris, "person/add/", **_contractor(sponsor="nobody", end="2025-01-01"))
    assert wrong.status_code == 400
    assert "Nobody begins so" in said(wrong)
    backwards = send(iris, "person/add/", **_contractor(end="2025-01-01"))
    assert "before the hire" in said(backwards)
    assert send(vera, "person/add/", **_contractor()).status_code == 403
    people = Person.objects.filter(store=moodle.store_id).count()
    assert people == (3 if many.status_code == 302 else 2)
