"""Ann, who administers the hub, and two LMSs."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.lrs.documents.lms import Lms


@pytest.fixture
def berlin(db: None) -> Lms:
    return Lms("Moodle Berlin")


@pytest.fixture
def oslo(db: None) -> Lms:
    return Lms("Totara Oslo")


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", is_staff=True)
