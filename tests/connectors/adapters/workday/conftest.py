"""Fixtures of the Workday adapter's tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from simulators import workday
from tests.connectors.adapters.workday.company import company
from tests.connectors.adapters.workday.tenant import noon


@pytest.fixture
def clock() -> list[datetime]:
    """What time it is in the tenant."""
    return [noon("2026-03-05")]


@pytest.fixture
def meridian(clock: list[datetime]) -> Iterator[workday.Workday]:
    """The simulated tenant of the company of a few people."""
    with workday.simulate(company(), now=lambda: clock[0]) as server:
        yield server
