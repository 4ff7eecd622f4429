"""Durations, IRIs, language tags, UUIDs, mailboxes: what each takes and refuses."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.wire.durations import comparable, is_duration
from lrs.wire.identifiers import is_mbox, is_openid, is_sha1, is_uuid, parse_uuid
from lrs.wire.iri import is_iri
from lrs.wire.language import best, is_language_tag

TAKEN: dict[Callable[[str], bool], list[str]] = {
    is_duration: [
        "PT4H35M59.14S",
        "PT16559.14S",
        "P3Y1M29DT4H35M59.14S",
        "P3Y",
        "P4W",
        "P1.5W",
        "PT0S",
        "P1Y2M",
        "P1M",
        "PT1M",
        "P1DT1S",
        "PT1,5H",
        "P0,5Y",
        "PT36H",
        "PT0.123456789S",
        "P1YT1M",
        "P1Y1D",
    ],
    is_iri: [
        "http://example.com",
        "http://example.com/a?b=c#d",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "mailto:a@b.c",
        "https://例え.jp/パス",
        "http://[::1]:8080/",
        "tag:ann,2024:x",
        "http://x/%20y",
        "http://x/?a[0]=1",
        "x-a+b.c:d",
        "http://example.com/ä",
        "about:blank",
    ],
    is_language_tag: [
        "en",
        "en-GB",
        "de-DE",
        "zh-Hant",
        "sr-Latn-RS",
        "zh-Hans-CN",
        "cmn",
        "ase",
        "es-419",
        "zh-cmn-Hans-CN",
        "sl-rozaj-biske",
        "de-CH-1901",
        "en-a-bbb-x-a-ccc",
        "x-whatever",
        "i-klingon",
        "en-GB-oed",
        "art-lojban",
        "und",
        "qaa-Qaaa-QM-x-southern",
        "EN-us",
        "hy-Latn-IT-arevela",
    ],
    is_uuid: [
        "aa97b177-9383-4934-8543-0f91a7a02836",
        "AA97B177-9383-4934-8543-0F91A7A02836",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
    is_mbox: [
        "mailto:ann@example.com",
        "MAILTO:ann@example.com",
        "mailto:ann+lms@mail.example.com",
        "mailto:o'neil@example.co.uk",
        "mailto:jürgen@müller.de",
        "mailto:a%20b@example.com",
        "mailto:ann@localhost",
        "mailto:ann@[192.0.2.1]",
    ],
    is_sha1: ["ebd31e95054c018b10727ccffd2ef2ec3a016ee9", "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"],
    is_openid: ["https://ann.openid.example/", "http://toby.openid.example.org/"],
}
REFUSED: dict[Callable[[str], bool], list[str]] = {
    is_duration: [
        *[
            "P",
            "PT",
            "P1",
            "1D",
            "PT1",
            "P1S",
            "P1DT",
            "P4W1D",
            "P1Y4W",
            "-P1D",
            "P-1D",
            "PT1.5H30M",
            "P1.5DT1S",
            "PT1.S",
            "PT.5S",
            "pt1s",
            "PT1H1H",
            "P1DT1D",
        ],
        *["P0003-06-04T12:30:05", "P00030604T123005", "PT1M1H", "should_fail", "PT１S"],
        "",
        "PT1S\n",
        "PT 1S",
    ],
    is_iri: [
        *[
            "example.com",
            "/path",
            "//host/x",
            "ab",
            "1http://x",
            "http:",
            ":",
            "http://x/%zz",
            "http://x/%2",
            "http://x/{y}",
            "http://x/<y>",
        ],
        *['http://x/"y"', "http://x/y|z", "http://x/y\\z", "http://x/y^z", "http://x/`y`"],
        *[
            "",
            " http://x",
            "http://x ",
            "http://x/a b",
            "http://x/\0",
            "http://x/\n",
            "http://x/\x7f",
            "http://x/\x85",
        ],
    ],
    is_language_tag: [
        *[
            "a12345678",
            "e",
            "a-language",
            "en_GB",
            "en-",
            "-en",
            "en--GB",
            "a-DE",
            "12",
            "en-1",
            "en-a",
            "x-",
            "i-unheard",
            "abcdefghi",
        ],
        *["", "en\n", "en GB", "*", "ｅｎ", "zh-cmn-abc-def-ghi-jkl"],
    ],
    is_uuid: [
        *["AA97B177-9383-4934-8543-0F91A7A028368", "MA97B177-9383-4934-8543-0F91A7A02836"],
        *[
            "aa97b17793834934854",
            "3-0f91a7a02836",
            "aa97b177938349348543f91a7a0283",
            "{aa97b177-9383-4934-8543-0f91a7a02836}",
        ],
        "urn:uuid:aa97b177-9383-4934-8543-0f91a7a02836",
        "",
        "aa97b177-9383-4934-8543-0f91a7a02836\n",
        "aa97b177-9383-4934-8543-0f91a7a0283٣",
    ],
    is_mbox: [
        *["ann@example.com", "mailto:ann", "mailto:@example.com", "mailto:ann@", "mailto:ann@@example.com"],
        *[
            "mailto:ann@example..com",
            "mailto:ann@.com",
            "mailto:ann@example.com?subject=x",
            "mailto:a@b,c@d",
            "http://x",
            "mailto:",
        ],
        *[
            "",
            "mailto:a b@example.com",
            "mailto:ann@example.com\n",
            "mailto:ann@exa mple.com",
            "mailto:a\0@b.c",
        ],
    ],
    is_sha1: ["", "ebd31e95054c018b10727ccffd2ef2ec3a016ee", "gbd31e95054c018b10727ccffd2ef2ec3a016ee9"],
    is_openid: ["", "ann", "ann.openid.example"],
}


def _cases(table: dict[Callable[[str], bool], list[str]]) -> list[tuple[Callable[[str], bool], str]]:
    return [(check, text) for check, texts in table.items() for text in texts]


@pytest.mark.parametrize(("check", "text"), _cases(TAKEN))
def test_it_takes(check: Callable[[str], bool], text: str) -> None:
    assert check(text)


@pytest.mark.parametrize(("check", "text"), _cases(REFUSED))
def test_it_refuses(check: Callable[[str], bool], text: str) -> None:
    assert not check(text)


@given(st.uuids())
def test_it_reads_every_uuid(value: uuid.UUID) -> None:
    assert parse_uuid(str(value)) == parse_uuid(str(value).upper()) == value


def test_it_says_what_a_uuid_looks_like() -> None:
    with pytest.raises(ValueError, match="8-4-4-4-12"):
        parse_uuid("42")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1.239S", "PT1.23S"),
        ("PT1,5S", "PT1.5S"),
        ("PT1.50S", "PT1.5S"),
        ("PT1.004S", "PT1S"),
        ("PT1S", "PT1S"),
        ("P1.239D", "P1.239D"),
        ("PT90S", "PT90S"),
    ],
)
def test_durations_are_compared_to_hundredths_of_a_second(text: str, expected: str) -> None:
    assert comparable(text) == expected


@pytest.mark.parametrize(
    ("available", "header", "expected"),
    [
        (["en", "de"], "de", "de"),
        (["en", "de"], "de-CH", "de"),
        (["en-US", "en-GB"], "en-GB,en;q=0.8", "en-GB"),
        (["en-US", "en-GB"], "en", "en-US"),
        (["fr", "de"], "it, de;q=0.1, fr;q=0.9", "fr"),
        (["fr", "de"], "de;q=0.5,fr;q=0.5", "de"),
        (["zh-Hant-TW", "zh-Hans"], "zh-Hant-HK", "zh-Hant-TW"),
        (["de", "EN-us"], "en-US", "EN-us"),
        (["de", "en-GB"], None, "en-GB"),
        (["de", "en"], "", "en"),
        (["de", "fr"], None, "de"),
        (["de", "und"], "it", "und"),
        (["de", "fr"], "*", "de"),
        (["en", "de"], "en;q=0, *", "de"),
        (["en"], "en;q=0", "en"),
        (["de", "fr"], "nonsense header!, fr;q=x, fr;q=0.2", "fr"),
        (["x-pirate", "de"], "en-x-pirate", "x-pirate"),
        ([], "de", None),
    ],
)
def test_it_chooses_a_language(available: list[str], header: str | None, expected: str | None) -> None:
    assert best(available, header) == expected


@given(st.lists(st.from_regex(r"[a-z]{2}(-[A-Z]{2})?", fullmatch=True), min_size=1), st.text() | st.none())
def test_whatever_the_header_one_of_the_languages_is_chosen(available: list[str], header: str | None) -> None:
    assert best(available, header) in available
