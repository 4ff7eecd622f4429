"""The only writer of actor links: who an actor is, decided anew where something it stands on changed.

In: actors. Out: their links in both times, their states, a review where somebody must look, and a change
for every span another person is given for. Links made by a person or a file are never touched by rules:
rules fill the time those leave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors import changes
from connectors.errors import ConnectorError
from connectors.identity.decide import Decision, Held, Link, decide
from connectors.identity.rules import Named, Rule
from connectors.identity.standing import rules_of
from connectors.models import Actor, ActorState, ChangeSubject, IdentityReview, Person, ReviewState
from connectors.workforce import tables, timeline
from connectors.workforce.tables import Knowledge, Table
from connectors.workforce.timeline import BEGINNING, FOREVER, Period, Timeline
from lrs import database

LINK = Table(
    "connectors_actor_link",
    ("actor_id",),
    {
        "person_id": "int8",
        "rule_id": "int8",
        "explicit": "bool",
        "confidence": "float8",
        "evidence": "text",
        "by_id": "int4",
    },
)
#: Actors decided at a time.
_AT_A_TIME = 2_000


def relink(actor_ids: Collection[int]) -> int:
    """Decide anew who these actors are; return for how many the answer changed."""
    ids = sorted(set(actor_ids))
    return sum(_relink(ids[start : start + _AT_A_TIME]) for start in range(0, len(ids), _AT_A_TIME))


@dataclass(frozen=True, slots=True)
class Said:
    """That an actor is a person for a period; None where it is open."""

    actor_id: int
    person_id: int
    start: datetime | None = None
    end: datetime | None = None


@transaction.atomic
def link(
    actor_id: int,
    person_id: int,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    by_id: int | None = None,
    evidence: str = "{}",
) -> None:
    """Say who an actor is, for a period; what others or rules said of that time no longer counts."""
    link_many([Said(actor_id, person_id, start, end)], by_id=by_id, evidence=evidence)


@transaction.atomic
def split(actor_id: int, first_id: int, second_id: int, at: datetime, *, by_id: int | None = None) -> None:
    """Say that an actor was one person until `at` and is another from then on: an account handed over."""
    if first_id == second_id:
        raise ConnectorError("Both are the same person.")
    link_many([Said(actor_id, first_id, None, at), Said(actor_id, second_id, at, None)], by_id=by_id)


@transaction.atomic
def link_many(said: Sequence[Said], *, by_id: int | None = None, evidence: str = "{}") -> int:
    """Say who actors of one store are; return for how many of them the answer changed."""
    ids = sorted({each.actor_id for each in said})
    actors = list(Actor.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    _check(said, actors)
    knowledge = tables.load(LINK, "actor_id", ids)
    for each in said:
        since, until = each.start or BEGINNING, each.end or FOREVER
        value: Link = (each.person_id, None, True, 1.0, evidence, by_id)
        before = knowledge.of((each.actor_id,))
        knowledge.set(
            (each.actor_id,),
            timeline.replaced(before, [Period(since, until, value)], start=since, end=until),
        )
    return _say(actors, knowledge, ReviewState.LINKED, by_id)


@transaction.atomic
def unlink(actor_id: int) -> None:
    """Take back what was said by hand of an actor; rules decide again."""
    say_again(actor_id, [])


def explicit_links(actor_id: int) -> list[dict[str, Any]]:
    """Return what is said by hand of an actor, as JSON that `say_again` takes."""
    known = tables.load(LINK, "actor_id", [actor_id]).of((actor_id,))
    return [
        {"start": each.start.isoformat(), "end": each.end.isoformat(), "value": list(each.value)}
        for each in known
        if each.value[2]
    ]


@transaction.atomic
def say_again(actor_id: int, links: Sequence[Mapping[str, Any]]) -> None:
    """Make what is said by hand of an actor `links` again, and let rules fill the rest."""
    [actor] = Actor.objects.select_for_update().filter(pk=actor_id)
    knowledge = tables.load(LINK, "actor_id", [actor_id])
    periods: list[Period[Any]] = [
        Period(
            datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"]), tuple(each["value"])
        )
        for each in links
    ]
    knowledge.set((actor_id,), timeline.normal(periods))
    _write(actor.store_id, knowledge)
    Actor.objects.filter(pk=actor_id).update(state=ActorState.UNKNOWN)
    # Why its statements have no context is another reason now, whether or not anybody is found.
    changes.record(actor.store_id, ChangeSubject.ACTOR, actor_id, [(None, None)])
    _relink([actor_id])


@transaction.atomic
def ignore(actor_id: int, *, by_id: int | None = None) -> None:
    """Say that an actor is no person: a test account, a device, a shared login."""
    [actor] = Actor.objects.select_for_update().filter(pk=actor_id)
    knowledge = tables.load(LINK, "actor_id", [actor_id])
    knowledge.set((actor_id,), ())
    Actor.objects.filter(pk=actor_id).update(state=ActorState.IGNORED)
    _write(actor.store_id, knowledge)
    changes.record(actor.store_id, ChangeSubject.ACTOR, actor_id, [(None, None)])
    _settle([actor_id], ReviewState.IGNORED, by_id)


def _check(said: Sequence[Said], actors: Sequence[Actor]) -> None:
    """Raise ConnectorError where something said cannot be."""
    stores = {each.store_id for each in actors}
    people = {each.person_id for each in said}
    known = Person.objects.filter(pk__in=people, store__in=stores).count()
    if len(stores) != 1 or len(actors) != len({each.actor_id for each in said}) or known != len(people):
        raise ConnectorError("An actor and a person belong to different stores, or one is not there.")
    if any(each.start and each.end and each.end <= each.start for each in said):
        raise ConnectorError("The period ends before it begins.")


def _say(actors: Sequence[Actor], knowledge: Knowledge, state: str, by_id: int | None) -> int:
    [store_id] = {each.store_id for each in actors}
    ids = [each.pk for each in actors]
    changed = _write(store_id, knowledge)
    for each in actors:
        if each.state != ActorState.RESOLVED:
            changes.record(store_id, ChangeSubject.ACTOR, each.pk, [(None, None)])
    Actor.objects.filter(pk__in=ids).update(state=ActorState.RESOLVED)
    _settle(ids, state, by_id)
    _relink(ids)
    return changed


def concerned_by(person_ids: Iterable[int]) -> list[int]:
    """Return the actors whose decision stands on, or could stand on, an identifier of these people."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            WITH texts AS (
                SELECT DISTINCT p.store_id, t.text FROM connectors_identifier i
                JOIN connectors_person p ON p.id = i.person_id,
                LATERAL (VALUES (i.normal), (i.mbox_sha1), (i.mbox_sha1_written)) AS t (text)
                WHERE i.person_id = ANY (%b) AND t.text <> ''
            )
            SELECT DISTINCT a.id FROM texts t
            JOIN connectors_actor a ON a.forms @> ARRAY[t.text::text] AND a.store_id = t.store_id
            """,
            (list(set(person_ids)),),
        )
        return [row[0] for row in cursor]


@transaction.atomic
def _relink(actor_ids: Sequence[int]) -> int:
    actors = list(
        Actor.objects.select_for_update()
        .filter(pk__in=actor_ids)
        .exclude(state=ActorState.IGNORED)
        .order_by("pk")
    )
    changed = 0
    for store_id in sorted({each.store_id for each in actors}):
        of_store = [each for each in actors if each.store_id == store_id]
        held = _held(store_id, [text for each in of_store for text in each.forms])
        knowledge = tables.load(LINK, "actor_id", [each.pk for each in of_store])
        decisions = {each.pk: _decide(each, held, knowledge) for each in of_store}
        # Nothing was derived yet for an actor no statement was counted for.
        unseen = {each.pk for each in of_store if each.last_seen is None}
        changed += _write(store_id, knowledge, unseen)
        _states(of_store, decisions)
        _reviews(of_store, decisions)
    return changed


def _decide(
    actor: Actor, held: Mapping[str, list[Held]], knowledge: Knowledge, rules: Sequence[Rule] | None = None
) -> Decision:
    """Return who an actor is by `rules` (those that stand, where left out) and by what is said by hand."""
    named = named_of(actor)
    matching = [each for text in actor.forms for each in held.get(text, ())]
    decision = decide(named, rules_of(actor.store_id) if rules is None else rules, matching)
    explicit = [each for each in knowledge.of((actor.pk,)) if each.value[2]]
    links: Timeline[Any] = decision.links
    for each in explicit:
        links = timeline.replaced(links, [each], start=each.start, end=each.end)
    knowledge.set((actor.pk,), links)
    if explicit:
        return Decision(links, "resolved", "", ())
    return decision


def named_of(actor: Actor) -> Named:
    """Return an actor as rules see it."""
    return Named(kind=actor.kind, value=actor.value, home_page=actor.home_page, source_id=actor.source_id)


def would_change(actors: Sequence[Actor], rules: Sequence[Rule]) -> dict[int, tuple[Any, Decision]]:
    """Return, for actors of one store that another person would be given for under `rules`, the people now
    and the decision then. Nothing is written; the `forms` of `actors` are those of `rules` already."""
    found: dict[int, tuple[Any, Decision]] = {}
    if not actors:
        return found
    held = _held(actors[0].store_id, [text for each in actors for text in each.forms])
    knowledge = tables.load(LINK, "actor_id", [each.pk for each in actors])
    for each in actors:
        before = knowledge.of((each.pk,))
        decision = _decide(each, held, knowledge, rules)
        if _people(before) != _people(decision.links):
            found[each.pk] = (before, decision)
    return found


def _held(store_id: int, texts: Sequence[str]) -> dict[str, list[Held]]:
    """Return who holds the identifiers with these texts, as known now; people merged count as one."""
    found: dict[str, list[Held]] = {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT i.text, p.id, i.type, i.issuer, i.value, lower(i.valid), upper(i.valid), i.system_id
            FROM (
                SELECT i.normal AS text, i.* FROM connectors_identifier i WHERE i.normal = ANY (%b)
                UNION ALL
                SELECT i.mbox_sha1, i.* FROM connectors_identifier i
                WHERE i.mbox_sha1 = ANY (%b) AND i.mbox_sha1 <> '' AND i.mbox_sha1 <> i.normal
                UNION ALL
                SELECT i.mbox_sha1_written, i.* FROM connectors_identifier i
                WHERE i.mbox_sha1_written = ANY (%b) AND i.mbox_sha1_written <> ''
                  AND i.mbox_sha1_written NOT IN (i.normal, i.mbox_sha1)
            ) i
            -- OFFSET 0: each person is looked up; the planner would rather read all of them.
            CROSS JOIN LATERAL (
                SELECT coalesce(p.merged_into_id, p.id) AS id FROM connectors_person p
                WHERE p.id = i.person_id AND p.store_id = %s OFFSET 0
            ) p
            WHERE upper_inf(i.recorded)
            """,
            (list(set(texts)), list(set(texts)), list(set(texts)), store_id),
        )
        for text, person, type_, issuer, value, start, end, system in cursor:
            found.setdefault(text, []).append(
                Held(person, type_, issuer, text, value, start or BEGINNING, end or FOREVER, system)
            )
    return found


def _write(store_id: int, knowledge: Knowledge, unseen: Collection[int] = ()) -> int:
    recorded = tables.recording_time([knowledge])
    changed = tables.store(knowledge, recorded, system_id=None, run_id=None)
    for (actor_id,) in changed:
        if actor_id in unseen:
            continue
        # Only another person makes another context; better evidence for the same one does not.
        before = _people(knowledge.before.get((actor_id,), ()))
        spans = timeline.touched(before, _people(knowledge.now[actor_id,]))
        changes.record(
            store_id,
            ChangeSubject.ACTOR,
            actor_id,
            [(None if a <= BEGINNING else a, None if b >= FOREVER else b) for a, b in spans],
        )
    return len(changed)


def _people(links: Timeline[Any]) -> Timeline[int]:
    return timeline.normal(Period(each.start, each.end, each.value[0]) for each in links)


def _states(actors: Sequence[Actor], decisions: dict[int, Decision]) -> None:
    for state in {each.state for each in decisions.values()}:
        ids = [each.pk for each in actors if decisions[each.pk].state == state and each.state != state]
        Actor.objects.filter(pk__in=ids).update(state=state)
        # Why a statement has no context depends on the state as well as on the links.
        for each in actors:
            if each.pk in ids and state != ActorState.RESOLVED and each.last_seen is not None:
                changes.record(each.store_id, ChangeSubject.ACTOR, each.pk, [(None, None)])


def _reviews(actors: Sequence[Actor], decisions: dict[int, Decision]) -> None:
    settled = [each.pk for each in actors if not decisions[each.pk].reason]
    _settle(settled, ReviewState.SETTLED, None)
    open_ = {
        each.actor_id: each
        for each in IdentityReview.objects.filter(actor__in=actors, state=ReviewState.OPEN)
    }
    new = []
    for actor in actors:
        decision = decisions[actor.pk]
        if not decision.reason:
            continue
        ranked = [
            {"person": each.person_id, "score": round(each.score, 3), "evidence": each.evidence}
            for each in decision.candidates
        ]
        review = open_.get(actor.pk)
        best = max((round(each.score, 3) for each in decision.candidates), default=0.0)
        if review is None:
            new.append(IdentityReview(actor=actor, reason=decision.reason, candidates=ranked, best=best))
            continue
        # Likenesses nobody's rule found (connectors.identity.candidates) are compared again in their turn.
        of_rules = [each for each in review.candidates if not each.get("guess")]
        if (review.reason, of_rules) != (decision.reason, ranked):
            IdentityReview.objects.filter(pk=review.pk).update(
                reason=decision.reason, candidates=ranked, best=best, ranked=None
            )
    IdentityReview.objects.bulk_create(new, ignore_conflicts=True)


def _settle(actor_ids: Sequence[int], state: str, by_id: int | None) -> None:
    IdentityReview.objects.filter(actor__in=actor_ids, state=ReviewState.OPEN).update(
        state=state, settled=timezone.now(), settled_by_id=by_id
    )
