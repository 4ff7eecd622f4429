"""Which versions of which requirements a question is about, and what they ask for.

In: a store, a moment, what is known when. Out: a `Plan`: versions with the periods in which they are in
force, courses behind codes, waivers. A handful of small queries, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from compliance.models import (
    Course,
    CourseEquivalence,
    CourseVersion,
    Curriculum,
    RequirementVersion,
    Waiver,
)
from compliance.requirements import definition
from compliance.requirements.definition import Document, Leaf
from compliance.status.standing import FOREVER, begin_of, day_of


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of a requirement and the days for which it is the one in force."""

    version_id: int
    requirement_id: int
    definition: Document
    since: date
    #: First day it is not in force any more.
    until: date
    #: Whether another version was in force until the day this one began.
    follows: bool = False

    def on(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.since <= day < self.until

    @property
    def leaves(self) -> list[Leaf]:
        """What it asks for."""
        return definition.leaves(self.definition["what"])


@dataclass(frozen=True, slots=True)
class GroupWaiver:
    """A waiver for everybody a rule is about."""

    waiver_id: int
    requirement_id: int
    rule: Document
    ends: date


@dataclass(frozen=True, slots=True)
class Plan:
    """A question: who stands how at a moment, as known at another."""

    store_id: int
    at: datetime
    known: datetime
    versions: tuple[InForce, ...]
    #: Course by code.
    courses: Mapping[str, int]
    #: Courses with a version that asks for training again.
    renewed: frozenset[int]
    #: Whether another course counts as one of them.
    equivalents: bool
    group_waivers: tuple[GroupWaiver, ...]

    @property
    def day(self) -> date:
        """The day that is asked about."""
        return day_of(self.at)

    @property
    def current(self) -> list[InForce]:
        """The versions in force on that day."""
        return [each for each in self.versions if each.on(self.day)]


def plan(
    store_id: int,
    at: datetime,
    known: datetime,
    *,
    requirements: Collection[int] | None = None,
    draft: RequirementVersion | None = None,
) -> Plan:
    """Return the plan of a question; with `draft`, as if that version had been approved before `known`."""
    rows = _rows(store_id, known, requirements)
    if draft is not None:
        rows = [each for each in rows if each.pk != draft.pk]
        rows.append(draft)
    versions = [
        each
        for each in in_force(rows, known, curricula=_curricula(store_id, rows), assumed=draft)
        if begin_of(each.since) <= at
    ]
    current = [each for each in versions if each.on(day_of(at))]
    wanted = {each.requirement_id for each in current}
    # What is not asked for today needs no history.
    versions = [each for each in versions if each.requirement_id in wanted]
    codes = {leaf.course for each in current for leaf in each.leaves}
    codes |= {code for each in current for code in each.definition.get("prerequisites", ())}
    courses = dict(Course.objects.filter(store_id=store_id, code__in=codes).values_list("code", "pk"))
    renewed = CourseVersion.objects.filter(
        course__in=courses.values(), retraining=True, recorded_at__lte=known
    ).values_list("course_id", flat=True)
    return Plan(
        store_id=store_id,
        at=at,
        known=known,
        versions=tuple(versions),
        courses=courses,
        renewed=frozenset(renewed),
        equivalents=_equivalents(list(courses.values()), known),
        group_waivers=tuple(_group_waivers(wanted, at, known)),
    )


def in_force(
    rows: Iterable[RequirementVersion],
    known: datetime,
    *,
    curricula: Mapping[str, Document],
    assumed: RequirementVersion | None = None,
) -> list[InForce]:
    """Return when each version is the one in force: from its day until the next one's, or until it is
    retired.

    A version that was called off before its day never was, and the one before it goes on.
    """
    by_requirement: dict[int, list[RequirementVersion]] = {}
    for row in rows:
        # One that was called off before its first day was never in force.
        if row.effective_from is not None and _retired_from(row, known) > row.effective_from:
            by_requirement.setdefault(row.requirement_id, []).append(row)
    found = []
    for versions in by_requirement.values():
        ordered = sorted(
            versions, key=lambda each: (each.effective_from or date.min, each is assumed, each.number)
        )
        last_until = None
        for number, row in enumerate(ordered):
            since = row.effective_from or date.min
            following = ordered[number + 1].effective_from if number + 1 < len(ordered) else None
            until = min(_retired_from(row, known), following or FOREVER)
            if since < until:
                found.append(
                    InForce(
                        row.pk or 0,
                        row.requirement_id,
                        _expanded(row.definition, curricula),
                        since,
                        until,
                        follows=last_until == since,
                    )
                )
                last_until = until
    return found


def only(asked: Plan, requirements: Collection[int]) -> Plan:
    """Return the same question about some of the requirements."""
    return replace(
        asked, versions=tuple(each for each in asked.versions if each.requirement_id in requirements)
    )


def _equivalents(courses: Sequence[int], known: datetime) -> bool:
    return CourseEquivalence.objects.filter(
        Q(recorded_to__isnull=True) | Q(recorded_to__gt=known),
        Q(counts_as__in=courses) | Q(mutual=True, course__in=courses),
        recorded_from__lte=known,
    ).exists()


def _rows(store_id: int, known: datetime, requirements: Collection[int] | None) -> list[RequirementVersion]:
    found = RequirementVersion.objects.filter(requirement__store_id=store_id, approved_at__lte=known)
    if requirements is not None:
        found = found.filter(requirement_id__in=requirements)
    return list(found)


def _retired_from(row: RequirementVersion, known: datetime) -> date:
    if row.retired_at is None or row.retired_at > known or row.retired_from is None:
        return FOREVER
    return row.retired_from


def _expanded(document: Document, curricula: Mapping[str, Document]) -> Document:
    """Return a definition with curricula taken over: what is approved has them already, a draft has not."""
    empty: Document = {"course": ""}
    return {
        **document,
        "what": definition.expanded(document["what"], lambda code: curricula.get(code, empty)),
    }


def _curricula(store_id: int, rows: Sequence[RequirementVersion]) -> dict[str, Any]:
    codes = {code for row in rows for code in definition.curricula(row.definition["what"])}
    if not codes:
        return {}
    return dict(Curriculum.objects.filter(store_id=store_id, code__in=codes).values_list("code", "what"))


def _group_waivers(requirements: Collection[int], at: datetime, known: datetime) -> Iterable[GroupWaiver]:
    day = day_of(at)
    for each in Waiver.objects.filter(
        Q(rule__isnull=False), requirement__in=requirements, approved_at__lte=known, valid_from__lte=day
    ).order_by("pk"):
        ends = each.valid_to
        if each.revoked_at is not None and each.revoked_at <= known and each.revoked_from is not None:
            ends = min(ends, date.fromordinal(each.revoked_from.toordinal() - 1))
        if ends >= each.valid_from:
            yield GroupWaiver(each.pk, each.requirement_id, each.rule or {}, ends)
