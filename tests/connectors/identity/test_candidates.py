"""Where no rule tells who an actor is, people like it are proposed, the likest first, each with a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.identity import candidates
from connectors.identity.likeness import Face, Known, compare
from connectors.models import IdentityReview, Person
from connectors.workforce.canonical import Identified, Named
from tests.connectors.learning import academy, actor, caught_up, learned
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub, Xapi


def _review(moodle: Xapi, value: str) -> IdentityReview:
    return candidates.rank(IdentityReview.objects.select_related("actor").get(actor=actor(moodle, value)))


def _known(hub: Hub) -> tuple[Xapi, Person]:
    moodle, store = academy(hub)
    workday = hris(store=store)
    identifiers = (
        Identified(type="email", value="ann.lee@example.com"),
        Identified(type="employee_number", value="00021001"),
        Identified(type="user_name", value="alee"),
    )
    told(workday, replace(ann(), identifiers=identifiers))
    named = Named(formatted="Bob Miller", given="Bob", family="Miller")
    told(workday, replace(ann("7"), names=(named,), identifiers=()))
    return moodle, person(workday)


@pytest.mark.parametrize(
    ("named", "value", "why"),
    [
        ({"mbox": "mailto:ann.lee@old.example.com"}, "mailto:ann.lee@old.example.com", "begins the same"),
        ({"mbox": "mailto:ann_lee2@example.com"}, "mailto:ann_lee2@example.com", "dots or digits"),
        ({"mbox": "mailto:annlee@example.com"}, "mailto:annlee@example.com", "at example.com too"),
        (
            {"account": {"homePage": "https://x.example.com", "name": "E21001"}},
            "E21001",
            "number 00021001 is E21001",
        ),
        ({"name": "Lee, Ann", "mbox": "mailto:x1@example.net"}, "mailto:x1@example.net", "Called “Lee, Ann”"),
        (
            {"name": "Anne Lee", "mbox": "mailto:x2@example.net"},
            "mailto:x2@example.net",
            "much like “Ann Lee”",
        ),
        ({"account": {"homePage": "https://x.example.com", "name": "leeann"}}, "leeann", "would be written"),
    ],
)
def test_she_is_proposed_first_with_the_reason(hub: Hub, named: dict[str, Any], value: str, why: str) -> None:
    moodle, she = _known(hub)
    learned(moodle, named, "2026-02-10")
    caught_up()
    review = _review(moodle, value)
    assert review.candidates[0]["person"] == she.pk
    assert why in review.candidates[0]["evidence"]
    assert review.best == review.candidates[0]["score"]


def test_nobody_is_proposed_for_somebody_unlike_everybody(hub: Hub) -> None:
    moodle, _ = _known(hub)
    learned(moodle, {"name": "Zoë Quist", "mbox": "mailto:zq@example.com"}, "2026-02-10")
    caught_up()
    assert _review(moodle, "mailto:zq@example.com").candidates == []


def test_people_of_another_store_are_not_proposed(hub: Hub) -> None:
    _known(hub)
    other = hub.caller(store="Another")
    learned(other, {"name": "Ann Lee", "mbox": "mailto:ann@example.org"}, "2026-02-10")
    caught_up()
    assert _review(other, "mailto:ann@example.org").candidates == []


def test_what_rules_found_stays_beside_what_is_alike(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    shared = (Identified(type="email", value="icu@example.com"),)
    bob = Named(formatted="Bob Lee", given="Bob", family="Lee")
    told(workday, replace(ann("1"), identifiers=shared), replace(ann("2"), names=(bob,), identifiers=shared))
    learned(moodle, {"name": "Ann Lee", "mbox": "mailto:icu@example.com"}, "2026-02-10")
    caught_up()
    review = _review(moodle, "mailto:icu@example.com")
    again = candidates.rank(review)
    people = {person(workday, each).pk for each in ("1", "2")}
    assert {each["person"] for each in again.candidates} == people
    assert not any(each.get("guess") for each in again.candidates)


def test_waiting_reviews_are_ranked_in_the_background_a_few_at_a_time(hub: Hub) -> None:
    moodle, she = _known(hub)
    for number in range(3):
        learned(moodle, {"name": "Ann Lee", "mbox": f"mailto:u{number}@example.net"}, "2026-02-10")
    caught_up()
    waiting = IdentityReview.objects.filter(actor__store=moodle.store_id, ranked=None)
    while waiting.exists():
        candidates.rank_waiting(100)
    rows = IdentityReview.objects.filter(actor__store=moodle.store_id)
    assert {each.candidates[0]["person"] for each in rows} == {she.pk}


def test_several_weak_reasons_are_worth_more_than_one_and_never_as_much_as_a_rule() -> None:
    she = Known(
        person_id=1,
        names=["Ann Lee"],
        identifiers=[("email", "ann.lee@example.com"), ("employee_number", "0021001")],
    )
    by_name = compare(Face(names=["Ann Lee"]), she)
    by_both = compare(Face(names=["Ann Lee"], local="ann.lee", domain="example.com"), she)
    assert by_name.score < by_both.score <= 0.9
    assert len(by_both.reasons) == 3
