"""What pages and reports show: reasons, evidence, impact, matrix, gaps, forecast, team, who was qualified."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.requirements import lifecycle
from compliance.status import read
from compliance.status.impact import impact
from compliance.status.standing import State
from tests.compliance.requirements.people import YEARLY, Hospital, ago, today, withdrawn

pytestmark = pytest.mark.usefixtures("database")


def test_the_evidence_leads_from_statements_to_the_assignment() -> None:
    hospital = Hospital()
    version = hospital.required()
    old = hospital.completed(hospital.ann, ago(700), seq=11)
    done = hospital.completed(hospital.ann, ago(10), seq=12)
    found = read.explain(hospital.store_id, hospital.ann.pk, version.requirement_id, today())
    assert found.state == "compliant"
    assert found.standing is not None
    assert found.standing.version_id == version.pk
    assert found.standing.assignment_version_id
    assert [(each.completion_id, each.statements, each.counts) for each in found.done] == [
        (done.pk, (12,), True),
        (old.pk, (11,), False),
    ]
    assert any("BBP was completed" in each for each in found.reasons)


@pytest.mark.parametrize(
    ("since", "unit", "reason"),
    [(0, "ER", "did not meet the rule"), (0, "ICU", "No version of the requirement")],
)
def test_why_it_is_not_required_is_told(since: int, unit: str, reason: str) -> None:
    hospital = Hospital()
    version = hospital.required()
    person = hospital.bo if unit == "ER" else hospital.ann
    day = today() if unit == "ER" else ago(2000)
    found = read.explain(hospital.store_id, person.pk, version.requirement_id, day)
    assert found.state == "not_required"
    assert reason in found.reasons[0]


def test_who_was_qualified_on_a_day_may_be_another_answer_then_and_now() -> None:
    hospital = Hospital()
    version = hospital.required()
    done = hospital.completed(hospital.ann, ago(50))
    knew = timezone.now()
    withdrawn(done)
    found = read.was_qualified(
        hospital.store_id, hospital.ann.pk, version.requirement_id, ago(20), known_then=knew
    )
    assert {name: each.state for name, each in found.items()} == {"then": "compliant", "now": "overdue"}
    assert found["now"].done == ()


def test_what_was_not_known_at_the_end_of_a_day_does_not_count_for_then() -> None:
    hospital = Hospital()
    version = hospital.required()
    hospital.completed(hospital.ann, ago(50))
    found = read.was_qualified(hospital.store_id, hospital.ann.pk, version.requirement_id, ago(20))
    assert {name: each.state for name, each in found.items()} == {"then": "not_required", "now": "compliant"}


def test_a_draft_shows_who_would_be_overdue_before_anybody_approves_it() -> None:
    hospital = Hospital()
    version = hospital.required()
    hospital.completed(hospital.ann, ago(200))
    draft = lifecycle.revise(
        version.requirement,
        {
            **YEARLY,
            "for": {"units": ["H"]},
            "when": {"within_days": 0, "every": {"count": 6, "unit": "months"}},
        },
        change_note="Everybody, twice a year.",
        by=hospital.dora,
    )
    found = impact(draft, effective_from=ago(90))
    assert (found.required_before, found.required) == (1, 3)
    assert found.by_state_before == {State.COMPLIANT: 1}
    assert found.by_state == {State.OVERDUE: 3}
    assert {(each.before, each.after): each.count for each in found.changes}[
        State.NOT_REQUIRED, State.OVERDUE
    ] == 2
    assert read.now(hospital.store_id) == []


def test_the_matrix_counts_by_role_and_by_person() -> None:
    hospital = Hospital()
    version = hospital.required({**YEARLY, "for": {"units": ["H"]}})
    hospital.completed(hospital.ann, ago(10))
    by_person = read.matrix(hospital.store_id, today(), by="person")
    assert by_person[hospital.ann.pk] == {version.requirement_id: {State.COMPLIANT: 1}}
    by_job = read.matrix(hospital.store_id, today(), by="job")
    assert sorted(sum(cell.values()) for row in by_job.values() for cell in row.values()) == [1, 2]
    by_unit = read.matrix(hospital.store_id, today(), by="unit")
    assert len(by_unit) == 3


def test_gaps_are_the_latest_first_and_include_what_falls_due_soon() -> None:
    hospital = Hospital()
    hospital.required({**YEARLY, "for": {"units": ["H"]}})
    hospital.completed(hospital.ann, today() - timedelta(days=363))
    hospital.completed(hospital.bo, ago(500))
    found = read.gaps(hospital.store_id, today())
    assert [each.standing.person_id for each in found] == [hospital.mia.pk, hospital.bo.pk]
    assert found[0].days_late > found[1].days_late > 0
    soon = read.gaps(hospital.store_id, today(), within_days=30)
    assert [each.standing.person_id for each in soon][-1] == hospital.ann.pk


def test_the_forecast_counts_each_due_day_in_its_month_and_what_is_late_in_the_first() -> None:
    hospital = Hospital()
    version = hospital.required({**YEARLY, "for": {"units": ["H"]}})
    hospital.completed(hospital.ann, ago(100))
    months = read.forecast(hospital.store_id, today(), 13)
    assert months[0][1] == {version.requirement_id: 2}
    [(month, row)] = [each for each in months[1:] if each[1]]
    assert row == {version.requirement_id: 1}
    due = read.statuses(hospital.store_id, today(), people=[hospital.ann.pk])[0].due
    assert (month.year, month.month) == (due.year, due.month)


def test_a_manager_sees_the_team_and_with_the_whole_line_those_below() -> None:
    hospital = Hospital()
    hospital.required({**YEARLY, "for": {"everybody": True}})
    team = read.team(hospital.store_id, hospital.mia.pk, today())
    assert [each.person_id for each in team] == [hospital.ann.pk]
    line = read.team(hospital.store_id, hospital.mia.pk, today(), whole_line=True)
    assert {each.person_id for each in line} == {hospital.ann.pk, hospital.bo.pk}


def test_no_answer_ever_holds_people_of_another_store() -> None:
    hospital, other = Hospital(), Hospital()
    hospital.required({**YEARLY, "for": {"everybody": True}})
    other.required({**YEARLY, "for": {"everybody": True}})
    mine = {each.person_id for each in read.statuses(hospital.store_id, today())}
    assert mine == {hospital.mia.pk, hospital.ann.pk, hospital.bo.pk}
    assert read.statuses(hospital.store_id, today(), people=[other.ann.pk]) == []
