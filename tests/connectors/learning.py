"""Statements of people the connectors know, and what became of them."""

from __future__ import annotations

import time
from typing import Any

from django.apps import apps

from connectors import changes
from connectors.enrichment import consume, follow
from connectors.identity import actors, standing
from connectors.models import Actor, Context, OrganizationUnit, StatementContext
from lrs import feed
from tests.fixtures import Hub, Xapi
from tests.statements import statement


def academy(hub: Hub, source: str = "Moodle Berlin", **where: str) -> tuple[Xapi, Any]:
    """Return a client and the store it posts into; nothing of other tests is remembered."""
    actors.forget()
    standing.forget()
    caller = hub.caller(source, **where)
    return caller, apps.get_model("lrs", "Store").objects.get(pk=caller.store_id)


def learned(caller: Xapi, actor: dict[str, Any], on: str, **parts: Any) -> str:
    """Post a statement of `actor` on a day; return its id."""
    [posted] = caller.store(statement(actor=actor, timestamp=f"{on}T10:00:00Z", **parts))
    return posted


def caught_up() -> None:
    """Let new statements and changes be followed to the end.

    What other databases of the server have under way holds both back for a moment.
    """
    until = time.monotonic() + 60
    while feed.lag(consume.CONSUMER).statements or changes.waiting(follow.CONSUMER):
        assert time.monotonic() < until, "something holds the feed back"
        if not feed.run(consume.CONSUMER) + changes.run(follow.CONSUMER):
            time.sleep(0.01)


def contexts(caller: Xapi, statement_id: str, *, ended: bool = False) -> list[StatementContext]:
    """Return what is derived of a statement now, or with `ended`, what was before."""
    row = apps.get_model("lrs", "Statement").objects.get(store_id=caller.store_id, statement_id=statement_id)
    return list(
        StatementContext.objects.filter(seq=row.pk, recorded_to__isnull=not ended).order_by(
            "recorded_from", "actor_id"
        )
    )


def units(caller: Xapi, *statement_ids: str) -> list[str]:
    """Return the unit each statement counts for; why not, where it counts for none."""
    return [_unit(each) for statement_id in statement_ids for each in contexts(caller, statement_id)]


def _unit(row: StatementContext) -> str:
    if row.context_id is None:
        return str(row.get_why_not_display())
    unit_id = Context.objects.get(pk=row.context_id).unit_id
    return "" if unit_id is None else OrganizationUnit.objects.get(pk=unit_id).key


def actor(caller: Xapi, value: str) -> Actor:
    """Return an actor of the caller's store."""
    return Actor.objects.get(store_id=caller.store_id, value=value)
