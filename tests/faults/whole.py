"""A whole hub, as `make serve` runs it, whose parts can be killed.

In: a folder. Out: `WholeHub`: the endpoint and a key, the process ids of each part, its database. Only
processes below our own supervisor are ever killed; the supervisor starts them again, as in production.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from hub.embedded import folders
from tests.live import ROOT, Lms, free_port

#: Part → what the command line of its main process contains; "… child" is a process below that one.
PARTS = {
    "web": b"granian",
    "worker": b"\0worker\0",
    "database": b"/postgres\0",
    "broker": b"valkey-server",
}


@dataclass(frozen=True, kw_only=True)
class WholeHub:
    """A hub with all its parts."""

    folder: Path
    process: subprocess.Popen[bytes]
    lms: Lms

    def log(self) -> str:
        """What it has written so far."""
        return (self.folder / "serve.log").read_text(encoding="utf-8", errors="replace")

    def processes(self, part: str) -> list[int]:
        """Return the process ids of a part: of its main process, or of those below it ("web child")."""
        name, _, below = part.partition(" ")
        mains = [pid for pid in _children(self.process.pid) if PARTS[name] in _command(pid)]
        return [child for pid in mains for child in _children(pid)] if below else mains

    def kill(self, part: str, choose: Any) -> int | None:
        """Kill one process of `part` at once; None where none is there just now."""
        found = self.processes(part)
        if not found:
            return None
        chosen: int = choose(found)
        with suppress(ProcessLookupError):
            os.kill(chosen, signal.SIGKILL)
        return chosen

    def database(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect to its database."""
        return psycopg.connect(folders.database_url(self.folder), connect_timeout=10, autocommit=True)


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [
            int(each) for task in tasks for each in (task / "children").read_text(encoding="ascii").split()
        ]
    except OSError:
        return []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@contextmanager
def running(folder: Path) -> Iterator[WholeHub]:
    """Run a whole hub with its data in `folder`."""
    port = free_port()
    left_out = {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"}
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.serve"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if name not in left_out}
            | {
                "HUB_DATA_DIR": str(folder),
                "PORT": str(port),
                "HUB_WEB_WORKERS": "2",
                "HUB_LOG_REQUESTS": "failed",
            },
        )
    try:
        key, secret = _await_key(process, log)
        yield WholeHub(
            folder=folder,
            process=process,
            lms=Lms(
                name="First LMS",
                endpoint=f"http://127.0.0.1:{port}/xapi/",
                key=key,
                secret=secret,
                store_id=1,
                source_id=1,
            ),
        )
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            # Its children end with it.
            process.kill()
            process.wait()


def _await_key(process: subprocess.Popen[bytes], log: Path, *, seconds: float = 150) -> tuple[str, str]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        text = log.read_text(encoding="utf-8", errors="replace")
        key, secret = (re.search(rf"LMS {word} +(\S+)", text) for word in ("key", "secret"))
        if key and secret:
            return key[1], secret[1]
        assert process.poll() is None, text
        time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
