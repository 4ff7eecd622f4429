"""One person under one requirement: state, reasons and evidence.

In: a plan about one requirement, a person. Out: the standing with the way that leads to it: statements →
completion → version of the requirement → version of the assignment. It asks the same question as for
everybody, and beside it what that question's parts found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from compliance.models import Completion, CompletionEvidence, RequirementVersion, Waiver
from compliance.requirements import definition
from compliance.status.plan import InForce, Plan
from compliance.status.query import planned, question
from compliance.status.standing import FOREVER, Standing, State
from connectors.workforce.segments import segments
from lrs import database


@dataclass(frozen=True, slots=True)
class Done:
    """A completion or sign-off that counts, and for how long."""

    #: Its place among the leaves of the definition.
    leaf: int
    course: str
    day: date
    until: date
    completion_id: int | None = None
    sign_off_id: int | None = None
    #: The other course that was completed and counts as this one, by its code; mostly none.
    through: str = ""
    #: Keys (`seq`) of the statements it stands on.
    statements: tuple[int, ...] = ()
    #: Whether it is the one its leaf stands on.
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Explained:
    """How somebody stands, and why."""

    person_id: int
    requirement_id: int
    day: date
    known: datetime
    state: State
    standing: Standing | None
    reasons: tuple[str, ...]
    version_number: int | None = None
    done: tuple[Done, ...] = ()
    waivers: tuple[int, ...] = ()


def explain(asked: Plan, person_id: int, requirement_id: int) -> Explained:
    """Return how a person stands under a requirement of a plan."""
    found = _Found(asked, person_id, requirement_id)
    version = next((each for each in asked.current if each.requirement_id == requirement_id), None)
    if version is None:
        return found.not_required("No version of the requirement was in force.")
    questioned = question(asked, [person_id], each=True)
    if questioned is None:
        return found.not_required("No version of the requirement was in force.")
    with planned(everybody=False), database.binary_cursor() as cursor:
        cursor.execute(
            questioned.select(rest="WHERE requirement_id = %(wanted)s"),
            {**questioned.values, "wanted": requirement_id},
        )
        standing = next((Standing(*row) for row in cursor), None)
        if standing is None:
            return found.not_required(*_why_not(asked, person_id))
        cursor.execute(
            f"WITH {questioned.expressions} SELECT leaf, day, until, id FROM done"  # noqa: S608  built from constants
            " WHERE number = %(number)s ORDER BY leaf, until DESC, day DESC, id",
            {**questioned.values, "number": asked.versions.index(version)},
        )
        rows = cursor.fetchall()
    done = _done(version, rows)
    number = RequirementVersion.objects.filter(pk=version.version_id).values_list("number", flat=True).first()
    return Explained(
        standing.person_id,
        requirement_id,
        asked.day,
        asked.known,
        standing.state(asked.day),
        standing,
        tuple(_reasons(asked, version, standing, done)),
        number,
        tuple(done),
        tuple(_waivers(asked, standing)),
    )


def reports(store_id: int, managers: Sequence[int], at: datetime, known: datetime) -> list[int]:
    """Return who had one of these as manager at a moment, as known at another."""
    with planned(everybody=True), database.binary_cursor() as cursor:
        cursor.execute(
            f"WITH {segments()} SELECT s.person_id FROM segment s"  # noqa: S608  built from constants
            " WHERE s.ended > %(at)s::timestamptz AND s.manager_id = ANY (%(managers)b::bigint[])",
            {"store": store_id, "at": at, "known": known, "managers": list(managers)},
        )
        return [row[0] for row in cursor]


@dataclass(frozen=True, slots=True)
class _Found:
    asked: Plan
    person_id: int
    requirement_id: int

    def not_required(self, *reasons: str) -> Explained:
        return Explained(
            self.person_id,
            self.requirement_id,
            self.asked.day,
            self.asked.known,
            State.NOT_REQUIRED,
            None,
            reasons,
        )


def _why_not(asked: Plan, person_id: int) -> list[str]:
    with planned(everybody=False), database.binary_cursor() as cursor:
        cursor.execute(
            f"WITH {segments(some=True)} SELECT s.status, s.assignment_version_id FROM segment s"  # noqa: S608  constants
            " WHERE s.ended > %(at)s::timestamptz",
            {"store": asked.store_id, "at": asked.at, "known": asked.known, "people": [person_id]},
        )
        row = cursor.fetchone()
    if row is None:
        return ["There was no assignment on that day."]
    status, assignment = row
    if status not in definition.WORKING:
        return [f"The assignment (version {assignment}) was {status}."]
    return [f"The assignment (version {assignment}) did not meet the rule of the requirement."]


def _done(version: InForce, rows: Sequence[tuple[Any, ...]]) -> list[Done]:
    leaves = version.leaves
    completions = [row[3] for row in rows if not leaves[row[0]].signed_off]
    codes = dict(Completion.objects.filter(pk__in=completions).values_list("pk", "course__code"))
    statements: dict[int, list[int]] = {}
    for completion_id, seq in CompletionEvidence.objects.filter(completion_id__in=completions).values_list(
        "completion_id", "seq"
    ):
        statements.setdefault(completion_id, []).append(seq)
    found, met = [], set[int]()
    # Two approvals may let one completion count twice.
    for number, day, until, key in dict.fromkeys(rows):
        leaf = leaves[number]
        completed = "" if leaf.signed_off else codes.get(key, leaf.course)
        found.append(
            Done(
                number,
                leaf.course,
                day,
                until,
                completion_id=None if leaf.signed_off else key,
                sign_off_id=key if leaf.signed_off else None,
                through=completed if completed not in {"", leaf.course} else "",
                statements=() if leaf.signed_off else tuple(sorted(statements.get(key, ()))),
                counts=number not in met,
            )
        )
        met.add(number)
    return found


def _reasons(asked: Plan, version: InForce, standing: Standing, done: Sequence[Done]) -> list[str]:
    when = version.definition["when"]
    version_id = standing.assignment_version_id
    said = [f"Required since {standing.assigned:%Y-%m-%d}, by version {version_id} of the assignment."]
    met = {each.leaf for each in done}
    for each in done:
        if each.counts:
            how = "signed off" if each.sign_off_id else "completed"
            how += f" through {each.through}, which counts as it," if each.through else ""
            holds = "for good" if each.until >= FOREVER else f"until {each.until:%Y-%m-%d}"
            said.append(f"{each.course} was {how} on {each.day:%Y-%m-%d}, which holds {holds}.")
    said += [f"{leaf.course} has not been done." for leaf in version.leaves if leaf.number not in met]
    first_due = date.fromordinal(standing.assigned.toordinal() + when["within_days"])
    if standing.until is None or standing.until < first_due:
        said.append(f"It is to be done within {when['within_days']} days: by {first_due:%Y-%m-%d}.")
    if standing.waived_until is not None:
        said.append(f"A waiver holds until {standing.waived_until:%Y-%m-%d}.")
    state = standing.state(asked.day)
    if state in {State.OVERDUE, State.IN_GRACE} and standing.overdue_since is not None:
        said.append(f"It has been overdue since {standing.overdue_since:%Y-%m-%d}.")
    if state is State.IN_GRACE:
        said.append(f"Grace lasts until {standing.grace_end:%Y-%m-%d}.")
    return said


def _waivers(asked: Plan, standing: Standing) -> list[int]:
    if standing.waived_until is None:
        return []
    own = Waiver.objects.filter(
        requirement_id=standing.requirement_id,
        person__isnull=False,
        person_id__in=_one_and_the_same(standing.person_id),
        approved_at__lte=asked.known,
        valid_from__lte=asked.day,
        valid_to__gte=asked.day,
    ).values_list("pk", flat=True)
    return sorted({*own, *(each.waiver_id for each in asked.group_waivers if each.ends >= asked.day)})


def _one_and_the_same(person_id: int) -> list[int]:
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT id FROM connectors_person WHERE id = %s OR merged_into_id = %s", (person_id, person_id)
        )
        return [row[0] for row in cursor]
