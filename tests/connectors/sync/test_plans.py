"""A unit's planned name over the runs of a connection: called off, told again, and beside the present one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.models import OrganizationUnitVersion, System
from tests.connectors.mapping.documents import row
from tests.connectors.sync.source import Roster, synced
from tests.connectors.sync.test_run import counts

PRESENT = {"kind": "unit", "key": "ICU", "Unit": "ICU", "Name": "Intensive care"}


@pytest.fixture
def days_later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let so many days pass."""
    now = timezone.now

    def wait(days: int) -> None:
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(days=days))

    return wait


def planned(days: int) -> dict[str, Any]:
    since = (timezone.now() + timedelta(days=days)).date().isoformat()
    return {**PRESENT, "key": f"ICU@{since}", "Name": "Critical care", "Since": since}


def name(system: System, at: datetime | None = None) -> str:
    return OrganizationUnitVersion.objects.get(
        unit__store=system.store,
        unit__key="ICU",
        recorded__upper_inf=True,
        valid__contains=at or timezone.now(),
    ).name


def versions(system: System) -> int:
    return OrganizationUnitVersion.objects.filter(unit__store=system.store).count()


def test_a_plan_called_off_by_an_unchanged_row_and_told_again_counts(roster: Roster, days_later: Any) -> None:
    plan, ann = planned(2), row(Department="ICU")
    roster.say([PRESENT, plan, ann])
    system = roster.system()
    synced(system)
    assert name(system, timezone.now() + timedelta(days=4)) == "Critical care"
    roster.say([PRESENT, ann])
    days_later(4)
    assert counts(synced(system)) == {"changed": 1, "unchanged": 1}
    assert name(system) == "Intensive care"
    roster.say([plan, ann])
    days_later(6)
    assert counts(synced(system)) == {"changed": 1, "unchanged": 1}
    assert name(system) == "Critical care"
    roster.say([PRESENT, ann])
    days_later(8)
    synced(system)
    assert name(system) == "Intensive care"


@pytest.mark.parametrize("page", [1, 10])
def test_a_row_and_the_plan_beside_it_are_read_the_same_every_day(
    roster: Roster, days_later: Any, page: int
) -> None:
    plan = planned(2)
    roster.say([PRESENT, plan, row(Department="ICU")])
    system = roster.system(settings={"page": page})
    for days in (0, 4, 5):
        days_later(days)
        synced(system)
        assert name(system) == ("Critical care" if days else "Intensive care")
    known = versions(system)
    for days in (6, 7):
        days_later(days)
        assert counts(synced(system)) == {"unchanged": 3}
    assert versions(system) == known
