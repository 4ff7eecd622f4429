"""What the identity review shows: the actor on one side, the people it may be on the other.

In: a review. Out: texts. A fixed number of queries whatever the number of statements and people.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from connectors.admin.people import words
from connectors.admin.people.base import period_text
from connectors.identity.candidates import names_of
from connectors.models import (
    Actor,
    ActorLink,
    Identifier,
    IdentityReview,
    ReviewState,
    StatementContext,
    WorkRelationshipVersion,
)
from connectors.workforce import as_of
from lrs.admin.browse import sentence_of
from lrs.sentence import Part

#: Open reviews counted at most.
MOST = 1_000
#: Statements shown of an actor, and looked at for its sources.
SAMPLES, LOOKED_AT = 6, 200
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """A statement, as a sentence."""

    seq: int
    moment: Any
    sentence: tuple[Part, ...]


@dataclass(slots=True)
class Card:
    """Somebody an actor may be."""

    person_id: int
    name: str
    score: int | None = None
    reason: str = ""
    by_rule: bool = False
    #: The key that accepts; empty for those beyond nine.
    key: str = ""
    identifiers: list[tuple[str, str, str]] = field(default_factory=list)
    standing: dict[str, str] = field(default_factory=dict)
    engagements: list[str] = field(default_factory=list)


def next_open(store_id: int, at: str) -> IdentityReview | None:
    """Return the review after a position in the queue; the first where there is none."""
    rows = IdentityReview.objects.filter(state=ReviewState.OPEN, actor__store=store_id)
    best, _, key = at.partition("_")
    if key.isdecimal() and len(key) < 19:
        try:
            score = float(best)
        except ValueError:
            score = 1.0
        rows = rows.filter(Q(best__lt=score) | Q(best=score, pk__gt=int(key)))
    return rows.select_related("actor").order_by("-best", "pk").first()


def position(review: IdentityReview) -> str:
    """Return where a review stands in the queue."""
    return f"{review.best!r}_{review.pk}"


def waiting(store_id: int) -> int:
    """Return how many wait, counted up to MOST."""
    rows = IdentityReview.objects.filter(state=ReviewState.OPEN, actor__store=store_id)
    return len(rows.order_by("-best", "pk").values_list("pk", flat=True)[:MOST])


def name_of(person_id: int) -> str:
    """Return what somebody is called."""
    return words.names([person_id])[person_id]


def actor_side(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Return what is known of an actor."""
    rows = StatementContext.objects.filter(actor_id=actor.pk, recorded_to=None).order_by("-moment")
    recent = list(rows.values_list("seq", "moment", "source_id")[:LOOKED_AT])
    sources = apps.get_model("lrs", "Source").objects.filter(
        pk__in={actor.source_id, *(each[2] for each in recent)}
    )
    may_read = request.user.has_perm("lrs.view_statement")
    return {
        "row": actor,
        "value": actor.value.removeprefix("mailto:") if actor.kind == "mbox" else actor.value,
        "names": names_of(actor),
        "sources": list(sources.order_by("name").values_list("name", flat=True)),
        "samples": samples(request, [each[0] for each in recent[:SAMPLES]]) if may_read else [],
        "may_read": may_read,
        "links": links_of(actor),
    }


def samples(request: HttpRequest, seqs: Sequence[int]) -> list[Sample]:
    """Return statements as sentences, in the order of their keys."""
    languages = request.headers.get("Accept-Language", "")
    rows = apps.get_model("lrs", "Statement").objects.in_bulk(seqs)
    return [
        Sample(seq, rows[seq].timestamp, sentence_of(rows[seq].payload, languages))
        for seq in seqs
        if seq in rows
    ]


def links_of(actor: Actor) -> list[dict[str, Any]]:
    """Return who an actor is known to be now."""
    links = list(
        ActorLink.objects.filter(actor=actor, recorded__upper_inf=True)
        .select_related("rule")
        .order_by("valid")
    )
    called = words.names({each.person_id for each in links})
    return [
        {
            "person": each.person_id,
            "name": called[each.person_id],
            "period": period_text(each.valid),
            "row": each,
        }
        for each in links
    ]


def candidate_side(review: IdentityReview) -> list[Card]:
    """Return the candidates of a review, each with its key."""
    cards = {
        each.person_id: each
        for each in people_side([each["person"] for each in review.candidates], review.actor)
    }
    found = []
    for place, each in enumerate(review.candidates, start=1):
        card = cards[each["person"]]
        card.score = round(100 * each["score"])
        card.reason = each["evidence"]
        card.by_rule = not each.get("guess")
        card.key = str(place) if place <= 9 else ""
        found.append(card)
    return found


def people_side(people: Collection[int], actor: Actor) -> list[Card]:
    """Return people as cards: as they stood when the actor was seen last."""
    ids = list(people)
    moment = actor.last_seen or timezone.now()
    called = words.names(ids)
    standing = words.described(as_of.people_at(ids, [moment] * len(ids)), [moment] * len(ids)) if ids else []
    cards = {pk: Card(pk, called[pk], standing=said) for pk, said in zip(ids, standing, strict=True)}
    held = Identifier.objects.filter(person__in=ids, recorded__upper_inf=True).order_by("type", "valid")
    for each in held:
        card = cards[each.person_id]
        label = str(each.get_type_display())  # type: ignore[no-untyped-call,unused-ignore]
        said = (label, each.value, period_text(each.valid))
        # Several systems may tell the same.
        if len(card.identifiers) < 8 and said not in card.identifiers:
            card.identifiers.append(said)
    terms = WorkRelationshipVersion.objects.filter(
        relationship__person__in=ids, recorded__upper_inf=True
    ).select_related("relationship")
    for term in terms.order_by("valid"):
        end = term.valid.upper
        until = f", ended {(end - DAY):%Y-%m-%d}" if end is not None else ""
        engagements = cards[term.relationship.person_id].engagements
        engaged = f"{term.get_worker_type_display()}, hired {term.hire_date}{until}"
        if engaged not in engagements:
            engagements.append(engaged)
    return [cards[pk] for pk in ids]


def with_people(rows: Sequence[IdentityReview]) -> list[dict[str, Any]]:
    """Return settled reviews with who the actor is now."""
    links: dict[int, list[ActorLink]] = {}
    for each in ActorLink.objects.filter(actor__in=[row.actor_id for row in rows], recorded__upper_inf=True):
        links.setdefault(each.actor_id, []).append(each)
    called = words.names({each.person_id for found in links.values() for each in found})
    return [
        {
            "review": row,
            "people": [(each.person_id, called[each.person_id]) for each in links.get(row.actor_id, ())],
        }
        for row in rows
    ]


def proposals(rows: Sequence[IdentityReview], score: float) -> list[dict[str, Any]]:
    """Return reviews with the one candidate that reaches a score."""
    chosen = [next(one for one in each.candidates if one["score"] >= score) for each in rows]
    called = words.names({each["person"] for each in chosen})
    actors = Actor.objects.in_bulk([each.actor_id for each in rows])
    return [
        {
            "review": row,
            "actor": actors[row.actor_id],
            "person": each["person"],
            "name": called[each["person"]],
            "score": round(100 * each["score"]),
            "reason": each["evidence"],
        }
        for row, each in zip(rows, chosen, strict=True)
    ]
