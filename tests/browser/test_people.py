"""Pages about people in a browser and without one: the review by keyboard, the date slider, the tree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.apps import apps

from connectors.identity import actors, candidates, standing
from connectors.models import IdentityReview, OrganizationUnit, System
from connectors.workforce.canonical import Identified, Named, Unit
from tests.browser.test_administration import post, statement
from tests.browser.visitors import NARROW, WIDE, ChromiumVisitor, Visitor
from tests.connectors.learning import caught_up
from tests.connectors.people import ann, hris, person, told
from tests.live import Lms


@pytest.fixture
def workday(moodle: Lms) -> System:
    """Ann Lee, who moved from the ICU to the ER in February, and Bob Miller."""
    actors.forget()
    standing.forget()
    system = hris(store=apps.get_model("lrs", "Store").objects.get(pk=moodle.store_id))
    told(
        system,
        Unit(key="HQ", name="Hospital"),
        Unit(key="ICU", name="Intensive care", parent="HQ"),
        Unit(key="ER", name="Emergency", parent="HQ"),
        at="2020-01-01",
    )
    identifiers = (
        Identified(type="employee_number", value="21001", issuer="hr"),
        Identified(type="email", value="ann.lee@example.com", primary=True),
    )
    bob = (Named(formatted="Bob Miller", given="Bob", family="Miller"),)
    mail = (Identified(type="email", value="bob.miller@example.com", primary=True),)
    told(
        system,
        replace(ann(), identifiers=identifiers),
        replace(ann("7", unit="ER"), names=bob, identifiers=mail),
    )
    told(
        system, replace(ann(unit="ER", valid_from=date(2026, 2, 1)), identifiers=identifiers), at="2026-02-01"
    )
    return system


def _strangers(moodle: Lms) -> None:
    for name, address in (("Ann Lee", "ann.lee"), ("Bob Miller", "b.miller"), ("Zoë Quist", "zq")):
        said: dict[str, Any] = statement(name, timestamp="2026-02-10T10:00:00Z")
        said["actor"]["mbox"] = f"mailto:{address}@old.example.com"
        assert post(moodle, said) == 200
    caught_up()
    # As workers do in the background: the likest first.
    for each in IdentityReview.objects.filter(actor__store=moodle.store_id).select_related("actor"):
        candidates.rank(each)


def _press(visitor: Visitor, key: str, words: str) -> None:
    """Press a key where there is a keyboard, and the button that carries it where there is none."""
    if isinstance(visitor, ChromiumVisitor):
        with visitor.page.expect_navigation():
            visitor.page.keyboard.press(key)
    else:
        visitor.press(words)


def test_the_review_is_worked_through_by_keyboard(ada: Visitor, moodle: Lms, workday: System) -> None:
    _strangers(moodle)
    ada.open(f"/admin/connectors/identityreview/?store={moodle.store_id}")
    ada.is_sound()
    assert "Ann Lee completed Forklift safety, 92 %" in ada.words()
    if isinstance(ada, ChromiumVisitor):
        _press(ada, "1", "")
        assert "ann.lee@old.example.com: Ann Lee." in ada.words()
        assert "b.miller@old.example.com" in ada.shown("ppl-actor")
        _press(ada, "s", "")
        assert "zq@old.example.com" in ada.shown("ppl-actor")
        _press(ada, "n", "")
        assert "not a person" in ada.words()
        _press(ada, "u", "")
        assert "zq@old.example.com" in ada.shown("ppl-actor")
        ada.is_sound()
        ada.page.keyboard.press("/")
        ada.page.keyboard.type("1")
        assert ada.page.locator("input[name=q]").input_value() == "1"
    else:
        _press(ada, "n", "nNot a person")
        assert "not a person" in ada.words()
        _press(ada, "s", "sSkip")
        _press(ada, "u", "uUndo the last")
        assert "ann.lee@old.example.com" in ada.words()
    for width in (NARROW, WIDE):
        ada.resize(width)
        for page in (
            "identityreview/decided/",
            "identityreview/above/",
            "identityreview/file/",
            "coverageday/",
        ):
            ada.open(f"/admin/connectors/{page}")
            ada.is_sound()


def test_the_date_slider_changes_what_is_shown(ada: Visitor, workday: System) -> None:
    who = person(workday).pk
    ada.open(f"/admin/connectors/person/{who}/?at=2026-03-01")
    assert "Hospital › Emergency" in ada.words()
    ada.is_sound()
    if isinstance(ada, ChromiumVisitor):
        slider = ada.page.locator(".ppl-slider")
        before = ada.page.locator("#ppl-mark").get_attribute("x1")
        with ada.page.expect_response(lambda answer: "as-of" in answer.url):
            slider.evaluate(
                "slider => { slider.value = String(Number(slider.value) - 40);"
                " slider.dispatchEvent(new Event('input', {bubbles: true})); }"
            )
        ada.page.wait_for_function("document.querySelector('[data-said=path]').textContent.endsWith('care')")
        assert ada.page.locator("input[name=at]").input_value() == "2026-01-20"
        assert ada.page.locator("#ppl-mark").get_attribute("x1") != before
        assert "at=2026-01-20" in str(ada.page.url)
    else:
        ada.fill("at", "2026-01-20")
        ada.press("Show")
    assert "Hospital › Intensive care" in ada.words()
    ada.is_sound()
    ada.resize(NARROW)
    ada.open(f"/admin/connectors/person/{who}/")
    ada.is_sound()


def test_the_tree_opens_a_branch(ada: Visitor, moodle: Lms, workday: System) -> None:
    ada.open(f"/admin/connectors/organizationunit/?store={moodle.store_id}&at=2026-03-01&open=0")
    assert "Emergency" not in ada.words()
    top = OrganizationUnit.objects.get(store=moodle.store_id, key="HQ")
    if isinstance(ada, ChromiumVisitor):
        turn = ada.page.locator(".ppl-turn").first
        turn.click()
        ada.page.wait_for_selector("tr[data-depth='1']")
        assert "Emergency" in ada.words()
        ada.is_sound()
        turn.click()
        assert "Emergency" not in ada.words()
    else:
        ada.open(f"/admin/connectors/organizationunit/?at=2026-03-01&open={top.pk}")
        assert "Emergency" in ada.words()
    for page in ("person/", "identityrule/", "identityrule/add/", "person/add/", "actor/"):
        ada.open(f"/admin/connectors/{page}")
        ada.is_sound()
