"""Rules are changed in the administration: first what would change, then saving, then who did it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from connectors.identity import rulebook
from connectors.models import IdentityRefresh, IdentityRule
from tests.connectors.admin.people.academy import look, said, send, staffed, words
from tests.connectors.learning import caught_up, learned, units
from tests.fixtures import Hub, Xapi

LMS = "https://lms.example.com"


def _rule(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Padded number",
        "order": 5,
        "active": "on",
        "actor_kind": "account",
        "identifier_type": "employee_number",
        "confidence": 1.0,
        "accept_from": 0.9,
        "grace_days": 30,
        "pad_zeros": 8,
        **fields,
    }


def _posted(hub: Hub) -> tuple[Xapi, str]:
    moodle, _ = staffed(hub)
    posted = learned(moodle, {"account": {"homePage": LMS, "name": "21001"}}, "2026-02-10")
    caught_up()
    return moodle, posted


def _named(moodle: Xapi, name: str) -> IdentityRule:
    return IdentityRule.objects.get(store=moodle.store_id, name=name)


def test_a_new_rule_is_tried_before_it_is_saved(hub: Hub, iris: Client) -> None:
    moodle, posted = _posted(hub)
    assert "Account, with leading zeros" not in words(look(iris, "identityrule/", moodle))
    tried = said(send(iris, "identityrule/add/", **_rule()))
    assert "1 of 1 actors would change" in tried
    assert "21001 nobody Ann Lee" in tried
    assert not IdentityRule.objects.filter(store=moodle.store_id, name="Padded number").exists()
    send(iris, "identityrule/add/", **_rule(save="1"))
    page = words(look(iris, "identityrule/", moodle))
    assert "with leading zeros, to so many digits (8)" in page
    assert "Padded number: added. " in page
    assert "Iris" in page
    IdentityRefresh.objects.filter(store=moodle.store_id).update(requested="2026-01-01T00:00:00Z")
    rulebook.carry_on()
    caught_up()
    assert units(moodle, posted) == ["ER"]


def test_a_rule_is_tried_earlier_after_a_look(hub: Hub, iris: Client) -> None:
    moodle, _ = _posted(hub)
    look(iris, "identityrule/", moodle)
    rule = _named(moodle, "User name")
    shown = said(send(iris, f"identityrule/{rule.pk}/move/", action="up"))
    assert "User name is to be tried earlier" in shown
    assert "No actor would change" in shown
    before = list(IdentityRule.objects.filter(store=moodle.store_id).values_list("name", flat=True))
    assert before.index("User name") > before.index("Employee number")
    send(iris, f"identityrule/{rule.pk}/move/", action="up", sure="1")
    after = list(IdentityRule.objects.filter(store=moodle.store_id).values_list("name", flat=True))
    assert after.index("User name") < after.index("Employee number")


def test_a_rule_is_switched_off_and_on(hub: Hub, iris: Client) -> None:
    moodle, _ = _posted(hub)
    look(iris, "identityrule/", moodle)
    rule = _named(moodle, "E-mail address")
    send(iris, f"identityrule/{rule.pk}/move/", action="off", sure="1")
    assert not _named(moodle, "E-mail address").active
    send(iris, f"identityrule/{rule.pk}/move/", action="on", sure="1")
    assert _named(moodle, "E-mail address").active
    walks = IdentityRefresh.objects.filter(store=moodle.store_id)
    assert [each.reason for each in walks] == ["E-mail address: switched on", "E-mail address: switched off"]


def test_a_rule_that_says_nothing_right_is_refused(hub: Hub, iris: Client) -> None:
    moodle, _ = _posted(hub)
    look(iris, "identityrule/", moodle)
    answer = send(iris, "identityrule/add/", **_rule(name="User name", confidence=2, save="1"))
    assert answer.status_code == 400
    assert "Another rule has this name" in said(answer)
    assert not IdentityRefresh.objects.filter(store=moodle.store_id).exists()


def test_who_only_looks_changes_no_rule(hub: Hub, vera: Client) -> None:
    moodle, _ = _posted(hub)
    page = look(vera, "identityrule/", moodle)
    assert "New rule" not in words(page)
    rule = _named(moodle, "User name")
    assert "disabled" in look(vera, f"identityrule/{rule.pk}/")
    assert send(vera, f"identityrule/{rule.pk}/", **_rule()).status_code == 403
    assert send(vera, f"identityrule/{rule.pk}/move/", action="off", sure="1").status_code == 403
    assert send(vera, "identityrule/add/", **_rule()).status_code == 403
