"""Ann's Moodle in Berlin, and a clock that stands still until it is told to move."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache

from lrs.auth.issue import Issued, issue
from lrs.auth.remembered import REMEMBERED

Header = Callable[..., str]


def unique(name: str) -> str:
    """Return `name` with a mark: other tests commit stores and sources, which stay."""
    return f"{name} {uuid4().hex[:12]}"


class Clock:
    """Seconds and wall time that move together, by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> float:
        return self.now.timestamp()

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    REMEMBERED.clear()
    cache.clear()
    yield
    REMEMBERED.clear()
    cache.clear()


@pytest.fixture
def moodle(db: None) -> Issued:
    return issue(source="Moodle Berlin", scopes=["all"], kind="moodle")


@pytest.fixture
def basic_header() -> Header:
    def make(key: str, secret: str) -> str:
        return "Basic " + b64encode(f"{key}:{secret}".encode()).decode()

    return make
