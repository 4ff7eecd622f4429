"""Raw records met before, and what their mapping made of them: a roster mostly says what it said yesterday.

In: the raw records of a page, the mapping, what is held. Out: for a record that came before, unchanged, to
the same mapping with the same fields held, the names of the canonical records it became, each with its
digest. Whether those are still so is asked of what was applied (`Memory.differing`).

A memory of a pure function: the mapping, what is held, the raw record and the program itself decide what
comes out, and each is part of the fingerprint a record is known by. So nothing here is ever wrong, only
missing; the table is not written ahead (UNLOGGED) and may be emptied at any time. For full runs over
everybody alone: a pilot, a dry run and a live record need the canonical records themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from uuid import UUID

import orjson

from connectors.adapters import RawRecord
from connectors.mapping import Mapping as FieldMap
from connectors.models import System
from connectors.sync.mapped import Mapped
from connectors.workforce import canonical, ownership, slices
from connectors.workforce.canonical import Record
from connectors.workforce.slices import Name, applied_key, name_of
from lrs import database
from lrs.binary_arrays import texts, uuids

#: The name a canonical record is applied under, with a digest of the record.
Named = tuple[Name, UUID]
#: Where what a mapping makes of a record is written down.
_PROGRAM = ("mapping", "workforce/canonical.py", "sync/mapped.py", "sync/memory.py")
_KEY_MOST = 200

# OFFSET 0: each is looked up. The planner would rather read the whole table for each page.
_RECALL = """
    SELECT u.place, m.names
    FROM unnest(%b::text[], %b::text[], %b::uuid[]) WITH ORDINALITY AS u (kind, key, fingerprint, place)
    CROSS JOIN LATERAL (
        SELECT m.names FROM connectors_mapped_record m
        WHERE m.system_id = %s AND m.kind = u.kind AND m.key = u.key AND m.fingerprint = u.fingerprint
        OFFSET 0
    ) m
"""
_REMEMBER = """
    INSERT INTO connectors_mapped_record AS m (system_id, kind, key, fingerprint, names)
    SELECT %s, u.kind, u.key, u.fingerprint, u.names
    FROM unnest(%b::text[], %b::text[], %b::uuid[], %b::text[]) AS u (kind, key, fingerprint, names)
    ON CONFLICT (system_id, kind, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, names = excluded.names
"""
_DIFFERING = """
    SELECT u.place
    FROM unnest(%b::text[], %b::text[], %b::uuid[]) WITH ORDINALITY AS u (kind, key, digest, place)
    LEFT JOIN LATERAL (
        SELECT a.id, a.digest, a.absent FROM connectors_applied_record a
        WHERE a.system_id = %s AND a.kind = u.kind AND a.key = u.key OFFSET 0
    ) a ON true
    WHERE a.id IS NULL OR a.digest <> u.digest OR a.absent IS NOT NULL
"""
# Who something planned has come into effect of since they were applied (connectors.workforce.record).
_DUE = """
    SELECT DISTINCT a.key
    FROM connectors_work_assignment_version v
    JOIN connectors_person_key k ON k.person_id = v.person_id AND k.system_id = v.system_id
    JOIN connectors_applied_record a ON a.system_id = k.system_id AND a.kind = 'worker' AND a.key = k.key
    WHERE v.system_id = %s AND upper_inf(v.recorded) AND lower(v.valid) > a.as_of AND lower(v.valid) <= %s
"""


@dataclass(frozen=True, slots=True)
class Met:
    """A raw record as it is known by, and what it became where it came before."""

    #: None where none can be told.
    fingerprint: UUID | None = None
    #: The canonical records, in their order; None where it must be mapped.
    names: tuple[Named, ...] | None = None


class Memory:
    """What the full runs of one system remember."""

    def __init__(self, system: System, mapping: FieldMap, as_of: datetime) -> None:
        self._system = system
        self._mapping = mapping
        self._as_of = as_of
        self._bases: dict[frozenset[str], bytes] = {}
        self._due: frozenset[Name] | None = None

    def meet(self, records: Sequence[RawRecord], held: frozenset[str]) -> list[Met]:
        """Return what is remembered of each record."""
        basis = self._bases.get(held)
        if basis is None:
            basis = self._bases[held] = _basis(self._mapping, held)
        prints = [_fingerprint(each, basis) for each in records]
        asked = [place for place, each in enumerate(prints) if each is not None]
        met = [Met(each) for each in prints]
        if not asked:
            return met
        with database.binary_cursor() as cursor:
            cursor.execute(
                _RECALL,
                (
                    texts([records[place].kind for place in asked]),
                    texts([records[place].key for place in asked]),
                    uuids([each for each in prints if each is not None]),
                    self._system.pk,
                ),
            )
            for number, names in cursor:
                place = asked[number - 1]
                met[place] = Met(prints[place], _read(names))
        return met

    def differing(self, remembered: Collection[Named]) -> set[Named]:
        """Return which canonical records are not what was applied last under their names: never, another
        one, of somebody found absent since, with something planned against it that has come due, or of a
        thing that is so as a system told which has no say over it."""
        if not remembered:
            return set()
        asked = list(remembered)
        with database.binary_cursor() as cursor:
            cursor.execute(
                _DIFFERING,
                (
                    texts([name[0] for name, _ in asked]),
                    texts([name[1] for name, _ in asked]),
                    uuids([digest for _, digest in asked]),
                    self._system.pk,
                ),
            )
            found = {asked[place - 1] for (place,) in cursor}
        if self._due is None:
            self._due = self._planned()
        if self._due:
            found |= {each for each in asked if each[0] in self._due}
        return found

    def keep(self, met: Iterable[tuple[RawRecord, UUID, Sequence[Named]]]) -> None:
        """Remember what records became."""
        rows: dict[Name, tuple[UUID, str]] = {}
        for raw, fingerprint, names in met:
            try:
                written = orjson.dumps([(kind, key, digest.hex) for (kind, key), digest in names]).decode()
            except orjson.JSONEncodeError:
                continue
            # No text of the database holds this character, so nothing could have been applied either.
            if "\\u0000" not in written:
                rows[raw.kind, raw.key] = (fingerprint, written)
        if not rows:
            return
        with database.binary_cursor() as cursor:
            cursor.execute(
                _REMEMBER,
                (
                    self._system.pk,
                    texts([kind for kind, _ in rows]),
                    texts([key for _, key in rows]),
                    uuids([fingerprint for fingerprint, _ in rows.values()]),
                    texts([written for _, written in rows.values()]),
                ),
            )

    def _planned(self) -> frozenset[Name]:
        with database.binary_cursor() as cursor:
            cursor.execute(_DUE, (self._system.pk, self._as_of))
            workers = {("worker", row[0]) for row in cursor}
        things = slices.due(self._system, self._as_of) | ownership.overwritten(self._system, self._as_of)
        return frozenset(workers | things)


def named(record: Record) -> Named:
    """Return a canonical record as it is remembered."""
    kind = canonical.kind_of(record)
    digest = canonical.digest(record) if kind == "worker" else _digest_of_shared(record)
    return (kind, applied_key(record)), digest


def names_of(made: Mapped) -> list[Name]:
    """Return the names of what a raw record became, remembered or just made."""
    if made.names is not None:
        return [name for name, _ in made.names]
    return [name_of(each) for each in made.records]


# Units, jobs and locations are told of with every worker.
@lru_cache(maxsize=4096)
def _digest_of_shared(record: Record) -> UUID:
    return canonical.digest(record)


def _read(names: str) -> tuple[Named, ...]:
    return tuple(((kind, key), UUID(hex=digest)) for kind, key, digest in orjson.loads(names))


def _fingerprint(record: RawRecord, basis: bytes) -> UUID | None:
    """Return what tells that a record came before; None where it cannot be told."""
    if record.broken or not record.key or len(record.key) > _KEY_MOST or "\x00" in record.key:
        return None
    raw = record.raw if type(record.raw) is dict else dict(record.raw)
    try:
        written = orjson.dumps([record.kind, record.key, raw])
    except orjson.JSONEncodeError:
        return None
    return UUID(bytes=blake2b(written, digest_size=16, key=basis).digest())


def _basis(mapping: FieldMap, held: frozenset[str]) -> bytes:
    """Return what, besides the record, decides what becomes of it."""
    document = orjson.dumps(mapping.document, option=orjson.OPT_SORT_KEYS)
    said = [document, *(each.encode() for each in sorted(held))]
    return blake2b(b"\x00".join(said), digest_size=32, key=_program()).digest()


@cache
def _program() -> bytes:
    """Return a digest of the code that maps: a new release may make something else of the same record."""
    found = blake2b(digest_size=32)
    for path in _PROGRAM:
        for part in _sources(files("connectors").joinpath(path)):
            found.update(part)
    return found.digest()


def _sources(place: Traversable) -> list[bytes]:
    if place.is_file():
        return [place.read_bytes()]
    modules = sorted(place.iterdir(), key=lambda each: each.name)
    return [each.read_bytes() for each in modules if each.name.endswith(".py")]
