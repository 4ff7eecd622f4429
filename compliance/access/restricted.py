"""Whose data is restricted (GDPR 18): it is kept, and stands in no list or report unless somebody says why.

In: people. Out: who of them is. A restriction on one identity of a person is on all that were merged into
one; it counts from now on, whatever moment is asked about, until it is lifted.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection


def condition(person: str) -> str:
    """Return the SQL condition that a person's data is restricted; `person` is an expression for an id."""
    return (
        "EXISTS (SELECT FROM connectors_person kept_m"
        " JOIN connectors_person kept_p"
        " ON coalesce(kept_m.merged_into_id, kept_m.id) IN (kept_p.id, kept_p.merged_into_id)"
        " JOIN compliance_data_request kept_r ON kept_r.person_id = kept_p.id"
        f" WHERE kept_m.id = {person} AND kept_r.kind = 'restriction' AND kept_r.answer = 'granted'"
        " AND kept_r.lifted IS NULL)"
    )


def of(people: Iterable[int]) -> set[int]:
    """Return those of some people whose data is restricted."""
    asked = sorted(set(people))
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.id FROM unnest(%s::bigint[]) AS a (id) WHERE {condition('a.id')}",  # noqa: S608  words of ours
            [asked],
        )
        return {row[0] for row in cursor.fetchall()}


def in_store(store_id: int) -> set[int]:
    """Return everybody in a store whose data is restricted; mostly nobody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id FROM connectors_person r"
            " JOIN compliance_data_request d ON d.person_id = r.id AND d.kind = 'restriction'"
            " AND d.answer = 'granted' AND d.lifted IS NULL"
            " JOIN connectors_person p ON coalesce(r.merged_into_id, r.id) IN (p.id, p.merged_into_id)"
            " WHERE d.store_id = %s",
            [store_id],
        )
        return {row[0] for row in cursor.fetchall()}
