"""Names of tiles and the form of entry bundles (C2SP tlog-tiles).

In: levels, numbers, widths, entries. Out: paths below the log's address, bundles; and back. Never I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from compliance.proof.errors import ProofError
from compliance.proof.tree import TILE_HEIGHT, TILE_WIDTH

#: The largest level there can be (six bits).
LEVEL_MOST = 63
#: Bytes of an entry at most: its length stands in 16 bits.
ENTRY_MOST = 65_535

_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Name:
    """Which tile; `level` is None for a bundle of entries."""

    level: int | None
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The path below the log's address, as tile/0/x001/x234/067.p/8."""
        groups = f"{self.number:d}"
        groups = groups.zfill(-(-len(groups) // 3) * 3)
        parts = [groups[at : at + 3] for at in range(0, len(groups), 3)]
        number = "/".join([f"x{each}" for each in parts[:-1]] + parts[-1:])
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{'entries' if self.level is None else self.level}/{number}{partial}"

    def within(self, size: int) -> bool:
        """Whether the tree of `size` leaves has this tile, at least so wide."""
        hashes = size >> TILE_HEIGHT * (self.level or 0)
        return self.number * TILE_WIDTH + self.width <= hashes


def named(path: str) -> Name | None:
    """Return which tile a path names; None where it is none."""
    found = _PATH.match(path)
    if found is None:
        return None
    level = None if found["level"] == "entries" else int(found["level"])
    width = int(found["width"] or TILE_WIDTH)
    groups = found["number"].replace("x", "").split("/")
    if (level or 0) > LEVEL_MOST or not width <= TILE_WIDTH or (found["width"] and width == TILE_WIDTH):
        return None
    if len(groups) > 7 or (len(groups) > 1 and groups[0] == "000"):
        return None
    return Name(level, int("".join(groups)), width)


def needed(old: int, new: int) -> list[Name]:
    """Return the tiles, without bundles, that a tree of `new` leaves has and one of `old` had not."""
    found = []
    for level in range(LEVEL_MOST + 1):
        before, now = old >> TILE_HEIGHT * level, new >> TILE_HEIGHT * level
        if not now:
            break
        full = now // TILE_WIDTH
        found += [Name(level, number) for number in range(before // TILE_WIDTH, full)]
        if (width := now % TILE_WIDTH) and now > before:
            found.append(Name(level, full, width))
    return found


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries one after the other, each with its length before it, 16 bits, big-endian."""
    parts = []
    for each in entries:
        if len(each) > ENTRY_MOST:
            raise ProofError(f"An entry of {len(each):,} bytes does not fit into a bundle.")
        parts += [len(each).to_bytes(2, "big"), each]
    return b"".join(parts)


def unbundled(content: bytes) -> list[bytes]:
    """Return the entries of a bundle."""
    found, at = [], 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 2], "big")
        entry = content[at + 2 : at + 2 + length]
        if at + 2 > len(content) or len(entry) != length:
            raise ProofError("The bundle ends within an entry.")
        found.append(entry)
        at += 2 + length
    return found
