"""Starts the whole hub as an operator would, for tests: over a folder of its own, on a free port."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("DATABASE_URL", "CELERY_BROKER_URL", "HUB_", "LRS_", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "PORT")


def free_port() -> int:
    """Return a port nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    """Return an environment that has nothing of the test run's but what is named here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"HUB_DATA_DIR": str(folder), "PORT": str(port), "HUB_WEB_WORKERS": "1"} | more


class Served:
    """A hub started by `python -m hub.serve`."""

    def __init__(self, folder: Path, port: int, output: Path) -> None:
        self.folder, self.port, self.output = folder, port, output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.serve"],
                cwd=ROOT,
                env=environment(folder, port),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """What it printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def value(self, name: str) -> str:
        """The value it printed beside a name."""
        found = re.search(rf"^  {name}\s+(.+)$", self.said(), re.MULTILINE)
        assert found, self.said()
        return found[1]

    def await_running(self, *, seconds: float = 150) -> None:
        """Wait until it says that it runs."""
        until = time.monotonic() + seconds
        while "LRS Hub is running" not in self.said() or "  Password" not in self.said():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < until, self.said()
            time.sleep(0.2)

    def get(self, path: str, **more: object) -> requests.Response:
        """GET from it."""
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10, **more)  # type: ignore[arg-type]  # handed on

    def await_ready(self, *, seconds: float = 60) -> None:
        """Wait until every part is there."""
        until = time.monotonic() + seconds
        while True:
            try:
                if self.get("/readyz").status_code == 200:
                    return
            except requests.ConnectionError:
                pass
            assert time.monotonic() < until, self.said()
            time.sleep(0.2)

    def children(self) -> dict[str, int]:
        """The process ids of its parts, by a word of their command."""
        found = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[1])
                command = (path.parent / "cmdline").read_bytes().decode(errors="replace")
            except (OSError, IndexError):
                continue
            if parent == self.process.pid:
                for word in ("postgres", "valkey-server", "granian", "hub@", "hub-long@", "beat"):
                    if word in command.replace(str(self.folder), ""):
                        found[word] = int(path.parent.name)
                        break
        return found

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def gone(pid: int, *, seconds: float = 30) -> bool:
    """Whether a process has ended, waiting for it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False
