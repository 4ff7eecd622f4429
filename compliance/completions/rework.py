"""Completions derived again because courses or rules changed, and the full rebuild.

In: rows of Rework, which triggers add when the catalogue changes and compliance.completions.rulebook when
rules do. Out: completions derived again, some people at a time, each step in a transaction of its own with
the place it came to: a crash loses nothing and repeats nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance.completions import outcomes, standing
from compliance.completions.derive import derive
from compliance.models import Course, Outcome, Rework, SeenActivity
from lrs import database, feed, payload
from lrs.identity import VERB
from lrs.identity import digest as entity_digest
from lrs.ingest.batch import Flag
from lrs.ingest.links import Role

#: People, or statements, at a time.
_AT_A_TIME = 1_000

_PEOPLE = """
SELECT DISTINCT x.person FROM (
    SELECT o.person_id AS person FROM compliance_course_activity c
    JOIN compliance_outcome o ON o.activity = c.digest AND o.store_id = c.store_id
    WHERE c.course_id = %b AND o.person_id > %b
    UNION ALL
    SELECT c.person_id FROM compliance_completion c
    WHERE c.course_id = %b AND c.person_id > %b AND upper_inf(c.recorded)
) x ORDER BY x.person LIMIT %b
"""
# Also whose completion stands on what is said there, though somebody else is known by now to have done it.
_PEOPLE_AT = """
SELECT DISTINCT x.person FROM (
    SELECT o.person_id AS person FROM compliance_outcome o
    WHERE o.activity = %b AND o.store_id = %b AND o.person_id > %b
    UNION ALL
    SELECT c.person_id FROM compliance_completion c
    WHERE c.course_id = %b AND c.person_id > %b AND upper_inf(c.recorded) AND EXISTS (
        SELECT FROM compliance_completion_evidence e JOIN compliance_outcome o ON o.seq = e.seq
        WHERE e.completion_id = c.id AND o.activity = %b AND o.store_id = %b)
) x ORDER BY x.person LIMIT %b
"""
_OF_VERB = """
SELECT s.seq, s.source_id, s.statement_id, s.timestamp, s.flags, s.payload
FROM lrs_statement_entity e JOIN lrs_statement s ON s.seq = e.seq
WHERE e.entity_id = (SELECT n.id FROM lrs_entity n WHERE n.digest = %b) AND e.roles & %b <> 0 AND e.seq > %b
ORDER BY e.seq LIMIT %b
"""


def waiting() -> int:
    """Return how much is still to be derived again."""
    return Rework.objects.filter(finished__isnull=True).count()


def carry_on(*, seconds: float = 20.0) -> int:
    """Derive again what waits for it; return how many people and statements were looked at."""
    until = time.monotonic() + seconds
    done = 0
    while (count := _some()) is not None:
        done += count
        if time.monotonic() > until:
            break
    return done


def _some() -> int | None:
    """Do one step of the oldest rework; None where nothing is left, or another process is at it."""
    with transaction.atomic():
        rework = (
            Rework.objects.select_for_update(skip_locked=True)
            .filter(finished__isnull=True)
            .order_by("pk")
            .first()
        )
        if rework is None:
            return None
        outcomes.alone()
        last, count = _statements(rework) if rework.verb else _people(rework)
        rework.after, rework.derived = last, rework.derived + count
        if count < _AT_A_TIME:
            rework.finished = timezone.now()
        rework.save(update_fields=["after", "derived", "finished"])
    return count


def _people(rework: Rework) -> tuple[int, int]:
    course = rework.course_id
    with database.binary_cursor() as cursor:
        if rework.activity is None:
            cursor.execute(_PEOPLE, (course, rework.after, course, rework.after, _AT_A_TIME))
        else:
            place = (rework.activity, rework.store_id)
            after = (course or 0, rework.after)
            cursor.execute(_PEOPLE_AT, (*place, rework.after, *after, *place, _AT_A_TIME))
        people = [row[0] for row in cursor]
    derive([(person, course) for person in people if course is not None], rework.why)
    return (people[-1] if people else rework.after), len(people)


def _statements(rework: Rework) -> tuple[int, int]:
    verbs = standing.rules().verbs
    found: list[outcomes.Reported] = []
    last, count = rework.after, 0
    with database.binary_cursor() as cursor:
        entity = entity_digest(rework.store_id, VERB, rework.verb)
        cursor.execute(_OF_VERB, (entity, int(Role.VERB), rework.after, _AT_A_TIME))
        for seq, source, statement_id, moment, flags, text in cursor:
            last, count = seq, count + 1
            if not flags & Flag.REFERENCE:
                found.extend(
                    outcomes.reported(
                        payload.values(text),
                        verbs,
                        seq=seq,
                        store_id=rework.store_id,
                        source_id=source,
                        statement_id=statement_id,
                        moment=moment,
                    )
                )
    derive(outcomes.keep(found), rework.why)
    return last, count


def request(store_ids: Sequence[int], why: str, *, courses: Sequence[str] | None = None) -> int:
    """Have every course of these stores derived again, or those with these codes; return how many."""
    rows = Course.objects.filter(store__in=store_ids)
    if courses is not None:
        rows = rows.filter(code__in=courses)
    asked = [Rework(store_id=each.store_id, course_id=each.pk, why=why) for each in rows.order_by("pk")]
    return len(Rework.objects.bulk_create(asked))


def rebuild(tell: Callable[[str], None] = lambda _: None) -> int:
    """Read every statement again, find everybody anew and derive every completion; return how many
    completions were closed or added, which is none where all was right."""
    position = (0, 0)
    read = 0
    while True:
        statements, position = feed.read(position, 2_000)
        if not statements:
            break
        with transaction.atomic():
            outcomes.alone()
            _keep_again(statements)
        read += len(statements)
        if read % 100_000 < len(statements):
            tell(f"{read:,} statements read")
    tell(f"all {read:,} statements read")
    with transaction.atomic():
        outcomes.alone()
        _count_again()
    changed = 0
    for course in Course.objects.order_by("pk").values_list("pk", flat=True):
        changed += _derive_course(course)
    tell(f"{changed:,} completions were otherwise")
    return changed


def _derive_course(course: int) -> int:
    after, changed = 0, 0
    while True:
        with transaction.atomic():
            outcomes.alone()
            with database.binary_cursor() as cursor:
                cursor.execute(_PEOPLE, (course, after, course, after, _AT_A_TIME))
                people = [row[0] for row in cursor]
            changed += derive([(person, course) for person in people], "everything was derived again")
        if len(people) < _AT_A_TIME:
            return changed
        after = people[-1]


def _keep_again(statements: Sequence[feed.FeedStatement]) -> None:
    """Make the outcomes of these statements what they report, and find anew who it was."""
    verbs = standing.rules().verbs
    found = [
        reported
        for each in statements
        if not each.flags & Flag.REFERENCE
        for reported in outcomes.reported(
            each.values(),
            verbs,
            seq=each.seq,
            store_id=each.store_id,
            source_id=each.source_id,
            statement_id=each.statement_id,
            moment=each.timestamp,
        )
    ]
    seqs = [each.seq for each in statements]
    kept: dict[tuple[int, UUID], str] = {(each.seq, each.actor): outcomes.text(each.said) for each in found}
    stale = [
        row.pk for row in Outcome.objects.filter(seq__in=seqs) if kept.get((row.seq, row.actor)) != row.said
    ]
    for seq, actor in stale:
        Outcome.objects.filter(seq=seq, actor=actor).delete()
    outcomes.keep(found)
    outcomes.identify(seqs)


def _count_again() -> None:
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            UPDATE compliance_seen_activity s SET outcomes = n.count
            FROM (
                SELECT s.id, count(DISTINCT o.seq) AS count FROM compliance_seen_activity s
                LEFT JOIN compliance_outcome o ON o.activity = s.digest AND o.store_id = s.store_id
                GROUP BY s.id
            ) n WHERE n.id = s.id AND n.count <> s.outcomes
            """
        )


__all__ = ["SeenActivity", "carry_on", "rebuild", "request", "waiting"]
