"""What is packed by hand must be what PostgreSQL reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs import binary_arrays, database

pytestmark = pytest.mark.usefixtures("database")

Packer = Callable[[Sequence[Any]], binary_arrays.PackedArray]


def _as_read(type_: str, packed: binary_arrays.PackedArray) -> list[object]:
    with database.binary_cursor() as cursor:
        cursor.execute(f"SELECT %b::{type_}[]", (packed,))
        row = cursor.fetchone()
    assert row is not None
    return list(row[0])


_CASES = [
    ("smallint", binary_arrays.small_integers, st.integers(-(2**15), 2**15 - 1)),
    ("bigint", binary_arrays.big_integers_or_null, st.none() | st.integers(-(2**63), 2**63 - 1)),
    ("integer", binary_arrays.integers, st.integers(-(2**31), 2**31 - 1)),
    ("bigint", binary_arrays.big_integers, st.integers(-(2**63), 2**63 - 1)),
    ("uuid", binary_arrays.uuids, st.uuids()),
    ("text", binary_arrays.texts, st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
]


@pytest.mark.parametrize(("type_", "pack", "element"), _CASES, ids=[case[0] for case in _CASES])
def test_it_packs_what_postgresql_reads(type_: str, pack: Packer, element: st.SearchStrategy[Any]) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(element, max_size=60))
    def holds(values: list[Any]) -> None:
        assert _as_read(type_, pack(values)) == values

    holds()


def test_it_packs_nothing_as_an_empty_array() -> None:
    assert _as_read("integer", binary_arrays.integers([])) == []
