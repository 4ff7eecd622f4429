"""The one question to the database that answers for everybody: who stands how at a moment, as known at
another.

In: a Plan, and for some people only, their ids. Out: SQL with its values, or the standings it finds. Each
table is read once, whatever the number of people and requirements:

    segment   each person's past, cut wherever their context changes (connectors.workforce.segments)
    ruled     each segment with the numbers of the versions whose rule it meets
    pair      whom a requirement applies to now, and since when without a break
    counts    which courses count as which, on which days
    counted   completions and sign-offs that count for a part of a definition
    latest    the last of them, for parts where a later one always holds longer
    done      each of them with the last day for which it holds, for parts where that is not so
    waived    until when somebody is freed

What is done last holds longest, but for courses with versions that ask for training again: only there each
completion is looked at for itself. Never a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from compliance.status.parts import FOREVER_SQL, Part, last_day, later, parts_of
from compliance.status.plan import Plan
from compliance.status.rule import Compiler, ids_named
from compliance.status.standing import FOREVER, Standing
from connectors.workforce.segments import segments
from lrs import database

COLUMNS = (
    "person_id", "requirement_id", "version_id", "assignment_version_id", "unit_id", "job_id", "manager_id",
    "assigned", "until", "due", "grace_end", "waived_until",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """SQL that gives `COLUMNS` of every standing, and its values."""

    #: Common table expressions; the last is `standing`.
    expressions: str
    values: dict[str, Any]

    def select(self, what: str = ", ".join(COLUMNS), rest: str = "") -> str:
        """Return a whole statement over the standings."""
        return f"WITH {self.expressions} SELECT {what} FROM standing {rest}"


def question(asked: Plan, people: Sequence[int] | None = None, *, each: bool = False) -> Question | None:
    """Return the question; None where no requirement is in force.

    With `each`, every completion is looked at for itself and stands in `done`, which costs more.
    """
    if not asked.current:
        return None
    rules = [
        *(version.definition["for"] for version in asked.versions),
        *(waiver.rule for waiver in asked.group_waivers),
    ]
    compiler = Compiler(ids_named(asked.store_id, rules))
    parts = parts_of(asked, each=each)
    some = people is not None
    expressions = [
        segments(some=some),
        _versions(asked, parts),
        _ruled(asked, compiler),
        _PAIRS,
        _counted(parts, _before(asked), some=some, equivalents=asked.equivalents),
        _held(parts, each=each),
        _waived(asked, compiler),
        _standing(asked, parts),
    ]
    return Question(
        ", ".join(expressions),
        {
            "store": asked.store_id,
            "at": asked.at,
            "known": asked.known,
            "day": asked.day,
            **({} if people is None else {"people": list(people)}),
            **compiler.values,
        },
    )


def standings(asked: Plan, people: Sequence[int] | None = None, *, each: bool = False) -> list[Standing]:
    """Return every standing at the moment of the plan, in no order."""
    found = question(asked, people, each=each)
    if found is None:
        return []
    with planned(everybody=people is None), database.binary_cursor() as cursor:
        cursor.execute(found.select(), found.values)
        return [Standing(*row) for row in cursor]


@contextmanager
def planned(*, everybody: bool) -> Iterator[None]:
    """Let the planner do what is right for such a question: it cannot know how much comes of the parts."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if everybody:
                for name in ("enable_nestloop", "enable_mergejoin"):
                    cursor.execute(f"SET LOCAL {name} = off")
                cursor.execute("SET LOCAL work_mem = '256MB'")
            cursor.execute("SET LOCAL jit = off")
        yield
        with connection.cursor() as cursor:
            for name in ("enable_nestloop", "enable_mergejoin", "work_mem", "jit"):
                cursor.execute(f"SET LOCAL {name} TO DEFAULT")


def _versions(asked: Plan, parts: Sequence[Part]) -> str:
    """The versions by their numbers; those of one shape find their last day by the same expression."""
    shapes = _shapes(asked, parts)
    rows = ", ".join(
        f"({number}, {each.version_id}::bigint, {each.requirement_id}::bigint, {_moment(each.since)},"
        f" {_moment(each.until)}, {_bool(each.on(asked.day))}, {_bool(each.follows)},"
        f" {each.definition['when']['within_days']}, {each.definition.get('grace_days', 0)},"
        f" {list(shapes).index(shape) if (shape := _shape(asked, parts, number)) else -1})"
        for number, each in enumerate(asked.versions)
    )
    return (
        "ver (number, version_id, requirement_id, since, until, current, follows, within, grace, shape) AS"
        f" (VALUES {rows})"
    )


def _ruled(asked: Plan, compiler: Compiler) -> str:
    cases = ", ".join(
        f"CASE WHEN {compiler.condition(each.definition['for'])} THEN {number} END"
        for number, each in enumerate(asked.versions)
    )
    return f"""
ruled AS MATERIALIZED (
    SELECT s.*, array_remove(ARRAY[{cases}], NULL) AS numbers FROM segment s
), met AS NOT MATERIALIZED (
    -- OFFSET keeps the planner from looking through all versions for each segment.
    SELECT r.person_id, r.started, r.ended, r.goes_on, r.assignment_version_id, r.unit_id, r.job_id,
           r.manager_id, u.number
    FROM ruled r CROSS JOIN LATERAL unnest(r.numbers) AS u (number) OFFSET 0
)"""


_PAIRS = """
now AS NOT MATERIALIZED (
    SELECT r.person_id, r.assignment_version_id, r.unit_id, r.job_id, r.manager_id, v.number, v.version_id,
           v.requirement_id, v.within, v.grace, v.shape, greatest(r.started, v.since) AS since,
           CASE WHEN r.started > v.since THEN r.goes_on ELSE v.follows END AS looks_back
    FROM met r JOIN ver v USING (number)
    WHERE v.current AND r.ended > %(at)s::timestamptz
), begun AS (
    SELECT h.person_id, h.requirement_id, lower(x.span) AS since
    FROM (
        SELECT r.person_id, v.requirement_id,
               range_agg(tstzrange(greatest(r.started, v.since), least(r.ended, v.until))) AS spans
        FROM (SELECT n.person_id, n.requirement_id FROM now n WHERE n.looks_back) n
        JOIN (met r JOIN ver v USING (number))
          ON r.person_id = n.person_id AND v.requirement_id = n.requirement_id
        WHERE greatest(r.started, v.since) < least(r.ended, v.until)
        GROUP BY r.person_id, v.requirement_id
    ) h CROSS JOIN LATERAL unnest(h.spans) AS x (span) WHERE x.span @> %(at)s::timestamptz
), pair AS NOT MATERIALIZED (
    SELECT n.*, (coalesce(b.since, n.since) AT TIME ZONE 'UTC')::date AS assigned
    FROM now n LEFT JOIN begun b ON b.person_id = n.person_id AND b.requirement_id = n.requirement_id
)"""


def _before(asked: Plan) -> str:
    return ", ".join(
        f"({number}, {asked.courses.get(code, 0)}::bigint)"
        for number, version in enumerate(asked.versions)
        if version.on(asked.day)
        for code in version.definition.get("prerequisites", ())
    )


def _counted(parts: Sequence[Part], before: str, *, some: bool, equivalents: bool) -> str:
    rows = ", ".join(each.row for each in parts)
    none = "SELECT 0, 0, 0::bigint, false, 0::float8, 0, 'never', false, 0, 0, false, 0 WHERE false"
    of_them = "JOIN one_of n ON n.person_id = {0}.person_id" if some else ""
    counting = ""
    day = "(c.completed_at AT TIME ZONE 'UTC')::date"
    course, version, wanted = "c.course_id", "c.version_id", "c.course_id IN (SELECT course_id FROM course)"
    if equivalents:
        counting = f"JOIN counts k ON k.course_id = c.course_id AND k.days @> {day}"
        # Versions of the other course say nothing about those of this one.
        course, version, wanted = "k.counts_for", "CASE WHEN k.own THEN c.version_id END", "true"
    return f"""
leaf (number, leaf, course_id, signed_off, minimum, every, unit, from_due, early, again, single, before) AS
    ({f"VALUES {rows}" if rows else none}),
before (number, course_id) AS ({f"VALUES {before}" if before else "SELECT 0, 0::bigint WHERE false"}),
course AS (SELECT course_id FROM leaf UNION SELECT course_id FROM before),
{_COUNTS if equivalents else ""}
completed AS (
    SELECT coalesce(m.into_id, c.person_id) AS person_id, {course} AS course_id, false AS signed_off,
           {day} AS day, {version} AS version_id, c.score, c.id
    FROM compliance_completion c {of_them.format("c")} {counting}
    LEFT JOIN merged m ON m.person_id = c.person_id
    WHERE c.store_id = %(store)s AND {wanted}
      AND c.completed_at <= %(at)s AND c.recorded @> %(known)s::timestamptz AND c.passed IS NOT FALSE
    UNION ALL
    SELECT coalesce(m.into_id, o.person_id), o.course_id, true, o.done_on, NULL, NULL, o.id
    FROM compliance_practical_sign_off o {of_them.format("o")}
    LEFT JOIN merged m ON m.person_id = o.person_id
    WHERE o.store_id = %(store)s AND o.course_id IN (SELECT course_id FROM course)
      AND o.done_on <= %(day)s AND o.recorded @> %(known)s::timestamptz
), {_READY if before else ""}
counted AS (
    SELECT c.*, l.number, l.leaf, l.every, l.unit, l.from_due, l.early, l.again, l.single
    FROM completed c JOIN leaf l ON l.course_id = c.course_id AND l.signed_off = c.signed_off
    {"LEFT JOIN ready r ON r.person_id = c.person_id AND r.number = l.number" if before else ""}
    WHERE (l.minimum IS NULL OR c.score >= l.minimum)
    {"AND (l.before = 0 OR (r.met = l.before AND r.day <= c.day))" if before else ""}
)"""


_COUNTS = """
counts (course_id, counts_for, days, own) AS (
    SELECT course_id, course_id, '(,)'::daterange, true FROM course
    UNION
    SELECT x.course_id, x.counts_as_id, daterange(x.valid_from, x.valid_to, '[]'), false FROM (
        SELECT e.course_id, e.counts_as_id, e.valid_from, e.valid_to, e.recorded_from, e.recorded_to
        FROM compliance_course_equivalence e
        UNION ALL
        SELECT e.counts_as_id, e.course_id, e.valid_from, e.valid_to, e.recorded_from, e.recorded_to
        FROM compliance_course_equivalence e WHERE e.mutual
    ) x
    WHERE x.counts_as_id IN (SELECT course_id FROM course) AND x.recorded_from <= %(known)s
      AND (x.recorded_to IS NULL OR x.recorded_to > %(known)s)
),"""

#: From which day on everything that was to be done before had been done.
_READY = """
ready AS (
    SELECT f.person_id, f.number, max(f.day) AS day, count(*) AS met FROM (
        SELECT c.person_id, b.number, b.course_id, min(c.day) AS day FROM before b
        JOIN completed c ON c.course_id = b.course_id AND NOT c.signed_off GROUP BY 1, 2, 3
    ) f GROUP BY f.person_id, f.number
),"""

_DONE = f"""
newer AS MATERIALIZED (
    SELECT w.course_id, w.effective_on FROM compliance_course_version w
    WHERE w.retraining AND w.recorded_at <= %(known)s AND w.course_id IN (SELECT course_id FROM course)
), done AS (
    SELECT c.person_id, c.number, c.leaf, c.day, c.id, least(
        (SELECT min(w.effective_on) + c.again FROM newer w
         WHERE w.course_id = c.course_id AND w.effective_on > coalesce(cv.effective_on, c.day)),
        CASE WHEN c.from_due
             THEN compliance_next_due(c.day, p.assigned, p.within, c.every, c.unit, c.early)
             ELSE {later("c.unit", "c.every", "c.day")} END) AS until
    FROM counted c LEFT JOIN compliance_course_version cv ON cv.id = c.version_id
    JOIN pair p ON p.person_id = c.person_id AND p.number = c.number
    WHERE c.single
)"""


def _held(parts: Sequence[Part], *, each: bool) -> str:
    """For each person and version the last day each part was done, or of those looked at singly, holds."""
    columns = ", ".join(
        f"max(day) FILTER (WHERE leaf = {leaf}) AS last{leaf}"
        for leaf in sorted({part.leaf.number for part in parts if not part.single})
    )
    found = f"""
latest AS (SELECT c.person_id, c.number{f", {columns}" if columns else ""}
    FROM counted c WHERE NOT c.single GROUP BY c.person_id, c.number)"""
    if not (singly := sorted({part.leaf.number for part in parts if part.single})):
        return f"{found}, {_DONE}" if each else found
    columns = ", ".join(f"max(until) FILTER (WHERE leaf = {leaf}) AS until{leaf}" for leaf in singly)
    return f"""{found}, {_DONE},
singly AS (SELECT person_id, number, {columns} FROM done GROUP BY person_id, number)"""


def _waived(asked: Plan, compiler: Compiler) -> str:
    groups = "".join(
        f" UNION ALL SELECT s.person_id, {each.requirement_id}::bigint, DATE '{each.ends.isoformat()}'"
        f" FROM segment s WHERE s.ended > %(at)s::timestamptz AND {compiler.condition(each.rule)}"
        for each in asked.group_waivers
    )
    return f"""
waived AS (
    SELECT x.person_id, x.requirement_id, max(x.ends) AS ends FROM (
        SELECT coalesce(m.into_id, w.person_id) AS person_id, w.requirement_id,
               CASE WHEN w.revoked_at <= %(known)s THEN least(w.valid_to, w.revoked_from - 1)
                    ELSE w.valid_to END AS ends
        FROM compliance_waiver w LEFT JOIN merged m ON m.person_id = w.person_id
        WHERE w.person_id IS NOT NULL AND w.approved_at <= %(known)s AND w.valid_from <= %(day)s
          AND w.requirement_id IN (SELECT requirement_id FROM ver)
          AND (w.revoked_at IS NULL OR w.revoked_at > %(known)s OR w.revoked_from > w.valid_from)
        {groups}
    ) x GROUP BY x.person_id, x.requirement_id
)"""


def _standing(asked: Plan, parts: Sequence[Part]) -> str:
    shapes = _shapes(asked, parts)
    cases = "".join(f" WHEN {place} THEN {text}" for place, text in enumerate(shapes))
    until = next(iter(shapes)) if len(shapes) == 1 else f"CASE p.shape{cases} END"
    singly = ""
    if any(each.single for each in parts):
        singly = "LEFT JOIN singly g ON g.person_id = p.person_id AND g.number = p.number"
    return f"""
dated AS (
    SELECT p.*, {until} AS until, w.ends FROM pair p
    LEFT JOIN latest h ON h.person_id = p.person_id AND h.number = p.number {singly}
    LEFT JOIN waived w ON w.person_id = p.person_id AND w.requirement_id = p.requirement_id
), standing AS (
    SELECT d.person_id, d.requirement_id, d.version_id, d.assignment_version_id, d.unit_id, d.job_id,
           d.manager_id, d.assigned, nullif(d.until, '-infinity') AS until,
           greatest(d.until, d.assigned + d.within, d.ends) AS due,
           CASE WHEN greatest(d.until, d.ends) >= {FOREVER_SQL} THEN {FOREVER_SQL}
                ELSE greatest(d.until, d.assigned + d.within, d.ends) + d.grace END AS grace_end,
           CASE WHEN d.ends >= %(day)s::date THEN d.ends END AS waived_until
    FROM dated d
)"""


def _shapes(asked: Plan, parts: Sequence[Part]) -> list[str]:
    """Return the expressions by which the versions in force find their last day, each once."""
    found = (_shape(asked, parts, number) for number in range(len(asked.versions)))
    return list(dict.fromkeys(each for each in found if each))


def _shape(asked: Plan, parts: Sequence[Part], number: int) -> str:
    """Return the expression of a version; nothing for one that is not in force."""
    version = asked.versions[number]
    if not version.on(asked.day):
        return ""
    return last_day(version.definition, {each.leaf.number: each for each in parts if each.number == number})


def _moment(day: date) -> str:
    return "'infinity'::timestamptz" if day >= FOREVER else f"'{day.isoformat()} 00:00:00+00'::timestamptz"


def _bool(value: bool) -> str:
    return "true" if value else "false"
