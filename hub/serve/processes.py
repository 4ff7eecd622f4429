"""The programs of a running hub: their commands, how each is told to end and how long that may take.

In: settings. Out: `Program` descriptions. Nothing is started here.
"""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

from django.conf import settings

from lrs import turns


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program, as the supervisor runs it."""

    name: str
    command: tuple[str, ...]
    #: How long it may take to finish what it is doing.
    seconds: float
    stop: signal.Signals = signal.SIGTERM


def web() -> Program:
    """The web server; it finishes the requests it has before it ends."""
    return Program(name="web", command=(sys.executable, "-m", "granian", *granian_words()), seconds=20)


def granian_words() -> tuple[str, ...]:
    """Granian's arguments, the same under the supervisor and in a container."""
    return (
        "--interface", "rsgi",
        "--host", settings.HUB_HOST,
        "--port", str(settings.HUB_PORT),
        "--workers", str(settings.HUB_WEB_WORKERS),
        "--loop", "uvloop",
        "--backlog", "1024",
        "--http", "1",
        "--respawn-failed-workers",
        "--respawn-interval", "1",
        "--workers-kill-timeout", "15",
        "--no-ws",
        "--log-level", "warning",
        "hub.rsgi:application",
    )  # fmt: skip


def workers() -> tuple[Program, ...]:
    """What runs tasks: a worker for wake-ups, and one for what takes long, which they need not wait for."""
    return worker(), long_worker()


def worker() -> Program:
    """The Celery worker of wake-ups; it finishes the tasks it has before it ends."""
    words = worker_words(turns.SHORT, name="hub", processes=settings.HUB_WORKER_PROCESSES)
    return Program(name="worker", command=(sys.executable, "-m", "celery", *words), seconds=20)


def long_worker() -> Program:
    """The Celery worker of syncs, reports, checks and whatever else takes long; what it is at when it ends
    goes on after the next start."""
    words = worker_words(turns.LONG, name="hub-long", processes=settings.HUB_LONG_WORKER_PROCESSES)
    return Program(name="long-worker", command=(sys.executable, "-m", "celery", *words), seconds=20)


def worker_words(queue: str, *, name: str, processes: int) -> tuple[str, ...]:
    """Celery's arguments for a worker."""
    return (
        "--quiet",
        "--app", "hub.celery:app",
        "worker",
        "--queues", queue,
        "--concurrency", str(processes),
        "--loglevel", settings.HUB_LOG_LEVEL,
        "--without-gossip", "--without-mingle", "--without-heartbeat",
        "--hostname", f"{name}@%h",
        "--max-tasks-per-child", "10000",
    )  # fmt: skip


def beat() -> Program:
    """Celery's clock."""
    return Program(
        name="beat",
        command=(
            sys.executable, "-m", "celery", "--quiet", "--app", "hub.celery:app", "beat",
            "--loglevel", settings.HUB_LOG_LEVEL, "--pidfile=",
        ),
        seconds=5,
    )  # fmt: skip
