"""The parts of a definition (its courses and sign-offs) as SQL: what counts for each, for how long it holds.

In: versions in force and the courses behind their codes. Out: rows and expressions for
compliance.status.query, made of constants and whole numbers alone. Never a query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compliance.requirements import definition
from compliance.requirements.definition import Document, Leaf
from compliance.status.plan import Plan
from compliance.status.standing import FOREVER

FOREVER_SQL = f"DATE '{FOREVER.isoformat()}'"
_UNITS = frozenset({"never", "days", "months", "calendar_months", "calendar_years"})
_NEVER_DONE = "'-infinity'::date"


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a version in force whose course there is."""

    #: Place of the version in the plan.
    number: int
    leaf: Leaf
    #: Row of `leaf` in the question.
    row: str
    #: Whether each completion has to be looked at for itself: a later one may hold for less long.
    single: bool


def parts_of(asked: Plan, *, each: bool = False) -> list[Part]:
    """Return the parts of all versions in force; with `each`, to be looked at completion by completion."""
    found = []
    for number, version in enumerate(asked.versions):
        when = version.definition["when"]
        every = when.get("every", {})
        again = when.get("new_version_days")
        for leaf in version.leaves if version.on(asked.day) else ():
            course = asked.courses.get(leaf.course)
            if course is None:
                continue
            single = each or (again is not None and not leaf.signed_off and course in asked.renewed)
            row = (
                f"({number}, {leaf.number}, {course}::bigint, {_bool(leaf.signed_off)},"
                f" {_number(leaf.minimum_score)}::float8, {every.get('count', 0)}, '{_unit(every)}',"
                f" {_bool(every.get('anchor') == 'due')}, {every.get('early_days', 30)},"
                f" {_number(None if leaf.signed_off else again)}::integer, {_bool(single)},"
                f" {len(version.definition.get('prerequisites', ()))})"
            )
            found.append(Part(number, leaf, row, single))
    return found


def last_day(document: Document, parts: Mapping[int, Part]) -> str:
    """Return the last day for which a definition is met, '-infinity' where it never was, over the columns of
    `latest` (h), `singly` (g) and `pair` (p).
    """
    return _of(document["what"], document["when"].get("every", {}), parts, iter(range(10_000)))


def later(unit: str, count: str, day: str) -> str:
    """Return the last day for which what was done on `day` holds; each given as SQL."""
    return f"""CASE {unit}
        WHEN 'days' THEN {day} + {count}
        WHEN 'months' THEN ({day} + make_interval(months => {count}))::date
        WHEN 'calendar_months' THEN (date_trunc('month', {day} + make_interval(months => {count}))
                                     + interval '1 month - 1 day')::date
        WHEN 'calendar_years' THEN make_date(extract(year FROM {day})::integer + {count}, 12, 31)
        ELSE {FOREVER_SQL} END"""


def _of(what: Document, every: Document, parts: Mapping[int, Part], numbers: Iterator[int]) -> str:
    """All of a group hold until the first of them ends, any until the last, "at least k" until the k-th."""
    if not definition.is_group(what):
        return _leaf(next(numbers), every, parts)
    needed, inside = definition.parts(what)
    found = [_of(each, every, parts, numbers) for each in inside]
    if needed == len(found):
        return f"least({', '.join(found)})"
    if needed == 1:
        return f"greatest({', '.join(found)})"
    return (
        f"(SELECT x FROM unnest(ARRAY[{', '.join(found)}]) AS x ORDER BY x DESC OFFSET {needed - 1} LIMIT 1)"
    )


def _leaf(number: int, every: Document, parts: Mapping[int, Part]) -> str:
    part = parts.get(number)
    if part is None:
        return _NEVER_DONE
    if part.single:
        return f"coalesce(g.until{number}, {_NEVER_DONE})"
    day = f"h.last{number}"
    unit, count = _unit(every), int(every.get("count", 0))
    if every.get("anchor") == "due":
        early = int(every.get("early_days", 30))
        found = f"compliance_next_due({day}, p.assigned, p.within, {count}, '{unit}', {early})"
        return f"CASE WHEN {day} IS NULL THEN {_NEVER_DONE} ELSE {found} END"
    if unit == "never":
        return f"CASE WHEN {day} IS NULL THEN {_NEVER_DONE} ELSE {FOREVER_SQL} END"
    holds = later(f"'{unit}'", str(count), day)
    return f"coalesce({holds}, {_NEVER_DONE})"


def _unit(every: Document) -> str:
    unit: str = every.get("unit", "never")
    if unit not in _UNITS:
        raise ValueError(f"There is no unit {unit!r}.")
    return unit


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _number(value: float | None) -> str:
    return "NULL" if value is None else repr(value)
