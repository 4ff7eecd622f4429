"""Who stood in a manager's line, directly or through others, and when; as known now.

In: a manager. Out: the people who had the manager above them, each with the spans, and the manager for all
time: who has one of these as manager at a moment of theirs was in the line then. One recursive query over
the edges between managers alone, so that a chief executive's line is as many rows as there are managers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.types.range import TimestamptzRange

from lrs import database

#: No organization is deeper; a ring of managers ends here at the latest.
_LEVELS = 40

_LINE = """
WITH RECURSIVE chief AS MATERIALIZED (
    SELECT DISTINCT coalesce(m.merged_into_id, m.id) AS id
    FROM connectors_work_assignment_version w
    JOIN connectors_person m ON m.id = w.manager_id AND m.store_id = %(store)s
    WHERE upper_inf(w.recorded)
), edge AS MATERIALIZED (
    SELECT c.id AS person, coalesce(m.merged_into_id, m.id) AS manager, v.valid AS span
    FROM connectors_work_assignment_version v
    JOIN connectors_person p ON p.id = v.person_id
    JOIN chief c ON c.id = coalesce(p.merged_into_id, p.id)
    JOIN connectors_person m ON m.id = v.manager_id
    WHERE upper_inf(v.recorded)
), line (person, span, level) AS (
    SELECT %(manager)s::bigint, '(,)'::tstzrange, 0
    UNION
    SELECT e.person, l.span * e.span, l.level + 1
    FROM line l JOIN edge e ON e.manager = l.person AND e.span && l.span
    WHERE l.level < %(levels)s AND e.person <> %(manager)s
)
SELECT l.person, range_agg(l.span) FROM line l GROUP BY l.person
"""


@dataclass(frozen=True, slots=True)
class Line:
    """People, each with a span; a person may stand there more than once."""

    people: Sequence[int]
    spans: Sequence[TimestamptzRange]


def line_of(store_id: int, manager_id: int) -> Line:
    """Return who stood in the manager's line, and when."""
    people: list[int] = []
    spans: list[TimestamptzRange] = []
    with database.binary_cursor() as cursor:
        cursor.execute(_LINE, {"store": store_id, "manager": manager_id, "levels": _LEVELS})
        for person, found in cursor:
            for span in found:
                people.append(person)
                spans.append(span)
    return Line(people, spans)
