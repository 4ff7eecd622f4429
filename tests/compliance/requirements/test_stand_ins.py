"""Waivers, equivalencies and practical sign-offs: never a completion, never by oneself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from compliance.models import Completion, PracticalSignOff
from compliance.requirements import sign_offs, waivers
from compliance.requirements.errors import NotAllowed
from compliance.status import read
from tests.compliance.requirements.people import YEARLY, Hospital, ago, today

pytestmark = pytest.mark.usefixtures("database")

PRACTICAL = {**YEARLY, "what": {"sign_off": "IV", "evaluators": "TRAINERS"}}


def stands(hospital: Hospital, person_id: int) -> str:
    [found] = read.statuses(hospital.store_id, today(), people=[person_id])
    return found.state(today())


def test_a_waiver_frees_until_its_last_day_and_is_never_shown_as_completed() -> None:
    hospital = Hospital()
    version = hospital.required()
    assert stands(hospital, hospital.ann.pk) == "overdue"
    waiver = waivers.propose(
        version.requirement,
        person_id=hospital.ann.pk,
        reason="On parental leave.",
        valid_from=ago(5),
        valid_to=today() + timedelta(days=20),
        by=hospital.dora,
    )
    assert stands(hospital, hospital.ann.pk) == "overdue"
    with pytest.raises(NotAllowed, match="does not approve"):
        waivers.approve(waiver, approved_by=hospital.dora)
    waivers.approve(waiver, approved_by=hospital.paul, signature_id=7)
    assert stands(hospital, hospital.ann.pk) == "waived"
    explained = read.explain(hospital.store_id, hospital.ann.pk, version.requirement_id, today())
    assert explained.done == ()
    assert explained.waivers == (waiver.pk,)
    assert not Completion.objects.filter(person=hospital.ann).exists()
    later = read.statuses(hospital.store_id, today() + timedelta(days=21), people=[hospital.ann.pk])
    assert later[0].state(today() + timedelta(days=21)) == "in_grace"


def test_a_waiver_of_a_group_frees_whom_its_rule_is_about() -> None:
    hospital = Hospital()
    version = hospital.required({**YEARLY, "for": {"units": ["H"]}})
    waiver = waivers.propose(
        version.requirement,
        rule={"units": ["ER"]},
        reason="Trained by the fire brigade.",
        evidence="Certificate 12.",
        kind="equivalency",
        valid_from=ago(1),
        valid_to=today(),
        by=hospital.dora,
    )
    waivers.approve(waiver, approved_by=hospital.paul)
    assert stands(hospital, hospital.bo.pk) == "waived"
    assert stands(hospital, hospital.ann.pk) == "overdue"
    waivers.revoke(waiver, why="The certificate was not valid.", on=today())
    assert stands(hospital, hospital.bo.pk) != "waived"


@pytest.mark.parametrize(
    "change", ["valid_to = valid_to + 1", "reason = 'Other.'", "approved_by_id = NULL", "approved_at = NULL"]
)
def test_a_waiver_that_was_approved_never_changes(change: str) -> None:
    hospital = Hospital()
    version = hospital.required()
    waiver = waivers.propose(
        version.requirement,
        person_id=hospital.ann.pk,
        reason="Leave.",
        valid_from=today(),
        valid_to=today(),
    )
    waivers.approve(waiver, approved_by=hospital.paul)
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE compliance_waiver SET {change} WHERE id = %s", [waiver.pk])
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM compliance_waiver WHERE id = %s", [waiver.pk])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"person_id": None, "rule": None}, "one person or for one group"),
        ({"reason": " "}, "says why"),
        ({"kind": "equivalency"}, "accepted instead"),
        ({"valid_to": ago(9)}, "on or after"),
    ],
)
def test_a_waiver_without_what_it_needs_is_refused(said: dict[str, object], why: str) -> None:
    hospital = Hospital()
    version = hospital.required()
    whole = {
        "person_id": hospital.ann.pk, "reason": "Leave.", "valid_from": today(), "valid_to": today(), **said
    }  # fmt: skip
    with pytest.raises(NotAllowed, match=why):
        waivers.propose(version.requirement, **whole)  # type: ignore[arg-type]  # what a caller may send


def qualified(hospital: Hospital) -> sign_offs.Qualified:
    return lambda person_id, code, day: read.why_qualified(hospital.store_id, person_id, code, day)


def test_only_an_evaluator_who_was_qualified_that_day_signs_off() -> None:
    hospital = Hospital()
    trainers = hospital.required({**YEARLY, "for": {"everybody": True}}, code="TRAINERS")
    practical = hospital.required(PRACTICAL, code="IV")
    course = hospital.course("IV")
    hospital.course("BBP")
    asked = {"person_id": hospital.ann.pk, "evaluator_id": hospital.mia.pk, "qualified": qualified(hospital)}
    with pytest.raises(NotAllowed, match="TRAINERS is not met"):
        sign_offs.record(course, done_on=today(), **asked)  # type: ignore[arg-type]  # one dict for both
    hospital.completed(hospital.mia, ago(3))
    with pytest.raises(NotAllowed, match="TRAINERS is not met"):
        sign_offs.record(course, done_on=ago(4), **asked)  # type: ignore[arg-type]  # one dict for both
    made = sign_offs.record(course, done_on=ago(2), **asked)  # type: ignore[arg-type]  # one dict for both
    assert made.qualification["TRAINERS"]["version"] == trainers.pk
    explained = read.explain(hospital.store_id, hospital.ann.pk, practical.requirement_id, today())
    assert explained.state == "compliant"
    assert [each.sign_off_id for each in explained.done] == [made.pk]
    sign_offs.withdraw(made, why="It was another nurse.")
    assert (
        read.explain(hospital.store_id, hospital.ann.pk, practical.requirement_id, today()).state == "overdue"
    )


def test_nobody_signs_off_their_own_practice() -> None:
    hospital = Hospital()
    with pytest.raises(NotAllowed, match="their own"):
        sign_offs.record(
            hospital.course("IV"),
            person_id=hospital.ann.pk,
            evaluator_id=hospital.ann.pk,
            done_on=today(),
            qualified=qualified(hospital),
        )
    assert not PracticalSignOff.objects.filter(store_id=hospital.store_id).exists()
