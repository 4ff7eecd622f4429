"""The samples the benchmark posts: sound statements, the same whenever they are made."""

from __future__ import annotations

from itertools import islice

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import sample
from lrs.ingest.links import links_of
from lrs.validation.statements import check_batch
from lrs.wire.version import Version


@given(st.integers(min_value=0, max_value=2 * sample.POSTED))
def test_it_says_the_same_of_a_session_whenever_it_is_asked(number: int) -> None:
    assert sample.statements_of(number) == sample.statements_of(number)
    registrations = {statement["context"]["registration"] for statement in sample.statements_of(number)}
    assert registrations == {sample.session(number).registration}


@pytest.mark.parametrize("version", list(Version))
def test_every_sample_is_a_sound_statement(version: Version) -> None:
    check_batch(list(sample.statements(0, 4_000)), version)


def test_samples_are_as_long_and_as_linked_as_those_of_learning_systems() -> None:
    made = list(sample.statements(0, 2_000))
    assert 1_400 < len(orjson.dumps(made)) / len(made) < 1_800
    # The authority makes seven.
    assert 5.9 < sum(len(links_of(statement)) for statement in made) / len(made) <= 6


def test_references_and_voidings_are_in_the_mix_and_point_at_earlier_statements() -> None:
    earlier: set[str] = set()
    referring = voiding = 0
    for statement in sample.statements(0, 40_000):
        if statement["object"]["objectType"] == "StatementRef":
            assert statement["object"]["id"] in earlier
            voiding += statement["verb"]["id"] == sample.VOIDED
            referring += statement["verb"]["id"] != sample.VOIDED
        earlier.add(statement["id"])
    assert voiding > 20
    assert referring > 100


def test_session_numbers_are_never_used_twice() -> None:
    first = list(sample.statements(0, 1_010))
    second = islice(sample.statements(sample.sessions_for(1_010), 500), 500)
    assert not {each["id"] for each in first} & {each["id"] for each in second}
