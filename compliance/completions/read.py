"""Who completed what, as of a moment, as known at another: what status and reports ask.

In: people and courses. Out: completions, one statement to the database whatever their number. Where a course
counts as another one (CourseEquivalence), its completions are given for that one too, marked so. Never a
write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from lrs import database

_READ = """
WITH asked AS MATERIALIZED (
    SELECT w.course, w.course AS counts_for, NULL::bigint AS equivalence, '(,)'::daterange AS days
    FROM unnest(%(courses)s::bigint[]) AS w (course)
    UNION ALL
    SELECT e.course_id, e.counts_as_id, e.id, daterange(e.valid_from, e.valid_to, '[]')
    FROM compliance_course_equivalence e
    WHERE %(equivalents)s::boolean AND e.counts_as_id = ANY (%(courses)s::bigint[])
      AND e.recorded_from <= %(known)s AND (e.recorded_to IS NULL OR e.recorded_to > %(known)s)
    UNION ALL
    SELECT e.counts_as_id, e.course_id, e.id, daterange(e.valid_from, e.valid_to, '[]')
    FROM compliance_course_equivalence e
    WHERE %(equivalents)s::boolean AND e.mutual AND e.course_id = ANY (%(courses)s::bigint[])
      AND e.recorded_from <= %(known)s AND (e.recorded_to IS NULL OR e.recorded_to > %(known)s)
)
SELECT c.id, c.person_id, c.course_id, a.counts_for, a.equivalence, c.version_id, c.kind, c.completed_at,
       c.passed, c.score, c.credit_hours::text
FROM asked a JOIN compliance_completion c ON c.course_id = a.course
WHERE (%(people)s::bigint[] IS NULL OR c.person_id = ANY (%(people)s::bigint[]))
  AND c.recorded @> %(known)s::timestamptz AND c.completed_at <= %(at)s
  AND a.days @> (c.completed_at AT TIME ZONE 'UTC')::date
ORDER BY c.person_id, a.counts_for, c.completed_at, c.id
"""


@dataclass(frozen=True, slots=True)
class Completed:
    """A completion, and what it was asked for."""

    id: int
    person_id: int
    #: The course that was completed.
    course_id: int
    #: The course it counts for: itself, or one it counts as.
    counts_for_id: int
    #: The CourseEquivalence by which it does; None where it is the course itself.
    equivalence_id: int | None
    version_id: int | None
    kind: str
    completed_at: datetime
    passed: bool | None
    #: Scaled, -1 to 1.
    score: float | None
    credit_hours: Decimal | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A statement a completion stands on."""

    completion_id: int
    seq: int
    statement_id: UUID
    source_id: int
    voided: bool


def completions(
    courses: Sequence[int],
    *,
    people: Sequence[int] | None = None,
    at: datetime,
    known: datetime,
    equivalents: bool = True,
) -> Iterator[Completed]:
    """Yield what `people` (None: everybody) had completed of `courses` at a moment, as known at another; by
    person, course counted for and time.

    People are those nobody is merged into, as known now: completions stand with them.
    """
    values = {
        "courses": list(courses),
        "people": None if people is None else list(people),
        "at": at,
        "known": known,
        "equivalents": equivalents,
    }
    with database.binary_cursor() as cursor:
        cursor.execute(_READ, values)
        for row in cursor:
            found: list[Any] = [*row[:10], None if row[10] is None else Decimal(row[10])]
            yield Completed(*found)


def evidence(completion_ids: Sequence[int]) -> list[Evidence]:
    """Return the statements completions stand on, or stood on."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT e.completion_id, e.seq, s.statement_id, s.source_id, EXISTS (
                SELECT FROM lrs_voided_statement v
                WHERE v.store_id = s.store_id AND v.statement_id = s.statement_id)
            FROM compliance_completion_evidence e JOIN lrs_statement s ON s.seq = e.seq
            WHERE e.completion_id = ANY (%b::bigint[]) ORDER BY e.completion_id, e.seq
            """,
            (list(completion_ids),),
        )
        return [Evidence(*row) for row in cursor]
