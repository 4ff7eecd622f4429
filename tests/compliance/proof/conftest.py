"""One log for each test database, with its folders beside it, as a hub has."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from compliance.proof import audit, sources
from compliance.signing import logged
from tests.compliance.proof import academy
from tests.fixtures import Hub


@pytest.fixture(autouse=True)
def beside_the_database(log_folder: Path, settings: Settings) -> None:
    """Have every test find the log where it is."""
    settings.COMPLIANCE_LOG_ORIGIN = academy.ORIGIN
    settings.COMPLIANCE_LOG_DIR = log_folder / "published"
    settings.COMPLIANCE_LOG_LOCK = log_folder / "lock" / "published.json"
    settings.COMPLIANCE_LOG_PRIVATE_ADDRESSES = True


@pytest.fixture(scope="module")
def statements_alone() -> Iterator[None]:
    """Have nothing but statements logged, for tests that count leaves."""
    for each in (audit.AUDIT, logged.SIGNATURES):
        sources.forget(each.kind)
    yield
    for each in (audit.AUDIT, logged.SIGNATURES):
        sources.register(each)


@pytest.fixture
def log(hub: Hub) -> academy.Log:
    """The log with everything in it that is stored, published."""
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
