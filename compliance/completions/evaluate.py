"""From what statements say of one person at one course to completions: pure, and whole each time.

In: facts (voided ones left out), the rules that stand, the course. Out: what completions there are. The same
facts give the same completions, in whatever order they became known: nothing is carried over from an earlier
answer.

1. About each fact the first rule decides that applies to it.
2. Facts of one registration at one activity (or of the course, where the rule says so) meet steps; when all
   steps of one need are met, something was achieved. A fact without a registration stands for itself.
3. What a system took back is taken away.
4. What was achieved of one version within the course's hours is one completion, whoever reported it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from compliance.completions.document import ONCE, Rule
from compliance.completions.facts import Fact, scaled

_PASSED = "http://adlnet.gov/expapi/verbs/passed"


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule with its published versions, newest first: (id, first day, last day, what it says)."""

    rule_id: int
    versions: tuple[tuple[int, date | None, date | None, Rule], ...]

    def at(self, moment: datetime) -> tuple[int, Rule] | None:
        """Return the version that decides about statements of a moment."""
        day = moment.astimezone(UTC).date()
        for version_id, first, last, rule in self.versions:
            if (first is None or first <= day) and (last is None or day <= last):
                return version_id, rule
        return None


@dataclass(frozen=True, slots=True)
class CourseVersionOf:
    """A version of a course."""

    id: int
    effective_on: date
    credit_hours: Decimal | None


@dataclass(frozen=True, slots=True)
class CourseOf:
    """What of a course completions depend on; versions by the day they came into force."""

    id: int
    code: str
    kind: str
    credit_hours: Decimal | None
    same_within: timedelta
    versions: tuple[CourseVersionOf, ...] = ()

    def version_at(self, moment: datetime) -> int | None:
        """Return the version in force on the day of a moment."""
        day = moment.astimezone(UTC).date()
        found = [each.id for each in self.versions if each.effective_on <= day]
        return found[-1] if found else None

    def credit_of(self, version_id: int | None) -> Decimal | None:
        """Return the credit of a version."""
        stated = next((each.credit_hours for each in self.versions if each.id == version_id), None)
        return self.credit_hours if stated is None else stated


@dataclass(frozen=True, slots=True)
class Wanted:
    """A completion as the facts give it."""

    version_id: int | None
    kind: str
    completed_at: datetime
    passed: bool | None
    score: float | None
    credit_hours: Decimal | None
    #: Who said so first; another version that says the same makes no other completion.
    rule_version_id: int = field(compare=False)
    #: The statements it stands on, in the order of their keys.
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Achieved:
    """That all steps of a need were met."""

    at: datetime
    seq: int
    version_id: int | None
    rule_id: int
    rule_version_id: int
    facts: tuple[Fact, ...]

    @property
    def place(self) -> tuple[datetime, int]:
        return self.at, self.seq


def completions(
    facts: Iterable[Fact], rules: Sequence[Standing], course: CourseOf, sources: Mapping[int, str]
) -> list[Wanted]:
    """Return the completions of one person at one course, in the order of their times."""
    groups: dict[tuple[int, object], list[Fact]] = {}
    versions: dict[int, tuple[int, Rule]] = {}
    for fact in sorted({each.seq: each for each in facts}.values(), key=lambda each: (each.moment, each.seq)):
        found = _deciding(fact, rules, course.code, sources.get(fact.source_id, ""))
        if found is not None:
            rule_id, version_id, rule = found
            versions[version_id] = rule_id, rule
            groups.setdefault((version_id, _group(fact, rule)), []).append(fact)
    achieved: list[_Achieved] = []
    taken_back: list[tuple[int, Fact]] = []
    for (version_id, _), of_group in groups.items():
        rule_id, rule = versions[version_id]
        achieved.extend(_walk(of_group, rule, (rule_id, version_id), course))
        taken_back.extend(
            (rule_id, fact)
            for fact in of_group
            if any(rule.steps[name].is_met_by(fact) for name in rule.takes_back)
        )
    left = _less(sorted(achieved, key=lambda each: each.place), taken_back, course.same_within)
    return [_wanted(cluster, course) for cluster in _clusters(left, course.same_within)]


def _deciding(
    fact: Fact, rules: Sequence[Standing], course: str, source: str
) -> tuple[int, int, Rule] | None:
    for each in rules:
        found = each.at(fact.moment)
        if found is not None and found[1].applies.to(fact, course, source):
            return each.rule_id, *found
    return None


def _group(fact: Fact, rule: Rule) -> object:
    if rule.by_course:
        return None
    return fact.seq if fact.registration is None else (fact.registration, fact.activity)


def _walk(
    facts: Sequence[Fact], rule: Rule, said_by: tuple[int, int], course: CourseOf
) -> Iterable[_Achieved]:
    move_on = [each.said["move_on"] for each in facts if "move_on" in each.said]
    needs = rule.needs_of(move_on[-1] if move_on else None)
    pending: dict[frozenset[str], dict[str, Fact]] = {need: {} for need in needs}
    been_there = False
    for fact in facts:
        met = {name for name, step in rule.steps.items() if step.is_met_by(fact)}
        for need, so_far in pending.items():
            if met.isdisjoint(need):
                continue
            so_far.update(dict.fromkeys(met & need, fact))
            if so_far.keys() != need:
                continue
            evidence = tuple({each.seq: each for each in so_far.values()}.values())
            so_far.clear()
            if need <= ONCE:
                if been_there:
                    continue
                been_there = True
            version = course.version_at(fact.moment) if fact.version_id is None else fact.version_id
            yield _Achieved(fact.moment, fact.seq, version, *said_by, evidence)


def _less(
    achieved: Sequence[_Achieved], taken_back: Sequence[tuple[int, Fact]], within: timedelta
) -> list[_Achieved]:
    """Return what is left: each taking back undoes what was achieved last at its activity, with all that
    was reported of it within the same hours."""
    left = list(achieved)
    for rule_id, fact in sorted(taken_back, key=lambda each: (each[1].moment, each[1].seq)):
        before = [
            each
            for each in left
            if each.rule_id == rule_id
            and each.place < (fact.moment, fact.seq)
            and fact.activity in _activities(each)
        ]
        if before:
            gone = {id(each) for each in before if each.at >= before[-1].at - within}
            left = [each for each in left if id(each) not in gone]
    return left


def _activities(achieved: _Achieved) -> set[UUID]:
    return {each.activity for each in achieved.facts}


def _clusters(achieved: Sequence[_Achieved], within: timedelta) -> list[list[_Achieved]]:
    found: list[list[_Achieved]] = []
    open_: dict[int | None, list[_Achieved]] = {}
    for each in achieved:
        cluster = open_.get(each.version_id)
        if cluster is None or each.at - cluster[0].at > within:
            cluster = open_[each.version_id] = []
            found.append(cluster)
        cluster.append(each)
    return found


def _wanted(cluster: Sequence[_Achieved], course: CourseOf) -> Wanted:
    facts = {fact.seq: fact for each in cluster for fact in each.facts}
    success = {_success(fact) for fact in facts.values()}
    scores = [found for fact in facts.values() if (found := scaled(fact.said)) is not None]
    first = cluster[0]
    stated = [fact.said["kind"] for fact in facts.values() if fact.said.get("kind")]
    return Wanted(
        version_id=first.version_id,
        kind=stated[0] if stated else course.kind,
        completed_at=first.at,
        passed=True if True in success else False if False in success else None,
        score=max(scores, default=None),
        credit_hours=course.credit_of(first.version_id),
        rule_version_id=first.rule_version_id,
        seqs=tuple(sorted(facts)),
    )


def _success(fact: Fact) -> bool | None:
    stated: bool | None = fact.said.get("success")
    return True if stated is None and fact.verb == _PASSED else stated
