"""Several processes doing one thing at once.

In: the name of a job ("benchmarks.floors:insert") and its arguments for each member. Out: `Done`: how
much, how fast, and what it cost the members themselves. A job is a generator: its first value says that
it is ready, each later one how many statements it has just written; members begin together and go on
until the time is over.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

#: Until every member is ready.
READY_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a crew did."""

    statements: int
    #: Requests or transactions.
    steps: int
    #: From the common start to the last member's end.
    seconds: float
    #: Statements a second: the sum of what each member reached in its own time.
    rate: float
    #: Processor seconds of the members, and how many processors they kept busy.
    cpu_seconds: float
    #: Seconds each step took, of all members.
    latencies: tuple[float, ...]

    @property
    def cpu_per_statement(self) -> float:
        """Processor seconds the members used for a statement."""
        return self.cpu_seconds / max(1, self.statements)


def run(
    job: str,
    members: Sequence[Mapping[str, Any]],
    *,
    seconds: float,
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run `job` in a process for each of `members` for `seconds`, or until a member has no more to do."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(members))
    crew = []
    for arguments in members:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=_member, args=(job, dict(arguments), dict(environment or {}), seconds, barrier, theirs)
        )
        process.start()
        theirs.close()
        crew.append((process, ours))
    return _sum([_result(process, pipe, job) for process, pipe in crew])


def _result(process: Any, pipe: Connection, job: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = pipe.recv()
    except EOFError:
        process.join()
        raise SystemExit(f"A process of {job} ended with code {process.exitcode}; see above.") from None
    process.join()
    return found


def _sum(results: Sequence[Mapping[str, Any]]) -> Done:
    return Done(
        statements=sum(each["statements"] for each in results),
        steps=sum(len(each["latencies"]) for each in results),
        seconds=max(each["seconds"] for each in results),
        rate=sum(each["statements"] / each["seconds"] for each in results),
        cpu_seconds=sum(each["cpu"] for each in results),
        latencies=tuple(latency for each in results for latency in each["latencies"]),
    )


def _member(
    job: str,
    arguments: dict[str, Any],
    environment: dict[str, str],
    seconds: float,
    barrier: Barrier,
    pipe: Connection,
) -> None:
    os.environ.update(environment)
    module, _, name = job.partition(":")
    steps: Iterator[int] = getattr(importlib.import_module(module), name)(**arguments)
    try:
        next(steps)
        barrier.wait(READY_SECONDS)
    except BaseException:
        # Else the others would wait for this one.
        barrier.abort()
        raise
    statements, latencies = 0, []
    cpu, began = time.process_time(), time.perf_counter()
    last = began
    for written in steps:
        now = time.perf_counter()
        statements += written
        latencies.append(now - last)
        last = now
        if now - began >= seconds:
            break
    pipe.send(
        {
            "statements": statements,
            "latencies": latencies,
            "seconds": last - began if latencies else seconds,
            "cpu": time.process_time() - cpu,
        }
    )
    pipe.close()
