"""Entity keys become the small numbers the link table holds.

In: a store and entity keys. Out: key → entity id, each made if it was new. Hot entities cost nothing: each
process remembers those it has seen committed. One round trip for all the others, whatever their number.

A batch makes its new entities in its own transaction, before its statements and in the order of their
digests: batches that share new actors wait for each other, and never in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from uuid import UUID

from lrs import binary_arrays, database
from lrs.identity import EntityKey, digest, identifier

#: Entities a process remembers, about 200 bytes each.
REMEMBERED_MOST = 200_000

_remembered: dict[tuple[int, EntityKey], int] = {}


def resolve(store_id: int, keys: Iterable[EntityKey]) -> dict[EntityKey, int]:
    """Return the id of each key, making the entities that are new."""
    found, missing = look_up(store_id, keys)
    if missing:
        made = make(store_id, missing)
        found.update(made)
        if not database.in_transaction():
            remember(store_id, made)
    return found


def look_up(store_id: int, keys: Iterable[EntityKey]) -> tuple[dict[EntityKey, int], dict[UUID, EntityKey]]:
    """Return the ids this process remembers, and the other keys by their digests."""
    found: dict[EntityKey, int] = {}
    missing: dict[UUID, EntityKey] = {}
    for key in keys:
        entity_id = _remembered.get((store_id, key))
        if entity_id is None:
            missing[digest(store_id, key[0], identifier(key))] = key
        else:
            found[key] = entity_id
    return found, missing


def known(store_id: int, key: EntityKey) -> int | None:
    """Return the id of an entity, or None where no statement of the store ever named it."""
    entity_id = _remembered.get((store_id, key))
    if entity_id is not None:
        return entity_id
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT id FROM lrs_entity WHERE digest = %s", (digest(store_id, key[0], identifier(key)),)
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def forget() -> None:
    """Drop what this process remembers."""
    _remembered.clear()


def columns(
    missing: Mapping[UUID, EntityKey],
) -> tuple[binary_arrays.PackedArray, binary_arrays.PackedArray, binary_arrays.PackedArray]:
    """Return kinds, digests and identifiers as the functions of the database take them."""
    return (
        binary_arrays.small_integers([key[0] for key in missing.values()]),
        binary_arrays.uuids(list(missing)),
        binary_arrays.texts([identifier(key) for key in missing.values()]),
    )


def make(store_id: int, missing: Mapping[UUID, EntityKey]) -> dict[EntityKey, int]:
    """Return the ids of `missing`, found or made in the transaction that is open, if one is."""
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT digest, id FROM lrs_entities(%b, %b::smallint[], %b::uuid[], %b::text[])",
            (store_id, *columns(missing)),
            prepare=True,
        )
        return {missing[row[0]]: row[1] for row in cursor}


def remember(store_id: int, made: dict[EntityKey, int]) -> None:
    """Keep ids that are committed."""
    if len(_remembered) + len(made) > REMEMBERED_MOST:
        _drop(list(islice(_remembered, REMEMBERED_MOST // 2)))
    for key, entity_id in made.items():
        _remembered[(store_id, key)] = entity_id


def _drop(oldest: Collection[tuple[int, EntityKey]]) -> None:
    for key in oldest:
        _remembered.pop(key, None)
