"""An LMS, one of another store, and entities as the dictionary makes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs import learning
from tests.lrs.documents.lms import Lms


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    learning.forget()
    yield
    learning.forget()


@pytest.fixture
def berlin(db: None) -> Lms:
    return Lms("Moodle Berlin")


@pytest.fixture
def elsewhere(db: None) -> Lms:
    return Lms("Totara Oslo", store="another company")
