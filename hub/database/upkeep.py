"""Makes the application's role where it is missing.

In: a connection of somebody who may make roles. Out: a role that may sign in and nothing else; what it may
do with tables is hub.database.grants' business. A role that is there is left as it is: its password is the
operator's.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from psycopg import sql

from hub.errors import CannotStart, Exit


def ensure() -> None:
    """Make the role of DATABASE_URL with the rights of DATABASE_OWNER_URL, where it is missing.

    The embedded database has made its own when it started.
    """
    owner: dict[str, Any] | None = settings.HUB_DATABASE_OWNER
    wanted: dict[str, Any] = settings.DATABASES["default"]
    if settings.HUB_EMBEDDED_DATABASE or owner is None or owner["USER"] == wanted["USER"]:
        return
    options: dict[str, Any] = owner["OPTIONS"]
    with psycopg.connect(
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        user=owner["USER"] or None,
        password=owner["PASSWORD"] or None,
        dbname=owner["NAME"],
        autocommit=True,
        **options,
    ) as connection:
        ensure_role(connection, wanted["USER"], password=wanted["PASSWORD"])


def ensure_role(connection: psycopg.Connection[Any], name: str, *, password: str = "") -> bool:
    """Make the role `name` where there is none; return whether it was made just now."""
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None:
        return False
    words = [sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(sql.Identifier(name))]
    if password:
        words.append(sql.SQL("PASSWORD {}").format(sql.Literal(password)))
    try:
        connection.execute(sql.SQL(" ").join(words))
    except psycopg.errors.DuplicateObject:
        return False  # another hub was faster
    except psycopg.errors.InsufficientPrivilege:
        raise CannotStart(
            f"The database has no role {name}, and the role of DATABASE_OWNER_URL may not make one: run"
            f" `createuser --pwprompt {name}` as the database's administrator.",
            code=Exit.MISCONFIGURED,
        ) from None
    return True
