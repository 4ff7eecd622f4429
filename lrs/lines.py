"""Connections to the database that belong to an event loop, for calls that must not cost a thread.

In: prepared calls (lrs.database.Prepared) with their values, from the loop alone. Out: the rows, or None
where no connection is there: the caller goes the usual way, through a thread. Each call is a transaction of
its own.

Handing a call to a thread and its answer back costs more than all else of a small one; a connection whose
socket the loop watches costs neither. Connections are opened in a thread, one by one as they are needed, and
one that breaks is never used again.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from django.db import connections
from psycopg import pq
from psycopg.adapt import Transformer

from lrs import database

logger = structlog.get_logger(__name__)

#: Seconds after a connection that could not be opened before the next try.
_PAUSE_SECONDS = 1.0

Rows = list[tuple[Any, ...]]


class Line:
    """One connection; one call at a time."""

    def __init__(self, raw: psycopg.Connection[Any], loop: asyncio.AbstractEventLoop) -> None:
        self._raw = raw
        self._pgconn = raw.pgconn
        self._loop = loop
        self._reader = Transformer(raw)
        self._answer: asyncio.Future[pq.abc.PGresult] | None = None
        self._result: pq.abc.PGresult | None = None
        self._socket = raw.pgconn.socket
        self.broken = False
        raw.pgconn.nonblocking = 1
        loop.add_reader(self._socket, self._read)

    async def rows(self, call: database.Prepared, values: Sequence[database.Value]) -> Rows:
        """Run `call`. Raises psycopg.Error: its own where the database refuses, OperationalError where the
        connection is lost, and then nobody knows whether the call was done."""
        sent = database.as_sent(values)
        self._answer = self._loop.create_future()
        self._result = None
        try:
            self._pgconn.send_query_prepared(
                call.name, sent, [pq.Format.BINARY] * len(sent), pq.Format.BINARY
            )
            self._send()
            result = await self._answer
        except BaseException:
            # Whoever waited is gone, or the connection is: an answer that may still come is nobody's.
            if self._answer is not None:
                self.close()
            raise
        found = database.checked(self._raw, result)
        self._reader.set_pgresult(found)
        return self._reader.load_rows(0, found.ntuples, tuple)

    def close(self) -> None:
        """Close it."""
        self.broken = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._answer = None
        with suppress(psycopg.Error):
            self._raw.close()

    def _send(self) -> None:
        """Send what the socket takes; the rest when it takes more."""
        if self._pgconn.flush():
            self._loop.add_writer(self._socket, self._send_more)

    def _send_more(self) -> None:
        try:
            if not self._pgconn.flush():
                self._loop.remove_writer(self._socket)
        except psycopg.Error as error:
            self._fail(error)

    def _read(self) -> None:
        try:
            self._pgconn.consume_input()
            while not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is None:
                    self._end()
                    return
                # Where several come, the first error is what happened.
                if self._result is None or self._result.status != pq.ExecStatus.FATAL_ERROR:
                    self._result = result
        except psycopg.Error as error:
            self._fail(error)

    def _end(self) -> None:
        answer, self._answer = self._answer, None
        if answer is None or self._result is None:
            return
        if self._pgconn.status == pq.ConnStatus.BAD:
            self.close()
        if not answer.done():
            answer.set_result(self._result)

    def _fail(self, error: psycopg.Error) -> None:
        answer = self._answer
        self.close()
        if answer is not None and not answer.done():
            answer.set_exception(error)


class Lines:
    """At most `most` connections of one event loop, which alone uses them; they know `calls`."""

    def __init__(self, threads: Executor, *, calls: Sequence[database.Prepared], most: int) -> None:
        self._threads = threads
        self._calls = calls
        self._most = most
        self._open = 0
        self._opening: asyncio.Future[psycopg.Connection[Any]] | None = None
        self._not_before = 0.0
        self._idle: list[Line] = []
        self._waiting: deque[asyncio.Future[Line | None]] = deque()

    async def rows(self, call: database.Prepared, values: Sequence[database.Value]) -> Rows | None:
        """Run `call` on the first connection that is free; None where there is none at all."""
        line = await self._take()
        if line is None:
            return None
        try:
            return await line.rows(call, values)
        finally:
            self._give_back(line)

    async def close(self) -> None:
        """Close those that are idle; to be called when nothing is under way."""
        if self._opening is not None:
            await asyncio.wait([self._opening])
        while self._idle:
            self._idle.pop().close()
            self._open -= 1

    async def open(self) -> None:
        """Have one ready before the first call."""
        self._open_another()
        if self._opening is not None:
            await asyncio.wait([self._opening])

    async def _take(self) -> Line | None:
        while self._idle:
            line = self._idle.pop()
            if not line.broken:
                return line
            self._open -= 1
        if self._open < self._most:
            self._open_another()
        if self._open == 0:
            return None
        turn: asyncio.Future[Line | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        return await turn

    def _give_back(self, line: Line) -> None:
        if line.broken:
            self._open -= 1
            if self._open == 0:
                self._let_nobody_wait()
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(line)
                return
        self._idle.append(line)

    def _let_nobody_wait(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)

    def _open_another(self) -> None:
        if self._opening is not None or time.monotonic() < self._not_before:
            return
        loop = asyncio.get_running_loop()
        self._opening = loop.run_in_executor(self._threads, _connect, self._calls)
        self._opening.add_done_callback(self._opened)

    def _opened(self, opened: asyncio.Future[psycopg.Connection[Any]]) -> None:
        self._opening = None
        if opened.cancelled() or (error := opened.exception()) is not None:
            self._not_before = time.monotonic() + _PAUSE_SECONDS
            reason = "" if opened.cancelled() else type(error).__name__
            logger.info("line_to_the_database_not_opened", reason=reason)
            return
        self._open += 1
        self._give_back(Line(opened.result(), opened.get_loop()))


def _connect(calls: Sequence[database.Prepared]) -> psycopg.Connection[Any]:
    """Open a connection as Django opens its own, and have it know `calls`.

    What a function does for a batch depends on no value, so nothing is planned anew for each; and since the
    tables were small when it was planned, no plan reads one through.
    """
    wrapper = connections["default"].copy()
    wrapper.connect()
    raw: psycopg.Connection[Any] = wrapper.connection
    try:
        raw.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
        for call in calls:
            call.prepare(raw)
    except psycopg.Error:
        raw.close()
        raise
    return raw
