"""`make serve` as an operator lives with it: start, Ctrl-C, start again, a crash, start again."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.embedded import folders
from hub.embedded.postgres import Postgres
from tests.hub.serving import Served, free_port, gone

VERSION = {"X-Experience-API-Version": "1.0.3"}


@pytest.fixture
def started() -> Iterator[list[Served]]:
    """Hubs a test has started; none outlives it."""
    hubs: list[Served] = []
    yield hubs
    for hub in hubs:
        if hub.process.poll() is None:
            hub.process.terminate()
            hub.process.wait(timeout=60)
        shutil.rmtree(folders.run_folder(hub.folder), ignore_errors=True)


def connected_as(folder: Path) -> set[str]:
    """Return the roles programs of the hub are connected as."""
    address = folders.database_url(folder, folders.OWNER_ROLE)
    with psycopg.connect(address, application_name="a test") as connection:
        found = connection.execute(
            "SELECT DISTINCT usename::text FROM pg_stat_activity WHERE application_name = 'lrs-hub'"
        ).fetchall()
    return {name for (name,) in found}


def forget_the_application(folder: Path) -> None:
    """Take the application's role, and all it was granted, out of a hub that is stopped."""
    server = Postgres(data=folder / "postgresql", socket=folders.run_folder(folder))
    server.start()
    try:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(f"DROP OWNED BY {folders.APPLICATION_ROLE}")
            connection.execute(f"DROP ROLE {folders.APPLICATION_ROLE}")
    finally:
        server.stop()


@pytest.mark.live
@pytest.mark.timeout(400)
def test_it_starts_stops_and_starts_again_with_all_data_even_after_a_crash(
    tmp_path: Path, started: list[Served]
) -> None:
    # Deeper than a socket's path may be long.
    folder, port = tmp_path / "a-folder-with-a-long-name" / ("x" * 80) / "var", free_port()

    first = Served(folder, port, tmp_path / "first.log")
    started.append(first)
    first.await_running()
    key, secret = first.value("LMS key"), first.value("LMS secret")
    password = first.value("Password")
    assert first.get("/readyz").json()["ready"] is True
    assert first.get("/xapi/statements", auth=(key, secret), headers=VERSION).status_code == 200
    assert first.get("/xapi/statements", auth=(key, "wrong"), headers=VERSION).status_code == 401
    assert len(password) >= 12
    for path, mode in {"secret_key": 0o600, "run": 0o700, "postgresql": 0o700}.items():
        assert (folder / path).resolve().stat().st_mode & 0o777 == mode
    assert secret not in (folder / "postgresql.log").read_text(encoding="utf-8")
    parts = first.children()
    assert set(parts) == {"postgres", "valkey-server", "granian", "hub@", "hub-long@", "beat"}

    # A web server that is killed comes back by itself; so does the database.
    os.kill(parts["granian"], signal.SIGKILL)
    assert gone(parts["granian"])
    first.await_ready()
    os.kill(parts["postgres"], signal.SIGKILL)
    assert gone(parts["postgres"])
    first.await_ready()
    assert first.get("/xapi/statements", auth=(key, secret), headers=VERSION).status_code == 200

    # Whatever runs, runs as the role that owns nothing.
    assert connected_as(folder) == {folders.APPLICATION_ROLE}

    parts = first.children()
    assert first.end(signal.SIGINT) == 0
    assert "Stopped; all data is kept." in first.said()
    assert all(gone(pid) for pid in parts.values())

    # As a data folder of before there was such a role.
    forget_the_application(folder)
    second = Served(folder, port, tmp_path / "second.log")
    started.append(second)
    second.await_running()
    assert second.get("/xapi/statements", auth=(key, secret), headers=VERSION).status_code == 200
    assert connected_as(folder) == {folders.APPLICATION_ROLE}
    assert "made earlier" in second.value("LMS key")
    assert "as set when it was made" in second.value("Password")
    assert secret not in second.said()
    assert password not in second.said()

    parts = second.children()
    second.end(signal.SIGKILL)
    third = Served(folder, port, tmp_path / "third.log")
    started.append(third)
    third.await_running()
    assert all(gone(pid) for pid in parts.values())
    assert third.get("/xapi/statements", auth=(key, secret), headers=VERSION).status_code == 200
    assert third.end(signal.SIGTERM) == 0
