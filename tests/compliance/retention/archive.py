"""Ann Lee's training, the rules it is kept by, and the day that counts as today."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection

from compliance.models import RetentionSchedule
from compliance.retention import due, schedules
from compliance.retention.due import Kept

LONG_AGO = date(1970, 1, 1)


def rule(store_id: int, **fields: Any) -> RetentionSchedule:
    """Return a rule in force since ever: statements, three years from training, by law."""
    said: dict[str, Any] = {
        "code": "three-years", "title": "Three years", "record_class": "statement", "starts": "training_date",
        "period": 3, "unit": "years", "legal_basis": "obligation", "citation": "29 CFR 1910.1030(h)(2)",
    }  # fmt: skip
    return schedules.publish(store_id, said | fields, on=LONG_AGO)


def record(store_id: int, record_class: str, on: str = "2100-01-01", **where: Any) -> Kept:
    """Return the only record of a class, with what keeps it on a day."""
    [found] = [
        each
        for each in due.kept(store_id, on=date.fromisoformat(on), **where)
        if each.record_class == record_class
    ]
    return found


def free_on(store_id: int, record_class: str = "statement", on: str = "2100-01-01") -> str:
    """Return the day from which the only record of a class may go; empty where there is none."""
    found = record(store_id, record_class, on).due_on
    return "" if found is None else found.isoformat()


@contextmanager
def today(day: str) -> Iterator[date]:
    """Have the database take `day` for today, as only the owner of its functions can."""
    body = "CREATE OR REPLACE FUNCTION compliance_today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT {} $$"
    with connection.cursor() as cursor:
        cursor.execute(body.format(f"date '{date.fromisoformat(day)}'"))
    try:
        yield date.fromisoformat(day)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(body.format("(now() AT TIME ZONE 'UTC')::date"))


MARK = "zephyrine"


def name(mark: str) -> dict[str, Any]:
    """Return a name like nobody else's."""
    given, family = mark.title(), f"Quillon-{mark.title()}"
    return {"given": given, "family": family, "formatted": f"{given} {family}"}


def everywhere(text: str) -> list[str]:
    """Return every column of the database that has a text in it, however deep; table.column."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            " AND c.data_type NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'uuid', 'date',"
            " 'timestamp with time zone', 'numeric', 'double precision')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT 1 FROM "{table}" WHERE position(%s IN lower("{column}"::text)) > 0 LIMIT 1',
                [text.lower()],
            )
            if cursor.fetchone():
                found.append(f"{table}.{column}")
    return found
