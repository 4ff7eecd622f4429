"""Who an actor is told to be, by which rule, and when somebody must look."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha1
from typing import Any

import pytest

from connectors.identity import standing
from connectors.models import ActorLink, ActorState, IdentityReview, IdentityRule
from connectors.workforce.canonical import Identified
from tests.connectors.learning import academy, actor, caught_up, learned, units
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import Hub

LMS = "https://lms.example.com"


def _account(name: str, home_page: str = LMS) -> dict[str, Any]:
    return {"account": {"homePage": home_page, "name": name}}


def _hash(address: str) -> dict[str, Any]:
    return {"mbox_sha1sum": sha1(f"mailto:{address}".encode()).hexdigest()}


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        ({"mbox": "mailto:Ann.Lee@Example.com"}, "E-mail address"),
        (_hash("ann.lee@example.com"), "Hashed e-mail address"),
        (_hash("Ann.Lee@example.com"), "Hashed e-mail address"),
        ({"openid": "https://id.example.com/ann"}, "OpenID"),
        (_account("u-77"), "Account under its home page"),
        (_account("00211"), "Employee number"),
        (_account("ALee"), "User name"),
        (_account("f3b1"), "Subject of the identity provider"),
        (_account("ann.lee@example.com", "https://other.example.com/"), "E-mail address as account name"),
    ],
)
def test_every_way_to_name_her_leads_to_her(hub: Hub, named: dict[str, Any], rule: str) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    identifiers = (
        Identified(type="email", value="Ann.Lee@example.com"),
        Identified(type="openid", value="https://id.example.com/ann"),
        Identified(type="account", value="u-77", issuer=f"{LMS}/"),
        Identified(type="employee_number", value="00211"),
        Identified(type="user_name", value="alee"),
        Identified(type="subject", value="f3b1"),
    )
    told(workday, replace(ann(), identifiers=identifiers))
    posted = learned(moodle, named, "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["ICU"]
    [link] = ActorLink.objects.filter(person=person(workday), recorded__upper_inf=True)
    assert link.rule is not None
    assert link.rule.name == rule
    assert rule in link.evidence


def test_an_account_number_written_without_its_zeros_needs_a_rule_that_says_so(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, replace(ann(), identifiers=(Identified(type="employee_number", value="00021001"),)))
    IdentityRule.objects.create(
        store=store,
        name="Padded number",
        order=1,
        actor_kind="account",
        home_page=LMS,
        identifier_type="employee_number",
        transform={"strip_prefix": "emp-", "pad_zeros": 8},
    )
    standing.begin(store.pk)
    ids = [
        learned(moodle, _account("emp-21001", page), "2026-02-10")
        for page in (LMS, "https://else.example.com")
    ]
    caught_up()
    assert units(moodle, *ids) == ["ICU", "Nobody is known by this actor"]


def test_an_address_two_people_hold_at_once_is_ambiguous_and_waits_for_somebody(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    shared = (Identified(type="email", value="icu@example.com"),)
    told(workday, replace(ann("1"), identifiers=shared), replace(ann("2"), identifiers=shared))
    posted = learned(moodle, {"mbox": "mailto:icu@example.com"}, "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["Several people may be this actor"]
    [review] = IdentityReview.objects.filter(actor=actor(moodle, "mailto:icu@example.com"), state="open")
    assert review.reason == "ambiguous"
    assert {each["person"] for each in review.candidates} == {
        person(workday, "1").pk,
        person(workday, "2").pk,
    }


def test_a_rule_of_little_confidence_only_proposes(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(workday, replace(ann(), identifiers=(Identified(type="user_name", value="alee"),)))
    standing.begin(store.pk)
    IdentityRule.objects.filter(store=store, identifier_type="user_name").update(confidence=0.5)
    standing.forget()
    posted = learned(moodle, _account("alee"), "2026-02-10")
    caught_up()
    assert units(moodle, posted) == ["Nobody is known by this actor"]
    [review] = IdentityReview.objects.filter(actor=actor(moodle, "alee"))
    assert review.reason == "low-confidence"
    assert review.candidates[0]["person"] == person(workday).pk


def test_a_review_settles_itself_when_hr_tells_who_it_is(hub: Hub) -> None:
    moodle, store = academy(hub)
    learned(moodle, {"mbox": "mailto:ann.21001@example.com"}, "2026-02-10")
    caught_up()
    who = actor(moodle, "mailto:ann.21001@example.com")
    assert IdentityReview.objects.get(actor=who).state == "open"
    told(hris(store=store), ann())
    caught_up()
    assert IdentityReview.objects.get(actor=who).state == "settled"
    who.refresh_from_db()
    assert who.state == ActorState.RESOLVED


def test_a_sole_holder_keeps_statements_some_days_around_the_period_and_no_more(hub: Hub) -> None:
    moodle, store = academy(hub)
    workday = hris(store=store)
    held = Identified(
        type="email", value="ann@example.com", valid_from=date(2026, 2, 1), valid_to=date(2026, 3, 31)
    )
    told(workday, replace(ann(), identifiers=(held,)))
    days = ["2026-01-01", "2026-01-03", "2026-03-01", "2026-04-30", "2026-05-02"]
    ids = [learned(moodle, {"mbox": "mailto:ann@example.com"}, day) for day in days]
    caught_up()
    nobody = "Nobody held this identifier at the time"
    assert units(moodle, *ids) == [nobody, "ICU", "ICU", "ICU", nobody]
