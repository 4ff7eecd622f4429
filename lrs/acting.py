"""Who is acting, and why: told to the database before anything is written, for its audit trail.

    with acting.on_behalf_of(Acting(actor=Actor(kind="sync_run", id="7", name="Workday, run 7"))):
        ...

In: what a middleware, a task, a command or a sync run knows of itself. Out: the setting `hub.acting` of the
database transaction, a JSON object; triggers read it (compliance.trail). Told once in a transaction and again
after a rollback, which takes it back; never for reading, and never to a session, which a pooler may hand to
somebody else. Costs the xAPI, where nobody is said to act, a look at a variable.

Who acts may be a function: it is asked when something is written, so that a page that only reads need not
look up who is signed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from psycopg import pq, sql

#: Name of the database's setting.
SETTING = "hub.acting"
_REASON_MOST, _NAME_MOST = 2_000, 300
_READS = ("SELECT", "SHOW", "DECLARE", "FETCH", "CLOSE")
_WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH")
_TELLABLE = frozenset({pq.TransactionStatus.IDLE, pq.TransactionStatus.INTRANS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a person, a credential, a token, a sync run, a task, a command."""

    kind: str
    id: str = ""
    #: What it was called then.
    name: str = ""
    #: The API credential, where it came with one.
    credential_id: int | None = None


NOBODY = Actor(kind="anonymous")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts, as part of what, asked by which request, and why."""

    actor: Actor | Callable[[], Actor] = NOBODY
    #: The program or job that does it: "web", "task connectors.run_sync", "command create_credential".
    process: str = ""
    request_id: str = ""
    address: str = ""
    reason: str | Callable[[], str] = ""


_current: ContextVar[Acting | None] = ContextVar("acting", default=None)
#: Of a whole process, for what is done outside any context.
_process: list[Acting] = []


def now() -> Acting | None:
    """Return who is acting; None where nobody said so."""
    found = _current.get()
    return found if found is not None or not _process else _process[-1]


@contextmanager
def on_behalf_of(acting: Acting) -> Iterator[None]:
    """Have everything written in the block told as done by `acting`."""
    token = _current.set(acting)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def acting_as(actor: Actor, *, process: str = "", reason: str = "") -> Iterator[None]:
    """Have the block told as done by `actor`, as part of the request or task that is under way."""
    outer = now() or Acting()
    changed = replace(outer, actor=actor, process=process or outer.process)
    with on_behalf_of(replace(changed, reason=reason) if reason else changed):
        yield


def amend(*, actor: Actor | Callable[[], Actor] | None = None, reason: str = "") -> None:
    """Add what is known only now to the context that is open; without one, nothing is told."""
    outer = _current.get()
    if outer is not None:
        changed = outer if actor is None else replace(outer, actor=actor)
        _current.set(replace(changed, reason=reason) if reason else changed)


def be_process(name: str) -> None:
    """Name the whole process, for what it does outside any context."""
    _process[:] = [Acting(actor=Actor(kind="process", name=name), process=name)]


@dataclass(slots=True)
class _Told:
    """What a connection was told in the transaction that is open; None before, and after a rollback."""

    acting: Acting | None = None
    #: Whether it is being told right now: finding out who acts asks the database, too.
    busy: bool = False


_told: WeakKeyDictionary[psycopg.Connection[Any], _Told] = WeakKeyDictionary()


def tell(raw: psycopg.Connection[Any]) -> None:
    """Tell a connection, in the transaction that is open or begins now, who acts, where it does not know."""
    acting, told = now(), _told.get(raw)
    if acting is None and told is None:
        return
    if told is None:
        told = _told[raw] = _Told()
    status = raw.info.transaction_status
    if status == pq.TransactionStatus.IDLE:
        told.acting = None
    if told.busy or told.acting is acting or status not in _TELLABLE:
        return
    with _busy(told), psycopg.Cursor(raw) as cursor:
        cursor.execute(
            "SELECT set_config(%s, %s, true)", (SETTING, "" if acting is None else _as_json(acting))
        )
    told.acting = acting


@contextmanager
def telling(raw: psycopg.Connection[Any], query: str) -> Iterator[None]:
    """Have a connection know who acts while the block runs one statement.

    Outside of transactions, a statement that writes gets one of its own, as what is told must not outlive it:
    behind a pooler the session is somebody else's next.
    """
    start = query.lstrip()[:8].upper()
    known = _told.get(raw)
    if known is not None and raw.info.transaction_status == pq.TransactionStatus.IDLE:
        # Told to a transaction that is over; the one that begins may begin with reading.
        known.acting = None
    if start.startswith("ROLLBACK"):
        # Also to a savepoint: it may take back what was told.
        if (told := _told.get(raw)) is not None:
            told.acting = None
        yield
    elif start.startswith(_READS):
        yield
    elif raw.autocommit and raw.info.transaction_status == pq.TransactionStatus.IDLE:
        acting = now() if start.startswith(_WRITES) else None
        told = _told.setdefault(raw, _Told()) if acting is not None else _Told()
        if acting is None or told.busy:
            yield
            return
        with _busy(told):
            begin = sql.SQL("BEGIN; SELECT set_config({}, {}, true)").format(SETTING, _as_json(acting))
        _run(raw, begin)
        try:
            yield
        except BaseException:
            if not raw.closed:
                _run(raw, sql.SQL("ROLLBACK"))
            raise
        _run(raw, sql.SQL("COMMIT"))
    else:
        tell(raw)
        yield


@contextmanager
def _busy(told: _Told) -> Iterator[None]:
    told.busy = True
    try:
        yield
    finally:
        told.busy = False


def _run(raw: psycopg.Connection[Any], statement: sql.Composed | sql.SQL) -> None:
    with psycopg.ClientCursor(raw) as cursor:
        cursor.execute(statement)


def _as_json(acting: Acting) -> str:
    actor = acting.actor() if callable(acting.actor) else acting.actor
    reason = acting.reason() if callable(acting.reason) else acting.reason
    found = {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name[:_NAME_MOST],
        "credential_id": actor.credential_id,
        "process": acting.process,
        "request_id": acting.request_id,
        "address": acting.address,
        "reason": reason[:_REASON_MOST],
    }
    return json.dumps({name: _sane(value) for name, value in found.items() if value})


def _sane(value: Any) -> Any:
    """Leave out what PostgreSQL's jsonb cannot hold."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _around_each(execute: Any, query: Any, parameters: Any, many: bool, context: Any) -> Any:
    wrapper: BaseDatabaseWrapper = context["connection"]
    with wrapper.wrap_database_errors, telling(wrapper.connection, str(query)):
        return execute(query, parameters, many, context)


@receiver(connection_created)
def _listen(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Have a new connection told; first in line, as others take themselves off the end again."""
    if _around_each not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _around_each)
