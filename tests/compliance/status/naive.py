"""Who is trained for what, worked out the slow way: one person, a day at a time, in memory.

It shares no code with the product. What happened is a list of events in the order in which it became known; a
question is about a day, and about how many of the events were known.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

ALWAYS = date.max
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stint:
    """A stretch of work; `last` is its last day, None where it goes on."""

    first: date
    last: date | None
    unit: str
    status: str = "active"
    regulatory_class: str = ""
    hired: date = date(2024, 1, 1)

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Told:
    """HR tells the whole story of the person."""

    stints: tuple[Stint, ...]


@dataclass(frozen=True)
class Moved:
    """A unit is below another one from a day on."""

    unit: str
    under: str
    since: date


@dataclass(frozen=True)
class Completed:
    number: int
    course: str
    day: date
    score: float | None = None
    passed: bool | None = None
    version: str = ""
    #: Whether it was told of an account that turned out to be hers later.
    elsewhere: bool = False


@dataclass(frozen=True)
class Withdrawn:
    number: int


@dataclass(frozen=True)
class Merged:
    """The other account is hers."""


@dataclass(frozen=True)
class SignedOff:
    course: str
    day: date


@dataclass(frozen=True)
class NewVersion:
    course: str
    label: str
    since: date
    retraining: bool


@dataclass(frozen=True)
class Equivalent:
    """Having completed one course on one of these days counts as having completed the other."""

    number: int
    course: str
    counts_as: str
    first: date | None
    last: date | None
    mutual: bool


@dataclass(frozen=True)
class Ended:
    """An equivalence does not count any more."""

    number: int


@dataclass(frozen=True)
class Approved:
    number: int
    definition: Any
    since: date

    def __hash__(self) -> int:
        return hash(self.number)


@dataclass(frozen=True)
class Retired:
    number: int
    since: date


@dataclass(frozen=True)
class Waived:
    number: int
    first: date
    last: date
    #: None: for her; else for a group.
    rule: Any = None

    def __hash__(self) -> int:
        return hash(self.number)


@dataclass(frozen=True)
class Revoked:
    number: int
    since: date


Event = Any


@dataclass(frozen=True)
class Answer:
    state: str
    version: int = 0
    assigned: date | None = None
    until: date | None = None
    due: date | None = None
    waived_until: date | None = None


@dataclass
class Evaluator:
    """Answers about the person as known after some events."""

    events: Sequence[Event]
    parents: dict[str, str] = field(default_factory=lambda: {"ICU": "A", "ER": "B"})

    def of(self, kind: type) -> list[Any]:
        return [each for each in self.events if isinstance(each, kind)]

    # Where she worked

    def stint(self, day: date) -> Stint | None:
        told = self.of(Told)
        return next((each for each in (told[-1].stints if told else ()) if each.covers(day)), None)

    def above(self, unit: str, day: date) -> set[str]:
        found = {unit}
        parent = self.parents.get(unit, "")
        for move in self.of(Moved):
            if move.unit == unit and move.since <= day:
                parent = move.under
        return found | self.above(parent, day) if parent else found

    def meets(self, rule: Any, day: date) -> bool:
        stint = self.stint(day)
        if stint is None:
            return False
        if "status" not in str(rule) and stint.status not in ("active", "leave", "suspended"):
            return False
        return self.satisfies(rule, stint, day)

    def satisfies(self, rule: Any, stint: Stint, day: date) -> bool:
        if "everybody" in rule:
            return True
        if "all" in rule:
            return all(self.satisfies(each, stint, day) for each in rule["all"])
        if "any" in rule:
            return any(self.satisfies(each, stint, day) for each in rule["any"])
        if "not" in rule:
            return not self.satisfies(rule["not"], stint, day)
        if "units" in rule:
            where = self.above(stint.unit, day) if rule.get("below", True) else {stint.unit}
            return bool(where & set(rule["units"]))
        if "statuses" in rule:
            return stint.status in rule["statuses"]
        if "regulatory_classes" in rule:
            return stint.regulatory_class in rule["regulatory_classes"]
        if "worker_types" in rule:
            return "employee" in rule["worker_types"]
        if "jobs" in rule:
            return "RN2" in rule["jobs"]
        if "hired" in rule:
            hired = stint.hired.isoformat()
            return bool(rule["hired"].get("from", "") <= hired < rule["hired"].get("before", "9"))
        raise AssertionError(rule)

    # What was asked

    def in_force(self, day: date) -> Approved | None:
        called_off = {
            each.number
            for each in self.of(Retired)
            for version in self.of(Approved)
            if version.number == each.number and each.since <= version.since
        }
        versions = [each for each in self.of(Approved) if each.number not in called_off and each.since <= day]
        if not versions:
            return None
        latest = max(versions, key=lambda each: (each.since, each.number))
        ended = any(each.number == latest.number and each.since <= day for each in self.of(Retired))
        return None if ended else latest

    def required(self, day: date) -> bool:
        version = self.in_force(day)
        if version is None:
            return False
        return self.meets(version.definition["for"], day)

    def assigned(self, day: date) -> date:
        while self.required(day - ONE_DAY):
            day -= ONE_DAY
        return day

    # What was done

    def completions(self, leaf: Any, day: date, before: Sequence[str]) -> list[Any]:
        merged = bool(self.of(Merged))
        withdrawn = {each.number for each in self.of(Withdrawn)}
        done = [
            each
            for each in self.of(Completed)
            if each.day <= day
            and each.number not in withdrawn
            and each.passed is not False
            and (merged or not each.elsewhere)
        ]
        done = [counted for each in done for counted in self.counted(each)]
        first = {code: min((c.day for c in done if c.course == code), default=ALWAYS) for code in before}
        if "sign_off" in leaf:
            found: list[Any] = [
                each for each in self.of(SignedOff) if each.day <= day and each.course == leaf["sign_off"]
            ]
        else:
            found = [
                each
                for each in done
                if each.course == leaf["course"]
                and (
                    "minimum_score" not in leaf
                    or (each.score is not None and each.score >= leaf["minimum_score"])
                )
            ]
        return [each for each in found if all(start <= each.day for start in first.values())]

    def counted(self, done: Completed) -> list[Completed]:
        """Return a completion as itself, and as what else it counts as: versions are of its own course."""
        ended = {each.number for each in self.of(Ended)}
        found = [done]
        for each in self.of(Equivalent):
            if each.number in ended or not (each.first or date.min) <= done.day <= (each.last or ALWAYS):
                continue
            if each.course == done.course:
                found.append(replace(done, course=each.counts_as, version=""))
            if each.mutual and each.counts_as == done.course:
                found.append(replace(done, course=each.course, version=""))
        return found

    def holds_until(self, done: Any, definition: Any, assigned: date) -> date:
        when = definition["when"]
        last = ALWAYS
        if "every" in when:
            last = self.recurs(
                done.day, assigned, assigned + timedelta(days=when["within_days"]), when["every"]
            )
        if "new_version_days" in when:
            version = next(
                (each for each in self.of(NewVersion) if each.label == getattr(done, "version", "") != ""),
                None,
            )
            since = version.since if version is not None else done.day
            for each in self.of(NewVersion):
                if each.course == done.course and each.retraining and each.since > since:
                    last = min(last, each.since + timedelta(days=when["new_version_days"]))
        return last

    def recurs(self, done: date, assigned: date, first_due: date, every: Any) -> date:
        if every.get("anchor") != "due" or done < assigned:
            return later(done, every, 1)
        # The due days in their order; the first one that is not yet done early enough.
        number = 1
        while later(first_due, every, number) - timedelta(days=every.get("early_days", 30)) <= done:
            number += 1
        return later(first_due, every, number)

    def part(self, what: Any, definition: Any, day: date, assigned: date) -> date | None:
        if "all" in what or "any" in what or "of" in what:
            inside = what.get("all") or what.get("any") or what["of"]
            needed = len(inside) if "all" in what else what.get("at_least", 1)
            ends = [self.part(each, definition, day, assigned) for each in inside]
            held = sorted((each for each in ends if each is not None), reverse=True)
            return held[needed - 1] if len(held) >= needed else None
        done = self.completions(what, day, definition.get("prerequisites", ()))
        return max((self.holds_until(each, definition, assigned) for each in done), default=None)

    # Waivers

    def waived(self, day: date) -> date | None:
        ends = []
        for each in self.of(Waived):
            if each.first > day or (each.rule is not None and not self.meets(each.rule, day)):
                continue
            last = each.last
            for revoked in self.of(Revoked):
                if revoked.number == each.number:
                    last = min(last, revoked.since - ONE_DAY)
            if last >= each.first:
                ends.append(last)
        return max(ends, default=None)

    def answer(self, day: date) -> Answer:
        version = self.in_force(day)
        if version is None or not self.required(day):
            return Answer("not_required")
        assigned = self.assigned(day)
        definition = version.definition
        until = self.part(definition["what"], definition, day, assigned)
        free = self.waived(day)
        due = assigned + timedelta(days=definition["when"]["within_days"])
        due = max(each for each in (due, until, free) if each is not None)
        waived = free if free is not None and free >= day else None
        grace = definition.get("grace_days", 0)
        if until is not None and until >= day:
            state = "compliant"
        elif waived:
            state = "waived"
        elif due >= day:
            state = "due"
        elif due + timedelta(days=grace) >= day:
            state = "in_grace"
        else:
            state = "overdue"
        return Answer(state, version.number, assigned, until, due, waived)


def later(day: date, every: Any, times: int) -> date:
    """Return the day `times` intervals after another."""
    count = every["count"] * times
    if every["unit"] == "days":
        return day + timedelta(days=count)
    if every["unit"] == "calendar_years":
        return date(day.year + count, 12, 31)
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, last if every["unit"] == "calendar_months" else min(day.day, last))
