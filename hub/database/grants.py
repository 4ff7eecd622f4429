"""What the application's role may do: read and add, change and delete where nothing is kept for ever.

In: the tables there are, and which are append-only (lrs.append_only). Out: GRANT and REVOKE, only where
something differs, so that several hubs that start together do not wait for each other. Never TRUNCATE, never
a table's ownership; tables of later migrations can be read and added to before this has run again, no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection, transaction
from psycopg import sql

from lrs.append_only import declared

_SCHEMA = "public"
_WHOLE = ("SELECT", "INSERT", "UPDATE", "DELETE")
#: Any number that nobody else uses: two that grant at once would write the same rows of the catalogue.
_LOCK = 7_310_032

_ON_TABLES = """
SELECT c.relname, coalesce(array_agg(a.privilege_type) FILTER (WHERE r.oid IS NOT NULL), '{}')
FROM pg_class c
LEFT JOIN LATERAL aclexplode(c.relacl) a ON true
LEFT JOIN pg_roles r ON r.oid = a.grantee AND r.rolname = %(role)s
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
GROUP BY c.relname ORDER BY c.relname
"""
_ON_COLUMNS = """
SELECT c.relname, t.attname, a.privilege_type
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attacl IS NOT NULL
CROSS JOIN LATERAL aclexplode(t.attacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = 'public'::regnamespace AND r.rolname = %(role)s
"""


@dataclass(slots=True)
class _Held:
    whole: set[str] = field(default_factory=set)
    #: Columns it may update.
    columns: set[str] = field(default_factory=set)


def apply(role: str) -> int:
    """Give `role` what it needs and take what it must not have; return how many tables that changed.

    Runs as the owner of the tables.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        changes = _changes(role)
        for statement in [*_always(role), *(each for found in changes.values() for each in found)]:
            cursor.execute(statement)
    return len(changes)


def _always(role: str) -> list[sql.Composed]:
    """What holds for every table there is and will be."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT has_schema_privilege(%(role)s, 'public', 'USAGE')
                   AND NOT has_schema_privilege('public', 'public', 'CREATE')
                   AND has_database_privilege(%(role)s, current_database(), 'TEMPORARY')
                   AND NOT EXISTS (
                       SELECT FROM pg_sequence s
                       WHERE NOT has_sequence_privilege(%(role)s, s.seqrelid, 'USAGE, SELECT'))
                   AND (SELECT count(*) FROM pg_default_acl d, aclexplode(d.defaclacl) a
                        WHERE a.grantee = to_regrole(%(role)s) AND d.defaclrole = to_regrole(current_user)
                          AND d.defaclobjtype IN ('r', 'S')) >= 4
            """,
            {"role": role},
        )
        done = cursor.fetchone() == (True,)
        cursor.execute("SELECT current_database()")
        (database,) = cursor.fetchone() or ("",)
    if done:
        return []
    names = {"role": sql.Identifier(role), "schema": sql.Identifier(_SCHEMA), "db": sql.Identifier(database)}
    return [
        sql.SQL(each).format(**names)
        for each in (
            "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
            "GRANT USAGE ON SCHEMA {schema} TO {role}",
            "GRANT CONNECT, TEMPORARY ON DATABASE {db} TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT ON TABLES TO {role}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        )
    ]


def _changes(role: str) -> dict[str, list[sql.Composed]]:
    """Return the statements that bring each table to what it should be; tables that are so are left out."""
    kept = declared()
    changes = {}
    for table, now in _held(role).items():
        held, limits = now, kept.get(table)
        if limits is None:
            wanted, columns = set(_WHOLE), set[str]()
        else:
            wanted = {"SELECT", "INSERT"} if limits.adding else {"SELECT"}
            columns = set(limits.changing)
        names = {"table": sql.Identifier(_SCHEMA, table), "role": sql.Identifier(role)}
        found = []
        if held.whole - wanted or held.columns - columns:
            # Of the whole table: takes what was granted on its columns, too.
            found.append(sql.SQL("REVOKE ALL ON {table} FROM {role}").format(**names))
            held = _Held()
        if missing := sorted(wanted - held.whole):
            words = sql.SQL(", ").join(map(sql.SQL, missing))
            found.append(sql.SQL("GRANT {words} ON {table} TO {role}").format(words=words, **names))
        if more := sorted(columns - held.columns):
            listed = sql.SQL(", ").join(map(sql.Identifier, more))
            found.append(
                sql.SQL("GRANT UPDATE ({listed}) ON {table} TO {role}").format(listed=listed, **names)
            )
        if found:
            changes[table] = found
    return changes


def _held(role: str) -> dict[str, _Held]:
    with connection.cursor() as cursor:
        cursor.execute(_ON_TABLES, {"role": role})
        found = {table: _Held(whole=set(words)) for table, words in cursor.fetchall()}
        cursor.execute(_ON_COLUMNS, {"role": role})
        for table, column, word in cursor.fetchall():
            if table in found and word == "UPDATE":
                found[table].columns.add(column)
    return found
