"""Draft → review → approved → effective → retired and no other way, by the application or past it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from compliance.models import Requirement, RequirementVersion
from compliance.requirements import curricula, lifecycle
from compliance.requirements.errors import InvalidDefinition, NotAllowed
from compliance.status import read
from tests.compliance.requirements.people import YEARLY, Hospital, ago, today

pytestmark = pytest.mark.usefixtures("database")

STATES = ("draft", "review", "approved", "effective", "retired")
ALLOWED = {
    ("draft", "review"), ("draft", "retired"), ("review", "draft"), ("review", "approved"),
    ("approved", "effective"), ("approved", "retired"), ("effective", "retired"),
}  # fmt: skip


def at(hospital: Hospital, state: str) -> RequirementVersion:
    """Return a version that stands at a state."""
    version = lifecycle.create(
        hospital.store_id, code="R1", title="Bloodborne pathogens", document=YEARLY, by=hospital.dora
    )
    if state == "draft":
        return version
    lifecycle.submit(version)
    if state in {"approved", "effective", "retired"}:
        first = today() + timedelta(days=10) if state == "approved" else ago(10)
        lifecycle.approve(version, approved_by=hospital.paul, effective_from=first)
    if state == "retired":
        lifecycle.retire(version, on=today(), why="No longer asked for.")
    return RequirementVersion.objects.get(pk=version.pk)


@pytest.mark.parametrize("state", STATES)
def test_the_database_refuses_every_step_that_is_not_permitted(state: str) -> None:
    version = at(Hospital(), state)
    for other in STATES:
        if other == state or (state, other) in ALLOWED:
            continue
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE compliance_requirement_version SET state = %s,"
                " approved_at = coalesce(approved_at, now()),"
                " effective_from = coalesce(effective_from, current_date) WHERE id = %s",
                [other, version.pk],
            )
    assert RequirementVersion.objects.get(pk=version.pk).state == state


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("draft", lambda version, paul: lifecycle.approve(version, approved_by=paul)),
        ("draft", lambda version, paul: lifecycle.retire(version, why="No.")),
        ("draft", lambda version, paul: lifecycle.send_back(version)),
        ("review", lambda version, paul: lifecycle.edit(version, YEARLY)),
        ("review", lambda version, paul: lifecycle.discard(version)),
        ("approved", lambda version, paul: lifecycle.submit(version)),
        ("approved", lambda version, paul: lifecycle.edit(version, YEARLY)),
        ("effective", lambda version, paul: lifecycle.approve(version, approved_by=paul)),
        ("effective", lambda version, paul: lifecycle.discard(version)),
        ("retired", lambda version, paul: lifecycle.submit(version)),
        ("retired", lambda version, paul: lifecycle.retire(version, why="Again.")),
    ],
)
def test_the_application_refuses_a_step_that_is_not_permitted(state: str, step: Callable[..., Any]) -> None:
    hospital = Hospital()
    version = at(hospital, state)
    with pytest.raises(NotAllowed, match=r"it is .* while it is"):
        step(version, hospital.paul)
    assert RequirementVersion.objects.get(pk=version.pk).state == state


def test_who_drafted_a_version_does_not_approve_it() -> None:
    hospital = Hospital()
    version = at(hospital, "review")
    with pytest.raises(NotAllowed, match="does not approve"):
        lifecycle.approve(version, approved_by=hospital.dora)
    assert lifecycle.approve(version, approved_by=hospital.paul).approved_by == hospital.paul


@pytest.mark.parametrize(
    "change",
    [
        "definition = '{}'::jsonb",
        "effective_from = current_date + 1",
        "approved_at = now()",
        "signature_id = 7",
        "created_by_id = NULL",
        "number = 9",
    ],
)
def test_what_was_approved_never_changes(change: str) -> None:
    version = at(Hospital(), "effective")
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE compliance_requirement_version SET {change} WHERE id = %s", [version.pk])
    with pytest.raises(DatabaseError), transaction.atomic():
        RequirementVersion.objects.filter(pk=version.pk).delete()


def test_nothing_begins_as_approved() -> None:
    hospital = Hospital()
    requirement = Requirement.objects.create(store_id=hospital.store_id, code="R", title="R")
    with pytest.raises(DatabaseError), transaction.atomic():
        RequirementVersion.objects.create(
            requirement=requirement, number=1, definition=YEARLY, state="effective", effective_from=today()
        )


def test_a_later_version_takes_the_place_of_the_one_before_on_its_day() -> None:
    hospital = Hospital()
    first = hospital.required(since=ago(100))
    second = lifecycle.revise(first.requirement, YEARLY, change_note="Again.", by=hospital.dora)
    lifecycle.submit(second)
    lifecycle.approve(second, approved_by=hospital.paul, effective_from=today() + timedelta(days=5))
    assert RequirementVersion.objects.get(pk=first.pk).state == "effective"
    lifecycle.advance(today() + timedelta(days=5))
    assert RequirementVersion.objects.get(pk=second.pk).state == "effective"
    ended = RequirementVersion.objects.get(pk=first.pk)
    assert (ended.state, ended.retired_from) == ("retired", today() + timedelta(days=5))


def test_a_version_called_off_before_its_day_leaves_the_one_before_in_force() -> None:
    hospital = Hospital()
    hospital.course()
    first = hospital.required(since=ago(100))
    second = lifecycle.revise(first.requirement, YEARLY, change_note="Again.", by=hospital.dora)
    lifecycle.submit(second)
    day = today() + timedelta(days=5)
    lifecycle.approve(second, approved_by=hospital.paul, effective_from=day)
    announced = timezone.now()
    assert [each.version_id for each in read.statuses(hospital.store_id, day)] == [second.pk]
    lifecycle.retire(second, why="Not needed after all.")
    assert [each.version_id for each in read.statuses(hospital.store_id, day)] == [first.pk]
    assert [each.version_id for each in read.statuses(hospital.store_id, day, announced)] == [second.pk]


def test_what_has_been_in_force_is_not_made_not_to_have_been() -> None:
    version = Hospital().required(since=ago(100))
    with pytest.raises(NotAllowed, match="from a later day"):
        lifecycle.retire(version, on=ago(100), why="A mistake.")
    assert RequirementVersion.objects.get(pk=version.pk).state == "effective"


def test_a_curriculum_is_taken_over_when_a_version_goes_to_review() -> None:
    hospital = Hospital()
    named = curricula.save(hospital.store_id, code="NURSES", title="Nurses", what={"course": "BBP"})
    version = lifecycle.create(
        hospital.store_id, code="R", title="R", document={**YEARLY, "what": {"curriculum": "NURSES"}}
    )
    found = lifecycle.submit(version)
    assert found.definition["what"] == {"title": "Curriculum NURSES", "all": [{"course": "BBP"}]}
    lifecycle.approve(found, approved_by=hospital.paul)
    assert curricula.named_by(named) == []
    changed = curricula.save(hospital.store_id, code="NURSES", title="Nurses", what={"course": "OTHER"})
    assert [each.pk for each in curricula.named_by(changed)] == [version.pk]


def test_a_version_that_names_a_curriculum_nobody_knows_stays_a_draft() -> None:
    hospital = Hospital()
    version = lifecycle.create(
        hospital.store_id, code="R", title="R", document={**YEARLY, "what": {"curriculum": "NOBODY"}}
    )
    with pytest.raises(InvalidDefinition, match="there is no curriculum NOBODY"):
        lifecycle.submit(version)
    assert RequirementVersion.objects.get(pk=version.pk).state == "draft"
