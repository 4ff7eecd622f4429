"""Two LMSs of one store, and one of another."""

from __future__ import annotations

import pytest

from tests.lrs.documents.lms import Lms


@pytest.fixture
def berlin(db: None) -> Lms:
    return Lms("Moodle Berlin")


@pytest.fixture
def elsewhere(db: None) -> Lms:
    return Lms("Totara Oslo", store="another company")
