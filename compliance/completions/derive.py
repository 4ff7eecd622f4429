"""The one writer of completions.

In: pairs of person and course, and why they are looked at. Out: what is completed, as their outcomes and the
rules give it now. A completion that is so already stays; one that is no longer so is closed, with the reason;
what is new is added, with the statements it stands on. For each pair whose answer changed, there is a
CompletionChange.

Everything is derived anew from the outcomes of a pair, never from what was derived before: so incremental
derivation and a rebuild cannot give different answers.

Must run in a transaction that is alone (compliance.completions.outcomes.alone).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from compliance.completions import standing
from compliance.completions.evaluate import CourseOf, Wanted, completions
from compliance.completions.facts import Fact
from compliance.completions.outcomes import Pair
from lrs import database

#: Pairs derived at a time.
_AT_A_TIME = 2_000


@dataclass(frozen=True, slots=True)
class _Known:
    """A completion as it stands."""

    id: int
    same_as: Wanted


def derive(pairs: Collection[Pair], why: str) -> int:
    """Derive the completions of these pairs; return how many rows were closed or added."""
    ordered = sorted(pairs)
    return sum(
        _derive(ordered[start : start + _AT_A_TIME], why) for start in range(0, len(ordered), _AT_A_TIME)
    )


def _derive(pairs: Sequence[Pair], why: str) -> int:
    people, course_ids = [person for person, _ in pairs], [course for _, course in pairs]
    courses = standing.courses(set(course_ids))
    stores = _stores(set(course_ids))
    facts = _facts(people, course_ids)
    known = _known(people, course_ids)
    rules = standing.rules()
    of_store: dict[int, tuple[Any, Mapping[int, str]]] = {}
    for store in set(stores.values()):
        of_store[store] = rules.of(store), standing.sources_of(store) if rules.name_sources else {}
    closed: list[tuple[int, str, Pair]] = []
    added: list[tuple[Pair, Wanted]] = []
    for pair in pairs:
        course: CourseOf | None = courses.get(pair[1])
        wanted: list[Wanted] = []
        if course is not None:
            standing_rules, sources = of_store[stores[course.id]]
            wanted = completions(facts.get(pair, ()), standing_rules, course, sources)
        before = known.get(pair, [])
        stays = {each.same_as for each in before} & set(wanted)
        new = [each for each in wanted if each not in stays]
        added.extend((pair, each) for each in new)
        closed.extend(
            (each.id, _reason(each.same_as, new, why), pair) for each in before if each.same_as not in stays
        )
    if closed or added:
        _write(closed, added, stores)
    return len(closed) + len(added)


def _stores(course_ids: Collection[int]) -> dict[int, int]:
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT id, store_id FROM compliance_course WHERE id = ANY (%b::bigint[])", (list(course_ids),)
        )
        return {row[0]: int(row[1]) for row in cursor}


def _facts(people: Sequence[int], course_ids: Sequence[int]) -> dict[Pair, list[Fact]]:
    found: dict[Pair, list[Fact]] = {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT * FROM compliance_facts(%b::bigint[], %b::bigint[])",
            (list(people), list(course_ids)),
            prepare=True,
        )
        for person, course, seq, source, moment, verb, activity, registration, said, version in cursor:
            fact = Fact(seq, source, moment, verb, activity, registration, orjson.loads(said), version)
            found.setdefault((person, course), []).append(fact)
    return found


def _known(people: Sequence[int], course_ids: Sequence[int]) -> dict[Pair, list[_Known]]:
    found: dict[Pair, list[_Known]] = {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT * FROM compliance_known(%b::bigint[], %b::bigint[])",
            (list(people), list(course_ids)),
            prepare=True,
        )
        for id_, person, course, version, kind, at, passed, score, credit, rule, seqs in cursor:
            same_as = Wanted(
                version_id=version,
                kind=kind,
                completed_at=at,
                passed=passed,
                score=score,
                credit_hours=None if credit is None else Decimal(credit),
                rule_version_id=rule,
                seqs=tuple(seqs),
            )
            found.setdefault((person, course), []).append(_Known(id_, same_as))
    return found


def _reason(before: Wanted, new: Sequence[Wanted], why: str) -> str:
    """Return why a completion no longer is so."""
    after = next((each for each in new if set(each.seqs) >= set(before.seqs)), None)
    if after is not None and len(after.seqs) > len(before.seqs):
        return "Replaced: another statement reports the same completion."
    if any(not set(each.seqs).isdisjoint(before.seqs) for each in new):
        return f"Replaced: {why}."
    return f"Withdrawn: {why}."


_CLOSE = """
UPDATE compliance_completion c
SET recorded = tstzrange(
        lower(c.recorded), greatest(%b::timestamptz, lower(c.recorded) + interval '1 microsecond')
    ), withdrawn_why = u.why
FROM unnest(%b::bigint[], %b::text[]) AS u (id, why) WHERE c.id = u.id
"""
_ADD = """
INSERT INTO compliance_completion (
    id, store_id, person_id, course_id, version_id, kind, completed_at, passed, score, credit_hours,
    rule_version_id, recorded, withdrawn_why)
SELECT u.id, u.store, u.person, u.course, u.version, u.kind, u.at, u.passed, u.score, u.credit::numeric,
       u.rule, tstzrange(%b::timestamptz, NULL), ''
FROM unnest(%b::bigint[], %b::integer[], %b::bigint[], %b::bigint[], %b::bigint[], %b::text[],
            %b::timestamptz[], %b::boolean[], %b::float8[], %b::text[], %b::bigint[])
     AS u (id, store, person, course, version, kind, at, passed, score, credit, rule)
"""
_IDS = "SELECT nextval(pg_get_serial_sequence('compliance_completion', 'id')) FROM generate_series(1, %b)"
_EVIDENCE = """
INSERT INTO compliance_completion_evidence (completion_id, seq)
SELECT u.completion, u.seq FROM unnest(%b::bigint[], %b::bigint[]) AS u (completion, seq)
"""
_CHANGED = """
INSERT INTO compliance_completion_change (store_id, person_id, course_id, recorded)
SELECT u.store, u.person, u.course, %b::timestamptz
FROM unnest(%b::integer[], %b::bigint[], %b::bigint[]) AS u (store, person, course)
"""


def _write(
    closed: Sequence[tuple[int, str, Pair]],
    added: Sequence[tuple[Pair, Wanted]],
    stores: Mapping[int, int],
) -> None:
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone() or [datetime.now(UTC)]
        if closed:
            cursor.execute(
                _CLOSE, (now, [each[0] for each in closed], [each[1] for each in closed]), prepare=True
            )
        if added:
            cursor.execute(_IDS, (len(added),), prepare=True)
            ids = [row[0] for row in cursor]
            cursor.execute(
                _ADD,
                (
                    now,
                    ids,
                    [stores[pair[1]] for pair, _ in added],
                    [pair[0] for pair, _ in added],
                    [pair[1] for pair, _ in added],
                    [each.version_id for _, each in added],
                    [each.kind for _, each in added],
                    [each.completed_at for _, each in added],
                    [each.passed for _, each in added],
                    [each.score for _, each in added],
                    [None if each.credit_hours is None else str(each.credit_hours) for _, each in added],
                    [each.rule_version_id for _, each in added],
                ),
                prepare=True,
            )
            evidence = [
                (completion, seq)
                for completion, (_, each) in zip(ids, added, strict=True)
                for seq in each.seqs
            ]
            cursor.execute(
                _EVIDENCE, ([each[0] for each in evidence], [each[1] for each in evidence]), prepare=True
            )
        changed = sorted({pair for _, _, pair in closed} | {pair for pair, _ in added})
        cursor.execute(
            _CHANGED,
            (
                now,
                [stores[course] for _, course in changed],
                [person for person, _ in changed],
                [course for _, course in changed],
            ),
            prepare=True,
        )
