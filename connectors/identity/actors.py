"""The actors of statements as the hub remembers them: found by their digest, made when they are new.

In: the actor of a statement. Out: ids of `Actor` rows; one query for all that this process has not seen.
Never a decision about who they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from connectors.identity.normal import keepable
from connectors.identity.rules import Named, forms
from connectors.identity.standing import rules_of
from lrs import database
from lrs.identity import AGENT, EntityKey, agent_key, digest, identifier

#: Actors a process remembers.
REMEMBERED_MOST = 200_000

_remembered: dict[tuple[int, EntityKey], int] = {}


@dataclass(frozen=True, slots=True)
class Seen:
    """An actor where a statement names it."""

    key: EntityKey
    name: str
    source_id: int
    moment: datetime


def seen_in(statement: Mapping[str, Any], source_id: int, moment: datetime) -> list[Seen]:
    """Return the actors of a statement: the agent, or the group with its members."""
    actor = statement.get("actor") or {}
    found = [actor, *actor.get("member", ())] if actor.get("objectType") == "Group" else [actor]
    # A group is no person: it counts by its members, and by itself only where it names none.
    if len(found) > 1:
        found = found[1:]
    keys = ((agent_key(each), each) for each in found)
    seen = {
        key: Seen(key, str(each.get("name") or ""), source_id, moment)
        for key, each in keys
        if key is not None
    }
    return list(seen.values())


def find_or_make(store_id: int, seen: Iterable[Seen]) -> tuple[dict[EntityKey, int], list[int]]:
    """Return the id of each actor by its key, and the ids of those that are new."""
    found: dict[EntityKey, int] = {}
    missing: dict[UUID, Seen] = {}
    for each in seen:
        known = _remembered.get((store_id, each.key))
        if known is None:
            missing.setdefault(digest(store_id, AGENT, identifier(each.key)), each)
        else:
            found[each.key] = known
    if not missing:
        return found, []
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT digest, id FROM connectors_actor WHERE digest = ANY (%b)", (list(missing),))
        for digest_, actor_id in cursor:
            found[missing.pop(digest_).key] = actor_id
    new = _make(store_id, missing) if missing else {}
    found |= new
    return found, list(new.values())


def remember(store_id: int, found: Mapping[EntityKey, int]) -> None:
    """Keep ids that are committed."""
    if len(_remembered) > REMEMBERED_MOST:
        _remembered.clear()
    for key, actor_id in found.items():
        _remembered[store_id, key] = actor_id


def forget() -> None:
    """Drop what this process remembers."""
    _remembered.clear()


def named(key: EntityKey, source_id: int) -> Named:
    """Return an actor as rules see it."""
    if key[1] == "account":
        return Named(kind="account", value=key[3], home_page=key[2], source_id=source_id)
    return Named(kind=key[1], value=key[2], source_id=source_id)


def _make(store_id: int, missing: Mapping[UUID, Seen]) -> dict[EntityKey, int]:
    rules = rules_of(store_id)
    rows = []
    for digest_, each in sorted(missing.items()):
        actor = named(each.key, each.source_id)
        name = keepable(each.name[:300])
        rows.append((digest_, actor, name, each.moment, [keepable(form) for form in forms(actor, rules)]))
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO connectors_actor
                (store_id, digest, kind, value, home_page, name, source_id, first_seen, state, statements,
                 forms)
            SELECT %s, u.digest, u.kind, u.value, u.home_page, u.name, u.source, u.seen, 'unknown', 0,
                   ARRAY(SELECT jsonb_array_elements_text(u.forms::jsonb))
            FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bigint[],
                        %b::timestamptz[], %b::text[])
                 AS u (digest, kind, value, home_page, name, source, seen, forms)
            ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest
            RETURNING digest, id
            """,
            (
                store_id,
                [row[0] for row in rows],
                [row[1].kind for row in rows],
                [keepable(row[1].value[:1000]) for row in rows],
                [keepable(row[1].home_page[:1000]) for row in rows],
                [row[2] for row in rows],
                [row[1].source_id for row in rows],
                [row[3] for row in rows],
                [orjson.dumps(row[4]).decode() for row in rows],
            ),
        )
        return {missing[row[0]].key: row[1] for row in cursor}
