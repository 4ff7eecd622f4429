"""What the workforce record knows after it was told something."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from connectors.models import (
    Identifier,
    JobVersion,
    LocationVersion,
    OrganizationUnit,
    OrganizationUnitVersion,
    PersonVersion,
    System,
    WorkAssignmentVersion,
    WorkforceChange,
    WorkRelationshipVersion,
)
from connectors.workforce.as_of import Context
from connectors.workforce.canonical import Ended, Identified, Job, Location, Rescinded, Unit
from tests.connectors.people import (
    Assigned,
    Engaged,
    History,
    ann,
    context,
    day,
    hris,
    outcome,
    person,
    told,
)

pytestmark = pytest.mark.usefixtures("database")


def _unit(found: Context | None) -> str:
    assert found is not None
    assert found.unit_id is not None
    return OrganizationUnit.objects.get(pk=found.unit_id).key


def _names(system: System, key: str, *days: str) -> list[str]:
    """Return what a unit is called on each day."""
    return [
        OrganizationUnitVersion.objects.get(
            unit__store=system.store, unit__key=key, recorded__upper_inf=True, valid__contains=day(each)
        ).name
        for each in days
    ]


def test_a_new_worker_is_created_and_the_same_record_again_changes_nothing() -> None:
    workday = hris()
    assert outcome(workday, ann()) == ["created"]
    versions = WorkAssignmentVersion.objects.filter(person=person(workday)).count()
    assert outcome(workday, ann(), at="2026-02-01") == ["unchanged"]
    assert WorkAssignmentVersion.objects.filter(person=person(workday)).count() == versions == 1


def test_what_a_source_says_without_a_day_is_so_since_the_hire_the_first_time() -> None:
    workday = hris()
    told(workday, ann())
    assert context(workday, "2020-02-29") is None
    assert _unit(context(workday, "2020-03-01")) == "ICU"


def test_a_transfer_is_so_from_its_day_on_and_the_time_before_stays() -> None:
    workday = hris()
    told(workday, ann())
    assert outcome(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-02-03") == ["changed"]
    assert _unit(context(workday, "2026-01-31")) == "ICU"
    assert _unit(context(workday, "2026-02-01")) == "ER"


def test_a_correction_supersedes_and_what_was_known_before_can_still_be_asked() -> None:
    workday = hris()
    told(workday, ann())
    told(workday, ann(unit="ER", valid_from=date(2026, 3, 1)), at="2026-03-01")
    before = timezone.now()
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-04-01")
    assert _unit(context(workday, "2026-02-15")) == "ER"
    assert _unit(context(workday, "2026-02-15", known=before)) == "ICU"
    assert _unit(context(workday, "2026-03-15", known=before)) == "ER"


def test_a_future_transfer_is_kept_and_takes_effect_by_itself() -> None:
    workday = hris()
    told(workday, ann())
    told(workday, ann(unit="ER", valid_from=date(2026, 6, 1)), at="2026-02-01")
    assert _unit(context(workday, "2026-05-31")) == "ICU"
    assert _unit(context(workday, "2026-06-01")) == "ER"
    told(workday, ann(title="Senior nurse"), at="2026-03-01")
    assert _unit(context(workday, "2026-03-02")) == "ICU"
    assert _unit(context(workday, "2026-06-01")) == "ER"


def test_a_termination_ends_after_the_last_day_and_a_rehire_is_another_period() -> None:
    workday = hris()
    told(workday, ann())
    assert outcome(workday, ann(end_date=date(2026, 1, 10)), at="2026-01-15") == ["ended"]
    assert context(workday, "2026-01-10") is not None
    assert context(workday, "2026-01-11") is None
    told(workday, ann(hire_date=date(2026, 5, 1)), at="2026-05-02")
    assert context(workday, "2026-04-30") is None
    assert context(workday, "2026-01-10") is not None
    rehired = context(workday, "2026-05-01")
    assert rehired is not None
    assert rehired.relationship_version_id is not None
    assert rehired.hire_date == date(2026, 5, 1)
    assert WorkRelationshipVersion.objects.get(pk=rehired.relationship_version_id).hire_kind == "rehire"


def test_a_corrected_hire_date_moves_the_same_employment() -> None:
    workday = hris()
    told(workday, ann())
    told(workday, ann(hire_date=date(2020, 2, 1)), at="2026-02-01")
    current = WorkRelationshipVersion.objects.filter(
        relationship__person=person(workday), recorded__upper_inf=True
    )
    assert [each.hire_date for each in current] == [date(2020, 2, 1)]


def test_a_worker_who_left_can_be_told_of_without_anything_else() -> None:
    workday = hris()
    told(workday, ann())
    assert outcome(workday, Ended(key="21001", at=date(2026, 1, 20)), at="2026-01-25") == ["ended"]
    assert context(workday, "2026-01-20") is not None
    assert context(workday, "2026-01-21") is None
    assert outcome(workday, ann(), at="2026-02-01") == ["changed"]


def test_a_rescinded_hire_was_never_there_but_was_once_known() -> None:
    workday = hris()
    told(workday, ann())
    known = timezone.now()
    told(workday, Rescinded(key="21001"), at="2026-02-01")
    assert context(workday, "2026-01-15") is None
    assert context(workday, "2026-01-15", known=known) is not None


def test_a_whole_history_replaces_what_was_known() -> None:
    workday = hris()
    told(workday, ann())
    slices = (
        Assigned(unit="ICU", valid_from=date(2020, 3, 1), valid_to=date(2022, 12, 31)),
        Assigned(unit="ER", valid_from=date(2023, 1, 1), valid_to=date(2024, 6, 30)),
        Assigned(unit="OR", valid_from=date(2024, 7, 1), valid_to=date(9999, 12, 31)),
    )
    whole = ann(
        history=History.WHOLE, relationships=(Engaged(hire_date=date(2020, 3, 1), assignments=slices),)
    )
    told(workday, whole)
    days = ["2022-12-31", "2023-01-01", "2024-06-30", "2024-07-01"]
    assert [_unit(context(workday, each)) for each in days] == ["ICU", "ER", "ER", "OR"]


def test_several_assignments_run_at_once_and_the_primary_one_counts() -> None:
    workday = hris()
    second = Assigned(key="2", unit="Union", primary=False)
    worker = ann()
    engaged = replace(worker.relationships[0], assignments=(second, *worker.relationships[0].assignments))
    told(workday, replace(worker, relationships=(engaged,)))
    assert _unit(context(workday, "2026-01-20")) == "ICU"


def test_two_primary_assignments_are_refused_and_leave_the_others_of_the_batch_alone() -> None:
    workday = hris()
    worker = ann("1")
    engaged = replace(worker.relationships[0], assignments=(Assigned(key="1"), Assigned(key="2")))
    [first, second] = told(workday, replace(worker, relationships=(engaged,)), ann("2"))
    assert (first.what, second.what) == ("refused", "created")
    assert first.refused is not None
    assert first.refused.rule == "assignment.primary"
    assert not PersonVersion.objects.filter(person__keys__system=workday, person__keys__key="1").exists()
    assert outcome(workday, ann("1")) == ["created"]


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"worker_type": "temp"}, "canonical.worker_type"),
        ({"status": "busy"}, "canonical.status"),
        ({"end_date": date(2019, 1, 1)}, "relationship.period"),
    ],
)
def test_what_cannot_be_is_refused_with_its_rule(wrong: dict[str, Any], rule: str) -> None:
    [found] = told(hris(), ann(**wrong))
    assert found.refused is not None
    assert found.refused.rule == rule


def test_an_e_mail_address_given_up_stays_hers_for_the_time_she_had_it() -> None:
    workday = hris()
    told(workday, ann())
    worker = ann()
    renamed = replace(worker.identifiers[1], value="ann.miller@example.com")
    told(workday, replace(worker, identifiers=(worker.identifiers[0], renamed)), at="2026-02-01")
    old = Identifier.objects.get(
        person=person(workday), normal="ann.21001@example.com", recorded__upper_inf=True
    )
    new = Identifier.objects.get(person=person(workday), normal="ann.miller@example.com")
    assert old.valid.upper == new.valid.lower == day("2026-02-01")


def test_fields_that_are_held_keep_what_is_known() -> None:
    workday = hris()
    told(workday, ann())
    told(workday, ann(unit="", title="Charge nurse", held=("assignment.unit",)), at="2026-02-01")
    found = context(workday, "2026-02-02")
    assert _unit(found) == "ICU"
    assert found is not None
    assert WorkAssignmentVersion.objects.get(pk=found.assignment_version_id).title == "Charge nurse"


def test_a_person_another_system_knows_is_the_same_one_where_an_identifier_says_so() -> None:
    workday = hris()
    told(workday, ann())
    entra = hris("Entra", store=workday.store, match_people_by=["email"])
    told(entra, replace(ann(), key="ann@entra"))
    assert person(entra, "ann@entra") == person(workday)


def test_a_manager_named_before_being_told_of_is_the_person_another_system_knows() -> None:
    workday = hris()
    told(workday, ann("21000"))
    entra = hris("Entra", store=workday.store, match_people_by=["email"])
    told(entra, ann("x-1", manager="x-2", identifiers=(Identified(type="email", value="bob@example.com"),)))
    stood_for_her = person(entra, "x-2")
    her_mail = Identified(type="email", value="ann.21000@example.com")
    told(entra, ann("x-2", identifiers=(her_mail,)), at="2026-01-16")
    assert person(entra, "x-2") == person(workday, "21000")
    stood_for_her.refresh_from_db()
    assert stood_for_her.merged_into == person(workday, "21000")
    bob = context(entra, "2026-02-01", key="x-1")
    assert bob is not None
    assert bob.manager_id == person(workday, "21000").pk


def test_a_manager_told_of_for_the_first_time_stays_whom_others_report_to() -> None:
    workday = hris(match_people_by=["email"])
    told(workday, ann("21001", manager="21000"))
    named = person(workday, "21000")
    told(workday, ann("21000"))
    assert person(workday, "21000") == named


def test_a_unit_that_moves_takes_everything_below_it_along() -> None:
    workday = hris()
    told(
        workday,
        Unit(key="HQ", name="Head office"),
        Unit(key="MED", name="Medicine", parent="HQ"),
        Unit(key="OPS", name="Operations", parent="HQ"),
        Unit(key="ICU", name="Intensive care", parent="MED"),
        ann(),
    )
    told(
        workday, Unit(key="MED", name="Medicine", parent="OPS", valid_from=date(2026, 2, 1)), at="2026-02-01"
    )

    def path(on: str) -> list[str]:
        found = context(workday, on)
        assert found is not None
        keys = dict(OrganizationUnit.objects.filter(pk__in=found.path).values_list("pk", "key"))
        return [keys[each] for each in found.path]

    assert path("2026-01-31") == ["HQ", "MED", "ICU"]
    assert path("2026-02-01") == ["HQ", "OPS", "MED", "ICU"]


def test_a_slice_that_says_it_lasts_for_ever_denies_what_was_planned_behind_it() -> None:
    workday = hris()
    intensive = Unit(key="ICU", name="Intensive care", valid_from=date(2020, 1, 1))
    planned = Unit(key="ICU", name="Critical care", valid_from=date(2027, 1, 1), valid_to=date(9999, 12, 31))
    told(workday, replace(intensive, valid_to=date(2026, 12, 31)), planned)
    assert _names(workday, "ICU", "2026-12-31", "2027-01-01") == ["Intensive care", "Critical care"]
    told(workday, intensive)
    # It does not say until when: the plan stands.
    assert _names(workday, "ICU", "2026-12-31", "2027-01-01") == ["Intensive care", "Critical care"]
    told(workday, replace(intensive, valid_to=date(9999, 12, 31)))
    assert _names(workday, "ICU", "2026-12-31", "2027-01-01") == ["Intensive care", "Intensive care"]


def test_a_plan_that_was_called_off_can_be_made_again() -> None:
    workday = hris()
    always = Unit(key="ICU", name="Intensive care", valid_from=date(2020, 1, 1), valid_to=date(9999, 12, 31))
    until = replace(always, valid_to=date(2026, 12, 31))
    planned = Unit(key="ICU", name="Critical care", valid_from=date(2027, 1, 1), valid_to=date(9999, 12, 31))
    other = replace(planned, key="ICU2", name="Step-down")
    told(workday, until, planned, other)
    told(workday, always)
    assert outcome(workday, until, planned, other) == ["changed", "created", "unchanged"]
    assert _names(workday, "ICU", "2026-12-31", "2027-01-01") == ["Intensive care", "Critical care"]


def test_a_source_that_still_says_what_it_said_calls_off_what_a_slice_had_planned() -> None:
    workday = hris()
    said = Unit(key="ICU", name="Intensive care", code="7")
    planned = Unit(key="ICU", name="Critical care", valid_from=date(2026, 3, 1))
    told(workday, said, planned, at=day("2026-01-10"))
    told(workday, said, at=day("2026-02-10"))
    assert _names(workday, "ICU", "2026-02-20", "2026-03-10") == ["Intensive care", "Critical care"]
    told(workday, said, at=day("2026-03-20"))
    assert _names(workday, "ICU", "2026-03-10", "2026-03-20") == ["Critical care", "Intensive care"]
    assert outcome(workday, said) == ["unchanged"]


def test_a_plan_the_source_tells_of_as_having_come_stays() -> None:
    workday = hris()
    planned = Unit(key="ICU", name="Critical care", valid_from=date(2026, 3, 1))
    told(workday, Unit(key="ICU", name="Intensive care"), planned, at=day("2026-01-10"))
    told(workday, Unit(key="ICU", name="Critical care"), planned, at=day("2026-03-20"))
    assert _names(workday, "ICU", "2026-02-20", "2026-03-10", "2026-04-01") == [
        "Intensive care",
        "Critical care",
        "Critical care",
    ]


@pytest.mark.parametrize(
    "made",
    [
        lambda **fields: Unit(key="X", name="X", **fields),
        lambda **fields: Job(key="X", title="X", **fields),
        lambda **fields: Location(key="X", name="X", **fields),
    ],
)
def test_what_was_open_ended_ends_where_its_slice_says_so(made: Any) -> None:
    workday = hris()
    told(workday, made(valid_from=date(2020, 1, 1)))
    told(workday, made(valid_from=date(2020, 1, 1), valid_to=date(2026, 6, 30)))
    kinds: dict[type, tuple[str, Any]] = {
        Unit: ("unit", OrganizationUnitVersion),
        Job: ("job", JobVersion),
        Location: ("location", LocationVersion),
    }
    of, versions = kinds[type(made())]
    [now] = versions.objects.filter(**{f"{of}__store": workday.store_id}, recorded__upper_inf=True)
    assert (now.valid.lower, now.valid.upper) == (day("2020-01-01"), day("2026-07-01"))


def test_a_slice_corrected_leaves_the_one_behind_it_that_said_the_same() -> None:
    workday = hris()
    first = Unit(key="ICU", name="ICU", valid_from=date(2020, 1, 1), valid_to=date(2024, 12, 31))
    second = Unit(key="ICU", name="ICU", valid_from=date(2025, 1, 1))
    told(workday, first, second)
    told(workday, replace(first, name="Ward 7"), second)
    assert _names(workday, "ICU", "2024-12-31", "2025-01-01", "2026-06-01") == ["Ward 7", "ICU", "ICU"]


def test_units_in_a_ring_still_have_paths_that_end() -> None:
    workday = hris()
    told(workday, Unit(key="A", name="A", parent="B"), Unit(key="B", name="B", parent="A"), ann(unit="A"))
    found = context(workday, "2026-01-20")
    assert found is not None
    assert len(found.path) == len(set(found.path)) == 2


def test_every_change_tells_the_span_for_which_another_answer_is_given() -> None:
    workday = hris()
    told(workday, ann(), Job(key="RN2", title="Registered nurse"))
    last = WorkforceChange.objects.latest("id").pk
    told(workday, ann(unit="ER", valid_from=date(2026, 2, 1)), at="2026-03-01")
    [change] = WorkforceChange.objects.filter(pk__gt=last, subject=1, subject_id=person(workday).pk)
    assert (change.touched.lower, change.touched.upper) == (day("2026-02-01"), None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE connectors_work_assignment_version SET title = 'x' WHERE person_id = %s",
        "DELETE FROM connectors_work_assignment_version WHERE person_id = %s",
        "UPDATE connectors_work_assignment_version SET recorded = tstzrange('2001-01-01', NULL) WHERE true",
        "UPDATE connectors_identifier SET valid = 'empty' WHERE person_id = %s",
    ],
)
def test_nothing_known_can_be_overwritten(statement: str) -> None:
    workday = hris()
    told(workday, ann())
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, (person(workday).pk,) if "%s" in statement else ())


def test_the_version_tables_cannot_be_emptied() -> None:
    # The trail's trigger speaks first, and would not let it go either.
    refused = "only ever added|TRUNCATE is refused"
    with pytest.raises(DatabaseError, match=refused), connection.cursor() as cursor:
        cursor.execute("TRUNCATE connectors_actor_link")


def test_overlapping_versions_are_refused_by_the_database_itself() -> None:
    workday = hris()
    told(workday, ann())
    version = WorkAssignmentVersion.objects.get(person=person(workday))
    version.pk, version.title = None, "Doctor"
    with pytest.raises(DatabaseError, match="connectors_assignment_no_overlap"), transaction.atomic():
        version.save(force_insert=True)


def test_a_row_that_spells_out_that_it_has_no_end_calls_off_what_was_to_follow() -> None:
    oracle = hris()
    now = Assigned(unit="ICU", valid_from=date(2024, 1, 1), valid_to=date(2026, 3, 31))
    then = Assigned(unit="ER", valid_from=date(2026, 4, 1), valid_to=date(4712, 12, 31))
    hired = Engaged(hire_date=date(2020, 3, 1), assignments=(now, then))
    told(oracle, ann(relationships=(hired,)))
    assert _unit(context(oracle, "2026-05-01")) == "ER"
    open_end = replace(now, valid_to=None)
    told(oracle, ann(relationships=(replace(hired, assignments=(open_end,)),)), at="2026-01-16")
    assert _unit(context(oracle, "2026-05-01")) == "ER"
    spelt_out = replace(now, valid_to=date(4712, 12, 31))
    told(oracle, ann(relationships=(replace(hired, assignments=(spelt_out,)),)), at="2026-01-17")
    assert _unit(context(oracle, "2026-05-01")) == "ICU"
