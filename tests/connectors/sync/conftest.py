"""Fixtures of the sync engine's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.sync.source import Roster


@pytest.fixture
def roster(database: None, tmp_path: Path) -> Roster:
    """The roster of a source, empty at first."""
    return Roster(tmp_path)
