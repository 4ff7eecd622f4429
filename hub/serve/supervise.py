"""Starts everything in order, starts again what dies, stops everything in order.

In: servers and programs. Out: when all have ended. Servers (database, broker) start first and stop last,
so that no program ever works without them. A program that dies takes its whole process group with it, so
that no stray worker holds the port; it is started again at once, then ever more slowly while it keeps dying.
A crash of this process itself ends every child (hub.embedded.launch), and the next start finds clean ground.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Protocol

import structlog

from hub.embedded import child
from hub.errors import CannotStart
from hub.serve.processes import Program

log = structlog.get_logger("hub.serve")

#: A program that lived this long has recovered; its next death counts as the first.
RECOVERED_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


class Part(Protocol):
    """Something that runs: a server or a program."""

    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class Running:
    """A program as a part: started from a description, stopped with its whole process group."""

    def __init__(self, program: Program, *, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        return self._process

    def start(self) -> None:
        """Start it; whether it works is for others to find out."""
        self.clear()
        self._process = subprocess.Popen(  # noqa: S603  the program is one of ours
            child.command(self.program.command, account=None),
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def ask_to_stop(self) -> None:
        """Tell it to finish; `stop` waits for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self.program.stop)

    def stop(self) -> None:
        """Wait until it has finished, and end it by force when it takes too long."""
        if self._process is None:
            return
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=self.program.seconds)
        self.clear()

    def clear(self) -> None:
        """End whatever of its process group is left."""
        if self._process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None


class _Watched:
    """A part with its history of deaths."""

    def __init__(self, name: str, part: Part) -> None:
        self.name = name
        self.part = part
        self.deaths = 0
        self.started = time.monotonic()
        self.due: float | None = None

    def died(self, now: float) -> float:
        """Note a death; return the seconds until it is started again."""
        self.deaths = 1 if now - self.started > RECOVERED_SECONDS else self.deaths + 1
        pause: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (self.deaths - 1))
        self.due = now + pause
        return pause


class Supervisor:
    """Runs servers and programs until told to stop; used from the main thread only."""

    def __init__(self) -> None:
        self._servers: list[_Watched] = []
        self._programs: list[_Watched] = []
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self.stopping = False

    def listen(self) -> None:
        """Take Ctrl-C, SIGTERM and SIGHUP as the wish to stop, and notice children that end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._wants_to_stop)
        signal.signal(signal.SIGCHLD, self._wake)

    def start_server(self, name: str, server: Part) -> None:
        """Start a server and watch it from now on."""
        self._servers.append(_Watched(name, server))
        server.start()

    def start_program(self, program: Program, *, folder: Path) -> None:
        """Start a program and watch it from now on."""
        running = Running(program, folder=folder)
        self._programs.append(_Watched(program.name, running))
        running.start()

    def wait_for(self, answered: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Wait until `answered`; refuse to go on when a program ends or the time is over."""
        until = time.monotonic() + seconds
        while not self.stopping and not answered():
            for watched in self._programs:
                if watched.part.process is None or watched.part.process.poll() is not None:
                    raise CannotStart(
                        f"The {watched.name} process ended while starting; see its lines above."
                    )
            if time.monotonic() > until:
                raise CannotStart(f"The {what} did not answer within {seconds:.0f} s.")
            self._sleep(0.1)

    def run(self) -> None:
        """Start again whatever dies, until told to stop."""
        while not self.stopping:
            now = time.monotonic()
            for watched in [*self._servers, *self._programs]:
                self._look_after(watched, now)
            self._sleep(1.0)

    def stop(self) -> None:
        """Stop the programs side by side, then the servers in reverse order; nothing is left running."""
        self.stopping = True
        for watched in self._programs:
            if isinstance(watched.part, Running):
                watched.part.ask_to_stop()
        self._stop_all(self._programs)
        self._stop_all(list(reversed(self._servers)))

    @staticmethod
    def _stop_all(parts: Sequence[_Watched]) -> None:
        for watched in parts:
            watched.part.stop()

    def _look_after(self, watched: _Watched, now: float) -> None:
        process = watched.part.process
        if watched.due is None:
            code = None if process is None else process.poll()
            if process is not None and code is None:
                return
            pause = watched.died(now)
            log.error("a part ended", part=watched.name, exit_code=code, starts_again_in_seconds=pause)
        if watched.due is None or now < watched.due:
            return
        watched.due, watched.started = None, now
        try:
            watched.part.start()
        except CannotStart as error:
            log.error("a part did not start", part=watched.name, reason=str(error))  # noqa: TRY400  the reason says it
            watched.part.stop()
        else:
            log.info("a part runs again", part=watched.name)

    def _wants_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True
        self._wake(0, None)

    def _wake(self, _number: int, _frame: FrameType | None) -> None:
        with suppress(BlockingIOError):
            os.write(self._writer, b".")

    def _sleep(self, seconds: float) -> None:
        ready, _, _ = select.select([self._reader], [], [], seconds)
        if ready:
            os.read(self._reader, 4096)
