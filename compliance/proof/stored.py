"""The tree as the database has it: head, edge, tiles, entries.

In: what is asked for. Out: values of compliance.proof.tree. Only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from compliance.proof import conf, sources, tree
from compliance.proof.errors import LogRefused
from compliance.proof.hashing import EMPTY_ROOT, HASH
from compliance.proof.tiles import Name, bundle
from compliance.proof.tree import TILE_HEIGHT, TILE_WIDTH, Edge, Nodes
from lrs import database


@dataclass(frozen=True, slots=True)
class Head:
    """The tree as it is now."""

    origin: str
    size: int
    root: bytes


def head() -> Head:
    """Return the head of the log, which is made where there is none yet."""
    with database.binary_cursor() as cursor:
        found = cursor.execute("SELECT origin, size, root FROM compliance_log_head").fetchone()
        if found is None:
            cursor.execute(
                "INSERT INTO compliance_log_head (id, origin, size, root, moved)"
                " VALUES (1, %s, 0, %s, now()) ON CONFLICT DO NOTHING",
                (conf.origin(), EMPTY_ROOT),
            )
            found = cursor.execute("SELECT origin, size, root FROM compliance_log_head").fetchone()
    if found is None:
        raise LogRefused("The log has no head.")
    return Head(found[0], found[1], bytes(found[2]))


def edge(size: int) -> Edge:
    """Return the right edge of the tree of `size` leaves, out of its incomplete tiles."""
    wanted = []
    level = 0
    while count := size >> TILE_HEIGHT * level:
        wanted.append((level, count // TILE_WIDTH, count % TILE_WIDTH))
        level += 1
    found = tiles([(level, number) for level, number, width in wanted if width])
    partial = []
    for level, number, width in wanted:
        hashes = found.get((level, number), b"")[: width * HASH]
        if len(hashes) != width * HASH:
            raise LogRefused(f"Tile {level}/{number} of the log lacks hashes a tree of {size:,} leaves has.")
        partial.append(hashes)
    return Edge(size, tuple(partial))


def tiles(wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Return the hashes of tiles, by level and number, as far as they are there."""
    if not wanted:
        return {}
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT t.level, t.number, t.hashes FROM compliance_log_tile t"
            " JOIN unnest(%b::smallint[], %b::bigint[]) AS u (level, number) USING (level, number)",
            ([level for level, _ in wanted], [number for _, number in wanted]),
        )
        return {(row[0], row[1]): bytes(row[2]) for row in cursor}


def nodes() -> Nodes:
    """Return a look-up of complete subtrees that remembers what it has read, up to some 30 MB."""

    @lru_cache(maxsize=2_048)
    def tile(level: int, number: int) -> bytes:
        return tiles([(level, number)]).get((level, number), b"")

    @lru_cache(maxsize=65_536)
    def look_up(height: int, number: int) -> bytes:
        level, inner = divmod(height, TILE_HEIGHT)
        first = number << inner
        at = first % TILE_WIDTH * HASH
        hashes = tile(level, first // TILE_WIDTH)[at : at + (HASH << inner)]
        if len(hashes) != HASH << inner:
            raise LogRefused(f"Tile {level}/{first // TILE_WIDTH} of the log lacks hashes it should have.")
        return tree.subtree_root(hashes)

    return look_up


def entry(kind: str, opaque: str, commitment: str) -> bytes:
    """Return an entry as it stands in the log: canonical JSON of commitment and random id (hex) and kind."""
    return f'{{"commitment":"{commitment}","id":"{opaque}","kind":"{kind}"}}'.encode("ascii")


def entries(begin: int, end: int) -> list[bytes]:
    """Return entries begin to end - 1 as they stand in the log; fewer where some are gone."""
    words = kinds()
    with database.binary_cursor() as cursor:
        cursor.execute(
            "SELECT source, opaque, commitment FROM compliance_log_entry"
            " WHERE index >= %s AND index < %s ORDER BY index",
            (begin, end),
        )
        return [entry(words.get(row[0], ""), row[1].hex, row[2].hex()) for row in cursor]


def tile_content(name: Name) -> bytes | None:
    """Return what a tile or a bundle holds; None where the log has not so much."""
    if name.level is None:
        first = name.number * TILE_WIDTH
        found = entries(first, first + name.width)
        return bundle(found) if len(found) == name.width else None
    hashes = tiles([(name.level, name.number)]).get((name.level, name.number), b"")[: name.width * HASH]
    return hashes if len(hashes) == name.width * HASH else None


def positions() -> dict[int, sources.Position]:
    """Return how far each source has been logged, by its number."""
    with database.binary_cursor() as cursor:
        return {
            row[0]: (row[1], row[2])
            for row in cursor.execute("SELECT number, xid, key FROM compliance_log_source")
        }


def kinds() -> dict[int, str]:
    """Return the words of sources by number, also of those that are registered no more."""
    with database.binary_cursor() as cursor:
        known = {row[0]: row[1] for row in cursor.execute("SELECT number, kind FROM compliance_log_source")}
    return known | {each.number: each.kind for each in sources.registered()}


def chunks(begin: int, end: int, step: int) -> Iterator[tuple[int, int]]:
    """Yield a range in parts."""
    for at in range(begin, end, step):
        yield at, min(end, at + step)
