"""The academy of a hospital whose records an auditor pulls; its log begins with these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.compliance.reports.academy import Academy, log_begins
from tests.fixtures import Hub


@pytest.fixture(autouse=True)
def beside_the_database(log_folder: Path, settings: Settings) -> None:
    """Have every test find the log where it is."""
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"


@pytest.fixture
def academy(hub: Hub) -> Iterator[Academy]:
    """Ann of intensive care and Bea of the emergency room, who both completed the forklift course."""
    with log_begins():
        yield Academy(hub)
