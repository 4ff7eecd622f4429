"""Entries, tiles and roots: the tree built anew from its entries, beside what is kept and published of it.

In: the entries in the database. Out: deviations, and the root at every size asked for. A leaf that deviates
is named once: the tree is built on with what two of the three (entry, tile kept, tile published) agree on, so
that one change is not told of a thousand times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from compliance.proof import folder, sources, stored
from compliance.proof.hashing import HASH, leaf_hash
from compliance.proof.tiles import Name
from compliance.proof.tree import TILE_HEIGHT, TILE_WIDTH, Edge, Tile, grown
from compliance.proof.verify.report import Report
from lrs import database

#: Tiles read at a time.
_AT_ONCE = 64
#: How much earlier than a record logged before it one may have been made: as long as a transaction may last,
#: and clocks differ. What is further back was put in later.
PATIENCE = timedelta(hours=1)

_ENTRIES = """
    SELECT index, source, key, opaque, commitment FROM compliance_log_entry
    WHERE index >= %s AND index < %s ORDER BY index
"""


@dataclass(slots=True)
class Leaves:
    """Builds the tree anew."""

    report: Report
    size: int
    #: Leaves of the tree that was published; 0 where nothing was.
    published: int
    #: Sizes whose roots are wanted.
    wanted: Sequence[int]
    edge: Edge = field(default_factory=Edge)
    roots: dict[int, bytes] = field(default_factory=dict)
    _latest: dict[int, datetime] = field(default_factory=dict)
    _sources: dict[int, sources.Source] = field(default_factory=dict)
    #: Words of sources by number, also of those that are registered no more.
    _kinds: dict[int, str] = field(default_factory=dict)

    def build(self) -> None:
        """Build it, comparing."""
        self._sources = {each.number: each for each in sources.registered()}
        self._kinds = stored.kinds()
        sizes = iter(sorted({each for each in self.wanted if each <= self.size}))
        following = next(sizes, None)
        for first, hashes in self._tiles():
            begin = 0
            while following is not None and following <= first + len(hashes):
                self._grow(hashes[begin : following - first])
                begin = following - first
                self.roots[following] = self.edge.root
                following = next(sizes, None)
            self._grow(hashes[begin:])
        self._partial()
        self._beyond()

    def _tiles(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the leaf hashes of each tile, as they should be."""
        for begin, end in stored.chunks(0, self.size, _AT_ONCE * TILE_WIDTH):
            with database.binary_cursor() as cursor:
                rows = {row[0]: row for row in cursor.execute(_ENTRIES, (begin, end))}
            numbers = range(begin // TILE_WIDTH, -(-end // TILE_WIDTH))
            kept = stored.tiles([(0, number) for number in numbers])
            for number in numbers:
                first = number * TILE_WIDTH
                last = min(first + TILE_WIDTH, end)
                yield first, self._tile(number, first, last, rows, kept.get((0, number), b""))

    def _tile(self, number: int, first: int, last: int, rows: dict[int, Any], kept: bytes) -> list[bytes]:
        published = self._published(Name(0, number), first)
        found = []
        for index in range(first, last):
            at = (index - first) * HASH
            row = rows.get(index)
            of_entry = None if row is None else self._hashed(row)
            candidates = [of_entry, kept[at : at + HASH] or None, published[at : at + HASH] or None]
            found.append(self._agreed(index, row, candidates, shown=index < self.published))
            if row is not None:
                self._in_order(row)
        return found

    def _hashed(self, row: Any) -> bytes:
        return leaf_hash(stored.entry(self._kinds.get(row[1], ""), row[3].hex, row[4].hex()))

    def _agreed(self, index: int, row: Any, candidates: list[bytes | None], *, shown: bool) -> bytes:
        of_entry, kept, published = candidates
        if of_entry is None:
            self._tell("leaf.gone", "The entry of a leaf is gone from the database.", index, row)
        elif kept == of_entry and (published == of_entry or not shown):
            return of_entry
        elif kept is not None and (kept == published or (published is None and kept != of_entry)):
            self._tell("leaf.changed", "The entry is not the one whose hash stands in the tree.", index, row)
        elif kept == of_entry:
            if published is None:
                self._tell("tile.gone", "The published tile of the leaf is gone.", index, row)
            else:
                self._tell("tile.changed", "The published tile has another hash of the leaf.", index, row)
        elif kept is None:
            self._tell("tile.gone", "The tile of the leaf is gone from the database.", index, row)
        else:
            self._tell("tile.changed", "The tile in the database has another hash of the leaf.", index, row)
        votes = Counter(each for each in candidates if each is not None)
        return votes.most_common(1)[0][0] if votes else bytes(HASH)

    def _in_order(self, row: Any) -> None:
        """Tell of a record made long before one that was logged before it."""
        source = self._sources.get(row[1])
        if source is None or source.moment_of is None:
            return
        made = source.moment_of(row[2])
        latest = self._latest.get(row[1])
        if latest is None or made > latest:
            self._latest[row[1]] = made
        elif latest - made > PATIENCE:
            text = (
                f"It says it was made {made.isoformat()}, and was logged after one of {latest.isoformat()}."
            )
            self._tell("record.backdated", text, row[0], row)

    def _grow(self, hashes: Sequence[bytes]) -> None:
        if hashes:
            self.edge, tiles = grown(self.edge, hashes)
            full = [each for each in tiles if each.level and each.width == TILE_WIDTH]
            self._compare(full)

    def _partial(self) -> None:
        """Compare what is not full, above the leaves."""
        self._compare(
            [
                Tile(level, self.size >> TILE_HEIGHT * (level + 1), hashes)
                for level, hashes in enumerate(self.edge.partial)
                if level and hashes
            ]
        )

    def _compare(self, tiles: Sequence[Tile]) -> None:
        kept = stored.tiles([(each.level, each.number) for each in tiles])
        for each in tiles:
            name = Name(each.level, each.number, each.width).path
            if kept.get((each.level, each.number)) != each.hashes:
                self.report.add("tile.changed", f"{name} in the database is not the tree's.")
            first = each.number << TILE_HEIGHT * (each.level + 1)
            shown = min(each.width, (self.published >> TILE_HEIGHT * each.level) - each.number * TILE_WIDTH)
            if (
                shown > 0
                and self._published(Name(each.level, each.number), first) != each.hashes[: shown * HASH]
            ):
                self.report.add("tile.changed", f"{name} as it is published is not the tree's, or gone.")

    def _published(self, name: Name, first: int) -> bytes:
        """Return the hashes of a tile as they are published."""
        if first >= self.published or name.level is None:
            return b""
        hashes = (self.published >> TILE_HEIGHT * name.level) - name.number * TILE_WIDTH
        width = min(TILE_WIDTH, hashes)
        if width <= 0:
            return b""
        found = folder.content(Name(name.level, name.number, width).path)
        if found is None and width < TILE_WIDTH:
            # It may have been filled meanwhile.
            found = folder.content(name.path)
        return (found or b"")[: width * HASH]

    def _beyond(self) -> None:
        """Tell of entries and tiles the tree has no place for."""
        with database.binary_cursor() as cursor:
            cursor.execute(
                "SELECT index, source, key FROM compliance_log_entry WHERE index >= %s OR index < 0"
                " ORDER BY index LIMIT 1000",
                (self.size,),
            )
            for row in cursor.fetchall():
                self._tell("leaf.extra", "An entry stands beyond the end of the tree.", row[0], row)

    def _tell(self, rule: str, text: str, index: int, row: Any) -> None:
        self.report.add(
            rule,
            text,
            index=index,
            source=self._kinds.get(row[1], "") if row is not None else "",
            key=row[2] if row is not None else None,
            name=name_of(index),
        )


def name_of(index: int) -> str:
    """Return what names the record of a leaf, as far as that is still known."""
    with database.binary_cursor() as cursor:
        row = cursor.execute("SELECT name FROM compliance_log_salt WHERE index = %s", (index,)).fetchone()
    return "" if row is None else str(row[0])
