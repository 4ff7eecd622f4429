"""The table of now: how everybody stands, kept as things change.

    bring_up_to_date(store, people)   a few people, after something about them changed
    rebuild(store)                    everybody; gives the same rows

Rows hold days, so that time passing changes none of them. Each call is one transaction; two for the same
store wait for each other (an advisory lock), so that the later one sees what the earlier one saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from compliance.status.plan import plan
from compliance.status.query import COLUMNS, planned, question
from connectors.workforce.segments import segments
from lrs import database

#: First half of the key of the advisory lock; the second is the store.
_LOCK = 0x53544154
#: From this many people on, everybody is answered at once.
MANY = 5_000

_WAKES = """
INSERT INTO compliance_status_wake (person_id, store_id, at)
SELECT x.person_id, %(store)s, min(x.at) FROM (
    SELECT p.root AS person_id, p.started AS at FROM piece p
    WHERE p.started > %(at)s::timestamptz AND p.started < 'infinity'
    UNION ALL
    SELECT coalesce(m.into_id, c.person_id), c.completed_at FROM compliance_completion c
    {of_completions} LEFT JOIN merged m ON m.person_id = c.person_id
    WHERE c.store_id = %(store)s AND c.recorded @> %(known)s::timestamptz
           AND c.completed_at > %(at)s::timestamptz
    UNION ALL
    SELECT coalesce(m.into_id, w.person_id), w.valid_from::timestamp AT TIME ZONE 'UTC'
           FROM compliance_waiver w
    {of_waivers} LEFT JOIN merged m ON m.person_id = w.person_id
    JOIN compliance_requirement r ON r.id = w.requirement_id AND r.store_id = %(store)s
    WHERE w.person_id IS NOT NULL AND w.approved_at <= %(known)s AND w.valid_from > %(day)s::date
) x GROUP BY x.person_id
"""


def bring_up_to_date(store_id: int, people: Sequence[int]) -> int:
    """Find out anew how these people stand; return how many rows that makes."""
    if len(people) >= MANY:
        return rebuild(store_id)
    return _keep(store_id, sorted(set(people))) if people else 0


def rebuild(store_id: int) -> int:
    """Find out anew how everybody of a store stands; return how many rows that makes."""
    return _keep(store_id, None)


@transaction.atomic
def _keep(store_id: int, people: Sequence[int] | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, store_id])
    now = timezone.now()
    _forget(store_id, people)
    _set_wakes(store_id, people, now)
    asked = question(plan(store_id, now, now), people)
    if asked is None:
        return 0
    with planned(everybody=people is None), database.binary_cursor() as cursor:
        cursor.execute(
            sql.SQL("INSERT INTO compliance_status (store_id, {}) ").format(
                sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
            )
            + sql.SQL(asked.select(f"%(store)s, {', '.join(COLUMNS)}")),
            asked.values,
        )
        return cursor.rowcount


def _forget(store_id: int, people: Sequence[int] | None) -> None:
    """Remove the rows of people, and of who is merged into them."""
    for table in ("compliance_status", "compliance_status_wake"):
        with database.binary_cursor() as cursor:
            if people is None:
                cursor.execute(f"DELETE FROM {table} WHERE store_id = %s", (store_id,))  # noqa: S608  constants
                continue
            cursor.execute(
                f"""
                WITH asked AS (SELECT DISTINCT coalesce(p.merged_into_id, p.id) AS root
                               FROM connectors_person p WHERE p.id = ANY (%(people)b::bigint[]))
                DELETE FROM {table} WHERE store_id = %(store)s AND person_id IN (
                    SELECT root FROM asked
                    UNION SELECT p.id FROM connectors_person p JOIN asked a ON p.merged_into_id = a.root
                    UNION SELECT unnest(%(people)b::bigint[]))
                """,  # noqa: S608  constants
                {"people": list(people), "store": store_id},
            )


def _set_wakes(store_id: int, people: Sequence[int] | None, now: datetime) -> None:
    """Note when what is known already changes something of these people."""
    some = people is not None
    text = _WAKES.format(
        of_completions="JOIN one_of n ON n.person_id = c.person_id" if some else "",
        of_waivers="JOIN one_of n ON n.person_id = w.person_id" if some else "",
    )
    values = {"store": store_id, "at": now, "known": now, "day": now.date()}
    with planned(everybody=not some), database.binary_cursor() as cursor:
        cursor.execute(
            sql.SQL(f"WITH {segments(some=some)} {text}"),
            {**values, "people": list(people)} if people is not None else values,
        )
