"""IQ of the database: version, durability, migrations, roles, guards.

In: the connection of the role the hub runs as. Out: checks. What that role must not be able to do is tried,
each try in a transaction that is rolled back whatever comes of it; a lock that is not free is not waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.core import checks as system_checks
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import errors, sql

from compliance.trail import install
from compliance.trail.functions import PREFIX
from hub.checks import OLDEST_POSTGRESQL
from hub.validation.steps import Check, Result, Seen, Unmet
from lrs.append_only import declared

#: Bits of pg_trigger.tgtype.
_BEFORE, _DELETE, _UPDATE, _TRUNCATE = 2, 8, 16, 32
_GUARDED = {"DELETE": _DELETE, "UPDATE": _UPDATE, "TRUNCATE": _TRUNCATE}
_CLOCKS_APART_SECONDS = 2.0

_GUARDS = """
SELECT c.relname, coalesce(bit_or(t.tgtype) FILTER (WHERE t.tgtype::int & %s > 0 AND t.tgenabled = 'A'), 0)
FROM pg_class c
LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND NOT starts_with(t.tgname, %s)
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY (%s) AND c.relkind IN ('r', 'p')
GROUP BY c.relname
"""
_ROLE = """
SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
       (SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
FROM pg_roles r WHERE r.rolname = current_user
"""


def checks() -> tuple[Check, ...]:
    """Return the steps about the database."""
    return (
        Check("IQ-20", "Version of PostgreSQL", "15 or newer", version),
        Check("IQ-21", "Commits are on disk: fsync", "on", lambda: setting("fsync", ("on",))),
        Check(
            "IQ-22",
            "Commits are on disk before they are answered: synchronous_commit",
            "on, local, remote_write or remote_apply",
            lambda: setting("synchronous_commit", ("on", "local", "remote_write", "remote_apply")),
        ),
        Check(
            "IQ-23", "Pages cut by a power failure: full_page_writes", "on",
            lambda: setting("full_page_writes", ("on",)),
        ),
        Check("IQ-24", "Migrations", "all of this version applied", migrations),
        Check("IQ-25", "Clocks of hub and database", "less than 2 s apart", clocks),
        Check("IQ-26", "System checks with the database", "no error", system),
        Check(
            "IQ-30", "The application's role",
            "no superuser, makes no roles, owns nothing in the schema", role
        ),
        Check(
            "IQ-31", "The application cannot switch off a guard",
            "ALTER TABLE … DISABLE TRIGGER is refused for every append-only table", disabling,
        ),
        Check(
            "IQ-32", "The application cannot step around the guards",
            "SET session_replication_role is refused", replication,
        ),
        Check(
            "IQ-33", "The application cannot delete or empty what is kept",
            "DELETE is refused and TRUNCATE not granted, for every append-only table", deleting,
        ),
        Check(
            "IQ-34", "Guards are in place",
            "UPDATE, DELETE and TRUNCATE are guarded on every append-only table, always", guards,
        ),
        Check("IQ-35", "The audit trail is written", "its triggers stand on every audited table", trail),
    )  # fmt: skip


def version() -> Seen:
    """The server's version."""
    connection.ensure_connection()
    number = connection.connection.info.server_version
    text = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    return Seen(text, Result.PASSED if number >= OLDEST_POSTGRESQL else Result.FAILED)


def setting(name: str, wanted: Sequence[str]) -> Seen:
    """A setting of the server, as this role's sessions have it."""
    found = _one(sql.SQL("SELECT current_setting({})").format(sql.Literal(name)))
    return Seen(str(found), Result.PASSED if found in wanted else Result.FAILED)


def migrations() -> Seen:
    """Whether every migration is applied."""
    loader = MigrationLoader(connection)
    waiting = sorted(set(loader.graph.nodes) - set(loader.applied_migrations))
    if waiting:
        raise Unmet(f"not applied: {', '.join(f'{app} {name}' for app, name in waiting[:20])}")
    return Seen(f"{len(loader.applied_migrations)} applied, none waiting")


def clocks() -> Seen:
    """How far the clocks of the two machines are apart."""
    before = datetime.now(UTC)
    theirs = _one(sql.SQL("SELECT clock_timestamp()"))
    ours = before + (datetime.now(UTC) - before) / 2
    if not isinstance(theirs, datetime):
        raise Unmet("the database tells no time")
    apart = abs((theirs - ours).total_seconds())
    return Seen(f"{apart:.3f} s apart", Result.PASSED if apart < _CLOCKS_APART_SECONDS else Result.FAILED)


def system() -> Seen:
    """What the checks of Django and of the hub say."""
    found = system_checks.run_checks(include_deployment_checks=True, databases=["default"])
    told = [f"{each.id}: {each.msg}" for each in found if not each.is_silenced()]
    bad = [f"{each.id}: {each.msg}" for each in found if each.is_serious() and not each.is_silenced()]
    if bad:
        raise Unmet("; ".join(bad))
    return Seen(f"no error; warnings: {'; '.join(told)}" if told else "nothing to say")


def role() -> Seen:
    """Who the hub is in the database."""
    with connection.cursor() as cursor:
        cursor.execute(_ROLE)
        name, *mighty, owned = cursor.fetchone() or ("", True, True, True, True, True, 0)
    words = ("superuser", "makes roles", "makes databases", "replicates", "bypasses row security")
    faults = [word for word, is_so in zip(words, mighty, strict=True) if is_so]
    faults += [f"owns {owned} tables, views or sequences"] if owned else []
    if faults:
        raise Unmet(f"{name}: {', '.join(faults)}")
    return Seen(f"{name}, which owns nothing")


def disabling() -> Seen:
    """Whether this role can switch off the triggers of a table that is only ever added to."""
    tables = _there()
    could = [each for each in tables if _allowed(_on("ALTER TABLE {} DISABLE TRIGGER USER", each))]
    if could:
        raise Unmet(f"possible on {', '.join(could)}; rolled back")
    return Seen(f"refused on {len(tables)} tables")


def replication() -> Seen:
    """Whether this role can make triggers of origin not fire."""
    if _allowed(sql.SQL("SET LOCAL session_replication_role = replica")):
        raise Unmet("possible; rolled back")
    return Seen("refused")


def deleting() -> Seen:
    """Whether this role may delete or empty; asked of no row at all."""
    tables = _there()
    could = [each for each in tables if _allowed(_on("DELETE FROM {} WHERE false", each))]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t FROM unnest(%s::text[]) AS t WHERE has_table_privilege(quote_ident(t), 'TRUNCATE')",
            [tables],
        )
        could += [f"{name} (TRUNCATE)" for (name,) in cursor.fetchall()]
    if could:
        raise Unmet(f"possible on {', '.join(could)}")
    return Seen(f"refused on {len(tables)} tables")


def guards() -> Seen:
    """Whether a trigger that always fires stands before each change of a table that is only ever added to."""
    with connection.cursor() as cursor:
        cursor.execute(_GUARDS, [_BEFORE, f"{PREFIX}_", sorted(declared())])
        found = dict(cursor.fetchall())
    faults = [f"{table} is missing" for table in sorted(set(declared()) - set(found))]
    for table, bits in sorted(found.items()):
        open_ways = [way for way, bit in _GUARDED.items() if not bits & bit]
        faults += [f"{table} is not guarded against {', '.join(open_ways)}"] if open_ways else []
    if faults:
        raise Unmet("; ".join(faults))
    return Seen(f"{len(found)} tables guarded")


def trail() -> Seen:
    """Whether changes are written to the audit trail."""
    if missing := install.missing():
        raise Unmet(f"not written for {', '.join(missing)}")
    return Seen("in place")


def _there() -> list[str]:
    return sorted(set(declared()) & set(connection.introspection.table_names()))


def _on(text: str, table: str) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier("public", table))


def _allowed(statement: sql.Composable) -> bool:
    """Whether the role may do this; it is rolled back at once. A lock somebody holds is not waited for."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            cursor.execute(statement)
            transaction.set_rollback(True)
    except DatabaseError as error:
        # Any other refusal came later, of a lock or a guard: the role as such was let through.
        return not isinstance(error.__cause__, errors.InsufficientPrivilege)
    return True


def _one(statement: sql.Composable) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None
