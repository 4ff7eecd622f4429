"""The hub under test: the embedded database and broker and the web server, as `make serve` starts them.

In: a folder. Out: `Hub` with the address, a credential and the processes. Durable as in production (fsync
and synchronous_commit on); only Celery is left out unless asked for, as the consumers are timed on their
own. A second database of the same server with the same migrations is for the floors. Nothing is left
running.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STORE, SOURCE = "bench", "Benchmark LMS"
FLOOR_DATABASE, ROWS_DATABASE = "floor", "floor_rows"


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub that answers."""

    host: str
    port: int
    authorization: str = field(repr=False)
    #: libpq connection string of a database of the server, by name.
    dsns: dict[str, str]
    #: DATABASE_URL of the floors' database.
    floor_url: str
    #: The server's version, such as "18.1".
    postgresql: str
    #: Process ids of the parts: name → the parent's.
    pids: dict[str, int]
    #: Forget everything the web processes remember.
    restart_web: Callable[[], None] = field(repr=False)
    #: Run Celery's worker and beat from now on.
    start_worker: Callable[[], None] = field(repr=False)
    workers: int
    threads: int


@contextmanager
def running(folder: Path, *, port: int, with_worker: bool) -> Iterator[Hub]:
    """Start everything in `folder`, yield the hub, and stop it again."""
    from hub.embedded import folders

    folders.make_secret_key(folder)
    os.environ.update(_environment(folder, port or _free_port()))
    import django

    django.setup()
    from django.conf import settings

    from hub.embedded import child
    from hub.embedded.postgres import DATABASE, Postgres
    from hub.embedded.valkey import Valkey
    from hub.serve import processes

    account = child.account()
    sockets = folders.prepare_run_folder(folder, owner=account.owner if account else None)
    database = Postgres(data=folder / "postgresql", socket=sockets)
    broker = Valkey(data=folder / "valkey", socket=sockets)
    with ExitStack() as stack:
        stack.callback(database.stop)
        database.start()
        stack.callback(broker.stop)
        broker.start()
        database.ensure_database()
        postgresql = _prepare_databases(database.dsn("postgres"))
        credential = _manage("create_credential", "--store", STORE, "--source", SOURCE, "--scope", "all")
        programs = [processes.web()] + ([*processes.workers(), processes.beat()] if with_worker else [])
        parts, pids = {}, {"database": _pid(database.process), "broker": _pid(broker.process)}
        for program in programs:
            command = child.command(program.command, account=None)
            parts[program.name] = part = _Part(command, folder / f"{program.name}.log")
            stack.callback(part.stop)
            pids[program.name] = part.start()
        health = f"http://{settings.HUB_HOST}:{settings.HUB_PORT}/healthz"
        _await(health)

        def restart_web() -> None:
            parts["web"].stop()
            pids["web"] = parts["web"].start()
            _await(health)

        def start_worker() -> None:
            for program in (*processes.workers(), processes.beat()):
                if program.name in parts:
                    continue
                command = child.command(program.command, account=None)
                parts[program.name] = part = _Part(command, folder / f"{program.name}.log")
                stack.callback(part.stop)
                pids[program.name] = part.start()

        found = json.loads(credential)
        yield Hub(
            host=settings.HUB_HOST,
            port=settings.HUB_PORT,
            authorization="Basic " + b64encode(f"{found['key']}:{found['secret']}".encode()).decode(),
            dsns={name: database.dsn(name) for name in (DATABASE, FLOOR_DATABASE, ROWS_DATABASE)},
            floor_url=database.url(FLOOR_DATABASE),
            postgresql=postgresql,
            pids=pids,
            restart_web=restart_web,
            start_worker=start_worker,
            workers=settings.HUB_WEB_WORKERS,
            threads=settings.HUB_WEB_THREADS,
        )


class _Part:
    """A program of the hub, its lines in a log."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        """Start it; return its process id."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT
            )
        return self._process.pid

    def stop(self) -> None:
        """Tell it to end and wait until it has."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _environment(folder: Path, port: int) -> dict[str, str]:
    """What the hub and every process of the benchmark run with."""
    for name in ("DATABASE_URL", "CELERY_BROKER_URL", "HUB_CACHE_URL", "HUB_PUBLIC_URL", "SECRET_KEY"):
        os.environ.pop(name, None)
    metrics = folder / "metrics"
    metrics.mkdir(parents=True, exist_ok=True)
    return {
        "DJANGO_SETTINGS_MODULE": "hub.settings",
        "HUB_DATA_DIR": str(folder),
        "PORT": str(port),
        "HUB_STATIC_DIR": str(folder / "static"),
        "HUB_FILES_DIR": str(folder / "files"),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "HUB_SUPERVISED": "1",
    }


def _prepare_databases(dsn: str) -> str:
    """Make the tables, and copy them, still empty, for the floors; return the server's version."""
    import psycopg
    from django.db import connections

    from hub.embedded.postgres import DATABASE
    from hub.serve.ready import migrate

    migrate()
    connections.close_all()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {FLOOR_DATABASE} TEMPLATE {DATABASE}".encode())
        connection.execute(f"CREATE DATABASE {ROWS_DATABASE}".encode())
        row = connection.execute("SHOW server_version").fetchone()
    return "" if row is None else str(row[0])


def _manage(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"manage.py {words[0]} failed:\n{done.stderr}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _pid(process: subprocess.Popen[bytes] | None) -> int:
    if process is None:
        raise SystemExit("A part of the hub did not start.")
    return process.pid


def _await(address: str, *, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > until:
                raise SystemExit(f"The web server did not answer: {error}") from None
            time.sleep(0.1)
