"""Statements become completions, and completions follow whatever they stand on."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from compliance.completions import changes as completion_changes
from compliance.completions import consume, rework
from compliance.models import Completion, CourseActivity, SeenActivity
from connectors.enrichment import consume as enrichment
from connectors.identity import link, merge
from connectors.workforce.canonical import Identified
from lrs import feed
from tests.compliance.courses import (
    ANN,
    BEA,
    FORKLIFT,
    caught_up,
    course,
    days,
    did,
    evidence,
    hired,
    known,
    reasons,
    version,
)
from tests.connectors.learning import actor
from tests.connectors.people import ann, day, person, told
from tests.fixtures import Hub
from tests.statements import agent, voiding


def test_passing_a_course_completes_it(hub: Hub) -> None:
    moodle, workday = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT, credit_hours=8)
    passed = did(moodle, "passed", result={"success": True, "score": {"scaled": 0.9}})
    did(moodle, "experienced")
    did(moodle, "failed", "2026-02-11")
    caught_up()
    [found] = known(forklift, system=workday)
    assert (found.passed, found.score, str(found.credit_hours)) == (True, 0.9, "8.00")
    assert f"{found.completed_at:%Y-%m-%d %H}" == "2026-02-10 10"
    assert evidence(found) == {passed}


def test_a_result_that_says_otherwise_completes_nothing(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "completed", result={"completion": False})
    did(moodle, "completed", result={"completion": True, "success": False})
    caught_up()
    assert known(forklift) == []


def test_what_was_learned_before_the_course_was_in_the_catalogue_counts(hub: Hub) -> None:
    moodle, _ = hired(hub)
    did(moodle, "passed")
    caught_up()
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    caught_up()
    assert days(forklift) == ["2026-02-10"]


def test_voiding_a_statement_withdraws_the_completion_and_keeps_its_history(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    passed = did(moodle, "passed")
    caught_up()
    [before] = known(forklift)
    moodle.store(voiding(passed))
    caught_up()
    assert known(forklift) == []
    [after] = Completion.objects.filter(course=forklift)
    assert after.pk == before.pk
    assert after.recorded.lower == before.recorded.lower
    assert after.recorded.upper > after.recorded.lower
    assert after.withdrawn_why == "Withdrawn: a statement it stood on was voided."
    assert evidence(after) == {passed}


def test_what_the_remaining_statements_give_comes_back(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    completed = did(moodle, "completed", "2026-02-10T09:00:00Z")
    passed = did(moodle, "passed", "2026-02-10T10:00:00Z")
    caught_up()
    [both] = known(forklift)
    assert evidence(both) == {completed, passed}
    moodle.store(voiding(passed))
    caught_up()
    [left] = known(forklift)
    assert (evidence(left), left.passed) == ({completed}, None)
    assert reasons(forklift)[-1] == "Replaced: a statement it stood on was voided."


def test_a_voiding_statement_that_comes_first_counts(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    passed = "0b8c3a3e-6b1e-4f0a-9d57-3c1f0d6f7a11"
    moodle.store(voiding(passed))
    caught_up()
    did(moodle, "passed", id=passed)
    caught_up()
    assert Completion.objects.filter(course=forklift).count() == 0


def test_the_same_completion_told_by_two_systems_counts_once(hub: Hub) -> None:
    moodle, _ = hired(hub)
    cornerstone = hub.caller("Cornerstone")
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT, "https://cornerstone.example/lo/77")
    first = did(moodle, "passed", "2026-02-10T10:00:00Z")
    caught_up()
    second = did(cornerstone, "completed", "2026-02-10T22:00:00Z", what="https://cornerstone.example/lo/77")
    caught_up()
    [one] = known(forklift)
    assert evidence(one) == {first, second}
    assert f"{one.completed_at:%H:%M}" == "10:00"
    assert reasons(forklift) == ["Replaced: another statement reports the same completion."]
    did(moodle, "passed", "2027-02-10")
    caught_up()
    assert days(forklift) == ["2026-02-10", "2027-02-10"]


def test_how_far_apart_two_reports_are_of_one_completion_is_the_courses_choice(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT, same_within_hours=1)
    did(moodle, "completed", "2026-02-10T10:00:00Z")
    did(moodle, "passed", "2026-02-10T12:00:00Z")
    caught_up()
    assert len(known(forklift)) == 2
    forklift.same_within_hours = 2
    forklift.save()
    caught_up()
    assert len(known(forklift)) == 1


def test_who_becomes_known_later_has_completed_it_then(hub: Hub) -> None:
    moodle, workday = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed", who=agent("lee.private"))
    caught_up()
    assert known(forklift) == []
    records = ann(identifiers=(*ann().identifiers, Identified(type="email", value="lee.private@example.com")))
    told(workday, records, at="2026-03-01")
    caught_up()
    assert days(forklift, system=workday) == ["2026-02-10"]


def test_people_without_an_assignment_at_the_time_have_learned_all_the_same(hub: Hub) -> None:
    moodle, workday = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed", "2020-02-20")
    caught_up()
    assert days(forklift, system=workday) == ["2020-02-20"]


def test_a_merge_of_people_moves_completions_and_its_undoing_brings_them_back(hub: Hub) -> None:
    moodle, workday = hired(hub, "21001", "21002")
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed", "2026-02-10")
    did(moodle, "passed", "2026-03-10", who=BEA)
    caught_up()
    done = merge.merge(person(workday, "21002").pk, person(workday, "21001").pk)
    caught_up()
    assert days(forklift, "21001", system=workday) == ["2026-02-10", "2026-03-10"]
    assert days(forklift, "21002", system=workday) == []
    merge.undo(done.pk)
    caught_up()
    assert days(forklift, "21001", system=workday) == ["2026-02-10"]
    assert days(forklift, "21002", system=workday) == ["2026-03-10"]


def test_an_account_handed_over_splits_what_was_completed_with_it(hub: Hub) -> None:
    moodle, workday = hired(hub, "21001", "21002")
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    shared = agent("reception")
    did(moodle, "passed", "2026-02-10", who=shared)
    did(moodle, "passed", "2026-03-10", who=shared)
    caught_up()
    reception = actor(moodle, "mailto:reception@example.com")
    first, second = person(workday, "21001"), person(workday, "21002")
    link.split(reception.pk, first.pk, second.pk, day("2026-03-01"))
    caught_up()
    assert days(forklift, "21001", system=workday) == ["2026-02-10"]
    assert days(forklift, "21002", system=workday) == ["2026-03-10"]


def test_every_member_of_a_group_has_completed_it(hub: Hub) -> None:
    moodle, workday = hired(hub, "21001", "21002")
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "completed", who={"objectType": "Group", "member": [ANN, BEA]})
    caught_up()
    assert (
        days(forklift, "21001", system=workday) == days(forklift, "21002", system=workday) == ["2026-02-10"]
    )


def test_an_activity_taken_from_a_course_takes_its_completions_along(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    crane = course(moodle.store_id, "CRANE-1")
    did(moodle, "passed")
    caught_up()
    CourseActivity.objects.filter(course=forklift).update(course=crane)
    caught_up()
    assert (days(forklift), days(crane)) == ([], ["2026-02-10"])
    assert reasons(forklift) == ["Withdrawn: the activity is no longer, or otherwise, of this course."]
    CourseActivity.objects.filter(course=crane).delete()
    caught_up()
    assert days(crane) == []


def test_a_completion_is_of_the_version_in_force_unless_the_activity_is_of_one(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT, "https://lms.example/fork-2")
    version(forklift, "1", "2025-01-01", credit_hours=4)
    second = version(forklift, "2", "2026-03-01")
    CourseActivity.objects.filter(iri="https://lms.example/fork-2", store=moodle.store_id).update(
        version=second
    )
    did(moodle, "passed", "2026-02-10")
    did(moodle, "passed", "2026-02-10T11:00:00Z", what="https://lms.example/fork-2")
    did(moodle, "passed", "2026-03-10")
    caught_up()
    labels = [each.version.label if each.version else None for each in known(forklift)]
    assert labels == ["1", "2", "2"]
    version(forklift, "1a", "2026-02-01")
    caught_up()
    assert [each.version.label for each in known(forklift) if each.version] == ["1a", "2", "2"]


def test_no_store_sees_what_was_learned_in_another(hub: Hub) -> None:
    moodle, _ = hired(hub)
    elsewhere = hub.caller("Moodle", store="Elsewhere")
    forklift = course(elsewhere.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed")
    caught_up()
    assert known(forklift) == []


def test_a_rebuild_gives_the_same_and_repairs_what_was_damaged(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed")
    caught_up()
    [before] = known(forklift)
    # What other tests wrote into the tables without a statement goes with the first.
    rework.rebuild()
    assert rework.rebuild() == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM compliance_outcome WHERE store_id = %s", [moodle.store_id])
    assert rework.rebuild() == 0
    assert [each.pk for each in known(forklift)] == [before.pk]


def test_statements_handed_over_again_change_nothing_and_are_counted_once(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed")
    caught_up()
    [before] = known(forklift)
    feed.replay(consume.CONSUMER)
    caught_up()
    assert [each.pk for each in known(forklift)] == [before.pk]
    assert SeenActivity.objects.get(store=moodle.store_id, iri=FORKLIFT).outcomes == 1


def test_what_was_kept_but_not_derived_is_derived_when_it_is_handed_over(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    caught_up()
    did(moodle, "passed")
    feed.run(enrichment.CONSUMER)
    with pytest.raises(RuntimeError, match="killed"):
        rework.rebuild(_killed)
    assert known(forklift) == []
    caught_up()
    assert days(forklift) == ["2026-02-10"]


def _killed(_: str) -> None:
    raise RuntimeError("killed")


def test_the_command_rebuilds_and_says_how_much_was_otherwise(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed")
    caught_up()
    said = io.StringIO()
    call_command("rebuild_completions", stdout=said, stderr=io.StringIO())
    assert json.loads(said.getvalue()) == {"changed": 0}
    assert len(known(forklift)) == 1


def test_nobody_edits_or_deletes_a_completion(hub: Hub) -> None:
    moodle, _ = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    did(moodle, "passed")
    caught_up()
    [one] = known(forklift)
    for change in (
        "UPDATE compliance_completion SET passed = false WHERE id = %s",
        "UPDATE compliance_completion SET recorded = tstzrange(lower(recorded), now()) WHERE id = %s",
        "DELETE FROM compliance_completion WHERE id = %s",
        "UPDATE compliance_completion_evidence SET seq = 1 WHERE completion_id = %s",
        "DELETE FROM compliance_completion_evidence WHERE completion_id = %s",
    ):
        with (
            pytest.raises(DatabaseError, match="refused"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change, [one.pk])


def test_who_follows_completions_hears_of_each_pair_that_changed(hub: Hub) -> None:
    moodle, workday = hired(hub)
    forklift = course(moodle.store_id, "FORK-1", FORKLIFT)
    caught_up()
    _, position = completion_changes.read(completion_changes.BEGINNING, 1_000_000)
    passed = did(moodle, "passed")
    caught_up()
    found, position = completion_changes.read(position)
    assert [(each.person_id, each.course_id) for each in found] == [(person(workday).pk, forklift.pk)]
    moodle.store(voiding(passed))
    caught_up()
    assert len(completion_changes.read(position)[0]) == 1
