"""The database of one test process, and how it is migrated once for the whole run.

In: the server of the run (tests/conftest.py). Out: a database with every table and no rows but those of
migrations, for this process alone. Of the processes of one run the first migrates and leaves a copy for the
others, which wait for it; they never share a database.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases

#: Held by the process that migrates or copies. Any number that nobody else uses.
_LOCK = 7310032


def make(*, keep: bool, anew: bool) -> Callable[[], None]:
    """Make the database of this process; return what removes it.

    With `keep` it stays for the next run, and the one of an earlier run is taken unless it is to be `anew`.
    """
    before = connection.settings_dict["NAME"]
    copy = _name_of_copy()
    migrated_here = False
    if keep or copy is None:
        setup_databases(verbosity=0, interactive=False, keepdb=keep and not anew)
    else:
        migrated_here = _migrate_or_copy(copy)

    def remove() -> None:
        if keep:
            return
        _disconnect_others()
        connection.creation.destroy_test_db(before, verbosity=0)
        if migrated_here:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE IF EXISTS "{copy}"')

    return remove


def _name_of_copy() -> str | None:
    """Return the name of the migrated database of this run; None where the run has one process."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return None if run is None else f"test_migrated_{run}"


def _migrate_or_copy(copy: str) -> bool:
    """Make this process's database; return whether it was migrated here."""
    own = connection.settings_dict["TEST"]["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [copy])
        first = cursor.fetchone() is None
        if first:
            connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            connection.close()
            cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{own}"')
        else:
            cursor.execute(f'DROP DATABASE IF EXISTS "{own}"')
            cursor.execute(f'CREATE DATABASE "{own}" TEMPLATE "{copy}"')
            connection.close()
            settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = own
    return first


def _disconnect_others() -> None:
    """Threads of the hub that write a little later may still be connected; the database goes anyway."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
