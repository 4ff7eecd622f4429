"""Fixtures of the fault tests: a live hub that reaches its database through a line that can be cut."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests import live
from tests.faults.line import Line
from tests.live import LiveHub, Lms, free_port


@pytest.fixture(scope="module")
def line(django_db_setup: None) -> Iterator[Line]:
    """The line between the hub and its database."""
    database = settings.DATABASES["default"]
    with tempfile.TemporaryDirectory(prefix="lrs-line-", dir="/tmp") as name:
        line = Line(Path(name), host=database["HOST"], port=int(database["PORT"] or 5432))
        yield line
        line.close()


@pytest.fixture(scope="module")
def frail_hub(line: Line) -> Iterator[LiveHub]:
    """A hub whose database can go away, whose broker is away from the start, and that is not patient."""
    database = settings.DATABASES["default"]
    away = f"redis://127.0.0.1:{free_port()}/0"
    with (
        tempfile.TemporaryDirectory(prefix="lrs-hub-frail-") as name,
        live.running(
            f"postgresql://{database['USER']}@/{database['NAME']}?host={line.folder}&port={line.port}",
            folder=Path(name),
            environment={"CELERY_BROKER_URL": away, "HUB_CACHE_URL": away, "HUB_BODY_IDLE_SECONDS": "2"},
        ) as hub,
    ):
        yield hub


@pytest.fixture
def berlin(frail_hub: LiveHub, line: Line, database: None) -> Iterator[Lms]:
    """Moodle Berlin, connected to the frail hub."""
    yield live.connect(frail_hub, "Moodle Berlin")
    line.restore()
