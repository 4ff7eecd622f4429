"""A statement whose object is a StatementRef takes over its target's links.

In: the store, and the keys of new referrers and ids of new targets. Out: inherited rows in the link table
(roles shifted by INHERITED_SHIFT). So every filter that finds the target finds the referrer too, whichever
came first, through chains of up to CHAIN_MOST (xAPI 1.0.3, Communication 2.1.3, filter conditions for
StatementRefs). Idempotent: doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from lrs import database, feed
from lrs.binary_arrays import big_integers, uuids
from lrs.identity import EntityKey
from lrs.ingest.batch import Flag
from lrs.ingest.entities import resolve
from lrs.ingest.links import Links, authority_links, inherited, links_of
from lrs.payload import values

#: How many StatementRefs in a row are followed.
CHAIN_MOST = 100

_CHAINS = "SELECT referrer, target FROM lrs_reference_chains(%b, %b::bigint[], %b::uuid[], %b)"

_TAKE_OVER = """
INSERT INTO lrs_statement_entity AS l (entity_id, seq, roles)
SELECT entity, seq, roles FROM unnest(%b::bigint[], %b::bigint[], %b::integer[]) AS n (entity, seq, roles)
ORDER BY entity, seq
ON CONFLICT (entity_id, seq) DO UPDATE SET roles = l.roles | excluded.roles
WHERE l.roles & excluded.roles <> excluded.roles
"""


def take_over(store_id: int, *, referrers: Sequence[int], targets: Collection[UUID]) -> int:
    """Give `referrers`, and whatever refers to `targets`, the links of all they refer to.

    Returns how many (referrer, target) pairs were found.
    """
    with database.binary_cursor() as cursor:
        cursor.execute(
            _CHAINS, (store_id, big_integers(referrers), uuids(list(targets)), CHAIN_MOST), prepare=True
        )
        pairs = cursor.fetchall()
    if pairs:
        own = _own_links({seq for _, seq in pairs})
        _write(store_id, _merged(pairs, own))
    return len(pairs)


def _own_links(seqs: set[int]) -> dict[int, Links]:
    """Return the links each statement has of itself, from its payload."""
    found = {}
    with database.binary_cursor() as cursor:
        cursor.execute("SELECT seq, payload FROM lrs_statement WHERE seq = ANY (%s)", (list(seqs),))
        for seq, payload in cursor:
            statement = values(payload)
            links = links_of(statement)
            for key, roles in authority_links(statement["authority"]).items():
                links[key] = links.get(key, 0) | roles
            found[seq] = links
    return found


def _merged(pairs: Sequence[tuple[int, int]], own: dict[int, Links]) -> dict[tuple[int, EntityKey], int]:
    merged: dict[tuple[int, EntityKey], int] = {}
    for referrer, seq in pairs:
        for key, roles in own[seq].items():
            place = (referrer, key)
            merged[place] = merged.get(place, 0) | inherited(roles)
    return merged


def _write(store_id: int, merged: dict[tuple[int, EntityKey], int]) -> None:
    ids = resolve(store_id, {key for _, key in merged})
    with database.binary_cursor() as cursor:
        cursor.execute(
            _TAKE_OVER,
            ([ids[key] for _, key in merged], [seq for seq, _ in merged], list(merged.values())),
        )


@feed.consumer("lrs.references", batch=2000)
def settle(statements: Sequence[feed.FeedStatement]) -> None:
    """Find what two concurrent requests could not see of each other (docs/decisions/0002)."""
    by_store: dict[int, list[feed.FeedStatement]] = {}
    for statement in statements:
        by_store.setdefault(statement.store_id, []).append(statement)
    for store_id, found in by_store.items():
        referrers = [each.seq for each in found if each.flags & Flag.REFERENCE]
        targets = _referred_to(store_id, [each.statement_id for each in found])
        if referrers or targets:
            take_over(store_id, referrers=referrers, targets=targets)


def _referred_to(store_id: int, statement_ids: list[UUID]) -> list[UUID]:
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT target FROM lrs_statement_reference WHERE store_id = %s AND target = ANY (%s)",
            (store_id, statement_ids),
        )
        return [target for (target,) in cursor]
