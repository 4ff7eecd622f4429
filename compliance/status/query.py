"""The one question to the database that answers for everybody: who stands how at a moment, as known at
another.

In: a Plan, and for some people only, their ids. Out: SQL with its values, or the standings it finds. Each
table is read once, whatever the number of people and requirements:

    segment   each person's past, cut wherever their context changes (connectors.workforce.segments)
    hit       each segment with each version whose rule it meets
    pair      whom a requirement applies to now, and since when without a break
    done      completions and sign-offs, with the last day each of them holds for what a definition asks
    held      for each person and version, the last day for each part of it
    waived    until when somebody is freed

Never a write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from compliance.requirements import definition
from compliance.requirements.definition import Document, Leaf
from compliance.status.plan import InForce, Plan
from compliance.status.rule import Compiler, ids_named
from compliance.status.standing import FOREVER, Standing
from connectors.workforce.segments import segments
from lrs import database

COLUMNS = (
    "person_id", "requirement_id", "version_id", "assignment_version_id", "unit_id", "job_id", "manager_id",
    "assigned", "until", "due", "grace_end", "waived_until",
)  # fmt: skip

_FOREVER = f"DATE '{FOREVER.isoformat()}'"


@dataclass(frozen=True, slots=True)
class Question:
    """SQL that gives `COLUMNS` of every standing, and its values."""

    #: Common table expressions; the last is `standing`.
    expressions: str
    values: dict[str, Any]

    def select(self, what: str = ", ".join(COLUMNS), rest: str = "") -> str:
        """Return a whole statement over the standings."""
        return f"WITH {self.expressions} SELECT {what} FROM standing {rest}"


def question(asked: Plan, people: Sequence[int] | None = None) -> Question | None:
    """Return the question; None where no requirement is in force."""
    if not asked.current:
        return None
    rules = [
        *(each.definition["for"] for each in asked.versions),
        *(each.rule for each in asked.group_waivers),
    ]
    compiler = Compiler(ids_named(asked.store_id, rules))
    return Question(
        f"{segments(some=people is not None)}, {_hits(asked, compiler)}, {_DAYS}, {_PAIRS},"
        f" {_done(asked, some=people is not None)}, {_held(asked)}, {_waived(asked, compiler)},"
        f" {_standing(asked)}",
        {
            "store": asked.store_id,
            "at": asked.at,
            "known": asked.known,
            "day": asked.day,
            **({} if people is None else {"people": list(people)}),
            **compiler.values,
        },
    )


def standings(asked: Plan, people: Sequence[int] | None = None) -> list[Standing]:
    """Return every standing at the moment of the plan."""
    found = question(asked, people)
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
                cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '128MB'")
            cursor.execute("SET LOCAL jit = off")
        yield
        with connection.cursor() as cursor:
            for name in ("enable_nestloop", "work_mem", "jit"):
                cursor.execute(f"SET LOCAL {name} TO DEFAULT")


def _hits(asked: Plan, compiler: Compiler) -> str:
    cases = ", ".join(
        f"CASE WHEN {compiler.condition(each.definition['for'])} THEN {number} END"
        for number, each in enumerate(asked.versions)
    )
    rows = ", ".join(
        f"({number}, {each.version_id}::bigint, {each.requirement_id}::bigint, {_moment(each.since)},"
        f" {_moment(each.until)}, {_bool(each.on(asked.day))}, {_bool(each.follows)},"
        f" {each.definition['when']['within_days']}, {each.definition.get('grace_days', 0)})"
        for number, each in enumerate(asked.versions)
    )
    return f"""
ver (number, version_id, requirement_id, since, until, current, follows, within, grace) AS (VALUES {rows}),
hit AS (
    SELECT s.person_id, s.started, s.ended, s.goes_on, s.assignment_version_id, s.unit_id, s.job_id,
           s.manager_id,
           u.number
    FROM segment s CROSS JOIN LATERAL unnest(ARRAY[{cases}]) AS u (number)
    WHERE u.number IS NOT NULL
)"""


_DAYS = """
now AS MATERIALIZED (
    SELECT h.*, v.version_id, v.requirement_id, v.within, v.grace, greatest(h.started, v.since) AS since,
           CASE WHEN h.started > v.since THEN h.goes_on ELSE v.follows END AS looks_back
    FROM hit h JOIN ver v USING (number)
    WHERE v.current AND h.ended > %(at)s::timestamptz
)"""


_PAIRS = """
history AS (
    SELECT n.person_id, n.requirement_id,
           range_agg(tstzrange(greatest(h.started, v.since), least(h.ended, v.until))) AS spans
    FROM now n JOIN ver v USING (requirement_id)
    JOIN hit h ON h.person_id = n.person_id AND h.number = v.number
    WHERE n.looks_back AND greatest(h.started, v.since) < least(h.ended, v.until)
    GROUP BY n.person_id, n.requirement_id
), begun AS (
    SELECT h.person_id, h.requirement_id, lower(x.span) AS since
    FROM history h CROSS JOIN LATERAL unnest(h.spans) AS x (span) WHERE x.span @> %(at)s::timestamptz
), pair AS MATERIALIZED (
    SELECT n.person_id, n.requirement_id, n.version_id, n.number, n.assignment_version_id, n.unit_id,
           n.job_id,
           n.manager_id, n.within, n.grace,
           (coalesce(b.since, n.since) AT TIME ZONE 'UTC')::date AS assigned
    FROM now n LEFT JOIN begun b ON n.looks_back AND b.person_id = n.person_id
           AND b.requirement_id = n.requirement_id
)"""


def _leaf_rows(asked: Plan) -> list[tuple[int, InForce, Leaf, int]]:
    """Return (number of the version, version, leaf, course) of each leaf whose course there is."""
    return [
        (number, version, leaf, asked.courses[leaf.course])
        for number, version in enumerate(asked.versions)
        if version.on(asked.day)
        for leaf in version.leaves
        if leaf.course in asked.courses
    ]


def _done(asked: Plan, *, some: bool) -> str:
    rows = []
    for number, version, leaf, course in _leaf_rows(asked):
        when = version.definition["when"]
        every = when.get("every", {})
        again = when.get("new_version_days")
        rows.append(
            f"({number}, {leaf.number}, {course}::bigint, {_bool(leaf.signed_off)},"
            f" {_number(leaf.minimum_score)}::float8, {every.get('count', 0)},"
            f" {_unit(every)}, {_bool(every.get('anchor') == 'due')}, {every.get('early_days', 30)},"
            f" {_number(again)}::integer, {_bool(again is not None and course in asked.renewed)},"
            f" {len(version.definition.get('prerequisites', ()))})"
        )
    empty = "SELECT 0, 0, 0::bigint, false, 0::float8, 0, 'never', false, 0, 0, false, 0 WHERE false"
    before = ", ".join(
        f"({number}, {asked.courses.get(code, 0)}::bigint)"
        for number, version in enumerate(asked.versions)
        if version.on(asked.day)
        for code in version.definition.get("prerequisites", ())
    )
    of_them = "JOIN one_of n ON n.person_id = {0}.person_id" if some else ""
    return f"""
leaf (number, leaf, course_id, signed_off, minimum, every, unit, from_due, early, again, renewed, before) AS
    ({f"VALUES {', '.join(rows)}" if rows else empty}),
before (number, course_id) AS ({f"VALUES {before}" if before else "SELECT 0, 0::bigint WHERE false"}),
course AS (SELECT course_id FROM leaf UNION SELECT course_id FROM before),
completed AS MATERIALIZED (
    SELECT coalesce(m.into_id, c.person_id) AS person_id, c.course_id, false AS signed_off,
           (c.completed_at AT TIME ZONE 'UTC')::date AS day, cv.effective_on AS version_on, c.score, c.id
    FROM compliance_completion c {of_them.format("c")}
    LEFT JOIN merged m ON m.person_id = c.person_id
    LEFT JOIN compliance_course_version cv ON cv.id = c.version_id
    WHERE c.store_id = %(store)s AND c.course_id IN (SELECT course_id FROM course)
      AND c.completed_at <= %(at)s AND c.recorded @> %(known)s::timestamptz AND c.passed IS NOT FALSE
    UNION ALL
    SELECT coalesce(m.into_id, o.person_id), o.course_id, true, o.done_on, NULL, NULL, o.id
    FROM compliance_practical_sign_off o {of_them.format("o")}
    LEFT JOIN merged m ON m.person_id = o.person_id
    WHERE o.store_id = %(store)s AND o.course_id IN (SELECT course_id FROM course)
      AND o.done_on <= %(day)s AND o.recorded @> %(known)s::timestamptz
), newer AS MATERIALIZED (
    SELECT w.course_id, w.effective_on FROM compliance_course_version w
    WHERE w.retraining AND w.recorded_at <= %(known)s AND w.course_id IN (SELECT course_id FROM course)
), ready AS (
    SELECT f.person_id, f.number, max(f.day) AS day, count(*) AS met FROM (
        SELECT c.person_id, b.number, b.course_id, min(c.day) AS day FROM before b
        JOIN completed c ON c.course_id = b.course_id GROUP BY 1, 2, 3
    ) f GROUP BY f.person_id, f.number
), counted AS (
    SELECT c.person_id, l.number, l.leaf, c.day, c.id, l.every, l.unit, l.from_due, l.early,
           CASE WHEN l.renewed THEN (SELECT min(w.effective_on) + l.again FROM newer w
                WHERE w.course_id = c.course_id AND w.effective_on > coalesce(c.version_on,
                       c.day)) END AS again_by
    FROM completed c JOIN leaf l ON l.course_id = c.course_id AND l.signed_off = c.signed_off
    {"LEFT JOIN ready r ON r.person_id = c.person_id AND r.number = l.number" if before else ""}
    WHERE (l.minimum IS NULL OR c.score >= l.minimum)
    {"AND (l.before = 0 OR (r.met = l.before AND r.day <= c.day))" if before else ""}
), done AS (
    SELECT c.person_id, c.number, c.leaf, c.day, c.id, least(c.again_by, CASE c.unit
        WHEN 'days' THEN c.day + c.every
        WHEN 'months' THEN (c.day + make_interval(months => c.every))::date
        WHEN 'calendar_months' THEN (date_trunc('month', c.day + make_interval(months => c.every))
                                     + interval '1 month - 1 day')::date
        WHEN 'calendar_years' THEN make_date(extract(year FROM c.day)::integer + c.every, 12, 31)
        ELSE {_FOREVER} END) AS until
    FROM counted c WHERE NOT c.from_due
    {_FROM_DUE if any(_from_due(each.definition) for each in asked.current) else ""}
)"""


_FROM_DUE = """
    UNION ALL
    SELECT c.person_id, c.number, c.leaf, c.day, c.id,
           least(c.again_by, compliance_next_due(c.day, p.assigned, p.within, c.every, c.unit, c.early))
    FROM counted c JOIN pair p ON p.person_id = c.person_id AND p.number = c.number WHERE c.from_due
"""


def _held(asked: Plan) -> str:
    most = max((len(each.leaves) for each in asked.current), default=1)
    columns = ", ".join(f"max(until) FILTER (WHERE leaf = {leaf}) AS part{leaf}" for leaf in range(most))
    if most == 1:
        columns = "max(until) AS part0"
    return f"held_until AS (SELECT person_id, number, {columns} FROM done GROUP BY person_id, number)"


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


def _standing(asked: Plan) -> str:
    grouped = {
        number: _last_day(each.definition["what"], iter(range(len(each.leaves))))
        for number, each in enumerate(asked.versions)
        if each.on(asked.day) and definition.is_group(each.definition["what"])
    }
    cases = "".join(f" WHEN {number} THEN {text}" for number, text in grouped.items())
    until = f"CASE p.number{cases} ELSE h.part0 END" if cases else "h.part0"
    return f"""
dated AS (
    SELECT p.*, {until} AS until, w.ends FROM pair p
    LEFT JOIN held_until h ON h.person_id = p.person_id AND h.number = p.number
    LEFT JOIN waived w ON w.person_id = p.person_id AND w.requirement_id = p.requirement_id
), standing AS (
    SELECT d.person_id, d.requirement_id, d.version_id, d.assignment_version_id, d.unit_id, d.job_id,
           d.manager_id,
           d.assigned, nullif(d.until, '-infinity') AS until,
           greatest(d.until, d.assigned + d.within, d.ends) AS due,
           CASE WHEN greatest(d.until, d.ends) >= {_FOREVER} THEN {_FOREVER}
                ELSE least(greatest(d.until, d.assigned + d.within, d.ends) + d.grace, {_FOREVER}) END AS
                grace_end,
           CASE WHEN d.ends >= %(day)s::date THEN d.ends END AS waived_until
    FROM dated d
)"""


def _last_day(what: Document, numbers: Iterator[int]) -> str:
    """Return the last day for which a part holds, '-infinity' where it was never done, over columns part0,
    part1 …

    All of a group hold until the first of them ends, any of it until the last; of "at least k" it is the
    k-th.
    """
    if not definition.is_group(what):
        return f"coalesce(h.part{next(numbers)}, '-infinity'::date)"
    needed, inside = definition.parts(what)
    parts = [_last_day(each, numbers) for each in inside]
    if needed == len(parts):
        return f"least({', '.join(parts)})"
    if needed == 1:
        return f"greatest({', '.join(parts)})"
    return (
        f"(SELECT x FROM unnest(ARRAY[{', '.join(parts)}]) AS x ORDER BY x DESC OFFSET {needed - 1} LIMIT 1)"
    )


def _from_due(document: Document) -> bool:
    return bool(document["when"].get("every", {}).get("anchor") == "due")


def _unit(every: Document) -> str:
    unit = every.get("unit", "never")
    if unit not in {"never", "days", "months", "calendar_months", "calendar_years"}:
        raise ValueError(f"There is no unit {unit!r}.")
    return f"'{unit}'"


def _moment(day: date) -> str:
    return "'infinity'::timestamptz" if day >= FOREVER else f"'{day.isoformat()} 00:00:00+00'::timestamptz"


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _number(value: float | None) -> str:
    return "NULL" if value is None else repr(value)
