"""Where people are written to: the e-mail address each is known by now.

In: people. Out: address by person; nobody without one. A primary address is preferred, then that of the most
trusted system. Never a write.
"""

from __future__ import annotations

from collections.abc import Collection

from lrs import database


def emails(people: Collection[int]) -> dict[int, str]:
    """Return the e-mail address of each of these people, or of who is merged into them."""
    if not people:
        return {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (o.root) o.root, i.value
            FROM (
                SELECT u AS root, u AS person FROM unnest(%(people)b::bigint[]) AS u
                UNION ALL
                SELECT p.merged_into_id, p.id FROM connectors_person p
                WHERE p.merged_into_id = ANY (%(people)b::bigint[])
            ) o
            JOIN connectors_identifier i ON i.person_id = o.person AND i.type = 'email'
                 AND upper_inf(i.recorded) AND i.valid @> clock_timestamp()
            LEFT JOIN connectors_system s ON s.id = i.system_id
            ORDER BY o.root, (o.person = o.root) DESC, i.primary DESC, s.precedence, i.id
            """,
            {"people": list(people)},
        )
        return dict(cursor.fetchall())
