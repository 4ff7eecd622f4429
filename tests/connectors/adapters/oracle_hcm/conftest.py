"""Fixtures of the Oracle HCM adapter's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.adapters.oracle_hcm.pod import Connected, connected


@pytest.fixture
def oracle() -> Iterator[Connected]:
    """A pod with a company of sixty, most of whom are there from the beginning."""
    with connected() as found:
        yield found
