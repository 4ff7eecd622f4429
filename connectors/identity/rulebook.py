"""Rules changed: what that would do, and doing it.

In: the rules of a store as they would stand. Out: a preview, which writes nothing; and after a change, a walk
through the actors concerned in bounded batches: the texts each is compared by, and who it is, are made anew;
exactly the contexts of those for whom the answer changed are derived again. A walk that stops goes on where
it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models.functions import Mod
from django.utils import timezone

from connectors.enrichment.derive import hold_off_statements
from connectors.identity import standing
from connectors.identity.link import named_of, relink, would_change
from connectors.identity.normal import keepable
from connectors.identity.rules import Rule, forms
from connectors.models import Actor, IdentityRefresh, IdentityRule, PersonVersion
from connectors.workforce.timeline import FOREVER
from lrs import database

#: Actors told in one transaction.
BATCH = 1_000
#: Actors looked at for a preview, and the seconds it may take.
PREVIEWED_MOST = 5_000
PREVIEW_SECONDS = 5.0
#: Actors shown of a preview.
EXAMPLES = 10
#: For this long after a change a process may still trust the rules it read before.
SETTLED = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Example:
    """One actor another person would be given for."""

    actor: Actor
    before: str
    after: str


@dataclass(slots=True)
class Preview:
    """What a change of rules would do."""

    #: Actors of the kinds concerned.
    concerned: int = 0
    #: Of those, how many were looked at; all of them, or as many as there was time for.
    looked_at: int = 0
    #: Actors that nobody was known by and somebody would be.
    found: int = 0
    #: …for whom nobody would be known any more.
    lost: int = 0
    #: …who would be somebody else, or for another time.
    other: int = 0
    examples: list[Example] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Actors for which the answer would change, among those looked at."""
        return self.found + self.lost + self.other

    @property
    def exact(self) -> bool:
        """Whether all of them were looked at."""
        return self.looked_at >= self.concerned

    @property
    def estimate(self) -> int:
        """Actors for which the answer would change, among all concerned; exact where all were looked at."""
        return round(self.changed * self.concerned / self.looked_at) if self.looked_at else 0


def as_it_would_be(store_id: int, changed: Iterable[IdentityRule]) -> list[Rule]:
    """Return the rules of a store in order, with `changed` in place of, or beside, what is kept."""
    rows = {each.pk: each for each in IdentityRule.objects.filter(store=store_id)}
    new = []
    for each in changed:
        if not each.pk:
            new.append(each)
        else:
            rows[each.pk] = each
    ordered = sorted(rows.values(), key=lambda each: (each.order, each.pk))
    found = [standing.rule(each) for each in ordered if each.active]
    for each in new:
        if each.active:
            place = sum(1 for row in ordered if row.active and row.order <= each.order)
            found.insert(place, replace(standing.rule(each), id=-1))
    return found


def preview(store_id: int, kinds: Iterable[str], rules: Sequence[Rule]) -> Preview:
    """Return for how many actors of these kinds `rules` would give another answer."""
    result = Preview()
    rows = Actor.objects.filter(store=store_id, kind__in=set(kinds)).exclude(state="ignored")
    result.concerned = rows.count()
    # Where there are too many, every nth is looked at, so that old and new ones have their share.
    step = max(1, -(-result.concerned // PREVIEWED_MOST))
    if step > 1:
        rows = rows.alias(rest=Mod("pk", step)).filter(rest=0)
    end = time.monotonic() + PREVIEW_SECONDS
    after = 0
    while result.looked_at < PREVIEWED_MOST and time.monotonic() < end:
        batch = list(rows.filter(pk__gt=after).order_by("pk")[:BATCH])
        if not batch:
            break
        after = batch[-1].pk
        _look(batch, rules, result)
    if step == 1 and result.looked_at < result.concerned and time.monotonic() < end:
        result.concerned = result.looked_at
    return result


def refresh(
    store_id: int, kinds: Iterable[str], *, reason: str, by_id: int | None = None
) -> IdentityRefresh | None:
    """Have the actors of these kinds told anew, in the background; None where no kind is concerned."""
    concerned = sorted(set(kinds))
    standing.forget()
    if not concerned:
        return None
    return IdentityRefresh.objects.create(
        store_id=store_id, kinds=concerned, reason=reason[:300], by_id=by_id
    )


def carry_on(*, seconds: float = 20.0, settled: timedelta = SETTLED) -> int:
    """Walk on through what is to be told anew, for about so long; return how many actors were told."""
    end = time.monotonic() + seconds
    told = 0
    for refresh_id in (
        IdentityRefresh.objects.filter(finished=None).order_by("pk").values_list("pk", flat=True)
    ):
        while time.monotonic() < end:
            count = _batch(refresh_id, settled)
            if count is None:
                break
            told += count
    return told


@transaction.atomic
def _batch(refresh_id: int, settled: timedelta) -> int | None:
    """Tell the next actors; None where there is nothing to do now.

    A crash leaves the walk where the last whole batch ended.
    """
    walk = (
        IdentityRefresh.objects.select_for_update(skip_locked=True)
        .filter(pk=refresh_id, finished=None)
        .first()
    )
    if walk is None:
        return None
    standing.forget()
    rows = Actor.objects.filter(store=walk.store_id, kind__in=walk.kinds, pk__gt=walk.after)
    batch = list(rows.order_by("pk")[:BATCH])
    if not batch:
        return _end(walk, settled)
    rules = standing.rules_of(walk.store_id)
    _write_forms([(each.pk, made) for each in batch if (made := _forms(each, rules)) != each.forms])
    walk.after = batch[-1].pk
    walk.actors += len(batch)
    walk.changed += relink([each.pk for each in batch])
    walk.save(update_fields=["after", "actors", "changed"])
    return len(batch)


def _end(walk: IdentityRefresh, settled: timedelta) -> int | None:
    """End a walk once no process can make another actor by the rules of before."""
    if timezone.now() < walk.requested + settled:
        return None
    # Who was making actors when the walk came to the last one has committed after this.
    hold_off_statements()
    if Actor.objects.filter(store=walk.store_id, kind__in=walk.kinds, pk__gt=walk.after).exists():
        return 0
    walk.finished = timezone.now()
    walk.save(update_fields=["finished"])
    return None


def _forms(actor: Actor, rules: Sequence[Rule]) -> list[str]:
    return [keepable(each) for each in forms(named_of(actor), rules)]


def _write_forms(rows: Sequence[tuple[int, list[str]]]) -> None:
    if not rows:
        return
    with database.binary_cursor() as cursor:
        cursor.execute(
            "UPDATE connectors_actor a SET forms = ARRAY(SELECT jsonb_array_elements_text(u.forms::jsonb))"
            " FROM unnest(%b::bigint[], %b::text[]) AS u (id, forms) WHERE a.id = u.id",
            ([row[0] for row in rows], [orjson.dumps(row[1]).decode() for row in rows]),
        )


def _look(batch: Sequence[Actor], rules: Sequence[Rule], result: Preview) -> None:
    for each in batch:
        each.forms = _forms(each, rules)
    by_id = {each.pk: each for each in batch}
    result.looked_at += len(batch)
    examples: list[tuple[Actor, Any, Any]] = []
    for actor_id, (before, decision) in would_change(batch, rules).items():
        if not before:
            result.found += 1
        elif not decision.links:
            result.lost += 1
        else:
            result.other += 1
        examples.append((by_id[actor_id], before, decision.links))
    examples = examples[: EXAMPLES - len(result.examples)]
    people = {each.value[0] for _, before, after in examples for each in (*before, *after)}
    names = dict(
        PersonVersion.objects.filter(person__in=people, recorded__upper_inf=True)
        .order_by("pk")
        .values_list("person_id", "formatted_name")
    )
    result.examples += [
        Example(actor, _said(before, names), _said(after, names)) for actor, before, after in examples
    ]


def _said(links: Any, names: dict[int, str]) -> str:
    return "; ".join(
        f"{names.get(each.value[0], f'person {each.value[0]}')}"
        + (f" until {each.end:%Y-%m-%d}" if each.end < FOREVER else "")
        for each in links
    )
