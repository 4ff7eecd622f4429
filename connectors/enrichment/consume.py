"""New statements: their actors are found or made, told who they are, and given the context of the moment.

In: statements from the feed. Out: StatementContext rows, new actors, and how often each actor was seen. A
replay of the feed derives again and writes what differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from connectors.enrichment.derive import Asked, derive_new, hold_off_changes
from connectors.identity import actors
from connectors.identity.link import relink
from lrs import database, feed
from lrs.binary_arrays import big_integers, timestamps
from lrs.identity import EntityKey

CONSUMER = "connectors.enrichment"


@feed.consumer(CONSUMER, batch=2_000)
def enrich(statements: Sequence[feed.FeedStatement]) -> None:
    """Give every actor of `statements` its context."""
    hold_off_changes()
    seen = {each.seq: actors.seen_in(each.values(), each.source_id, each.timestamp) for each in statements}
    ids: dict[tuple[int, EntityKey], int] = {}
    for store_id in sorted({each.store_id for each in statements}):
        of_store = [actor for each in statements if each.store_id == store_id for actor in seen[each.seq]]
        found, new = actors.find_or_make(store_id, of_store)
        relink(new)
        ids |= {(store_id, key): actor_id for key, actor_id in found.items()}
        if not new:
            transaction.on_commit(lambda store_id=store_id, found=found: actors.remember(store_id, found))  # type: ignore[misc]  # bound now
    asked = [
        Asked(each.seq, actor_id, each.store_id, each.source_id, each.timestamp)
        for each in statements
        for actor_id in ([ids[each.store_id, actor.key] for actor in seen[each.seq]] or [0])
    ]
    derive_new(asked, CONSUMER)
    _count(asked)


def _count(asked: Sequence[Asked]) -> None:
    """Add to each actor how many statements named it, and when last."""
    counts = Counter(each.actor_id for each in asked if each.actor_id)
    last: dict[int, datetime] = {}
    for each in asked:
        last[each.actor_id] = max(each.moment, last.get(each.actor_id, each.moment))
    rows = sorted(counts.items())
    with database.binary_cursor() as cursor:
        cursor.execute(
            """
            UPDATE connectors_actor a
            SET statements = a.statements + u.count, last_seen = greatest(a.last_seen, u.seen)
            FROM unnest(%b::bigint[], %b::bigint[], %b::timestamptz[]) AS u (id, count, seen)
            WHERE a.id = u.id
            """,
            (
                big_integers([row[0] for row in rows]),
                big_integers([row[1] for row in rows]),
                timestamps([last[row[0]] for row in rows]),
            ),
        )
