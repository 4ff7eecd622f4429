"""Rules are changed: what that would do is told before, and done to the actors concerned and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.identity import rulebook, standing
from connectors.models import IdentityRefresh, IdentityRule, System
from connectors.workforce.canonical import Identified
from tests.connectors.learning import academy, actor, caught_up, contexts, learned, units
from tests.connectors.people import ann, hris, told
from tests.fixtures import Hub, Xapi

LMS = "https://lms.example.com"
NOBODY = "Nobody is known by this actor"


def _account(name: str) -> dict[str, Any]:
    return {"account": {"homePage": LMS, "name": name}}


def _numbered(hub: Hub) -> tuple[Xapi, System]:
    """Ann, whose number HR writes with zeros, and an LMS that leaves them out."""
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, replace(ann(), identifiers=(Identified(type="employee_number", value="00021001"),)))
    standing.begin(store.pk)
    return moodle, workday


def _padded(moodle: Xapi, **fields: Any) -> IdentityRule:
    return IdentityRule(
        store_id=moodle.store_id,
        name="Padded number",
        order=5,
        actor_kind="account",
        identifier_type="employee_number",
        **({"transform": {"pad_zeros": 8}} | fields),
    )


def _walk() -> None:
    while rulebook.carry_on(settled=timedelta(0)):
        pass


def test_a_new_rule_reaches_actors_that_were_there_before_it(hub: Hub) -> None:
    moodle, _ = _numbered(hub)
    posted = learned(moodle, _account("21001"), "2026-02-10")
    caught_up()
    assert units(moodle, posted) == [NOBODY]
    _padded(moodle).save()
    rulebook.refresh(moodle.store_id, ["account"], reason="Padded number added")
    _walk()
    caught_up()
    assert "00021001" in actor(moodle, "21001").forms
    assert units(moodle, posted) == ["ICU"]


def test_only_contexts_of_actors_whose_answer_changed_are_derived_again(hub: Hub) -> None:
    moodle, workday = _numbered(hub)
    told(workday, ann("7"))
    right = learned(moodle, _account("7"), "2026-02-10")
    wrong = learned(moodle, _account("21001"), "2026-02-10")
    caught_up()
    before = contexts(moodle, right)[0].recorded_from
    _padded(moodle).save()
    rulebook.refresh(moodle.store_id, ["account"], reason="Padded number added")
    _walk()
    caught_up()
    assert units(moodle, right, wrong) == ["ICU", "ICU"]
    assert contexts(moodle, right)[0].recorded_from == before
    assert contexts(moodle, right, ended=True) == []


def test_a_rule_switched_off_takes_its_links_with_it(hub: Hub) -> None:
    moodle, _ = _numbered(hub)
    rule = _padded(moodle)
    rule.save()
    standing.forget()
    posted = learned(moodle, _account("21001"), "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["ICU"]
    rule.active = False
    rule.save()
    rulebook.refresh(moodle.store_id, ["account"], reason="Padded number switched off")
    _walk()
    caught_up()
    assert units(moodle, posted) == [NOBODY]


def test_a_preview_tells_how_many_actors_would_change_and_changes_none(hub: Hub) -> None:
    moodle, _ = _numbered(hub)
    posted = [learned(moodle, _account(each), "2026-02-10") for each in ("21001", "4711")]
    caught_up()
    rules = rulebook.as_it_would_be(moodle.store_id, [_padded(moodle)])
    found = rulebook.preview(moodle.store_id, ["account"], rules)
    assert (found.concerned, found.found, found.lost, found.other) == (2, 1, 0, 0)
    assert found.exact
    [example] = found.examples
    assert (example.actor.value, example.before, example.after) == ("21001", "", "Ann Lee")
    caught_up()
    assert units(moodle, *posted) == [NOBODY, NOBODY]
    assert "00021001" not in actor(moodle, "21001").forms


def test_a_preview_of_an_order_tells_who_would_be_somebody_else(hub: Hub) -> None:
    moodle, workday = _numbered(hub)
    told(workday, replace(ann("8"), identifiers=(Identified(type="user_name", value="00021001"),)))
    learned(moodle, _account("00021001"), "2026-02-10")
    caught_up()
    rule = IdentityRule.objects.get(store=moodle.store_id, name="User name")
    rule.order = 1
    found = rulebook.preview(moodle.store_id, ["account"], rulebook.as_it_would_be(moodle.store_id, [rule]))
    assert (found.found, found.lost, found.other) == (0, 0, 1)


def test_a_walk_that_was_stopped_goes_on_where_it_was(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    moodle, _ = _numbered(hub)
    for each in ("1", "2", "3", "21001"):
        learned(moodle, _account(each), "2026-02-10")
    caught_up()
    _padded(moodle).save()
    walk = rulebook.refresh(moodle.store_id, ["account"], reason="Padded number added")
    assert walk is not None
    monkeypatch.setattr(rulebook, "BATCH", 2)

    def stopped(ids: list[int]) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        assert rulebook._batch(walk.pk, timedelta(0)) == 2
        patch.setattr(rulebook, "relink", stopped)
        with pytest.raises(KeyboardInterrupt):
            rulebook._batch(walk.pk, timedelta(0))
    walk.refresh_from_db()
    assert (walk.actors, walk.finished) == (2, None)
    _walk()
    walk.refresh_from_db()
    assert (walk.actors, walk.changed) == (4, 1)
    assert walk.finished is not None


def test_a_walk_ends_only_once_no_process_trusts_the_rules_of_before(hub: Hub) -> None:
    moodle, _ = _numbered(hub)
    walk = rulebook.refresh(moodle.store_id, ["account"], reason="Nothing much")
    assert walk is not None
    rulebook.carry_on()
    walk.refresh_from_db()
    assert walk.finished is None
    IdentityRefresh.objects.filter(pk=walk.pk).update(requested=timezone.now() - timedelta(minutes=1))
    rulebook.carry_on()
    walk.refresh_from_db()
    assert walk.finished is not None


def test_actors_of_other_kinds_and_other_stores_are_left_alone(hub: Hub) -> None:
    moodle, _ = _numbered(hub)
    learned(moodle, {"mbox": "mailto:ann@example.com"}, "2026-02-10")
    learned(hub.caller(store="Another"), _account("21001"), "2026-02-10")
    caught_up()
    walk = rulebook.refresh(moodle.store_id, ["account"], reason="Accounts only")
    assert walk is not None
    _walk()
    walk.refresh_from_db()
    assert walk.actors == 0
