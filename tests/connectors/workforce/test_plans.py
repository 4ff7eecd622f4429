"""Plans that are called off and made again: of a worker's move, and of a unit's next name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors.models import OrganizationUnit, OrganizationUnitVersion, System
from connectors.workforce.canonical import Unit
from tests.connectors.people import ann, context, day, hris, outcome, told

pytestmark = pytest.mark.usefixtures("database")

INTENSIVE = Unit(key="ICU", name="Intensive care")
CRITICAL = Unit(key="ICU", name="Critical care", valid_from=date(2026, 3, 1))


def names(system: System, *days: str) -> list[str]:
    """Return what the intensive care unit is called on each day."""
    versions = OrganizationUnitVersion.objects.filter(
        unit__store=system.store, unit__key="ICU", recorded__upper_inf=True
    )
    return [versions.get(valid__contains=day(each)).name for each in days]


def unit_of(system: System, at: str) -> str:
    """Return the key of the unit Ann is in on a day."""
    found = context(system, at)
    assert found is not None
    assert found.unit_id is not None
    return OrganizationUnit.objects.get(pk=found.unit_id).key


def test_a_name_that_was_called_off_and_is_told_again_counts() -> None:
    workday = hris()
    told(workday, INTENSIVE, CRITICAL, at="2026-01-10")
    told(workday, INTENSIVE, at="2026-03-20")
    assert names(workday, "2026-03-10", "2026-03-20") == ["Critical care", "Intensive care"]
    assert outcome(workday, CRITICAL, at="2026-04-10") == ["changed"]
    assert names(workday, "2026-02-20", "2026-03-20", "2026-05-01") == [
        "Intensive care",
        "Critical care",
        "Critical care",
    ]
    assert outcome(workday, CRITICAL, at="2026-04-11") == ["unchanged"]


def test_a_name_told_again_is_called_off_again_by_the_same_record() -> None:
    workday = hris()
    told(workday, INTENSIVE, CRITICAL, at="2026-01-10")
    told(workday, INTENSIVE, at="2026-03-20")
    told(workday, CRITICAL, at="2026-04-10")
    assert outcome(workday, INTENSIVE, at="2026-05-01") == ["changed"]
    assert names(workday, "2026-04-30", "2026-05-01") == ["Critical care", "Intensive care"]


def test_a_name_told_back_to_a_day_before_is_called_off_by_a_source_that_says_what_it_said() -> None:
    workday = hris()
    told(workday, INTENSIVE, at="2026-03-10")
    told(workday, CRITICAL, at="2026-03-15")
    assert names(workday, "2026-03-15") == ["Critical care"]
    assert outcome(workday, INTENSIVE, at="2026-03-20") == ["changed"]
    assert names(workday, "2026-03-15", "2026-03-20") == ["Critical care", "Intensive care"]
    assert outcome(workday, INTENSIVE, at="2026-03-21") == ["unchanged"]


def test_a_source_that_tells_both_the_name_and_the_next_one_means_the_next_one_from_its_day_on() -> None:
    workday = hris()
    for at in ("2026-01-10", "2026-03-20", "2026-03-21"):
        told(workday, INTENSIVE, CRITICAL, at=at)
        assert names(workday, "2026-02-28", "2026-03-01", "2026-04-01") == [
            "Intensive care",
            "Critical care",
            "Critical care",
        ]
    assert outcome(workday, INTENSIVE, CRITICAL, at="2026-03-22") == ["unchanged", "unchanged"]
    told(workday, INTENSIVE, at="2026-03-23")
    assert names(workday, "2026-03-22", "2026-03-23") == ["Critical care", "Intensive care"]


def test_a_name_told_again_leaves_the_one_planned_behind_it() -> None:
    workday = hris()
    third = replace(CRITICAL, name="Ward 7", valid_from=date(2026, 4, 5))
    told(workday, INTENSIVE, CRITICAL, at="2026-01-10")
    told(workday, INTENSIVE, at="2026-03-20")
    told(workday, third, at="2026-03-25")
    told(workday, CRITICAL, at="2026-04-10")
    assert names(workday, "2026-03-25", "2026-04-04", "2026-04-05") == [
        "Critical care",
        "Critical care",
        "Ward 7",
    ]


def test_a_move_told_in_a_record_of_its_own_counts_again_after_it_was_called_off() -> None:
    workday = hris()
    moves = ann(unit="ER", valid_from=date(2026, 3, 1))
    told(workday, ann(), moves, at="2026-01-10")
    told(workday, ann(), at="2026-03-20")
    assert unit_of(workday, "2026-03-21") == "ICU"
    told(workday, moves, at="2026-04-10")
    assert unit_of(workday, "2026-04-11") == "ER"


def test_of_two_records_of_a_worker_in_one_delivery_both_count_each_time() -> None:
    workday = hris()
    moves = ann(unit="ER", valid_from=date(2026, 3, 1))
    for at in ("2026-01-10", "2026-03-20", "2026-03-21"):
        told(workday, ann(), moves, at=at)
        assert [unit_of(workday, each) for each in ("2026-02-28", "2026-03-22")] == ["ICU", "ER"]
    assert outcome(workday, ann(), moves, at="2026-03-22") == ["unchanged", "unchanged"]
