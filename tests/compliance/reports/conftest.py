"""The academy of a hospital whose records an auditor pulls; in a database of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.compliance.reports.academy import Academy
from tests.fixtures import Hub


@pytest.fixture(autouse=True)
def beside_the_database(log_folder: Path, settings: Settings) -> None:
    """Have every test find the log where it is."""
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"


@pytest.fixture
def academy(hub: Hub) -> Academy:
    """Ann of intensive care and Bea of the emergency room, who both completed the forklift course."""
    return Academy(hub)
