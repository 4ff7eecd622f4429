"""If-Match and If-None-Match as they are read, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.documents.preconditions import entity_tag, read
from lrs.errors import BadRequest

ONE, OTHER = entity_tag(b"one"), entity_tag(b"other")
TAGS = st.sampled_from([ONE, OTHER, entity_tag(b"third")])


def test_it_holds_for_everything_when_no_header_is_sent() -> None:
    conditions = read({})
    assert not conditions.given
    assert conditions.hold(None)
    assert conditions.hold(ONE)


@given(
    listed=st.lists(TAGS, min_size=1), present=st.none() | TAGS, blanks=st.sampled_from([",", ", ", " , "])
)
def test_it_takes_a_list_for_any_of_its_tags(listed: list[str], present: str | None, blanks: str) -> None:
    header = blanks.join(f'"{tag}"' for tag in listed)
    assert read({"if-match": header}).hold(present) == (present in listed)
    assert read({"if-none-match": header}).hold(present) == (present not in listed)


@given(present=st.none() | TAGS)
def test_it_takes_a_star_for_any_document(present: str | None) -> None:
    assert read({"if-match": " * "}).hold(present) == (present is not None)
    assert read({"if-none-match": "*"}).hold(present) == (present is None)


def test_it_never_matches_a_weak_tag_with_if_match() -> None:
    assert not read({"if-match": f'W/"{ONE}"'}).hold(ONE)
    assert read({"if-match": f'W/"{OTHER}", "{ONE}"'}).hold(ONE)


def test_it_does_not_mind_weakness_with_if_none_match() -> None:
    assert not read({"if-none-match": f'W/"{ONE}"'}).hold(ONE)


def test_it_takes_tags_without_quotes_and_in_capitals() -> None:
    assert read({"if-match": ONE.upper()}).hold(ONE)


def test_it_asks_for_both_headers_to_hold() -> None:
    conditions = read({"if-match": "*", "if-none-match": f'"{ONE}"'})
    assert conditions.hold(OTHER)
    assert not conditions.hold(ONE)
    assert not conditions.hold(None)


def test_it_ignores_an_empty_header() -> None:
    assert not read({"if-match": "  "}).given


@pytest.mark.parametrize("header", ['"open', "a b", '"a" "b"', ",,", '"a"x'])
def test_it_refuses_what_is_no_list_of_tags(header: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        read({"if-none-match": header})
    assert refusal.value.rule == "header.if-none-match"


def test_it_makes_tags_of_lower_case_hexadecimal_sha_1() -> None:
    assert entity_tag(b"abc") == "a9993e364706816aba3e25717850c26c9cd0d89d"
