"""Whole columns as PostgreSQL's binary arrays, packed in one go.

In: a list of ints, moments, UUIDs or texts. Out: a value psycopg sends as it is. Packing element by element,
as psycopg does for a list of anything, costs more than all the rest of storing a batch. Layout: PostgreSQL,
`array_send`: dimensions, has-null, element type, length, lower bound, then (size, value).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from struct import Struct
from uuid import UUID

from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER = Struct(">iiIii")
_EMPTY = Struct(">iiI")
_INT2, _INT4, _INT8, _TEXT, _TIMESTAMPTZ, _UUID = 21, 23, 20, 25, 1184, 2950
_TIMESTAMP = _BIGINT = Struct(">iq")
_BIGINT_ALONE = Struct(">q")
_NULL = b"\xff\xff\xff\xff"
#: What PostgreSQL counts microseconds from.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PackedArray:
    """An array ready for the wire."""

    content: bytes


class PackedArrayDumper(Dumper):
    """Hands a PackedArray to libpq; the statement casts it, so it carries no type."""

    format = Format.BINARY

    def dump(self, obj: PackedArray) -> Buffer:
        """Return the bytes."""
        return obj.content


def small_integers(values: Sequence[int]) -> PackedArray:
    """Return `smallint[]`."""
    return _integers(values, _INT2, 2, "h")


def integers(values: Sequence[int]) -> PackedArray:
    """Return `integer[]`."""
    return _integers(values, _INT4, 4, "i")


def big_integers(values: Sequence[int]) -> PackedArray:
    """Return `bigint[]`."""
    return _integers(values, _INT8, 8, "q")


def big_integers_or_null(values: Sequence[int | None]) -> PackedArray:
    """Return `bigint[]` with NULL for None."""
    sized = [_NULL if value is None else _BIGINT.pack(8, value) for value in values]
    return _array(_INT8, len(values), b"".join(sized), nulls=None in values)


def timestamps(values: Sequence[datetime | None]) -> PackedArray:
    """Return `timestamptz[]`; the moments are aware."""
    sizes_and_values = [
        _NULL if value is None else _TIMESTAMP.pack(8, (value - _EPOCH) // _MICROSECOND) for value in values
    ]
    return _array(_TIMESTAMPTZ, len(values), b"".join(sizes_and_values), nulls=None in values)


def moment(value: datetime) -> bytes:
    """Return one `timestamptz`, not an array; the moment is aware."""
    return _BIGINT_ALONE.pack((value - _EPOCH) // _MICROSECOND)


def uuids(values: Sequence[UUID]) -> PackedArray:
    """Return `uuid[]`."""
    size = b"\x00\x00\x00\x10"
    return _array(_UUID, len(values), b"".join([size + value.bytes for value in values]))


def texts(values: Sequence[str]) -> PackedArray:
    """Return `text[]`."""
    encoded = [value.encode() for value in values]
    return _array(_TEXT, len(encoded), b"".join([len(each).to_bytes(4, "big") + each for each in encoded]))


def _integers(values: Sequence[int], type_: int, size: int, code: str) -> PackedArray:
    if not values:
        return _empty(type_)
    sized = [size] * (2 * len(values))
    sized[1::2] = values
    return _array(type_, len(values), _packer(code, len(values)).pack(*sized))


@lru_cache(maxsize=256)
def _packer(code: str, count: int) -> Struct:
    return Struct(">" + f"i{code}" * count)


def _array(type_: int, count: int, elements: bytes, *, nulls: bool = False) -> PackedArray:
    if not count:
        return _empty(type_)
    return PackedArray(_HEADER.pack(1, nulls, type_, count, 1) + elements)


@cache
def _empty(type_: int) -> PackedArray:
    return PackedArray(_EMPTY.pack(0, 0, type_))
