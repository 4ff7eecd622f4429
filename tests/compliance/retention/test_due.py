"""What keeps a record: the longest of the periods that apply, each from its event."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.errors import ComplianceError
from compliance.models import RetentionEvent
from compliance.retention import due, schedules
from tests.compliance.courses import FORKLIFT, caught_up, course, did, hired
from tests.compliance.retention.archive import free_on, record, rule
from tests.connectors.people import ann, person, told
from tests.fixtures import Hub

ENDED: dict[str, Any] = {"end_date": date(2027, 6, 30)}


def test_a_period_from_the_training_ends_with_its_anniversary(hub: Hub) -> None:
    moodle, _ = hired(hub)
    rule(moodle.store_id)
    did(moodle, "passed", "2026-02-10")
    caught_up()
    assert free_on(moodle.store_id) == "2029-02-11"
    assert due.falls_due(moodle.store_id, on=date(2029, 2, 10)) == []
    assert len(due.falls_due(moodle.store_id, on=date(2029, 2, 11))) == 1


def test_employment_plus_thirty_years_begins_with_the_last_day_and_a_rehire_takes_it_back(hub: Hub) -> None:
    moodle, workday = hired(hub)
    rule(moodle.store_id, code="medical", starts="employment_end", period=30, citation="29 CFR 1910.1020(d)")
    did(moodle, "passed")
    caught_up()
    found = record(moodle.store_id, "statement")
    assert (found.due_on, found.open_ended) == (None, True)
    told(workday, ann(**ENDED), at="2027-07-01")
    assert free_on(moodle.store_id) == "2057-07-01"
    told(workday, ann(end_date=date(2027, 5, 31)), at="2027-07-02")
    assert free_on(moodle.store_id) == "2057-06-01"  # a corrected date recomputes
    told(workday, ann(), at="2027-07-03")
    assert free_on(moodle.store_id) == ""


def test_the_longest_period_wins_and_the_chain_tells_all_of_them(hub: Hub) -> None:
    moodle, _ = hired(hub)
    rule(moodle.store_id)
    rule(moodle.store_id, code="six", period=6, citation="45 CFR 164.530(j)")
    did(moodle, "passed", "2026-02-10")
    caught_up()
    found = record(moodle.store_id, "statement")
    assert str(found.due_on) == "2032-02-11"
    assert {(each["schedule"], each["citation"], each["free_on"]) for each in found.chain} == {
        ("three-years", "29 CFR 1910.1030(h)(2)", "2029-02-11"),
        ("six", "45 CFR 164.530(j)", "2032-02-11"),
    }


def test_a_statement_is_kept_as_long_as_the_completion_on_it_and_the_person_as_long_as_both(hub: Hub) -> None:
    moodle, workday = hired(hub)
    course(moodle.store_id, "FORK-1", FORKLIFT)
    rule(moodle.store_id, period=1)
    rule(moodle.store_id, code="completions", record_class="completion", starts="completion", period=5)
    rule(moodle.store_id, code="hr", record_class="hr", starts="employment_end", period=1)
    told(workday, ann(**ENDED), at="2027-07-01")
    did(moodle, "passed", "2026-02-10")
    caught_up()
    store = moodle.store_id
    assert free_on(store, "completion") == "2031-02-11"
    assert free_on(store, "statement") == "2031-02-11"
    assert free_on(store, "hr") == "2031-02-11"
    assert record(store, "hr").people == [person(workday).pk]


def test_superseded_begins_with_the_later_completion(hub: Hub) -> None:
    moodle, _ = hired(hub)
    course(moodle.store_id, "FIT", FORKLIFT)
    rule(moodle.store_id, record_class="completion", starts="superseded", period=0, unit="days")
    did(moodle, "passed", "2026-02-10")
    caught_up()
    assert free_on(moodle.store_id, "completion") == ""
    did(moodle, "passed", "2027-02-10")
    caught_up()
    found = due.falls_due(moodle.store_id, on=date(2027, 2, 11))
    assert [(str(each.dated), str(each.due_on)) for each in found] == [("2026-02-10", "2027-02-11")]


def test_an_event_told_by_hand_begins_a_period_and_withdrawing_it_takes_that_back(hub: Hub) -> None:
    moodle, _ = hired(hub)
    rule(moodle.store_id, starts="event", event_name="policy-replaced", period=6)
    did(moodle, "passed", "2026-02-10")
    caught_up()
    assert free_on(moodle.store_id) == ""
    event = RetentionEvent.objects.create(
        store_id=moodle.store_id, name="policy-replaced", occurred_on=date(2028, 2, 29)
    )
    assert free_on(moodle.store_id) == "2034-03-01"
    event.withdrawn = event.recorded
    event.save()
    assert free_on(moodle.store_id) == ""


def test_a_rule_of_a_course_is_for_that_course_alone(hub: Hub) -> None:
    moodle, _ = hired(hub)
    fork = course(moodle.store_id, "FORK-1", FORKLIFT)
    other = course(moodle.store_id, "FIRE", "https://lms.example/fire")
    rule(moodle.store_id, code="other", course=other)
    did(moodle, "passed")
    caught_up()
    assert record(moodle.store_id, "statement").applicable == 0
    rule(moodle.store_id, code="fork", course=fork)
    assert record(moodle.store_id, "statement").applicable == 1


def test_a_new_version_retires_the_one_before_and_none_is_ever_changed(hub: Hub) -> None:
    moodle, _ = hired(hub)
    first = rule(moodle.store_id)
    second = schedules.publish(
        moodle.store_id,
        {
            "code": "three-years", "title": "Five", "record_class": "statement", "starts": "training_date",
            "period": 5, "legal_basis": "obligation", "citation": "29 CFR 1910.1030(h)(2)",
        },
        on=date(2026, 1, 1),
    )  # fmt: skip
    first.refresh_from_db()
    assert (second.version, first.retired_on) == (2, date(2026, 1, 1))
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        type(second).objects.filter(pk=second.pk).update(period=1)


def test_what_is_shipped_can_be_adopted_and_says_whether_it_was_verified(hub: Hub) -> None:
    moodle, _ = hired(hub)
    for code in schedules.shipped():
        schedules.adopt(moodle.store_id, code, on=date(2026, 1, 1))
    fork = course(moodle.store_id, "FORK-1", FORKLIFT)
    [medical] = schedules.adopt(moodle.store_id, "osha-medical", on=date(2026, 1, 1), courses=[fork])
    assert (medical.code, medical.starts, medical.period) == ("osha-medical/FORK-1", "employment_end", 30)
    for each in schedules.shipped().values():
        assert each["verified"] is False or each["legal_basis"] == "obligation"
    with pytest.raises(ComplianceError, match="shipped"):
        schedules.adopt(moodle.store_id, "unheard-of", on=date(2026, 1, 1))


def naive(day: date, period: int, unit: str) -> date:
    """The last day of a period, counted on the fingers."""
    if unit == "days":
        return day + timedelta(days=period)
    months = day.month - 1 + (period if unit == "months" else 12 * period)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    day=st.dates(date(1980, 1, 1), date(2060, 12, 31)),
    period=st.integers(0, 60),
    unit=st.sampled_from(["days", "months", "years"]),
)
def test_periods_are_those_of_a_naive_calendar(database: None, day: date, period: int, unit: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_after(%s, %s, %s)", [day, period, unit])
        assert cursor.fetchone() == (naive(day, period, unit),)
