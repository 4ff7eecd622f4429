"""The database of one test process, and how it is migrated once for the whole run.

In: the server of the run (tests/conftest.py). Out: a database with every table and no rows but those of
migrations, for this process alone; and another one like it for tests about the whole of a hub, which must
find nothing of other tests. The first process of a run migrates the one all are copied from, and the others
wait for it; they never share a database.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection

from connectors.enrichment.remembered import REMEMBERED as CONTEXTS
from connectors.identity import actors
from connectors.identity import standing as rules
from lrs import learning
from lrs.auth.remembered import REMEMBERED as CREDENTIALS
from lrs.ingest import entities

#: Held by the process that migrates or copies. Any number that nobody else uses.
_LOCK = 7310032


def make(*, keep: bool, anew: bool) -> Callable[[], None]:
    """Make the database of this process; return what removes it.

    With `keep` it stays for the next run, and the one of an earlier run is taken unless it is to be `anew`.
    """
    creation: Any = connection.creation
    migrated, own = _migrated(keep=keep), creation._get_test_db_name()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if anew:
            _drop(cursor, migrated)
        first = not _exists(cursor, migrated)
        if first:
            _migrate(migrated)
        if first or not keep or not _exists(cursor, own):
            _copy(cursor, migrated, own)
    _use(own)
    settings.DATABASES["default"]["TEST"]["MIGRATED"] = migrated

    def remove() -> None:
        if keep:
            return
        _use("postgres")
        with connection.cursor() as cursor:
            _drop(cursor, own)
            if first:
                _drop(cursor, migrated)
        connection.close()

    return remove


@contextmanager
def apart() -> Iterator[None]:
    """Another database in the place of the one of this process, until the block ends.

    Nothing is in it, whatever ran before, and nothing of it is left behind.
    """
    own = connection.settings_dict["NAME"]
    name = f"{own}_apart"
    with connection._nodb_cursor() as cursor:
        _copy(cursor, connection.settings_dict["TEST"]["MIGRATED"], name)
    _use(name)
    try:
        yield
    finally:
        _use(own)
        with connection._nodb_cursor() as cursor:
            _drop(cursor, name)


def _migrated(*, keep: bool) -> str:
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    return "test_migrated" if keep else f"test_migrated_{run}"


def _migrate(name: str) -> None:
    given = connection.settings_dict["TEST"]["NAME"]
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.settings_dict["TEST"]["NAME"] = given
    _use(before)


def _copy(cursor: Any, migrated: str, name: str) -> None:
    _drop(cursor, name)
    cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"')


def _drop(cursor: Any, name: str) -> None:
    # Threads of the hub that write a little later may still be connected; the database goes anyway.
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _exists(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _use(name: str) -> None:
    """Have this process work on a database, with nothing in mind of the one before."""
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    for forget in (
        CREDENTIALS.clear,
        CONTEXTS.forget,
        entities.forget,
        actors.forget,
        rules.forget,
        learning.forget,
        ContentType.objects.clear_cache,
        cache.clear,
    ):
        forget()
