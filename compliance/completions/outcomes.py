"""What statements say of how people fared, kept so that completions can be derived again without reading
statements again.

In: statements, or actors whose identity turned out otherwise. Out: rows of Outcome, SeenActivity counted,
and the pairs of person and course that this touches. Only statements are kept whose verb a rule asks for;
what is there already is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from compliance.completions.facts import about, digest, said_in
from connectors.identity import actors
from lrs import database
from lrs.identity import AGENT, identifier
from lrs.identity import digest as entity_digest

#: Person and course.
Pair = tuple[int, int]

#: Between all that changes outcomes, identities of outcomes or completions: one at a time, so that each sees
#: what the one before it wrote.
_LOCK = 0x434F4D50


@dataclass(frozen=True, slots=True)
class Reported:
    """A statement that may be one of those a completion stands on; one for each of its actors."""

    seq: int
    actor: UUID
    store_id: int
    source_id: int
    statement_id: UUID
    moment: datetime
    verb: str
    iri: str
    registration: UUID | None
    said: dict[str, Any]


def alone() -> None:
    """Have the rest of this transaction to oneself, as far as completions go."""
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def reported(
    statement: dict[str, Any],
    verbs: Collection[str],
    *,
    seq: int,
    store_id: int,
    source_id: int,
    statement_id: UUID,
    moment: datetime,
) -> list[Reported]:
    """Return what a statement reports, where rules ask for its verb; nothing for nearly all statements."""
    verb = statement["verb"]["id"]
    if verb not in verbs:
        return []
    iri = about(statement)
    if iri is None:
        return []
    registration = (statement.get("context") or {}).get("registration")
    said = said_in(statement)
    return [
        Reported(
            seq,
            entity_digest(store_id, AGENT, identifier(seen.key)),
            store_id,
            source_id,
            statement_id,
            moment,
            verb,
            iri,
            None if registration is None else UUID(registration),
            said,
        )
        for seen in actors.seen_in(statement, source_id, moment)
    ]


_KEEP = """
WITH given AS (
    SELECT u.*, p.person FROM unnest(
        %b::bigint[], %b::uuid[], %b::integer[], %b::integer[], %b::uuid[], %b::timestamptz[], %b::text[],
        %b::uuid[], %b::uuid[], %b::text[]
    ) WITH ORDINALITY
      AS u (seq, actor, store, source, statement, moment, verb, activity, registration, said, i)
    JOIN compliance_people_of(%b::uuid[], %b::timestamptz[]) p ON p.i = u.i
), kept AS (
    INSERT INTO compliance_outcome (seq, actor, store_id, source_id, statement_id, moment, verb, activity,
                                    registration, said, person_id)
    SELECT g.seq, g.actor, g.store, g.source, g.statement, g.moment, g.verb, g.activity, g.registration,
           g.said, g.person
    FROM given g ORDER BY g.seq, g.actor
    ON CONFLICT (seq, actor) DO NOTHING
    RETURNING seq, store_id, activity, person_id
)
SELECT seq, store_id, activity, person_id, true FROM kept
UNION ALL
SELECT o.seq, o.store_id, o.activity, o.person_id, false
FROM given g JOIN compliance_outcome o ON o.seq = g.seq AND o.actor = g.actor
"""

_COUNT = """
INSERT INTO compliance_seen_activity AS s
    (store_id, digest, iri, activity_type, outcomes, last_seen, set_aside)
SELECT u.store, u.digest, u.iri, u.type, u.count, u.seen, false
FROM unnest(%b::integer[], %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::timestamptz[])
     AS u (store, digest, iri, type, count, seen)
ORDER BY u.store, u.digest
ON CONFLICT (store_id, digest) DO UPDATE
SET outcomes = s.outcomes + excluded.outcomes, last_seen = greatest(s.last_seen, excluded.last_seen),
    activity_type = CASE WHEN excluded.activity_type = '' THEN s.activity_type ELSE excluded.activity_type END
"""


def keep(found: Sequence[Reported]) -> set[Pair]:
    """Keep what statements report; return the pairs it touches, where the person is known already.

    What was kept before touches its pairs, too: whoever kept it may have been stopped before deriving them.
    """
    if not found:
        return set()
    digests = {each.iri: digest(each.iri) for each in found}
    with database.binary_cursor() as cursor:
        cursor.execute(
            _KEEP,
            (
                [each.seq for each in found],
                [each.actor for each in found],
                [each.store_id for each in found],
                [each.source_id for each in found],
                [each.statement_id for each in found],
                [each.moment for each in found],
                [_keepable(each.verb) for each in found],
                [digests[each.iri] for each in found],
                [each.registration for each in found],
                [text(each.said) for each in found],
                [each.actor for each in found],
                [each.moment for each in found],
            ),
            prepare=True,
        )
        kept = cursor.fetchall()
    _count(found, {row[0] for row in kept if row[4]}, digests)
    return pairs({(store, activity, person) for _, store, activity, person, _ in kept if person is not None})


def _count(found: Sequence[Reported], new: set[int], digests: dict[str, UUID]) -> None:
    counts: dict[tuple[int, str], list[Any]] = {}
    seen: set[int] = set()
    for each in found:
        if each.seq not in new or each.seq in seen:
            continue
        seen.add(each.seq)
        row = counts.setdefault((each.store_id, each.iri), ["", 0, each.moment])
        row[0] = each.said.get("type") or row[0]
        row[1] += 1
        row[2] = max(row[2], each.moment)
    if not counts:
        return
    with database.binary_cursor() as cursor:
        cursor.execute(
            _COUNT,
            (
                [store for store, _ in counts],
                [digests[iri] for _, iri in counts],
                [_keepable(iri) for _, iri in counts],
                [_keepable(row[0]) for row in counts.values()],
                [row[1] for row in counts.values()],
                [row[2] for row in counts.values()],
            ),
            prepare=True,
        )


def pairs(places: Collection[tuple[int, UUID, int]]) -> set[Pair]:
    """Return the pairs of person and course that outcomes at (store, activity, person) are of."""
    if not places:
        return set()
    rows = list(places)
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT u.person, c.course_id
            FROM unnest(%b::integer[], %b::uuid[], %b::bigint[]) AS u (store, activity, person)
            JOIN compliance_course_activity c ON c.digest = u.activity AND c.store_id = u.store
            """,
            ([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]),
            prepare=True,
        )
        return {(row[0], row[1]) for row in cursor}


def of_statements(store_id: int, statement_ids: Sequence[UUID]) -> set[Pair]:
    """Return the pairs that statements of these ids are of: those that were voided."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT o.store_id, o.activity, o.person_id
            FROM unnest(%b::uuid[]) AS u (id)
            JOIN lrs_statement s ON s.store_id = %b AND s.statement_id = u.id
            JOIN compliance_outcome o ON o.seq = s.seq
            WHERE o.person_id IS NOT NULL
            """,
            (list(statement_ids), store_id),
        )
        places = {tuple(row) for row in cursor}
    return pairs(places)


_IDENTIFY = """
WITH asked AS MATERIALIZED (
    SELECT o.seq, o.actor, o.person_id AS before, o.store_id, o.activity, o.moment FROM compliance_outcome o
    WHERE {which}
), told AS (
    SELECT a.*, p.person FROM (SELECT a.*, row_number() OVER (ORDER BY a.seq, a.actor) AS i FROM asked a) a
    JOIN compliance_people_of(
        (SELECT coalesce(array_agg(x.actor ORDER BY x.seq, x.actor), '{{}}') FROM asked x),
        (SELECT coalesce(array_agg(x.moment ORDER BY x.seq, x.actor), '{{}}') FROM asked x)
    ) p ON p.i = a.i
    WHERE p.person IS DISTINCT FROM a.before
), changed AS (
    UPDATE compliance_outcome o SET person_id = t.person
    FROM told t WHERE o.seq = t.seq AND o.actor = t.actor
)
SELECT t.store_id, t.activity, t.before, t.person FROM told t
"""


def identify(seqs: Sequence[int]) -> set[Pair]:
    """Find anew who the actors of these statements are; return the pairs that touches."""
    return _identified("o.seq = ANY (%b::bigint[])", (list(seqs),))


def identify_actors(digests: Sequence[UUID]) -> set[Pair]:
    """Find anew who these actors are, in every statement of theirs; return the pairs that touches."""
    return _identified("o.actor = ANY (%b::uuid[])", (list(digests),))


def identify_between(first: int, last: int) -> set[Pair]:
    """Find anew who the actors of the statements with these keys are; both ends count."""
    return _identified("o.seq BETWEEN %b AND %b", (first, last))


def _identified(which: str, values: Sequence[Any]) -> set[Pair]:
    places: set[tuple[int, UUID, int]] = set()
    with database.binary_cursor() as cursor:
        cursor.execute(_IDENTIFY.format(which=which), values)
        for store, activity, before, now in cursor:
            places |= {(store, activity, person) for person in (before, now) if person is not None}
    return pairs(places)


def _keepable(text: str) -> str:
    """PostgreSQL keeps no NUL and no lone surrogate in text."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def united(found: Iterable[set[Pair]]) -> set[Pair]:
    """Return all pairs."""
    return set().union(*found)


def text(said: dict[str, Any]) -> str:
    """Return what a statement says as it is kept."""
    return _keepable(orjson.dumps(said).decode())
