"""The organization as of a date: branches, people, and what moved."""

from __future__ import annotations

from datetime import date

from django.test import Client

from connectors.models import OrganizationUnit
from connectors.workforce.canonical import Unit
from tests.connectors.admin.people.academy import look, staffed, words
from tests.connectors.people import told
from tests.fixtures import Hub


def test_the_tree_opens_branch_by_branch_with_people_of_the_day(hub: Hub, vera: Client) -> None:
    moodle, _ = staffed(hub)
    page = words(look(vera, "organizationunit/", moodle, at="2026-01-15"))
    assert "Hospital 0 2" in page
    assert "Intensive care 1 1" in page
    assert "Emergency 1 1" in page
    later = words(look(vera, "organizationunit/", moodle, at="2026-03-01"))
    assert "Intensive care 0 0" in later
    assert "Emergency 2 2" in later
    closed = words(look(vera, "organizationunit/", moodle, at="2026-03-01", open="0"))
    assert "Emergency" not in closed


def test_cost_centres_without_anything_below_stand_behind_the_organization(hub: Hub, vera: Client) -> None:
    moodle, workday = staffed(hub)
    told(workday, Unit(key="CC1", name="CC 1", kind="cost_center"), at="2020-01-01")
    page = words(look(vera, "organizationunit/", moodle, at="2026-01-15"))
    assert page.index("Hospital") < page.index("Intensive care") < page.index("CC 1")


def test_a_branch_comes_alone_for_the_script(hub: Hub, vera: Client) -> None:
    moodle, _ = staffed(hub)
    top = OrganizationUnit.objects.get(store=moodle.store_id, key="HQ")
    look(vera, "organizationunit/", moodle)
    branch = look(vera, "organizationunit/branch", unit=top.pk, depth=0, at="2026-03-01")
    assert branch.count('<tr data-depth="1">') == 2
    assert "<html" not in branch


def test_moves_since_another_date_are_marked(hub: Hub, vera: Client) -> None:
    moodle, workday = staffed(hub)
    told(
        workday,
        Unit(key="EAST", name="East wing", parent="HQ", valid_from=date(2026, 2, 1)),
        Unit(key="ICU", name="Intensive care", parent="EAST", valid_from=date(2026, 2, 1)),
        at="2026-02-01",
    )
    east = OrganizationUnit.objects.get(store=moodle.store_id, key="EAST").pk
    top = OrganizationUnit.objects.get(store=moodle.store_id, key="HQ").pk
    page = words(
        look(vera, "organizationunit/", moodle, at="2026-03-01", since="2026-01-15", open=f"{top},{east}")
    )
    assert "Intensive care moved from Hospital -1 people" in page
    assert "Emergency +1 people" in page


def test_the_people_of_a_unit_are_one_click_away(hub: Hub, vera: Client) -> None:
    moodle, _ = staffed(hub)
    page = look(vera, "organizationunit/", moodle, at="2026-03-01")
    [address] = {each.split('"')[0] for each in page.split('href="') if "below=1" in each[:120]} & {
        f"/admin/connectors/person/?unit={unit.pk}&amp;below=1&amp;at=2026-03-01"
        for unit in OrganizationUnit.objects.filter(store=moodle.store_id, key="HQ")
    }
    listed = words(vera.get(address.replace("&amp;", "&")).content.decode())
    assert "Ann Lee" in listed
    assert "Bob Miller" in listed
