"""Statements that arrive at the same moment are stored together: one call and one commit for all of them.

In: plain batches (lrs.ingest.door.prepare_plain) with their callers, from one event loop. Out: for each, when
it is durable, or the error that is its own. While a call of a caller is under way, what else it sends waits
for the next. One request is never touched by another's failure: where a call fails, each of its batches is
stored by itself. Never a delay to wait for company.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import psycopg
from django.db import InterfaceError, OperationalError, close_old_connections

from lrs.auth.access import Access
from lrs.auth.rules import may_define
from lrs.ingest import door
from lrs.ingest.batch import Batch
from lrs.query import pages

#: Statements in a call at most, as far as several requests make it up.
STATEMENTS_MOST = 200

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
        #: A caller is here while a call of it is under way.
        self._waiting: dict[_Caller, list[_Waiting]] = {}

    async def store(self, access: Access, batch: Batch) -> Outcome:
        """Return once `batch` is durable, or refused."""
        one = _Waiting(access, batch, asyncio.get_running_loop().create_future())
        caller = (access.store_id, access.source_id, access.credential_id, may_define(access))
        if (waiting := self._waiting.get(caller)) is not None:
            waiting.append(one)
        else:
            self._begin(caller, [one])
        return await one.outcome

    def _begin(self, caller: _Caller, waiting: list[_Waiting]) -> None:
        count = _fitting(waiting)
        group, self._waiting[caller] = waiting[:count], waiting[count:]
        run = asyncio.get_running_loop().run_in_executor(
            self._threads, _store, group[0].access, [each.batch for each in group]
        )
        run.add_done_callback(partial(self._end, caller, group))

    def _end(
        self, caller: _Caller, group: Sequence[_Waiting], run: asyncio.Future[Sequence[Outcome]]
    ) -> None:
        if waiting := self._waiting.pop(caller):
            self._begin(caller, waiting)
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
