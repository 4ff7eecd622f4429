"""When the hub cannot start: one sentence, a code of its own, no traceback."""

import fcntl
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.embedded.postgres import major_version
from hub.errors import Exit
from tests.hub.serving import ROOT, environment, free_port

SECRET = "s3cret-of-the-hub"


def _refusal(folder: Path, port: int | None = None, **more: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "hub.serve"],
        cwd=ROOT,
        env=environment(folder, port or free_port(), **more),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in ran.stdout + ran.stderr
    lines = [line for line in ran.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, ran.stderr
    assert lines[0].startswith("LRS Hub cannot run: ")
    return ran.returncode, lines[0]


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_port_in_use(tmp_path: Path, taken_port: int) -> None:
    code, said = _refusal(tmp_path / "var", taken_port)
    assert code == Exit.PORT_IN_USE
    assert f"Port {taken_port} on 127.0.0.1 is not free" in said
    assert "set PORT" in said


def test_a_data_folder_of_another_postgresql(tmp_path: Path) -> None:
    made = tmp_path / "var" / "postgresql"
    made.mkdir(parents=True)
    (made / "PG_VERSION").write_text("14\n", encoding="ascii")
    code, said = _refusal(tmp_path / "var")
    assert code == Exit.OTHER_VERSION
    assert f"made by PostgreSQL 14 and this hub brings {major_version()}" in said


def test_a_data_folder_another_hub_holds(tmp_path: Path) -> None:
    (tmp_path / "hub.lock").write_text("4711", encoding="ascii")
    with (tmp_path / "hub.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, said = _refusal(tmp_path)
    assert code == Exit.FOLDER_IN_USE
    assert "in use by another hub (process 4711)" in said


def test_a_database_out_of_reach_without_its_password(tmp_path: Path) -> None:
    code, said = _refusal(
        tmp_path, DATABASE_URL=f"postgresql://hub:{SECRET}@127.0.0.1:1/hub", SECRET_KEY="k" * 60
    )
    assert code == Exit.DATABASE_AWAY
    assert "The database hub at 127.0.0.1:1 is out of reach" in said
    assert SECRET not in said


def test_a_broker_out_of_reach_without_its_password(tmp_path: Path, database: None) -> None:
    code, said = _refusal(
        tmp_path,
        DATABASE_URL=os.environ["DATABASE_URL"],
        CELERY_BROKER_URL=f"redis://:{SECRET}@127.0.0.1:1/0",
    )
    assert code == Exit.BROKER_AWAY
    assert "The broker redis://127.0.0.1:1 is out of reach" in said
    assert SECRET not in said


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    code, said = _refusal(tmp_path / "file" / "var")
    assert code == Exit.FOLDER_NOT_WRITABLE
    assert "cannot be written" in said


def test_a_setting_it_cannot_understand(tmp_path: Path) -> None:
    code, said = _refusal(tmp_path, HUB_LOG_FORMAT="xml")
    assert code == Exit.MISCONFIGURED
    assert "Unexpected value HUB_LOG_FORMAT=xml, use auto or json or console" in said


def test_a_failed_system_check(tmp_path: Path) -> None:
    code, said = _refusal(tmp_path, SECRET_KEY="short", DATABASE_URL=os.environ["DATABASE_URL"])
    assert code == Exit.MISCONFIGURED
    assert "hub.E002" in said


def test_every_code_is_in_the_operator_guide() -> None:
    guide = (ROOT / "docs" / "operator" / "troubleshooting.md").read_text(encoding="utf-8")
    for code in Exit:
        assert f"| {int(code)} |" in guide


def test_a_server_that_answers_is_what_the_suite_runs_on(database: None) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.info.server_version >= 150_000
