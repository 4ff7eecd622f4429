"""lrs.templatetags.lrs_admin: what strangers wrote becomes a link only where a browser may go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.sentence import Part
from lrs.templatetags.lrs_admin import ago, iri, is_web_address, size, spoken, thousands


@pytest.mark.parametrize("address", ["https://example.com/a?b=c", "http://example.com/ü"])
def test_web_addresses_are_links(address: str) -> None:
    assert f'href="{address}"' in iri(address)
    assert 'rel="noopener noreferrer nofollow"' in iri(address)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "urn:uuid:1",
        "//example.com",
        "https:javascript",
        'https://example.com/"onmouseover="alert(1)',
        "https://[broken",
    ],
)
def test_anything_else_is_text(address: str) -> None:
    assert not is_web_address(address)
    assert "<a" not in iri(address)


@given(st.text())
def test_no_address_escapes_its_attribute(address: str) -> None:
    shown = iri(address)

    assert shown.count("<a") <= 1
    assert "<" not in shown.replace("<bdi>", "").replace("</bdi>", "").replace("</a>", "").replace("<a ", "")


@given(
    st.lists(st.builds(Part, st.sampled_from(["actor", "verb", "object", "detail"]), st.text()), max_size=5)
)
def test_no_part_of_a_sentence_becomes_a_tag(parts: list[Part]) -> None:
    shown = spoken(parts)

    assert shown.count("<") == 2 * len(parts)


def test_numbers_are_read_at_a_glance() -> None:
    assert (size(0), size(1536), size(5 * 1024**4), size(None)) == ("0 B", "1.5 KiB", "5.0 TiB", "")
    assert thousands(1234567) == "1 234 567"
    assert ago(None) == "never"
