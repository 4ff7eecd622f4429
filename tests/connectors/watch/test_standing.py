"""What a source states and what the hub records of it are the same, whatever the worker."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.models import System
from connectors.watch.recorded import recorded
from connectors.watch.stated import differences, stated
from connectors.workforce.canonical import Assigned, Ended, Engaged, History, Identified, Named, Worker
from connectors.workforce.days import Days
from tests.connectors.people import ann, hris, told

TODAY = timezone.now().astimezone(UTC).date()
PAST = st.dates(date(2015, 1, 1), TODAY - timedelta(days=3))
FUTURE = st.dates(TODAY + timedelta(days=3), date(2040, 1, 1))
KEYS = st.sampled_from(["", "A", "B", "C"])


@pytest.fixture(scope="module")
def zurich(django_db_setup: None, django_db_blocker: Any) -> Any:
    """A system whose days begin in Zürich."""
    with django_db_blocker.unblock():
        return hris("SAP", time_zone="Europe/Zurich")


assigned = st.builds(
    Assigned,
    status=st.sampled_from(["active", "leave", "suspended"]),
    title=st.sampled_from(["", "Nurse"]),
    job=KEYS,
    unit=KEYS,
    location=KEYS,
    manager=st.sampled_from(["", "boss"]),
    regulatory_classes=st.sampled_from([(), ("RN",), ("RN", "ACLS")]),
)
engaged = st.builds(
    Engaged,
    worker_type=st.sampled_from(["employee", "contractor", "partner"]),
    hire_date=st.one_of(PAST, FUTURE),
    end_date=st.none(),
    assignments=st.tuples(assigned),
)


@st.composite
def employments(draw: st.DrawFn) -> tuple[Engaged, ...]:
    """One or two employments, each past, present or future."""
    found = []
    for key in ["1", "2"][: draw(st.integers(1, 2))]:
        each = draw(engaged)
        last = draw(st.one_of(st.none(), PAST, FUTURE))
        end = last if last is not None and last >= each.hire_date else None
        found.append(
            Engaged(
                key=key,
                worker_type=each.worker_type,
                hire_date=each.hire_date,
                end_date=end,
                assignments=each.assignments,
            )
        )
    return tuple(found)


workers = st.builds(
    Worker,
    key=st.builds(lambda: uuid4().hex),
    history=st.sampled_from(list(History)),
    names=st.tuples(
        st.builds(Named, formatted=st.sampled_from(["Ann Lee", "Bob Ray"]), given=st.just("Ann"))
    ),
    identifiers=st.sampled_from(
        [
            (),
            (Identified(type="email", value="Ann.Lee@Example.com"),),
            (
                Identified(type="email", value="ann@example.com", valid_to=TODAY - timedelta(days=10)),
                Identified(type="email", value="lee@example.com", valid_from=TODAY - timedelta(days=9)),
                Identified(type="user_name", value="alee"),
            ),
        ]
    ),
    relationships=employments(),
)


def compared(system: System, worker: Worker | Ended) -> dict[str, tuple[str, str]]:
    at = timezone.now()
    days = Days(ZoneInfo(system.time_zone))
    return differences(stated(worker, at, days), recorded(system, [worker.key], at)[worker.key])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worker=workers)
def test_what_was_applied_does_not_differ(database: None, zurich: System, worker: Worker) -> None:
    [outcome] = told(zurich, worker, at=timezone.now())
    if outcome.what == "created":
        assert compared(zurich, worker) == {}


def test_a_day_ends_where_the_system_is(database: None, zurich: System) -> None:
    worker = ann("77001", end_date=date(2030, 6, 30))
    told(zurich, worker, at=timezone.now())
    assert recorded(zurich, ["77001"], timezone.now())["77001"].employments["1"][1] == "2030-06-30"


def test_somebody_ended_is_open_nowhere(database: None, zurich: System) -> None:
    told(zurich, ann("77002"), at=timezone.now())
    assert compared(zurich, Ended(key="77002")) == {"relationship.end_date": ("left", "open")}
    told(zurich, Ended(key="77002"), at=timezone.now())
    assert compared(zurich, Ended(key="77002")) == {}
