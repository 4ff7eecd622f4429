"""A hub that is qualified has a log of its own; it lies beside a database of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def beside_the_database(log_folder: Path, database: None, settings: Settings) -> Path:
    """The folder of the log; it is found where it is."""
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"
    return log_folder
