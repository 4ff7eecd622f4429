"""One log for each test database: its folder lasts as long, whichever tests write there."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the log of this database is published, as long as the database lasts."""
    return tmp_path_factory.mktemp("log")
