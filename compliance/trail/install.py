"""Puts the triggers of the trail where they belong, and finds those that are not as they should be.

In: the declarations. Out: functions and triggers in the database, made by the owner of the tables after
every migration and at every preparation; nothing is touched where nothing differs. `missing` names what
somebody took away or switched off.
"""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, ProgrammingError, connection, transaction

from compliance.trail.declared import AUDITED
from compliance.trail.functions import PREFIX, TRIGGERS, Written, written

#: Any number that nobody else uses.
_LOCK = 7_310_033


def install(**_: Any) -> list[str]:
    """Install what differs; return the tables concerned (also a receiver of post_migrate)."""
    if _ready() and not _differing():
        return []
    done = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if not _ready():
            return []
        for each in _differing():
            cursor.execute(each.body)
            if set(_triggers().get(each.table, {})) != _names():
                for name in _triggers().get(each.table, {}):
                    cursor.execute(f"DROP TRIGGER {name} ON {each.table}")
                cursor.execute(each.triggers)
            for name in _names():
                cursor.execute(f"ALTER TABLE {each.table} ENABLE ALWAYS TRIGGER {name}")
            cursor.execute(f"COMMENT ON FUNCTION public.{each.function}() IS 'audit trail {each.mark}'")
            done.append(each.table)
    return done


def missing() -> list[str]:
    """Return the audited tables whose triggers are missing, switched off or not those of this program."""
    return [each.table for each in _differing()]


@checks.register(checks.Tags.database)
def triggers_in_place(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """compliance.E001: asked with `check --database default`."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        found = missing() if _ready() else []
    except ProgrammingError:
        return []  # the tables are not there yet: the migrations tell of it
    return (
        [
            checks.Error(
                f"Changes of {', '.join(found)} are not written to the audit trail.",
                hint="Run manage.py prepare; find out who took the triggers away.",
                id="compliance.E001",
            )
        ]
        if found
        else []
    )


def _ready() -> bool:
    """Whether the trail's own table is there: migrations of other apps run before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('compliance_acting()') IS NOT NULL")
        return bool(cursor.fetchone() == (True,))


def _differing() -> list[Written]:
    marks, triggers, tables = _marks(), _triggers(), set(connection.introspection.table_names())
    found = []
    for each in map(written, AUDITED):
        enabled = {name for name, always in triggers.get(each.table, {}).items() if always}
        if each.table in tables and (marks.get(each.function) != each.mark or enabled != _names()):
            found.append(each)
    return found


def _names() -> set[str]:
    return {f"{PREFIX}_{each}" for each in TRIGGERS}


def _marks() -> dict[str, str]:
    """Return the mark of each installed function."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, obj_description(oid, 'pg_proc') FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, %s)",
            [f"{PREFIX}_"],
        )
        return {name: (comment or "").removeprefix("audit trail ") for name, comment in cursor.fetchall()}


def _triggers() -> dict[str, dict[str, bool]]:
    """Return table → trigger of the trail → whether it always fires."""
    found: dict[str, dict[str, bool]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname, t.tgenabled = 'A'"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND starts_with(t.tgname, %s)"
            " AND c.relnamespace = 'public'::regnamespace",
            [f"{PREFIX}_"],
        )
        for table, name, always in cursor.fetchall():
            found.setdefault(table, {})[name] = always
    return found
