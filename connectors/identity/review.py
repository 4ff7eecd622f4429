"""What somebody decides in the review queue: who an actor is, that it is nobody, and that it was not so.

In: an open review and a decision. Out: links made by hand, the review settled by name, contexts derived again
in their turn. A decision is taken back whole: what was said by hand before stands again, and the review too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import transaction
from django.utils import timezone

from connectors.errors import ConnectorError
from connectors.identity import link
from connectors.models import IdentityReview, ReviewState

#: Reviews accepted in one go.
BULK_MOST = 500


@dataclass(frozen=True, slots=True)
class Accepted:
    """One review accepted in bulk."""

    review_id: int
    person_id: int


@transaction.atomic
def accept(
    review_id: int,
    person_id: int,
    *,
    by_id: int | None,
    start: datetime | None = None,
    end: datetime | None = None,
    note: str = "",
) -> None:
    """Say that the actor under review is this person, for a period or for good."""
    review = _open(review_id)
    before = link.explicit_links(review.actor_id)
    chosen = next((each for each in review.candidates if each["person"] == person_id), None)
    said = {"review": review.pk, "note": note, "reason": "" if chosen is None else chosen["evidence"]}
    link.link(
        review.actor_id,
        person_id,
        start=start,
        end=end,
        by_id=by_id,
        evidence=orjson.dumps({name: each for name, each in said.items() if each}).decode(),
    )
    _settle(review, ReviewState.LINKED, by_id, before)


@transaction.atomic
def not_a_person(review_id: int, *, by_id: int | None) -> None:
    """Say that the actor under review is nobody: a test account, a device, a shared login."""
    review = _open(review_id)
    before = link.explicit_links(review.actor_id)
    link.ignore(review.actor_id, by_id=by_id)
    _settle(review, ReviewState.IGNORED, by_id, before)


@transaction.atomic
def take_back(review_id: int) -> None:
    """Undo a decision somebody made: the actor is as it was, and waits again."""
    review = IdentityReview.objects.select_for_update().get(pk=review_id)
    if review.before is None or review.state not in (ReviewState.LINKED, ReviewState.IGNORED):
        raise ConnectorError("There is nothing to take back: nobody decided this by hand.")
    if IdentityReview.objects.filter(actor=review.actor_id, state=ReviewState.OPEN).exists():
        raise ConnectorError("The actor waits for a look already.")
    before, review.before = review.before, None
    review.state, review.settled, review.settled_by = ReviewState.OPEN, None, None
    review.save(update_fields=["state", "settled", "settled_by", "before"])
    link.say_again(review.actor_id, before)


def accept_above(store_id: int, score: float, *, by_id: int | None, most: int = BULK_MOST) -> list[Accepted]:
    """Accept the first candidate of every open review whose score is at least `score` and stands alone there.

    Where two people reach the score, nobody is chosen. Each is its own transaction: what is done stays done.
    """
    done = []
    for review in above(store_id, score)[:most]:
        person_id = clear_winner(review.candidates, score)
        if person_id is None:
            continue
        try:
            accept(review.pk, person_id, by_id=by_id, note=f"accepted with all from {score:.2f} on")
        except ConnectorError:
            # Somebody else settled it first.
            continue
        done.append(Accepted(review.pk, person_id))
    return done


def above(store_id: int, score: float) -> list[IdentityReview]:
    """Return open reviews with a candidate of at least this score, the surest first."""
    found: Iterable[IdentityReview] = IdentityReview.objects.filter(
        state=ReviewState.OPEN, best__gte=score, actor__store=store_id
    ).order_by("-best", "pk")[: BULK_MOST * 2]
    return [each for each in found if clear_winner(each.candidates, score) is not None]


def clear_winner(candidates: list[dict[str, object]], score: float) -> int | None:
    """Return the only candidate that reaches the score; None where none or several do."""
    reaching = [each["person"] for each in candidates if float(str(each["score"])) >= score]
    return int(str(reaching[0])) if len(reaching) == 1 else None


def _open(review_id: int) -> IdentityReview:
    review = IdentityReview.objects.select_for_update().filter(pk=review_id, state=ReviewState.OPEN).first()
    if review is None:
        raise ConnectorError("This was settled before.")
    return review


def _settle(review: IdentityReview, state: str, by_id: int | None, before: list[dict[str, object]]) -> None:
    IdentityReview.objects.filter(pk=review.pk).update(
        state=state, settled=timezone.now(), settled_by_id=by_id, before=before
    )
