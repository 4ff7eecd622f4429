"""`python -m simulators`: every simulated system over one population, in the foreground until Ctrl-C.

In: the size of the population and ports. Out: HR systems that answer and an SFTP server with nightly files;
for each what a connection to it is set up with, printed and written into a folder. A module of this package
that has `simulate` is a system, found by being there.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import simulators
from simulators import sftp
from simulators.population import Population, population

#: The first simulator's port unless told otherwise; the others follow, SFTP last.
PORT = 8701
#: Nightly files: a full one so many nights ago, then the changes of each night.
_NIGHTS = 7
_FOLDER = Path("var/simulators")
_SELF = "__main__"


@dataclass(frozen=True, slots=True)
class System:
    """A simulated system that is running, and what a connection to it is set up with."""

    title: str
    adapter: str
    address: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]


def horizon(today: date | None = None) -> date:
    """Return the last day of a population: the end of the month after next, so that much is still to come."""
    day = (today or datetime.now(UTC).date()).replace(day=1)
    for _ in range(3):
        day = (day + timedelta(days=32)).replace(day=1)
    return day - timedelta(days=1)


def found() -> list[Any]:
    """Return the modules of simulated HTTP systems, in the order of their names."""
    modules = [
        importlib.import_module(f"{simulators.__name__}.{each.name}")
        for each in pkgutil.iter_modules(simulators.__path__)
        if each.name != _SELF
    ]
    return [each for each in modules if callable(getattr(each, "simulate", None))]


@contextmanager
def running(
    people: Population, folder: Path, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[list[System]]:
    """Run every system until the block ends; port 0 takes free ones. Files and settings go into `folder`."""
    with ExitStack() as stack:
        systems = []
        for nth, module in enumerate(found()):
            server = stack.enter_context(module.simulate(people, host=host, port=port + nth if port else 0))
            systems.append(
                System(
                    module.TITLE, module.ADAPTER, server.url, module.settings(server.url), module.secrets()
                )
            )
        deliveries = folder / "deliveries"
        deliver(people, deliveries)
        files = stack.enter_context(sftp.serve(deliveries, port + len(systems) if port else 0, host=host))
        address = f"sftp://{files.host}:{files.port}"
        systems.append(System("Nightly files", "files", address, files.settings(), files.secrets()))
        for each in systems:
            keep(each, folder)
        yield systems


def deliver(people: Population, folder: Path, today: date | None = None) -> None:
    """Leave the files of the last nights in a folder: a full delivery, then what changed each night."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.is_file():
            old.unlink()
    last = min(today or datetime.now(UTC).date(), people.until) - timedelta(days=1)
    # Numbers of another day are higher, and a full delivery may begin anywhere.
    sequence = last.toordinal() * 100
    for night in range(_NIGHTS, -1, -1):
        day = last - timedelta(days=night)
        sequence = sftp.nightly(folder, people, day=day, sequence=sequence, full=night == _NIGHTS)


def keep(system: System, folder: Path) -> None:
    """Write a system's settings and secrets into files of their own, readable by nobody else."""
    (folder / f"{system.adapter}.json").write_text(json.dumps(system.settings, indent=1), encoding="utf-8")
    for name, secret in system.secrets.items():
        path = _secret(system, name, folder)
        path.touch(mode=0o600)
        path.write_text(secret, encoding="utf-8")


def _secret(system: System, name: str, folder: Path) -> Path:
    return folder / f"{system.adapter}.{name}"


def command(system: System, folder: Path, store: str) -> str:
    """Return the command that connects a hub to a system."""
    words = [
        ".venv/bin/python", "manage.py", "create_system",
        "--store", store,
        "--name", system.title,
        "--adapter", system.adapter,
        "--settings-file", str(folder / f"{system.adapter}.json"),
    ]  # fmt: skip
    for name in system.secrets:
        words += ["--secret", f"{name}=@{_secret(system, name, folder)}"]
    return shlex.join([*words, "--match-by", "employee_number", "--state", "live"])


def told(systems: Sequence[System], folder: Path, *, connect: bool, store: str) -> str:
    """Return what a person needs to know of the systems."""
    lines = []
    for each in systems:
        lines += ["", f"{each.title}  {each.address}", f"  settings  {json.dumps(dict(each.settings))}"]
        for name, secret in each.secrets.items():
            said = secret if "\n" not in secret else f"in {_secret(each, name, folder)}"
            lines.append(f"  {name}  {said}")
    if connect:
        lines += ["", "To connect a hub (with the hub's own settings in the environment):"]
        lines += [command(each, folder, store) for each in systems]
        sync = [".venv/bin/python", "manage.py", "sync", "--store", store, "--system"]
        lines += [shlex.join([*sync, each.title]) for each in systems]
    return "\n".join([*lines, ""])


def main(words: list[str] | None = None, *, wait: Callable[[], None] | None = None) -> int:
    """Run all as asked for on the command line, until somebody ends it."""
    parser = argparse.ArgumentParser("python -m simulators", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--workers", type=int, default=10_000)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=date.fromisoformat, help="Last day; the end of the month after next.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=PORT, help="Of the first; others follow. 0: free ones.")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="For files, settings and secrets.")
    parser.add_argument("--connect", action="store_true", help="Print commands that connect a hub.")
    parser.add_argument("--store", default="default", help="With --connect: the record store.")
    asked = parser.parse_args(words)
    asked.folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(f"Making {asked.workers:,} workers over {asked.years} years…\n")
    sys.stdout.flush()
    people = population(asked.workers, asked.years, asked.seed, asked.until or horizon())
    ending = _ending() if wait is None else nullcontext(wait)
    with running(people, asked.folder, host=asked.host, port=asked.port) as systems, ending as until:
        sys.stdout.write(told(systems, asked.folder, connect=asked.connect, store=asked.store))
        sys.stdout.write("\nCtrl-C ends them.\n")
        sys.stdout.flush()
        until()
    return 0


@contextmanager
def _ending() -> Iterator[Callable[[], None]]:
    """Give what waits for Ctrl-C, or for being told to end; also where that comes before anybody waits."""
    over = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    def until() -> None:
        while not over.wait(timeout=3600):
            pass

    before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield until
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
