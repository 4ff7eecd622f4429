"""The psycopg connection under Django's, for the paths that speak SQL of their own.

Out: cursors with server-side binding and binary values. Errors come out as Django's database errors and
mark the connection, so that the next request gets a fresh one. Never a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar, cast
from weakref import WeakSet

import psycopg
from django.db import InterfaceError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg import pq, sql
from psycopg.adapt import Transformer

from lrs import acting
from lrs.binary_arrays import PackedArray, PackedArrayDumper

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

#: What a Prepared takes: integers as `integer`, booleans as `boolean`, bytes as they are, None as NULL.
Value = PackedArray | int | bytes | None


@receiver(connection_created)
def _teach_arrays(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let a new connection send columns packed by lrs.binary_arrays."""
    connection.connection.adapters.register_dumper(PackedArray, PackedArrayDumper)


class _Telling(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor outside of transactions that tells who acts with each statement that writes."""

    def execute(self, query: Any, *arguments: Any, **named: Any) -> Self:
        """Run a statement."""
        text = query.as_string(self) if isinstance(query, sql.Composable) else str(query)
        with acting.telling(self.connection, text):
            return super().execute(query, *arguments, **named)


@contextmanager
def binary_cursor() -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
    """Yield a cursor on this thread's connection that sends and receives binary values."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw: psycopg.Connection[tuple[Any, ...]] = connection.connection
        alone = raw.autocommit and raw.info.transaction_status == pq.TransactionStatus.IDLE
        if not alone:
            acting.tell(raw)
        with (_Telling if alone and acting.now() is not None else psycopg.Cursor)(raw) as cursor:
            cursor.format = psycopg.pq.Format.BINARY
            yield cursor


def read_again(read: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Have `read` run once more on a new connection where the old one was lost, outside transactions.

    After a restart of the database every thread meets its broken connection once; a read can be repeated.
    """

    @wraps(read)
    def twice(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            return read(*arguments, **named)
        except (OperationalError, InterfaceError):
            if in_transaction():
                raise
            forget_connection()
            return read(*arguments, **named)

    return twice


def in_transaction() -> bool:
    """Whether what is written now could still be rolled back."""
    return connection.in_atomic_block


def forget_connection() -> None:
    """Close this thread's connection; the next use opens another."""
    connection.close()


class Prepared:
    """SQL that each connection prepares once, its values and its answer binary.

    Its values are bytes already, so nothing is left of a cursor's work: one call into libpq that holds no
    lock of Python's while the database answers.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name.encode()
        self._text = text.encode()
        self._known_to: WeakSet[psycopg.Connection[Any]] = WeakSet()

    def rows(self, values: Sequence[Value]) -> list[tuple[Any, ...]]:
        """Run it on this thread's connection, in its transaction if one is open.

        Integers are sent as `integer`, booleans as `boolean`.
        """
        connection.ensure_connection()
        with connection.wrap_database_errors:
            raw: psycopg.Connection[tuple[Any, ...]] = connection.connection
            if not raw.autocommit and raw.info.transaction_status == pq.TransactionStatus.IDLE:
                checked(raw, raw.pgconn.exec_(b"BEGIN"))
            if raw not in self._known_to:
                self.prepare(raw)
            # NULL is None, which psycopg's types leave out here.
            sent = cast("list[bytes]", as_sent(values))
            formats = [pq.Format.BINARY] * len(sent)
            found = checked(raw, raw.pgconn.exec_prepared(self.name, sent, formats, pq.Format.BINARY))
            reader = Transformer(raw)
            reader.set_pgresult(found)
            return reader.load_rows(0, found.ntuples, tuple)

    def prepare(self, raw: psycopg.Connection[Any]) -> None:
        """Have `raw` know it under its name."""
        checked(raw, raw.pgconn.prepare(self.name, self._text))
        self._known_to.add(raw)


def as_sent(values: Sequence[Value]) -> list[bytes | None]:
    """Return `values` as binary parameters."""
    return [_as_sent(each) for each in values]


def _as_sent(value: Value) -> bytes | None:
    if isinstance(value, PackedArray):
        return value.content
    if value is None or isinstance(value, bytes):
        return value
    return value.to_bytes(1 if isinstance(value, bool) else 4, "big")


def checked(raw: psycopg.Connection[Any], result: pq.abc.PGresult) -> pq.abc.PGresult:
    """Return `result` if it is one; raise psycopg's error for what it says otherwise."""
    if result.status in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        return result
    # What libpq itself says, as that the server hung up, has no SQLSTATE; the server's own errors have.
    if raw.pgconn.status == pq.ConnStatus.BAD or not result.error_field(pq.DiagnosticField.SQLSTATE):
        raise psycopg.OperationalError(raw.pgconn.get_error_message())
    raise psycopg.errors.error_from_result(result)
