"""Procedures to be signed, and everybody's table of limits empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from compliance import signing
from tests.compliance.signing.people import Procedures


@pytest.fixture
def records(database: None) -> Iterator[Procedures]:
    """Procedure 1, by nobody in particular; a kind no other test knows."""
    cache.clear()
    made = Procedures(texts={"1": "Wash your hands.", "2": "Wear gloves."})
    yield made
    signing.unregister(made.kind)
