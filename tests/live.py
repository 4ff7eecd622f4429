"""A live hub for tests: the product's own web server, with its own arguments, over the test database.

In: the address of a database. Out: `LiveHub`, and for each test an `Lms`, a system with a store of its own.
The test process reads the same database, so a test can look behind what it was answered. Tests that
kill things start the whole of `hub.serve` instead (tests/faults/whole.py).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from django.conf import settings
from django.test import override_settings

from hub.serve import processes
from lrs.auth.issue import issue

ROOT = Path(__file__).resolve().parent.parent
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class LiveHub:
    """A hub that answers."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def origin(self) -> str:
        """Where it answers."""
        return f"http://localhost:{self.port}"

    @property
    def endpoint(self) -> str:
        """The xAPI endpoint, ending with a slash."""
        return f"{self.origin}/xapi/"

    @property
    def files(self) -> Path:
        """The folder of attachment contents."""
        return self.folder / "files"

    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "web.log").read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True, kw_only=True)
class Lms:
    """A system with a credential in a store of its own."""

    name: str
    endpoint: str
    key: str
    secret: str = field(repr=False)
    store_id: int
    source_id: int

    def send(
        self,
        method: str,
        path: str = "statements",
        *,
        headers: Mapping[str, str | None] | None = None,
        version: str | None = "1.0.3",
        timeout: float = 60,
        **more: Any,
    ) -> requests.Response:
        """Send a request as this system; a header or version of None is left out."""
        all_headers = {"X-Experience-API-Version": version, **(headers or {})}
        return requests.request(
            method,
            self.endpoint + path,
            headers={name: value for name, value in all_headers.items() if value is not None},
            auth=(self.key, self.secret),
            timeout=timeout,
            **more,
        )

    def get(self, path: str = "statements", **parameters: str) -> Any:
        """Return the JSON of a successful GET."""
        response = self.send("GET", path, params=parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def all_statements(self, **parameters: str) -> list[dict[str, Any]]:
        """Return the statements of a query, every page of it."""
        page = self.get(**parameters)
        found: list[dict[str, Any]] = page["statements"]
        while page["more"]:
            page = self.get(page["more"].removeprefix("/xapi/"))
            found.extend(page["statements"])
        return found


def free_port() -> int:
    """Return a port nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def database_address() -> str:
    """Return the address of the database this test process works on, as DATABASE_URL writes it."""
    database = settings.DATABASES["default"]
    return (
        f"postgresql://{quote(database['USER'])}:{quote(database['PASSWORD'])}@/{database['NAME']}"
        f"?host={quote(database['HOST'])}&port={database['PORT']}"
    )


@contextmanager
def running(
    database_url: str, *, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[LiveHub]:
    """Run the web server over `database_url` with its data in `folder`."""
    port = free_port()
    with override_settings(HUB_PORT=port, HUB_HOST="127.0.0.1", HUB_WEB_WORKERS=2, HUB_WEB_THREADS=4):
        words = processes.granian_words()
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with (folder / "web.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "granian", *words],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=inherited
            | {
                "DATABASE_URL": database_url,
                "CELERY_BROKER_URL": "memory://",
                "SECRET_KEY": settings.SECRET_KEY,
                "HUB_DATA_DIR": str(folder),
                "HUB_SUPERVISED": "1",
                "HUB_LOG_FORMAT": "json",
                "PORT": str(port),
            }
            | dict(environment or {}),
        )
    hub = LiveHub(port=port, folder=folder, process=process)
    try:
        _await(hub)
        yield hub
    finally:
        _stop(process)


def _await(hub: LiveHub, *, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert hub.process.poll() is None, hub.log()
        with suppress(requests.RequestException):
            if requests.get(f"{hub.origin}/healthz", timeout=5).ok:
                return
        time.sleep(0.1)
    raise AssertionError(hub.log())


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def connect(hub: LiveHub, name: str) -> Lms:
    """Make a system with all rights in a new store; needs access to the database."""
    issued = issue(store=f"{name} {next(_numbers)} {uuid4().hex[:8]}", source=name, scopes=["all"])
    return Lms(
        name=name,
        endpoint=hub.endpoint,
        key=issued.key,
        secret=issued.secret,
        store_id=issued.credential.source.store_id,
        source_id=issued.credential.source_id,
    )


@pytest.fixture(scope="session")
def live_hub(django_db_setup: None) -> Iterator[LiveHub]:
    """The live hub of this test process."""
    with (
        tempfile.TemporaryDirectory(prefix="lrs-hub-live-") as name,
        running(database_address(), folder=Path(name)) as started,
    ):
        yield started


@pytest.fixture
def berlin(live_hub: LiveHub, database: None) -> Lms:
    """Moodle Berlin, connected to the live hub; nothing is in its store yet."""
    return connect(live_hub, "Moodle Berlin")
