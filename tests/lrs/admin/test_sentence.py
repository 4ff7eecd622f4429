"""lrs.sentence: a statement in words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.sentence import duration_text, parts, sentence
from tests.lrs.admin.samples import statement


def test_it_tells_who_did_what_with_which_result() -> None:
    said = statement(
        result={"score": {"scaled": 0.92}, "success": True, "completion": True, "duration": "PT725S"}
    )

    assert sentence(said) == "Ann completed Forklift safety, 92 %, passed, in 12 min 5 s"


@pytest.mark.parametrize(
    ("result", "verb", "expected"),
    [
        ({"score": {"raw": 46, "max": 50}}, "completed", "46 of 50"),
        ({"score": {"raw": 46.5}}, "completed", "46.5 points"),
        ({"score": {"scaled": 0.925}}, "completed", "92.5 %"),
        ({"success": False}, "completed", "failed"),
        ({"completion": False}, "attempted", "not completed"),
        ({"response": "the left one"}, "answered", "answer “the left one”"),
    ],
)
def test_it_tells_the_result(result: Any, verb: str, expected: str) -> None:
    assert sentence(statement(verb=verb, result=result)).endswith(f", {expected}")


@pytest.mark.parametrize(
    ("verb", "result"), [("passed", {"success": True}), ("completed", {"completion": True})]
)
def test_it_does_not_say_twice_what_the_verb_says(verb: str, result: Any) -> None:
    assert sentence(statement(verb=verb, result=result)) == f"Ann {verb} Forklift safety"


def test_it_speaks_the_readers_language() -> None:
    said = statement()
    said["verb"]["display"] = {"en": "completed", "de": "hat abgeschlossen:"}
    said["object"]["definition"]["name"] = {"en": "Forklift safety", "de": "Staplersicherheit"}

    assert sentence(said, "de-CH, en;q=0.5") == "Ann hat abgeschlossen: Staplersicherheit"
    assert sentence(said) == "Ann completed Forklift safety"


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        ({"mbox": "mailto:ann@example.com"}, "ann@example.com"),
        ({"account": {"homePage": "https://hr.example.com", "name": "4711"}}, "4711"),
        ({"openid": "https://ann.example.com/"}, "https://ann.example.com/"),
        ({"mbox_sha1sum": "0123456789abcdef0123456789abcdef01234567"}, "the mailbox with SHA-1 01234567…"),
        ({"objectType": "Group", "name": "Shift A", "mbox": "mailto:a@example.com"}, "Shift A"),
        ({"objectType": "Group", "member": [{"name": "Ann"}, {"name": "Bob"}]}, "Ann and Bob"),
        ({"objectType": "Group", "member": [{"name": each} for each in "ABCDE"]}, "A, B, C and 2 others"),
    ],
)
def test_it_calls_people_what_they_are_called(actor: Any, expected: str) -> None:
    assert sentence(statement() | {"actor": actor}).startswith(f"{expected} completed")


@pytest.mark.parametrize(
    ("object_", "expected"),
    [
        ({"objectType": "Agent", "name": "Bob", "mbox": "mailto:bob@example.com"}, "Bob"),
        (
            {"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"},
            "statement 8f87ccde-bb56-4c2e-ab83-44982ef22df0",
        ),
        ({"objectType": "SubStatement", **statement("Bob", "attempted")}, "“Bob attempted Forklift safety”"),
        ({"id": "https://lms.example.com/courses/42"}, "https://lms.example.com/courses/42"),
    ],
)
def test_it_names_every_kind_of_object(object_: Any, expected: str) -> None:
    assert sentence(statement() | {"object": object_}) == f"Ann completed {expected}"


def test_it_takes_the_last_word_of_a_verb_without_a_display() -> None:
    said = statement()
    said["verb"] = {"id": "https://w3id.org/xapi/adb/verbs/launched-late#"}

    assert sentence(said) == "Ann launched late Forklift safety"


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("PT5400S", "1 h 30 min"),
        ("PT1H30M", "1 h 30 min"),
        ("PT0.5S", "0.5 s"),
        ("PT0S", "0 s"),
        ("P1DT2H", "1 d 2 h"),
        ("P1Y2M", "1 year 2 months"),
        ("P2W", "2 weeks"),
        ("nonsense", "nonsense"),
    ],
)
def test_it_puts_durations_into_words(duration: str, expected: str) -> None:
    assert duration_text(duration) == expected


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "actor",
                    "verb",
                    "object",
                    "result",
                    "score",
                    "id",
                    "name",
                    "member",
                    "objectType",
                    "display",
                    "scaled",
                    "raw",
                    "max",
                    "duration",
                    "definition",
                    "account",
                    "en",
                    "success",
                    "response",
                    "mbox",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["actor", "verb", "object", "result"]), _json, max_size=4))
def test_it_never_fails_and_never_breaks_the_line(found: dict[str, Any]) -> None:
    assert "\n" not in sentence(found)
    assert [part.kind for part in parts(found)][:3] == ["actor", "verb", "object"]
