"""What rules make of statements: cmi5's moveOn, thresholds, precedence, periods, and rules that change."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from compliance.completions import rulebook
from compliance.completions.document import problems
from compliance.completions.starting import document
from compliance.errors import ComplianceError
from compliance.models import CompletionRule, CompletionRuleVersion
from tests.compliance.courses import (
    FORKLIFT,
    caught_up,
    course,
    days,
    did,
    evidence,
    hired,
    known,
    reasons,
    rule,
)
from tests.fixtures import Hub, Xapi

ADL = "http://adlnet.gov/expapi/verbs/"
CMI5 = {"contextActivities": {"category": [{"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}]}}
MOVE_ON = "https://w3id.org/xapi/cmi5/context/extensions/moveon"


def _in(registration: str, move_on: str = "") -> dict[str, Any]:
    return {**CMI5, "registration": registration, **({"extensions": {MOVE_ON: move_on}} if move_on else {})}


def _launched(moodle: Xapi, move_on: str, registration: str) -> str:
    return did(moodle, "launched", "2026-02-10T08:00:00Z", context=_in(registration, move_on))


@pytest.mark.parametrize(
    ("move_on", "verbs", "completes"),
    [
        ("Passed", ["completed"], False),
        ("Passed", ["passed"], True),
        ("Completed", ["passed"], False),
        ("Completed", ["completed"], True),
        ("CompletedAndPassed", ["completed"], False),
        ("CompletedAndPassed", ["passed", "completed"], True),
        ("CompletedOrPassed", ["passed"], True),
        ("NotApplicable", [], True),
        ("CompletedAndPassed", ["https://w3id.org/xapi/adl/verbs/waived"], True),
        ("CompletedAndPassed", ["https://w3id.org/xapi/adl/verbs/satisfied"], True),
    ],
)
def test_cmi5_completes_when_what_was_launched_says_so(
    hub: Hub, move_on: str, verbs: list[str], completes: bool
) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    registration = str(uuid4())
    for hour, verb in enumerate(verbs, start=9):
        did(moodle, verb, f"2026-02-10T{hour:02}:00:00Z", context=_in(registration))
    # It may arrive last.
    _launched(moodle, move_on, registration)
    caught_up()
    assert bool(known(forklift)) is completes


def test_completed_and_passed_of_two_registrations_are_not_one(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    one, other = str(uuid4()), str(uuid4())
    _launched(moodle, "CompletedAndPassed", one)
    _launched(moodle, "CompletedAndPassed", other)
    did(moodle, "completed", "2026-02-10T09:00:00Z", context=_in(one))
    passed = did(moodle, "passed", "2026-02-10T10:00:00Z", context=_in(other))
    caught_up()
    assert known(forklift) == []
    completed = did(moodle, "completed", "2026-02-10T11:00:00Z", context=_in(other))
    caught_up()
    [found] = known(forklift)
    assert evidence(found) == {passed, completed}
    assert f"{found.completed_at:%H}" == "11"


def test_a_rule_of_a_course_decides_before_the_ones_of_all(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    crane = course(moodle.store_id, "CRANE-1", "http://example.com/activities/crane")
    steps = {"good": {"verbs": [f"{ADL}passed"], "scaled": {"at_least": 0.8}}}
    rule(
        moodle.store_id,
        {"format": 1, "applies": {"courses": ["FORK-1"]}, "steps": steps, "needs": [["good"]]},
    )
    for what in (FORKLIFT, "http://example.com/activities/crane"):
        did(moodle, "passed", "2026-02-10", what=what, result={"score": {"scaled": 0.7}})
        did(moodle, "passed", "2026-03-10", what=what, result={"score": {"raw": 45, "min": 0, "max": 50}})
    caught_up()
    assert days(forklift) == ["2026-03-10"]
    assert days(crane) == ["2026-02-10", "2026-03-10"]


def test_a_rule_holds_in_its_period_and_a_newer_version_only_in_its_own(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    for day in ("2026-01-10", "2026-02-10", "2026-03-10"):
        did(moodle, "passed", day, result={"score": {"raw": 60}})
    caught_up()
    assert len(known(forklift)) == 3

    def at_least(raw: int) -> dict[str, Any]:
        return {
            "format": 1,
            "steps": {"passed": {"verbs": [f"{ADL}passed"], "raw": {"at_least": raw}}},
            "needs": [["passed"]],
        }

    ours = rule(
        moodle.store_id, at_least(70), effective_from=date(2026, 2, 1), effective_to=date(2026, 2, 28)
    )
    caught_up()
    assert days(forklift) == ["2026-01-10", "2026-03-10"]
    assert reasons(forklift) == ["Withdrawn: the rule “ours” changed (version 1)."]
    rulebook.publish(rulebook.draft(ours, at_least(50)))
    caught_up()
    assert days(forklift) == ["2026-01-10", "2026-02-10", "2026-03-10"]
    rulebook.change(ours, order=10, active=False, name="ours")
    caught_up()
    assert len(known(forklift)) == 3


def test_statements_of_a_verb_no_rule_asked_for_count_once_one_does(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    certified = f"https://example.com/verbs/certified-{uuid4().hex}"
    first = did(moodle, certified)
    caught_up()
    rule(
        moodle.store_id,
        {"format": 1, "steps": {"certified": {"verbs": [certified]}}, "needs": [["certified"]]},
    )
    did(moodle, certified, "2027-02-10")
    caught_up()
    assert days(forklift) == ["2026-02-10", "2027-02-10"]
    assert evidence(known(forklift)[0]) == {first}


def test_a_rule_of_a_source_leaves_others_alone(hub: Hub) -> None:
    moodle, _ = hired(hub)
    kiosk = hub.caller("Kiosk")
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    never = {
        "format": 1,
        "applies": {"sources": ["Kiosk"]},
        "steps": {"mastered": {"verbs": [f"{ADL}mastered"]}},
        "needs": [["mastered"]],
    }
    rule(moodle.store_id, never)
    did(kiosk, "passed", "2026-02-10")
    did(moodle, "passed", "2026-03-10")
    caught_up()
    assert days(forklift) == ["2026-03-10"]


def test_moodle_takes_a_completion_back_and_says_it_again(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "completed", "2026-02-10T10:00:00Z")
    taken = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"
    did(moodle, taken, "2026-02-10T12:00:00Z")
    caught_up()
    assert known(forklift) == []
    did(moodle, "completed", "2026-02-12")
    caught_up()
    assert days(forklift) == ["2026-02-12"]


def test_a_quiz_attempt_of_moodle_is_a_try_at_the_quiz(hub: Hub) -> None:
    moodle, _ = hired(hub)
    quiz = "https://moodle.example.com/mod/quiz/view.php?id=1"
    fire = course(moodle.store_id, "FIRE-1", quiz)
    attempt = {
        "id": "https://moodle.example.com/mod/quiz/attempt.php?attempt=7&cmid=1",
        "definition": {"type": f"{ADL}".replace("verbs/", "activities/attempt")},
    }
    parents = {
        "contextActivities": {"parent": [{"id": quiz}, {"id": "https://moodle.example.com/course?id=2"}]}
    }
    did(moodle, "completed", object=attempt, context=parents, result={"completion": True, "success": False})
    caught_up()
    assert known(fire) == []
    did(moodle, "completed", "2026-02-11", object=attempt, context=parents, result={"success": True})
    caught_up()
    assert days(fire) == ["2026-02-11"]


def test_the_rules_the_hub_starts_with_are_sound_and_stand(database: None) -> None:
    for code in ("training-records", "cmi5", "xapi"):
        assert problems(document(code)) == []
        started = CompletionRule.objects.get(store=None, code=code)
        assert started.versions.filter(published__isnull=False).exists()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({}, ""),
        ({"format": 1}, ""),
        ({"format": 1, "steps": {"a": {"verbs": []}}, "needs": [["a"]]}, "/steps/a/verbs"),
        ({"format": 1, "steps": {"a": {"verbs": ["x"]}}, "needs": [["b"]]}, "/needs/0"),
        ({"format": 1, "steps": {"a": {"verbs": ["x"], "code": "1"}}, "needs": [["a"]]}, "/steps/a"),
        ({"format": 1, "steps": {"a": {"verbs": [f"{ADL}voided"]}}, "needs": [["a"]]}, "/steps/a/verbs"),
        ({"format": 1, "move_on": "Sometimes"}, "/move_on"),
        ({"format": 1, "move_on": "Passed", "otherwise": "Passed"}, "/otherwise"),
    ],
)
def test_a_document_that_cannot_be_used_says_where_it_is_wrong(wrong: dict[str, Any], pointer: str) -> None:
    assert pointer in {each.pointer for each in problems(wrong)}


def test_a_version_that_says_the_same_makes_no_other_completion(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    said = {"format": 1, "steps": {"passed": {"verbs": [f"{ADL}passed"]}}, "needs": [["passed"]]}
    ours = rule(moodle.store_id, said)
    did(moodle, "passed")
    caught_up()
    [before] = known(forklift)
    rulebook.publish(rulebook.draft(ours, {**said, "note": "The same in other words"}))
    caught_up()
    assert [each.pk for each in known(forklift)] == [before.pk]


def test_what_is_published_never_changes(hub: Hub) -> None:
    moodle, _ = hired(hub)
    ours = rule(moodle.store_id, {"format": 1, "move_on": "Passed", "applies": {"courses": ["NONE"]}})
    version = ours.versions.get()
    with pytest.raises(ComplianceError, match="stands already"):
        rulebook.publish(version)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        CompletionRuleVersion.objects.filter(pk=version.pk).update(document={})
    again = rulebook.draft(ours, {"format": 1, "move_on": "Completed"})
    assert (again.number, again.published) == (2, None)
    assert rulebook.draft(ours, {"format": 1, "move_on": "Passed"}).pk == again.pk
