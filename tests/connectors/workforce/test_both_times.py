"""As of then, as known then: the database's answers held against a model that copies a calendar each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.models import OrganizationUnit, System
from connectors.workforce import as_of
from connectors.workforce.canonical import Ended, Record
from tests.connectors.people import ann, day, hris, person, told

pytestmark = pytest.mark.usefixtures("database")

FIRST = date(2026, 1, 1)
DAYS = 12

Calendar = dict[int, str]


@dataclass(frozen=True)
class Telling:
    """On day `told`, the source says that she has been in `unit` since day `since`, or left then."""

    told: int
    since: int
    unit: str


tellings = st.lists(
    st.builds(
        Telling,
        told=st.integers(0, DAYS - 1),
        since=st.integers(0, DAYS - 1),
        unit=st.sampled_from(["A", "B", "C", ""]),
    ),
    min_size=1,
    max_size=5,
)


def _after(calendar: Calendar, telling: Telling) -> Calendar:
    """The model: what is known after a telling, a day at a time."""
    if not telling.unit:
        return {each: unit for each, unit in calendar.items() if each < telling.since}
    now = max(telling.told, telling.since)
    changes = [
        each for each in range(now + 1, DAYS) if each in calendar and calendar.get(each - 1) != calendar[each]
    ]
    until = min(changes, default=DAYS)
    return {**calendar, **dict.fromkeys(range(telling.since, until), telling.unit)}


def _record(key: str, telling: Telling) -> Record:
    since = FIRST + timedelta(days=telling.since)
    if not telling.unit:
        return Ended(key=key, at=since - timedelta(days=1))
    return ann(key, unit=telling.unit, valid_from=since, hire_date=FIRST)


def _answers(workday: System, key: str, known: datetime) -> Calendar:
    who = person(workday, key).pk
    moments = [day(str(FIRST + timedelta(days=each))) for each in range(DAYS)]
    found = as_of.people_at([who] * DAYS, moments, known)
    units = dict(OrganizationUnit.objects.filter(store=workday.store).values_list("pk", "key"))
    return {
        number: units[each.unit_id]
        for number, each in enumerate(found)
        if each is not None and each.unit_id is not None
    }


@given(tellings)
@example([Telling(0, 1, "A"), Telling(0, 0, "B"), Telling(1, 0, "B")])
@settings(max_examples=40, deadline=None)
def test_every_day_is_answered_as_it_was_known_after_every_telling(given_: list[Telling]) -> None:
    workday = hris()
    key = uuid4().hex[:8]
    calendar: Calendar = {}
    known: list[tuple[datetime, Calendar]] = []
    for telling in given_:
        if not calendar and not telling.unit:
            continue
        told(workday, _record(key, telling), at=day(str(FIRST + timedelta(days=telling.told))))
        calendar = _after(calendar, telling)
        known.append((timezone.now(), calendar))
    for moment, expected in known:
        assert _answers(workday, key, moment) == expected
