"""One log for each test database, with its folders beside it, as a hub has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.compliance.proof import academy
from tests.fixtures import Hub


@pytest.fixture(autouse=True)
def beside_the_database(log_folder: Path, settings: Settings) -> None:
    """Have every test find the log where it is."""
    settings.COMPLIANCE_LOG_ORIGIN = academy.ORIGIN
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"
    settings.COMPLIANCE_LOG_PRIVATE_ADDRESSES = True


@pytest.fixture
def log(hub: Hub) -> academy.Log:
    """The log with everything in it that is stored, published."""
    academy.begin()
    made = academy.Log()
    made.caught_up()
    return made


@pytest.fixture
def copied(log: academy.Log, log_folder: Path, tmp_path: Path, settings: Settings) -> Path:
    """Copies of the log's folders, which a test may damage."""
    shutil.copytree(log_folder, tmp_path / "log")
    settings.COMPLIANCE_LOG_DIR = tmp_path / "log" / "published"
    settings.COMPLIANCE_LOG_LOCK = tmp_path / "log" / "lock" / "published.json"
    return tmp_path / "log"
