"""Who held an actor's identifier when: the decision, from rules and from what is known of people.

In: an actor, the rules in order and the identifiers that match it, with the periods they were held. Out: a
timeline of links, a state, and where somebody must look, the candidates. Pure. A rule that finds holders
for a time settles that time; the next rules are asked for the rest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.identity.rules import Named, Rule
from connectors.workforce import timeline
from connectors.workforce.timeline import BEGINNING, FOREVER, Period, Timeline


@dataclass(frozen=True, slots=True)
class Held:
    """That a person held an identifier for a period."""

    person_id: int
    type: str
    issuer: str
    #: As identifiers are compared; for a hashed address, the hash.
    text: str
    value: str
    start: datetime
    end: datetime
    system_id: int | None = None


#: (person, rule, explicit, confidence, evidence as JSON, by)
Link = tuple[int, int | None, bool, float, str, int | None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody an actor may be."""

    person_id: int
    score: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an actor."""

    links: Timeline[Link]
    #: resolved, ambiguous or unknown.
    state: str
    #: Why somebody must look: ambiguous, low-confidence or unknown; empty where nobody needs to.
    reason: str
    candidates: tuple[Candidate, ...]


def decide(actor: Named, rules: Sequence[Rule], held: Iterable[Held]) -> Decision:
    """Return who `actor` is, over all time."""
    everything = list(held)
    links: Timeline[Link] = ()
    settled: list[tuple[datetime, datetime]] = []
    candidates: dict[int, Candidate] = {}
    reason = ""
    for rule in rules:
        if not rule.concerns(actor):
            continue
        matching = [each for each in everything if _matches(rule, actor, each)]
        if not matching:
            continue
        for start, end, holders in _spans(matching, rule):
            free = _minus([(start, end)], settled)
            if not free:
                continue
            settled += free
            people = {each.person_id for each in holders}
            if len(people) == 1 and rule.confidence >= rule.accept_from:
                link = _link(rule, holders)
                links = timeline.normal([*links, *(Period(a, b, link) for a, b in free)])
                continue
            why = "ambiguous" if len(people) > 1 else "low-confidence"
            reason = "ambiguous" if "ambiguous" in {why, reason} else why
            for each in holders:
                score = rule.confidence / len(people)
                if each.person_id not in candidates or candidates[each.person_id].score < score:
                    candidates[each.person_id] = Candidate(
                        each.person_id, score, f"{rule.name}: {each.value}"
                    )
    ranked = tuple(sorted(candidates.values(), key=lambda each: (-each.score, each.person_id)))
    if reason == "ambiguous":
        return Decision(links, "resolved" if links else "ambiguous", reason, ranked)
    if links:
        return Decision(links, "resolved", reason, ranked)
    return Decision((), "unknown", reason or "unknown", ranked)


def _matches(rule: Rule, actor: Named, each: Held) -> bool:
    return rule.looks_at(each.type, each.issuer, actor) and each.text == rule.text(actor)


def _spans(matching: list[Held], rule: Rule) -> list[tuple[datetime, datetime, list[Held]]]:
    """Return the spans in which the same people hold the identifier.

    Where one person alone ever held it, the grace of the rule reaches beyond what HR wrote down: an account
    is used some days before the first and after the last day.
    """
    if len({each.person_id for each in matching}) == 1:
        grace = timedelta(days=rule.grace_days)
        start = min(each.start for each in matching)
        end = max(each.end for each in matching)
        return [
            (
                start if start <= BEGINNING else start - grace,
                end if end >= FOREVER else end + grace,
                matching,
            )
        ]
    edges = sorted({edge for each in matching for edge in (each.start, each.end)})
    found = []
    for start, end in pairwise(edges):
        holders = [each for each in matching if each.start <= start and each.end >= end]
        if holders:
            found.append((start, end, holders))
    return found


def _minus(
    spans: list[tuple[datetime, datetime]], taken: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    free = timeline.normal(Period(start, end, True) for start, end in spans)
    for start, end in taken:
        free = timeline.without(free, start, end)
    return [(each.start, each.end) for each in free]


def _link(rule: Rule, holders: list[Held]) -> Link:
    evidence: dict[str, Any] = {
        "rule": rule.name,
        "identifiers": sorted({f"{each.type} {each.value}" for each in holders}),
    }
    return (
        holders[0].person_id,
        rule.id,
        False,
        rule.confidence,
        json.dumps(evidence, ensure_ascii=False, sort_keys=True),
        None,
    )
