"""Fixtures of the drift tests: the roster of the sync engine's."""

from tests.connectors.sync.conftest import roster

__all__ = ["roster"]
