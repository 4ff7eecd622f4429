"""Statements that arrive at the same moment are stored together: one call and one commit for all of them.

In: plain batches (lrs.ingest.door.prepare_plain) with their callers, from one event loop. Out: for each, when
it is durable, or the error that is its own. While CALLS_MOST calls of a caller are under way, what else it
sends waits for the next. One request is never touched by another's failure: where a call fails, each of its
batches is stored by itself. Never a delay to wait for company.

A call goes through a connection of the event loop itself (lrs.lines); through `threads` where none is there,
where it failed, and for whatever else has to be asked before a batch is acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections

from lrs.auth.access import Access
from lrs.auth.rules import may_define
from lrs.ingest import door
from lrs.ingest.batch import Batch
from lrs.ingest.single import STORE_ONE
from lrs.ingest.store import STORE_AND_LEARN
from lrs.lines import Lines
from lrs.query import pages

#: Statements in a call at most, as far as several requests make it up.
STATEMENTS_MOST = 200

#: Connections of an event loop at most.
LINES_MOST = 3
#: Calls of one caller under way at once; what comes meanwhile goes together into the next.
CALLS_MOST = 2

#: The moment up to which the store is known to be complete, or what went wrong.
Outcome = datetime | Exception
#: Callers whose batches may share a call: store, source, credential, whether what they say is learned.
_Caller = tuple[int, int, int, bool]


@dataclass(frozen=True, slots=True)
class _Waiting:
    access: Access
    batch: Batch
    outcome: asyncio.Future[Outcome]


class Together:
    """Stores plain batches in `threads`; belongs to one event loop, which alone touches what waits."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._lines = Lines(threads, calls=[STORE_ONE, STORE_AND_LEARN], most=LINES_MOST)
        #: What waits, and how many calls are under way; a caller is here while any is.
        self._waiting: dict[_Caller, list[_Waiting]] = {}
        self._under_way: dict[_Caller, int] = {}

    async def store(self, access: Access, batch: Batch) -> Outcome:
        """Return once `batch` is durable, or refused."""
        one = _Waiting(access, batch, asyncio.get_running_loop().create_future())
        caller = (access.store_id, access.source_id, access.credential_id, may_define(access))
        self._waiting.setdefault(caller, []).append(one)
        if self._under_way.get(caller, 0) < CALLS_MOST:
            self._begin(caller)
        return await one.outcome

    async def open(self) -> None:
        """Be ready before the first batch."""
        await self._lines.open()

    async def close(self) -> None:
        """Leave no connection behind."""
        await self._lines.close()

    def _begin(self, caller: _Caller) -> None:
        waiting = self._waiting[caller]
        count = _fitting(waiting)
        group, self._waiting[caller] = waiting[:count], waiting[count:]
        self._under_way[caller] = self._under_way.get(caller, 0) + 1
        run = asyncio.get_running_loop().create_task(
            self._store(group[0].access, [each.batch for each in group])
        )
        run.add_done_callback(partial(self._end, caller, group))

    async def _store(self, access: Access, batches: Sequence[Batch]) -> Sequence[Outcome]:
        if (moment := await self._store_from_loop(access, batches)) is not None:
            return [moment] * len(batches)
        return await asyncio.get_running_loop().run_in_executor(self._threads, _store, access, batches)

    async def _store_from_loop(self, access: Access, batches: Sequence[Batch]) -> datetime | None:
        """Return the moment to tell, or None where a thread has to do all of it, or has to find out."""
        loop = asyncio.get_running_loop()
        try:
            steps = await door.store_plain_by(self._lines, access, batches)
            if steps is None:
                return None
            if steps:
                await loop.run_in_executor(self._threads, _take, steps)
            return pages.remembered_consistent_through() or await loop.run_in_executor(
                self._threads, pages.recent_consistent_through
            )
        except (psycopg.Error, DatabaseError, InterfaceError):
            return None

    def _end(
        self, caller: _Caller, group: Sequence[_Waiting], run: asyncio.Future[Sequence[Outcome]]
    ) -> None:
        self._under_way[caller] -= 1
        if self._waiting[caller]:
            self._begin(caller)
        elif not self._under_way[caller]:
            del self._waiting[caller], self._under_way[caller]
        failure = run.exception()
        outcomes = run.result() if failure is None else [_as_error(failure)] * len(group)
        for each, outcome in zip(group, outcomes, strict=True):
            # A request whose client hung up waits no longer.
            if not each.outcome.done():
                each.outcome.set_result(outcome)


def _fitting(waiting: Sequence[_Waiting]) -> int:
    """Return how many of `waiting` go together: at least one, and no more than STATEMENTS_MOST statements."""
    statements = 0
    for count, each in enumerate(waiting):
        statements += len(each.batch.ids)
        if count and statements > STATEMENTS_MOST:
            return count
    return len(waiting)


def _store(access: Access, batches: Sequence[Batch]) -> Sequence[Outcome]:
    """Store `batches` in one call; each by itself where that fails."""
    close_old_connections()
    try:
        door.store_plain(access, batches)
        return [pages.recent_consistent_through()] * len(batches)
    except Exception as error:  # noqa: BLE001  whoever it belongs to is told; the others must not be
        if len(batches) == 1 or _is_away(error):
            return [error] * len(batches)
    return _store_each(access, batches)


def _take(steps: Sequence[door.Step]) -> None:
    close_old_connections()
    for step in steps:
        step()


def _store_each(access: Access, batches: Sequence[Batch]) -> Sequence[Outcome]:
    outcomes: list[Outcome] = []
    for batch in batches:
        if outcomes and isinstance(outcomes[-1], Exception) and _is_away(outcomes[-1]):
            # Each would wait as long as the first to learn the same.
            outcomes.append(outcomes[-1])
        else:
            outcomes.extend(_store(access, [batch]))
    return outcomes


def _is_away(error: Exception) -> bool:
    """Whether the database itself is out of reach, as opposed to a refusal of its own."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    cause = error.__cause__
    return not isinstance(cause, psycopg.Error) or cause.sqlstate is None


def _as_error(failure: BaseException) -> Exception:
    return failure if isinstance(failure, Exception) else RuntimeError("the call was given up")
