"""How definitions merge, without a database."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.activities import merge

languages = st.dictionaries(st.sampled_from(["en", "de", "fr-CA"]), st.text(max_size=4), min_size=1)
components = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from("abc")}, optional={"description": languages}),
    min_size=1,
    unique_by=lambda component: str(component["id"]),
)
definitions = st.fixed_dictionaries(
    {},
    optional={
        "name": languages,
        "description": languages,
        "type": st.sampled_from(["https://example.com/a", "https://example.com/b"]),
        "moreInfo": st.sampled_from(["https://example.com/x", "https://example.com/y"]),
        "extensions": st.dictionaries(
            st.sampled_from(["https://example.com/1", "https://example.com/2"]), st.integers() | st.none()
        ),
        "interactionType": st.sampled_from(["choice", "sequencing"]),
        "correctResponsesPattern": st.lists(st.sampled_from(["a", "b[,]c"]), max_size=2),
        "choices": components,
    },
)


@given(known=definitions, newer=definitions)
def test_it_says_nothing_new_the_second_time(known: dict[str, Any], newer: dict[str, Any]) -> None:
    once = merge(known, newer)
    assert merge(once, newer) == once


@given(known=definitions, newer=definitions)
def test_it_changes_neither_of_the_two(known: dict[str, Any], newer: dict[str, Any]) -> None:
    before = deepcopy((known, newer))
    merge(known, newer)
    assert (known, newer) == before


@given(known=definitions, newer=definitions)
def test_it_loses_nothing_known_and_takes_what_is_newer(known: dict[str, Any], newer: dict[str, Any]) -> None:
    merged = merge(known, newer)
    for map_ in ("name", "description", "extensions"):
        assert merged.get(map_, {}) == {**known.get(map_, {}), **newer.get(map_, {})}
    for plain in ("type", "moreInfo"):
        assert merged.get(plain) == newer.get(plain, known.get(plain))


@given(known=definitions, newer=definitions)
def test_it_never_changes_what_a_right_answer_is(known: dict[str, Any], newer: dict[str, Any]) -> None:
    merged = merge(known, newer)
    for name in ("interactionType", "correctResponsesPattern"):
        if name in known:
            assert merged[name] == known[name]


@given(newer=definitions)
def test_it_takes_the_first_definition_as_it_is(newer: dict[str, Any]) -> None:
    assert merge(None, newer) == newer
    assert merge({}, newer) == newer


def test_it_adds_translations_and_choices_to_the_question_it_knows() -> None:
    known = {
        "interactionType": "choice",
        "correctResponsesPattern": ["a"],
        "choices": [{"id": "a", "description": {"en": "Yes"}}, {"id": "b"}],
    }
    newer = {
        "interactionType": "choice",
        "choices": [
            {"id": "c"},
            {"id": "a", "description": {"de": "Ja"}},
            {"id": "b", "description": {"de": "Nein"}},
        ],
    }
    assert merge(known, newer) == {
        "interactionType": "choice",
        "correctResponsesPattern": ["a"],
        "choices": [
            {"id": "a", "description": {"en": "Yes", "de": "Ja"}},
            {"id": "b", "description": {"de": "Nein"}},
            {"id": "c"},
        ],
    }


def test_it_takes_nothing_of_another_question_but_its_texts() -> None:
    known = {"interactionType": "choice", "correctResponsesPattern": ["a"], "choices": [{"id": "a"}]}
    newer = {
        "name": {"en": "Loads"},
        "interactionType": "choice",
        "correctResponsesPattern": ["b"],
        "choices": [{"id": "b"}],
    }
    assert merge(known, newer) == {**known, "name": {"en": "Loads"}}
