"""Who an actor may be where no rule tells: people like it, ranked, each with a reason.

In: open reviews. Out: their candidates; those that rules found stay, likenesses are compared again. A handful
of indexed look-ups for each actor, none of which grows with the number of people. Never a link.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.utils import timezone

from connectors.identity.likeness import LEAST, Face, Known, bare, compare, digits, local_parts, reason
from connectors.identity.normal import normal
from connectors.models import Actor, Identifier, IdentityReview, Person, PersonVersion, ReviewState
from lrs import database

#: People compared with one actor, and those kept.
COMPARED_MOST = 60
KEPT_MOST = 9
#: Names of one actor that are looked at.
_NAMES_MOST = 5
#: A comparison older than this is made again in the background.
STALE = timedelta(hours=24)


def rank(review: IdentityReview) -> IdentityReview:
    """Compare people with the actor of a review again; return the review as it is now."""
    face = face_of(review.actor)
    of_rules = [each for each in review.candidates if not each.get("guess")]
    by_rule = {each["person"] for each in of_rules}
    guesses: list[dict[str, Any]] = []
    for person in _people(_found(review.actor, face)):
        likeness = compare(face, person)
        if likeness.score >= LEAST and person.person_id not in by_rule:
            guesses.append(
                {
                    "person": person.person_id,
                    "score": likeness.score,
                    "evidence": reason(likeness.reasons),
                    "guess": True,
                }
            )
    guesses.sort(key=lambda each: (-each["score"], each["person"]))
    review.candidates = sorted([*of_rules, *guesses[:KEPT_MOST]], key=lambda each: -each["score"])[:KEPT_MOST]
    review.best = max((each["score"] for each in review.candidates), default=0.0)
    review.ranked = timezone.now()
    IdentityReview.objects.filter(pk=review.pk, state=ReviewState.OPEN).update(
        candidates=review.candidates, best=review.best, ranked=review.ranked
    )
    return review


def rank_waiting(most: int, *, seconds: float = 15.0) -> int:
    """Rank open reviews that were never ranked, then those ranked long ago; return how many.

    Ends after about so many seconds; what was ranked until then is kept.
    """
    end = time.monotonic() + seconds
    rows = IdentityReview.objects.filter(state=ReviewState.OPEN).select_related("actor")
    new = list(rows.filter(ranked__isnull=True).order_by("pk")[:most])
    old = rows.filter(ranked__lt=timezone.now() - STALE).order_by("ranked")[: most - len(new)]
    count = 0
    for review in [*new, *old]:
        if time.monotonic() > end:
            break
        rank(review)
        count += 1
    return count


def face_of(actor: Actor) -> Face:
    """Return an actor as far as it tells who it is."""
    value = actor.value.removeprefix("mailto:") if actor.kind == "mbox" else actor.value
    if actor.kind in ("mbox_sha1sum", "openid"):
        return Face(names=names_of(actor))
    local, _, domain = value.rpartition("@") if "@" in value else (value, "", "")
    return Face(names=names_of(actor), local=local.rpartition("\\")[2], domain=domain)


def names_of(actor: Actor) -> list[str]:
    """Return what statements call an actor."""
    names = apps.get_model("lrs", "AgentName").objects.filter(entity__digest=actor.digest).order_by("id")
    found = [*names.values_list("name", flat=True)[:_NAMES_MOST], actor.name]
    return [each for each in dict.fromkeys(found) if each.strip()]


def _found(actor: Actor, face: Face) -> list[int]:
    """Return people worth comparing."""
    found: dict[int, None] = {}
    for each in (_by_number(actor, face), _by_local(actor, face), _by_name(actor, face)):
        found.update(dict.fromkeys(each))
    merged = dict(
        Person.objects.filter(pk__in=found, merged_into__isnull=False).values_list("pk", "merged_into_id")
    )
    return list(dict.fromkeys(merged.get(each, each) for each in found))[:COMPARED_MOST]


def _by_number(actor: Actor, face: Face) -> list[int]:
    number = digits(face.local)
    if not number:
        return []
    return _holders(actor, [number.zfill(width) for width in range(len(number), 13)], "employee_number")


def _by_local(actor: Actor, face: Face) -> list[int]:
    if len(bare(face.local)) < 3:
        return []
    written = normal(face.local)
    marks = {written, bare(written), *(written.replace(a, b) for a in "._-" for b in "._-")}
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            SELECT i.person_id FROM unnest(%b::text[]) AS u (local), LATERAL (
                SELECT i.person_id FROM connectors_identifier i JOIN connectors_person p ON p.id = i.person_id
                WHERE (i.normal = u.local
                       OR (i.normal ~>=~ (u.local || '@') AND i.normal ~<~ (u.local || 'A')))
                  AND i.type IN ('email', 'user_name') AND upper_inf(i.recorded) AND p.store_id = %s
                LIMIT 10
            ) i
            """,
            (sorted(marks), actor.store_id),
        )
        return [row[0] for row in cursor]


def _by_name(actor: Actor, face: Face) -> list[int]:
    names = [each.lower() for each in face.names]
    spelled = bare(face.local)
    with database.binary_cursor() as cursor:
        found = []
        for name in names:
            # The trigram index finds the likest names, however they are spelled.
            cursor.execute(
                """
                SELECT v.person_id
                FROM connectors_person_version v JOIN connectors_person p ON p.id = v.person_id
                WHERE lower(v.formatted_name) %% %s AND upper_inf(v.recorded) AND p.store_id = %s
                ORDER BY similarity(lower(v.formatted_name), %s) DESC, v.person_id LIMIT 20
                """,
                (name, actor.store_id, name),
            )
            found += [row[0] for row in cursor]
        if not found and len(spelled) > 4:
            found = _by_family(actor, spelled)
    return found


def _by_family(actor: Actor, spelled: str) -> list[int]:
    """Return people whose name would be written so: its ends are looked up as family names."""
    ends = {spelled[place:] for place in range(1, len(spelled) - 2)}
    starts = {spelled[:place] for place in range(3, len(spelled) + 1)}
    rows = PersonVersion.objects.raw(
        "SELECT v.* FROM unnest(%s::text[]) AS u (family), LATERAL ("
        " SELECT v.* FROM connectors_person_version v JOIN connectors_person p ON p.id = v.person_id"
        " WHERE lower(v.family_name) = u.family AND upper_inf(v.recorded) AND p.store_id = %s LIMIT 30) v",
        [sorted(ends | starts), actor.store_id],
    )
    return [each.person_id for each in rows if spelled in local_parts(each.formatted_name)]


def _holders(actor: Actor, texts: Sequence[str], type_: str) -> list[int]:
    rows = Identifier.objects.filter(
        normal__in=texts, type=type_, recorded__upper_inf=True, person__store=actor.store_id
    )
    return list(rows.values_list("person_id", flat=True)[:20])


def _people(ids: Iterable[int]) -> list[Known]:
    """Return what is known now of people: two queries for any number."""
    wanted = list(ids)
    names: dict[int, list[str]] = {}
    for version in PersonVersion.objects.filter(person__in=wanted, recorded__upper_inf=True).order_by("pk"):
        called = names.setdefault(version.person_id, [])
        called += [
            each for each in (version.formatted_name, version.preferred_name) if each not in ("", *called)
        ]
    held: dict[int, list[tuple[str, str]]] = {}
    for each in Identifier.objects.filter(person__in=wanted, recorded__upper_inf=True).order_by("pk"):
        held.setdefault(each.person_id, []).append((each.type, each.value))
    return [
        Known(person_id=each, names=names.get(each, ()), identifiers=held.get(each, ())) for each in wanted
    ]
