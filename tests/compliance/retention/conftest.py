"""A database of its own for each module, with its log: what is due is asked of everything in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.compliance.proof import academy
from tests.fixtures import Hub


@pytest.fixture
def log(hub: Hub, log_folder: Path, settings: Settings) -> academy.Log:
    """The log with everything in it that is stored, published."""
    settings.COMPLIANCE_LOG_ORIGIN = academy.ORIGIN
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"
    made = academy.Log()
    made.caught_up()
    return made
