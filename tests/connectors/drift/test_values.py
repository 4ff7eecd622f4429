"""Values a source never told before: of a list of codes they are news, of a column of days they are not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from connectors.adapters import RawRecord
from connectors.drift.compare import Comparing, Difference, differences
from connectors.drift.shape import Profile, Shape
from connectors.mapping import Read

LAST_DAY = {"relationship.end_date"}
READS = {"worker": {"Field": Read(targets=LAST_DAY, holds=LAST_DAY, known=set(), chosen=set())}}


def shape(values: Iterable[str]) -> dict[str, Shape]:
    """Return the shape of workers of whom one field has these values."""
    profile = Profile()
    profile.see([RawRecord("worker", str(place), {"Field": each}) for place, each in enumerate(values)])
    return profile.shapes()


def compared(usual: Iterable[str], now: Iterable[str]) -> list[Difference]:
    return differences(shape(now), shape(usual), READS, Comparing())


@pytest.mark.parametrize("usual", [["2026-01-31", "2026-03-31"], ["31.01.2026", "31.03.2026"]])
def test_a_day_nobody_left_on_before_is_no_drift(usual: list[str]) -> None:
    later = [each.replace("2026", "2027") for each in usual]
    assert compared(usual * 20, (usual + later) * 20) == []
    assert compared(usual * 20, later * 20) == []


def test_days_written_otherwise_are_drift() -> None:
    [found] = compared(["2026-01-31", "2026-03-31"] * 20, ["31/01/2026", "31/03/2026"] * 20)
    assert (found.kind, found.detail) == ("retyped", {"from": "date", "to": "date with /"})
    assert set(found.holds) == LAST_DAY


def test_a_code_nobody_had_before_is_told_and_codes_that_are_all_new_are_held() -> None:
    [told] = compared(["FT", "PT"] * 20, ["FT", "PT"] * 20 + ["SE"])
    assert (told.kind, told.detail["new"], set(told.holds)) == ("new_values", {"SE": 1}, set())
    [held] = compared(["FT", "PT"] * 20, ["F", "P"] * 20)
    assert (held.kind, set(held.holds)) == ("new_values", LAST_DAY)
