"""The database of the test suite: one embedded PostgreSQL for the whole run, a database for each worker.

Where DATABASE_URL is set, that server is used instead (its role must be allowed to create databases).
"""

from __future__ import annotations

import os

import pytest
from django.conf import settings

from hub.embedded import temporary
from hub.embedded.postgres import Postgres
from hub.environment import database_from_url
from tests.browser import chromium
from tests.fixtures import apart, database, django_db_setup, hub, log_folder, moodle
from tests.live import berlin, live_hub

#: Fixtures of every test; what they are for stands in tests/fixtures.py and tests/live.py.
__all__ = ["apart", "berlin", "database", "django_db_setup", "hub", "live_hub", "log_folder", "moodle"]

_SERVER = pytest.StashKey[Postgres]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the main process; workers of pytest-xdist inherit its address."""
    if not os.environ.get("DATABASE_URL"):
        config.stash[_SERVER] = server = temporary.start()
        os.environ["DATABASE_URL"] = server.url()
    address = database_from_url(os.environ["DATABASE_URL"])
    settings.DATABASES["default"].update(
        {name: value for name, value in address.items() if name not in {"ENGINE", "OPTIONS"}}
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules first that start servers: they take longest, and a run ends with its last module."""
    live = {item.path for item in items if item.get_closest_marker("live")}
    items.sort(key=lambda item: item.path not in live)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly where the browser tests had no browser."""
    if said := chromium.missing():
        terminalreporter.write_line(said, yellow=True, bold=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove every trace of it."""
    server = config.stash.get(_SERVER, None)
    if server is not None:
        temporary.end(server)
        del os.environ["DATABASE_URL"]
