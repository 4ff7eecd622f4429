"""The hub as tests meet it: named systems with credentials of their own, spoken to over HTTP.

Statement tables refuse DELETE and TRUNCATE, so nothing of a test is cleaned up: every test gets a store of
its own instead, and what it wrote is committed like anything else. Use `hub` (or `database` alone), never
pytest-django's `transactional_db`.
"""

from __future__ import annotations

import itertools
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier, Event
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from lrs import feed
from lrs.auth.access import Access
from lrs.auth.basic import authenticate
from lrs.auth.issue import Issued, issue
from lrs.auth.remembered import REMEMBERED
from tests import database as database_of_process

Json = Any
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub answered."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Json:
        """Return the body, parsed."""
        return json.loads(self.content)

    def expect(self, status: int) -> Answer:
        """Return the answer itself if it has this status; fail with its body if not."""
        assert self.status == status, f"{self.status} instead of {status}: {self.content[:2000]!r}"
        return self


class Xapi:
    """A client of `/xapi/` with one credential; no transaction is open around its requests."""

    def __init__(self, issued: Issued | None, *, version: str = "1.0.3") -> None:
        self.issued = issued
        self.version = version

    def speaking(self, version: str) -> Xapi:
        """Return the same caller with another version of the xAPI."""
        return Xapi(self.issued, version=version)

    @property
    def authorization(self) -> str:
        """The Authorization header; empty for a caller without a credential."""
        if self.issued is None:
            return ""
        return "Basic " + b64encode(f"{self.issued.key}:{self.issued.secret}".encode()).decode()

    @property
    def store_id(self) -> int:
        """The store of the credential."""
        assert self.issued is not None
        return self.issued.credential.source.store_id

    @property
    def access(self) -> Access:
        """What the credential may do, for tests that go below HTTP."""
        return authenticate(self.authorization)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Json = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        **parameters: Json,
    ) -> Answer:
        """Send one request below `/xapi/` (or to an absolute path, such as `more`). `body` is sent as it is
        when it is bytes; parameters that are not text are sent as JSON."""
        address = path if path.startswith("/") else f"/xapi/{path}"
        if parameters:
            address += "?" + urlencode({name: as_text(value) for name, value in parameters.items()})
        sent = {"X-Experience-API-Version": self.version, **(headers or {})}
        if self.authorization:
            sent.setdefault("Authorization", self.authorization)
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        response = Client(raise_request_exception=False).generic(
            method, address, content, content_type=content_type if body is not None else "", headers=sent
        )
        return _answer(response)

    def post(self, statements: Json, **parameters: Json) -> Answer:
        """POST a statement, or a list of them."""
        return self.request("POST", "statements", body=statements, **parameters)

    def put(self, statement: Json, statement_id: str) -> Answer:
        """PUT a statement under an id."""
        return self.request("PUT", "statements", body=statement, statementId=statement_id)

    def get(self, path: str = "statements", **parameters: Json) -> Answer:
        """GET a resource."""
        return self.request("GET", path, **parameters)

    def store(self, *statements: Json) -> list[str]:
        """Store statements in one request; return their ids."""
        ids: list[str] = self.post(list(statements)).expect(200).json()
        return ids

    def pages(self, **parameters: Json) -> Iterator[list[Json]]:
        """Yield the statements of every page of a query, following `more` to the end."""
        answer = self.get(**parameters).expect(200).json()
        yield answer["statements"]
        while answer["more"]:
            answer = self.get(answer["more"]).expect(200).json()
            yield answer["statements"]

    def query(self, **parameters: Json) -> list[Json]:
        """Return every statement a query finds."""
        return list(itertools.chain.from_iterable(self.pages(**parameters)))

    def found(self, **parameters: Json) -> list[str]:
        """Return the id of every statement a query finds, in order."""
        return [statement["id"] for statement in self.query(**parameters)]


class Hub:
    """Makes stores and callers; names need be unique only within a test."""

    def __init__(self) -> None:
        self._mark = uuid4().hex[:12]

    def store_name(self, name: str) -> str:
        """Return the full name of this test's store."""
        return f"{name} {self._mark}"

    def caller(
        self,
        source: str = "Moodle Berlin",
        *,
        store: str = "Academy",
        scopes: Sequence[str] = ("all",),
        version: str = "1.0.3",
    ) -> Xapi:
        """Return a client with a new credential of `source` in this test's `store`."""
        return Xapi(issue(store=self.store_name(store), source=source, scopes=scopes), version=version)


def fed(consumer: str) -> None:
    """Hand a consumer of the feed everything that was stored."""
    nothing_held_back()
    feed.run(consumer)


def nothing_held_back() -> None:
    """Wait until the feed may hand over all that was stored.

    What other databases of the server have under way holds it back for a moment.
    """
    held = "SELECT EXISTS (SELECT FROM lrs_statement WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"
    until = time.monotonic() + 60
    with connection.cursor() as cursor:
        while cursor.execute(held) and cursor.fetchone() == (True,):
            assert time.monotonic() < until, "something holds the feed back"
            time.sleep(0.01)


def as_text(value: Json) -> str:
    """Return a parameter as it stands in an address."""
    return value if isinstance(value, str) else json.dumps(value)


def _answer(response: HttpResponseBase) -> Answer:
    streamed = getattr(response, "streaming_content", None)
    content = b"".join(streamed) if streamed is not None else getattr(response, "content", b"")
    return Answer(response.status_code, {name.lower(): value for name, value in response.items()}, content)


def at_once(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run `calls` in a thread each, started together, each with its own connection; return what they return.

    The first error is raised, after all have ended.
    """
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Result]) -> Result:
        try:
            barrier.wait(timeout=30)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result() for each in [pool.submit(run, call) for call in calls]]


@contextmanager
def held_open(call: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Run `call` in a transaction of another connection, and leave that open until the block ends or the
    yielded function is called, which commits."""
    called, may_commit = Event(), Event()

    def run() -> None:
        try:
            with transaction.atomic():
                call()
                called.set()
                assert may_commit.wait(timeout=60)
        finally:
            called.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)

        def commit() -> None:
            may_commit.set()
            running.result(timeout=60)

        assert called.wait(timeout=60)
        try:
            yield commit
        finally:
            commit()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> Iterator[None]:
    """Make the test database of this process; pytest-django would make none where no test asks for `db`."""
    with django_db_blocker.unblock():
        remove = database_of_process.make(keep=django_db_keepdb, anew=django_db_createdb)
    yield
    with django_db_blocker.unblock():
        remove()


@pytest.fixture(scope="module")
def apart(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database for the tests of one module, about what a hub has one of: its log, its alerts, its trail."""
    with django_db_blocker.unblock(), database_of_process.apart():
        yield


@pytest.fixture(scope="module")
def log_folder(apart: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the proof log of a database of its own is published, as long as that lasts."""
    return tmp_path_factory.mktemp("log")


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Allow the database for one test: no transaction around it and no cleaning up after it."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def hub(database: None) -> Iterator[Hub]:
    """A hub with nothing remembered, in which this test's stores are its own."""
    REMEMBERED.clear()
    cache.clear()
    yield Hub()
    REMEMBERED.clear()
    cache.clear()


@pytest.fixture
def moodle(hub: Hub) -> Xapi:
    """Moodle Berlin, which may do everything in the store "Academy"."""
    return hub.caller("Moodle Berlin")
