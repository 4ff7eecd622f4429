"""People found: by how a name, a number or an address begins, or by the unit they stand in.

In: a store and what is typed. Out: one page of ids, in an order of its own, and where the next page
begins. An index range whatever the number of people; never a count, never an offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from connectors import visible

PAGE = 50
#: Letters before a name is looked for.
LEAST = 2


@dataclass(frozen=True, slots=True)
class Found:
    """One page of people."""

    people: Sequence[int]
    #: Where the page after this one begins; empty on the last.
    after: str


def everybody(store_id: int, after: str = "") -> Found:
    """Return the people of a store, the last made first."""
    key = int(after) if after.isdecimal() and len(after) < 19 else (1 << 63) - 1
    return _page(
        "SELECT p.id, p.id::text FROM connectors_person p"  # noqa: S608  the condition holds numbers only
        " WHERE p.store_id = %s AND p.id < %s AND p.merged_into_id IS NULL"
        f" AND {visible.condition('p.id')} ORDER BY p.id DESC LIMIT %s",
        [store_id, key, PAGE + 1],
    )


def typed(store_id: int, text: str, after: str = "", *, page: int = PAGE) -> Found:
    """Return people whose name, family name, number, address or user name begins so, by what was found."""
    begins = _like(text.strip().casefold())
    if len(text.strip()) < LEAST:
        return Found((), "")
    said, _, key = after.rpartition("|")
    last = int(key) if key.isdecimal() and len(key) < 19 else 0
    return _page(
        f"""
        SELECT f.person, f.said || '|' || f.person FROM (
            SELECT coalesce(p.merged_into_id, p.id) AS person, min(u.said) AS said FROM (
                SELECT v.person_id, lower(v.formatted_name) COLLATE "C" AS said
                FROM connectors_person_version v
                WHERE upper_inf(v.recorded)
                  AND (lower(v.formatted_name) LIKE %s OR lower(v.family_name) LIKE %s)
                UNION ALL
                SELECT i.person_id, i.normal COLLATE "C" FROM connectors_identifier i
                WHERE upper_inf(i.recorded) AND i.normal LIKE %s
            ) u JOIN connectors_person p ON p.id = u.person_id AND p.store_id = %s
            GROUP BY 1
        ) f WHERE (f.said, f.person) > (%s COLLATE "C", %s) AND {visible.condition("f.person")}
        ORDER BY f.said, f.person LIMIT %s
        """,  # noqa: S608  the condition holds numbers only
        [begins, begins, begins, store_id, said, last, page + 1],
        page=page,
    )


def in_unit(store_id: int, unit_id: int, moment: datetime, *, below: bool, after: str = "") -> Found:
    """Return people with an assignment in a unit at a moment, or with `below` also in those under it."""
    last = int(after) if after.isdecimal() and len(after) < 19 else 0
    return _page(
        f"""
        SELECT DISTINCT coalesce(p.merged_into_id, p.id) AS person, coalesce(p.merged_into_id, p.id)::text
        FROM connectors_work_assignment_version v
        JOIN connectors_person p ON p.id = v.person_id AND p.store_id = %s
        WHERE v.unit_id = ANY (
                SELECT t.unit_id FROM connectors_unit_path t
                WHERE %s AND t.valid @> %s AND upper_inf(t.recorded) AND %s = ANY (t.path)
                UNION SELECT %s)
          AND v.valid @> %s AND upper_inf(v.recorded) AND coalesce(p.merged_into_id, p.id) > %s
          AND {visible.condition("coalesce(p.merged_into_id, p.id)")}
        ORDER BY person LIMIT %s
        """,  # noqa: S608  the condition holds numbers only
        [store_id, below, moment, unit_id, unit_id, moment, last, PAGE + 1],
    )


def _page(query: str, parameters: Sequence[str | int | datetime], *, page: int = PAGE) -> Found:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        rows = cursor.fetchall()
    people = [row[0] for row in rows[:page]]
    return Found(people, str(rows[page - 1][1]) if len(rows) > page else "")


def _like(text: str) -> str:
    for mark in ("\\", "%", "_"):
        text = text.replace(mark, f"\\{mark}")
    return f"{text}%"
