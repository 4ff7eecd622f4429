"""What a running hub holds: memory of each process, bytes on disk of each table and index.

In: process ids; a database. Out: numbers for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_RELATIONS = """
SELECT c.relname, coalesce(i.indrelid::regclass::text, c.relname), pg_relation_size(c.oid),
       coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE c.relkind IN ('r', 'i', 'm') AND coalesce(i.indrelid::regclass::text, c.relname) LIKE 'lrs\\_%'
ORDER BY 3 DESC
"""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Megabytes of a part's processes: `rss` counts shared pages in each, `pss` shares them out."""

    processes: int
    rss: float
    pss: float


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A table or an index on disk."""

    name: str
    #: Whether it is an index.
    index: bool
    #: With what lies in its TOAST table.
    size: int


def memory(parts: Mapping[str, int]) -> dict[str, Memory]:
    """Return the memory of each part with all its children."""
    found = {}
    for name, pid in parts.items():
        readings = [_memory_of(each) for each in [pid, *_descendants(pid)]]
        found[name] = Memory(
            processes=len(readings),
            rss=sum(rss for rss, _ in readings) / 1024,
            pss=sum(pss for _, pss in readings) / 1024,
        )
    return found


def disk(dsn: str) -> tuple[int, list[Relation]]:
    """Return how many statements there are, and the relations that hold them, largest first."""
    import psycopg

    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM lrs_statement").fetchone()
        relations = [
            Relation(name=name, index=name != table, size=size + toast)
            for name, table, size, toast in connection.execute(_RELATIONS)
        ]
    return (0 if row is None else int(row[0])), relations


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield int(child)
        yield from _descendants(int(child))


def _memory_of(pid: int) -> tuple[int, int]:
    """Kilobytes: resident, and shared out."""
    values = {"Rss": 0, "Pss": 0}
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0, 0  # it has ended meanwhile
    for line in lines:
        name, _, rest = line.partition(":")
        if name in values:
            values[name] = int(rest.split()[0])
    return values["Rss"], values["Pss"]
