"""Who is who: the role the hub runs as, and the one that owns its tables.

In: settings. Out: their names; `as_owner`, a block in which this process's connection is the owner's. Web
processes, workers and the clock never enter it: migrations and preparation alone do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

#: Of a connection's settings, what makes it one role's or the other's.
_WHO = ("USER", "PASSWORD", "HOST", "PORT")


def application() -> str:
    """Return the role the hub runs as; empty where it is the owner, too."""
    owner = _owner()
    name = str(settings.HUB_APPLICATION_ROLE)
    return "" if owner is None or name == owner["USER"] else name


@contextmanager
def as_owner() -> Iterator[None]:
    """Have this thread's connection be the owner's; a new one is opened before and after."""
    owner, before = _owner(), dict(connection.settings_dict)
    if owner is None or all(owner[each] == before[each] for each in _WHO):
        yield
        return
    connection.close()
    connection.settings_dict.update({each: owner[each] for each in _WHO})
    connection.settings_dict["OPTIONS"] = {**before["OPTIONS"], **owner["OPTIONS"]}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update({each: before[each] for each in (*_WHO, "OPTIONS")})


def why_too_mighty() -> str | None:
    """Return the role this process runs as and what it should not be; None where it is as it should be."""
    owner = _owner()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT current_user, r.rolsuper, EXISTS (
                SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')
                AND c.relnamespace = 'public'::regnamespace)
            FROM pg_roles r WHERE r.rolname = current_user
            """
        )
        name, superuser, owns = cursor.fetchone() or ("", False, False)
    if owner is not None and application() and name == owner["USER"]:
        return None  # a migration asks
    if superuser:
        return f"{name}, which is a superuser"
    return f"{name}, which owns the tables" if owns else None


def _owner() -> dict[str, Any] | None:
    found: dict[str, Any] | None = settings.HUB_DATABASE_OWNER
    return found
