"""Somebody looks: accepts, says that it is nobody, takes it back; statements follow."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.errors import ConnectorError
from connectors.identity import candidates, link, merge, review
from connectors.models import ActorLink, IdentityReview, System
from tests.connectors.learning import academy, actor, caught_up, contexts, learned, units
from tests.connectors.people import ann, day, hris, new_store, person, told
from tests.fixtures import Hub, Xapi

MAIL = {"mbox": "mailto:ann@old.example.com"}
VALUE = "mailto:ann@old.example.com"
NOBODY = "Nobody is known by this actor"


def _waiting(hub: Hub, **named: Any) -> tuple[Xapi, System, str]:
    """Ann in the ICU, Bob in the ER, and a statement of somebody nobody knows."""
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann(), ann("7", unit="ER"))
    posted = learned(moodle, MAIL | named, "2026-02-10")
    caught_up()
    return moodle, workday, posted


def _open(moodle: Xapi, value: str = VALUE) -> IdentityReview:
    return IdentityReview.objects.get(actor=actor(moodle, value), state="open")


def test_accepting_a_person_gives_them_the_statements(hub: Hub) -> None:
    moodle, workday, posted = _waiting(hub)
    review.accept(_open(moodle).pk, person(workday).pk, by_id=None)
    caught_up()
    assert units(moodle, posted) == ["ICU"]
    assert not IdentityReview.objects.filter(actor=actor(moodle, VALUE), state="open").exists()


def test_accepting_for_a_period_leaves_the_rest_unknown(hub: Hub) -> None:
    moodle, workday, inside = _waiting(hub)
    outside = learned(moodle, MAIL, "2026-03-10")
    review.accept(_open(moodle).pk, person(workday).pk, by_id=None, end=day("2026-03-01"))
    caught_up()
    assert units(moodle, inside, outside) == ["ICU", "Nobody held this identifier at the time"]


def test_a_decision_is_taken_back_whole(hub: Hub) -> None:
    moodle, workday, posted = _waiting(hub)
    waiting = _open(moodle)
    review.accept(waiting.pk, person(workday).pk, by_id=None)
    caught_up()
    review.take_back(waiting.pk)
    caught_up()
    assert units(moodle, posted) == [NOBODY]
    assert _open(moodle).pk == waiting.pk
    assert len(contexts(moodle, posted, ended=True)) == 2
    assert ActorLink.objects.filter(actor=actor(moodle, VALUE)).count() == 1


def test_nobody_is_taken_back_too(hub: Hub) -> None:
    moodle, _, posted = _waiting(hub)
    waiting = _open(moodle)
    review.not_a_person(waiting.pk, by_id=None)
    caught_up()
    assert units(moodle, posted) == ["The actor is no person"]
    review.take_back(waiting.pk)
    caught_up()
    assert units(moodle, posted) == [NOBODY]


def test_taking_back_restores_what_was_said_by_hand_before(hub: Hub) -> None:
    moodle, workday, posted = _waiting(hub)
    who = actor(moodle, VALUE)
    link.link(who.pk, person(workday, "7").pk, end=day("2026-06-01"))
    second = IdentityReview.objects.create(actor=who, reason="conflict")
    review.accept(second.pk, person(workday).pk, by_id=None)
    caught_up()
    assert units(moodle, posted) == ["ICU"]
    review.take_back(second.pk)
    caught_up()
    assert units(moodle, posted) == ["ER"]


def test_what_is_settled_is_not_settled_twice(hub: Hub) -> None:
    moodle, workday, _ = _waiting(hub)
    waiting = _open(moodle)
    review.accept(waiting.pk, person(workday).pk, by_id=None)
    with pytest.raises(ConnectorError, match="settled before"):
        review.accept(waiting.pk, person(workday, "7").pk, by_id=None)
    review.take_back(waiting.pk)
    with pytest.raises(ConnectorError, match="nothing to take back"):
        review.take_back(waiting.pk)


def test_a_person_of_another_store_is_refused_and_nothing_is_written(hub: Hub) -> None:
    moodle, _, _ = _waiting(hub)
    elsewhere = hris(store=new_store())
    told(elsewhere, ann())
    with pytest.raises(ConnectorError, match="different stores"):
        review.accept(_open(moodle).pk, person(elsewhere).pk, by_id=None)
    assert not ActorLink.objects.filter(actor=actor(moodle, VALUE)).exists()


def test_all_above_a_score_are_accepted_but_where_two_people_reach_it(hub: Hub) -> None:
    moodle, workday, posted = _waiting(hub, name="Somebody")
    account = {"account": {"homePage": "https://x.example.com", "name": "E-21001"}}
    sure = learned(moodle, account, "2026-02-10")
    # Both are called Ann Lee.
    doubtful = learned(moodle, {"name": "Ann Lee", "mbox": "mailto:zz@example.net"}, "2026-02-10")
    caught_up()
    for each in IdentityReview.objects.filter(actor__store=moodle.store_id).select_related("actor"):
        candidates.rank(each)
    done = review.accept_above(moodle.store_id, 0.6, by_id=None)
    caught_up()
    assert [each.person_id for each in done] == [person(workday).pk]
    assert units(moodle, posted, sure, doubtful) == [NOBODY, "ICU", NOBODY]


def test_an_account_handed_over_is_split_between_two_people(hub: Hub) -> None:
    moodle, workday, before = _waiting(hub)
    after = learned(moodle, MAIL, "2026-03-10")
    link.split(actor(moodle, VALUE).pk, person(workday).pk, person(workday, "7").pk, day("2026-03-01"))
    caught_up()
    assert units(moodle, before, after) == ["ICU", "ER"]
    link.unlink(actor(moodle, VALUE).pk)
    caught_up()
    assert units(moodle, before, after) == [NOBODY, NOBODY]
    recorded = ActorLink.objects.filter(actor=actor(moodle, VALUE))
    assert recorded.count() == 2
    assert not recorded.filter(recorded__upper_inf=True).exists()


def test_undoing_a_merge_returns_those_merged_before_to_whom_they_were(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, ann("1", unit="ICU"), ann("2", unit="ER", hire_date=date(2021, 1, 1)))
    badge = hris("Badges", store=store, precedence=500)
    told(badge, ann("3", unit="GATE", hire_date=date(2022, 1, 1)))
    first, second, third = person(workday, "1"), person(workday, "2"), person(badge, "3")
    posted = learned(moodle, {"mbox": "mailto:ann.3@example.com"}, "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["GATE"]
    merge.merge(third.pk, second.pk)
    done = merge.merge(second.pk, first.pk)
    caught_up()
    who = actor(moodle, "mailto:ann.3@example.com")
    assert set(who.links.filter(recorded__upper_inf=True).values_list("person", flat=True)) == {first.pk}
    merge.undo(done.pk)
    caught_up()
    third.refresh_from_db()
    assert third.merged_into_id == second.pk
    assert set(who.links.filter(recorded__upper_inf=True).values_list("person", flat=True)) == {second.pk}
    assert units(moodle, posted) == ["ER"]
