"""lrs.admin.json_view: JSON of strangers as HTML."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrs.admin import json_view

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
_tag = re.compile(r'</?span(?: class="lrs-[a-z]+(?: lrs-[a-z]+)*")?(?: style="--depth:\d+")?>')


@given(_json)
def test_what_is_shown_is_the_same_json(value: Any) -> None:
    shown = html.unescape(_tag.sub("", json_view.pretty(json.dumps(value))))

    assert json.loads(shown) == value


@given(st.text())
def test_no_text_becomes_a_tag(text: str) -> None:
    for shown in (json_view.plain(text), json_view.pretty(json.dumps({text: [text]}))):
        assert "<" not in _tag.sub("", shown)


def test_numbers_stand_as_they_were_written() -> None:
    shown = _tag.sub("", json_view.pretty('{"a":1.10,"b":1E400,"c":12345678901234567890123}'))

    assert shown == "{  &quot;a&quot;: 1.10,  &quot;b&quot;: 1E400,  &quot;c&quot;: 12345678901234567890123}"


def test_a_mark_stands_at_its_place() -> None:
    shown = json_view.pretty(
        '{"actor":{"name":"Ann","mbox":"ann"},"verb":{}}', {"/actor/mbox": ["No mailto: <b>"]}
    )

    marked = re.search(
        r'lrs-marked" style="--depth:2">(.*?)</span><span class="lrs-note">(.*?)</span>', shown
    )
    assert marked is not None
    assert "mbox" in marked[1]
    assert marked[2] == "No mailto: &lt;b&gt;"


def test_a_mark_of_what_is_missing_stands_at_what_should_hold_it() -> None:
    shown = json_view.pretty(
        '[{"actor":{"name":"Ann"}}]', {"/0/verb": ["There is no verb."], "/7/x": ["Far off."]}
    )

    assert shown.count("lrs-marked") == 2
    assert shown.index("Far off.") < shown.index("There is no verb.") < shown.index("actor")


def test_what_nests_beyond_reading_is_plain_text() -> None:
    deep = "[" * 5000 + "]" * 5000

    assert _tag.sub("", json_view.pretty(deep)) == deep


def test_what_is_too_long_is_cut_and_says_so() -> None:
    assert "more lines" in json_view.pretty(json.dumps(list(range(json_view.LINES_MOST + 10))))
    assert "5 more characters" in json_view.pretty("x" * (json_view.CHARACTERS_MOST + 5))
