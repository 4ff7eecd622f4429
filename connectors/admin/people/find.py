"""People found: by how a name, a number or an address begins, or by the unit they stand in.

In: a store and what is typed. Out: one page of ids, in an order of its own, and where the next page
begins. An index range whatever the number of people; never a count, never an offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from connectors import visible

PAGE = 50
#: Letters before a name is looked for.
LEAST = 2


#: Stands in a constant query for the condition that the person may be seen (connectors.visible).
_VISIBLE = "/* visible */"

#: What matched, and whose it is; people merged into others have matches of their own.
Match = tuple[str, int]

# Of each thing that may begin so, the first matches in the order of its index, ~<~ (by code points): however
# many people have it, only a page of them is read.
_BEGINNING = """
    (SELECT coalesce(p.merged_into_id, p.id) AS person, m.said, m.person_id
     FROM (SELECT t.person_id, {said} AS said FROM {table} t
           WHERE upper_inf(t.recorded) AND {said} LIKE %(begins)s AND {said} ~>=~ %(said)s) m
     JOIN connectors_person p ON p.id = m.person_id AND p.store_id = %(store)s
     WHERE (m.said ~>~ %(said)s OR m.person_id > %(last)s) AND {visible}
     ORDER BY m.said USING ~<~, m.person_id LIMIT %(most)s)
"""
_OF_PERSON = """
    SELECT {said} AS said, t.person_id FROM {table} t
    WHERE t.person_id = p.id AND upper_inf(t.recorded) AND {said} LIKE %(begins)s
"""
_SEARCHED = (
    ("lower(t.formatted_name)", "connectors_person_version"),
    ("lower(t.family_name)", "connectors_person_version"),
    ("t.normal::text", "connectors_identifier"),
)


def _in_each(query: str) -> str:
    return " UNION ALL ".join(
        query.format(said=said, table=table, visible=_VISIBLE) for said, table in _SEARCHED
    )


_MATCHES = f"""
    SELECT u.person, u.said, u.person_id FROM ({_in_each(_BEGINNING)}) u
    ORDER BY u.said USING ~<~, u.person_id LIMIT %(most)s
"""  # noqa: S608  constants
#: Of each person the first match.
_FIRST = f"""
    SELECT DISTINCT ON (q.person) q.person, m.said, m.person_id
    FROM (SELECT p.id AS person, p.id FROM connectors_person p WHERE p.id = ANY (%(people)s)
          UNION ALL
          SELECT p.merged_into_id, p.id FROM connectors_person p WHERE p.merged_into_id = ANY (%(people)s)
         ) q
    JOIN connectors_person p ON p.id = q.id
    CROSS JOIN LATERAL ({_in_each(_OF_PERSON)}) m
    ORDER BY q.person, m.said COLLATE "C", m.person_id
"""  # noqa: S608  constants


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
    """Return people whose name, family name, number, address or user name begins so, by what was found.

    Whoever is found by several stands where the first of them does, and only there.
    """
    if len(text.strip()) < LEAST:
        return Found((), "")
    said, _, key = after.rpartition("|")
    last = (said, int(key) if key.isdecimal() and len(key) < 19 else 0)
    most = 2 * (page + 1)
    asked: dict[str, Any] = {"store": store_id, "begins": _like(text.strip().casefold()), "most": most}
    matches = _MATCHES.replace(_VISIBLE, visible.condition("coalesce(p.merged_into_id, p.id)"))
    found: dict[int, Match] = {}
    with connection.cursor() as cursor:
        while len(found) <= page:
            cursor.execute(matches, {**asked, "said": last[0], "last": last[1]})
            rows = cursor.fetchall()
            cursor.execute(_FIRST, {**asked, "people": [row[0] for row in rows]})
            first = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
            for person, *match in rows:
                last = (match[0], match[1])
                if first[person] == last and len(found) <= page:
                    found[person] = last
            if len(rows) < most:
                break
    people = list(found)[:page]
    return Found(people, "{}|{}".format(*found[people[-1]]) if len(found) > page else "")


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
