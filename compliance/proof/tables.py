"""A table as a source of records, told in one call.

In: a table whose rows are only added, with a growing key and the transaction that wrote each, and what of a
row is committed to, as SQL that gives text. Out: a `Source`. A record is JSON of these texts (RFC 8785), so
that nothing depends on how a database or a library writes a number or a time.

    TRAIL = sources.register(
        of_table("audit", 3, "compliance_audit_entry", key="seq", at="at",
                 name="table_name || ' ' || row_key",
                 columns={"table": "table_name", "row": "row_key", "at": moment("at"), "before": "before"})
    )

The numbers 1 and 2 are given to statements and disposals. The table needs an index on (xid, key).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from compliance.proof.sources import Position, Record, Source, Stored
from lrs import database

_SAFE = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
#: Columns of every answer before those of the record.
_BEFORE = 3


def moment(column: str) -> str:
    """Return SQL that writes a time in UTC to the microsecond, whatever the session's zone and style."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""


def hashed(column: str) -> str:
    """Return SQL that writes the SHA-256 of a value's text, for what is too long to be written itself."""
    return f"encode(sha256(convert_to({column}::text, 'UTF8')), 'hex')"


def of_table(
    kind: str,
    number: int,
    table: str,
    *,
    key: str,
    at: str,
    name: str,
    columns: Mapping[str, str],
    xid: str = "xid",
) -> Source:
    """Return the source of a table; every argument but the number is a word of ours or SQL, never a value.

    `xid` is the writing transaction as bigint.
    """
    names = tuple(columns)
    selected = ", ".join([f"({each})::text" for each in columns.values()])
    rows = f"SELECT {key}, {xid}, ({name})::text, {selected} FROM {table}"  # noqa: S608  ours
    read_next = f"{rows} WHERE ({xid}, {key}) > (%s, %s) AND {xid} < {_SAFE} ORDER BY {xid}, {key} LIMIT %s"
    read_stored = f"{rows} WHERE {key} > %s ORDER BY {key} LIMIT %s"
    read_keys = f"{rows} WHERE {key} = ANY (%s::bigint[]) ORDER BY {key}"
    count = (
        f"SELECT count(*), coalesce(extract(epoch FROM now() - min({at})), 0)::float8 FROM {table}"  # noqa: S608  ours
        f" WHERE ({xid}, {key}) > (%s, %s)"
    )

    def record(row: Sequence[Any]) -> Record:
        content = {"kind": kind, "key": str(row[0])} | dict(zip(names, row[_BEFORE:], strict=True))
        return Record(row[0], row[2] or "", rfc8785.dumps(content))

    def read(after: Position, most: int) -> tuple[list[Record], Position]:
        found = _rows(read_next, *after, most)
        return [record(row) for row in found], ((found[-1][1], found[-1][0]) if found else after)

    def stored(after: int, most: int) -> list[Stored]:
        return [Stored(record(row), row[1]) for row in _rows(read_stored, after, most)]

    def of_keys(keys: Sequence[int]) -> list[Record]:
        return [record(row) for row in _rows(read_keys, list(keys))]

    def waiting(after: Position) -> tuple[int, float]:
        [(many, seconds)] = _rows(count, *after)
        return many, seconds

    return Source(kind, number, read, stored, waiting, of_keys=of_keys)


def _rows(query: str, *values: int | list[int]) -> list[tuple[Any, ...]]:
    with database.binary_cursor() as cursor:
        return cursor.execute(query.encode(), values).fetchall()
