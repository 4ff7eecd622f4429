"""JSON bodies: what is refused and where, that no number changes, and that the quick way decides rightly."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.wire.strict_json import Parsed, parse

REFUSED = {
    "an empty body": (b"", "json.empty"),
    "blanks": (b" \r\n", "json.empty"),
    "half an object": (b'{"actor":', "json.syntax"),
    "a single quote": (b"{'actor': 1}", "json.syntax"),
    "a trailing comma": (b"[1,]", "json.syntax"),
    "a leading zero": (b"[01]", "json.syntax"),
    "a plus sign": (b"[+1]", "json.syntax"),
    "a bare decimal point": (b"[1.]", "json.syntax"),
    "a raw NUL in a string": (b'["a\x00b"]', "json.syntax"),
    "a raw line feed in a string": (b'["a\nb"]', "json.syntax"),
    "a raw NUL after the value": (b"[1]\x00", "json.trailing-data"),
    "a second value": (b"{} {}", "json.trailing-data"),
    "a comment": (b"[1] // one", "json.trailing-data"),
    "NaN": (b'{"score": NaN}', "json.not-a-number"),
    "Infinity": (b"[Infinity]", "json.not-a-number"),
    "minus Infinity": (b"[-Infinity]", "json.not-a-number"),
    "a UTF-8 byte order mark": (b"\xef\xbb\xbf{}", "json.byte-order-mark"),
    "UTF-16 with a byte order mark": ("\ufeff{}".encode("utf-16-le"), "json.byte-order-mark"),
    "UTF-16 without": ('{"a":1}'.encode("utf-16-be"), "json.encoding"),
    "UTF-32 without": ('{"a":1}'.encode("utf-32-le"), "json.encoding"),
    "Latin-1": ('["Müller"]'.encode("latin-1"), "json.encoding"),
    "an overlong encoding": (b'["\xc0\xaf"]', "json.encoding"),
    "an encoded surrogate": (b'["\xed\xa0\x80"]', "json.encoding"),
    "a cut-off character": ('["ü"]'.encode()[:3], "json.encoding"),
}


def refusal(body: bytes, depth: int = 50) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        parse(body, depth=depth)
    return caught.value


@pytest.mark.parametrize(("body", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses(body: bytes, rule: str) -> None:
    assert refusal(body).rule == rule


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a":1,"a":1}', "/a"),
        (b'{"a":{"b":[0,{"c":1,"c":2}]}}', "/a/b/1/c"),
        (b'{"a" :1,"a":2}', "/a"),
        (b'{"a"\n:1,"b":2,"a"\t: 3}', "/a"),
        (b'{"a":1,"\\u0061":2}', "/a"),
        (b'{"a":1,"a":"\\u003a"}', "/a"),
        (b'{"a":1,"a":"\\u003A\\u0022:"}', "/a"),
        (b'{"a":"\\":","a":1}', "/a"),
        (b'{"a":"x\\",\\"b","a":"x","b":1}', "/a"),
        (b'{"a/b":{"c~d":1,"c~d":1}}', "/a~1b/c~0d"),
        ('{"ü":1,"\\u00fc":2}'.encode(), "/ü"),
        (b'{"a":1E5,"a":100000.0}', "/a"),
        (b'[[],{"x":[{"":1,"":2}]}]', "/1/x/0/"),
        (b'{"a":{"a":1},"b":{"a":1,"b":{"b":1,"b":1}}}', "/b/b/b"),
    ],
)
def test_it_refuses_a_key_that_stands_twice_and_says_where(body: bytes, pointer: str) -> None:
    found = refusal(body)
    assert (found.rule, found.pointer) == ("json.duplicate-key", pointer)


def test_it_takes_one_key_in_several_objects() -> None:
    body = b'{"a":{"a":[{"a":1},{"a":1}]},"b":"{\\"a\\":1,\\"a\\":1}"}'
    assert parse(body, depth=9).value == json.loads(body)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [(b'{"a":["x","\\ud800"]}', "/a/1"), (b'["\\udc00\\ud800"]', "/0"), (b'{"\\ud83d":1}', "/?")],
)
def test_it_refuses_half_a_surrogate_pair_and_says_where(body: bytes, pointer: str) -> None:
    found = refusal(body)
    assert (found.rule, found.pointer) == ("json.lone-surrogate", pointer)


def test_it_takes_a_whole_surrogate_pair() -> None:
    assert parse(b'["\\ud83d\\ude00"]', depth=2).value == ["😀"]


def test_it_takes_an_escaped_nul_in_free_text() -> None:
    assert parse(b'["a\\u0000b"]', depth=2).value == ["a\0b"]


def test_it_names_the_line_and_column_of_a_syntax_error() -> None:
    assert "line 2, column 7" in refusal(b'{"a": 1,\n "b": }').message


@pytest.mark.parametrize("levels", [51, 200, 1_023, 1_025, 2_000, 100_000])
@pytest.mark.parametrize("shape", [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":"]["},', b"]")])
def test_it_refuses_deep_nesting_without_recursing(levels: int, shape: tuple[bytes, bytes]) -> None:
    opening, closing = shape
    body = opening * levels + b"1" + closing * levels
    assert refusal(body).rule == "json.too-deep"
    assert refusal(opening * levels).rule == "json.too-deep"


@pytest.mark.parametrize(
    "shape", [(b"[", b"]"), (b'{"a":', b"}"), (b'["[[[[[[",', b"]"), (b'["}}}}",', b"]")]
)
def test_it_takes_nesting_up_to_the_limit(shape: tuple[bytes, bytes]) -> None:
    opening, closing = shape
    parse(opening * 50 + b"1.10" + closing * 50, depth=50)
    assert refusal(opening * 51 + b"1.10" + closing * 51).rule == "json.too-deep"


def test_brackets_in_strings_are_not_nesting() -> None:
    assert parse(orjson.dumps(["[" * 500, "{" * 500, '"[\\']), depth=1).value[0] == "[" * 500


SPELLINGS = [
    "1.10",
    "1E400",
    "-1E400",
    "123456789012345678901234567890",
    "0.1000000000000000055511151231257827",
    "-0",
    "1E5",
    "1e5",
    "1e-7",
    "1e+16",
    "100000000000000000000",
    "18446744073709551616",
    "-9223372036854775809",
    "0.10",
    "10.0e0",
    "1e1000",
    "-0.0e1",
    "1.0E+2",
    "5e-324",
    "1e-400",
]
ORDINARY = [
    "0",
    "1",
    "-1",
    "1.0",
    "0.95",
    "-0.0",
    "1.5e+300",
    "1e+16",
    "18446744073709551615",
    "-9223372036854775808",
    "100.0",
    "1e-7",
    "0.1",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("around", ["%s", "[%s]", '{"a" : %s }', '{"é\\u00e9\\/":["1.5",%s,2]}', "[ %s\n,1]"])
def test_it_keeps_every_number_as_it_was_written(spelling: str, around: str) -> None:
    body = (around % spelling).encode()
    parsed = parse(body, depth=5)
    again = orjson.dumps(parsed.exact).decode()
    assert spelling in again
    assert json.loads(again, parse_float=Decimal, parse_int=Decimal) == json.loads(
        body, parse_float=Decimal, parse_int=Decimal
    )


@pytest.mark.parametrize("spelling", ORDINARY)
def test_it_hands_back_one_tree_when_nothing_would_be_lost(spelling: str) -> None:
    parsed = parse(f'{{"a": [{spelling}, "x\\/y"]}}'.encode(), depth=5)
    assert parsed.exact is parsed.value


def test_a_number_beyond_a_double_is_the_largest_double_to_validation() -> None:
    assert parse(b"[1E400, -1E400]", depth=2).value == [1.7976931348623157e308, -1.7976931348623157e308]


def test_a_number_of_ten_thousand_digits_is_kept() -> None:
    digits = b"7" * 10_000
    assert orjson.dumps(parse(b"[" + digits + b"]", depth=2).exact) == b"[" + digits + b"]"


numbers = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(SPELLINGS + ORDINARY),
    st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
blanks = st.sampled_from(["", " ", "\n", "\t ", "\r\n  "])
characters = st.characters(codec="utf-8") | st.sampled_from(list('":,{}[]\\/\0e.-0'))


@st.composite
def strings(draw: st.DrawFn) -> str:
    """A JSON string with any mixture of escapes."""
    spelled = []
    for character in draw(st.text(characters, max_size=8)):
        code = ord(character)
        if character in '"\\' or code < 32 or (code < 0x10000 and draw(st.integers(0, 4)) == 0):
            plain = "\\" + character if character in '"\\/' and draw(st.booleans()) else None
            spelled.append(plain or f"\\u{code:04x}")
        else:
            spelled.append(character)
    return '"' + "".join(spelled) + '"'


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda items, blank: f"[{blank}" + f"{blank},{blank}".join(items) + f"{blank}]",
        st.lists(inner, max_size=4),
        blanks,
    )


def objects(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = strings() | st.sampled_from(['"a"', '"b"', '"\\u0061"'])
    return st.builds(
        lambda pairs, one, two: "{" + f"{two},".join(f"{k}{one}:{two}{v}" for k, v in pairs) + "}",
        st.lists(st.tuples(keys, inner), max_size=4),
        blanks,
        blanks,
    )


texts = st.recursive(
    numbers | strings() | st.sampled_from(["true", "false", "null"]),
    lambda inner: arrays(inner) | objects(inner),
    max_leaves=12,
)


class _Twice(Exception):
    """A key stood twice, says the reference."""


def reference(text: str) -> Any:
    """The same text read by the standard library, numbers as decimals with their spelling."""

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise _Twice
        return dict(pairs)

    return json.loads(text, object_pairs_hook=collect, parse_int=str, parse_float=str)


@settings(max_examples=600, deadline=None)
@given(texts)
@example('{"a":"x\\",\\"b","a":1E5}')
@example('{"a":1e5,"b":"\\u003a","b":1}')
@example('["\\ud83d\\ude00", -0]')
@example("1.10")
def test_whatever_is_sent_is_either_refused_for_a_double_key_or_comes_back_digit_for_digit(text: str) -> None:
    try:
        expected = reference(text)
    except _Twice:
        assert refusal(text.encode(), 99).rule == "json.duplicate-key"
        return
    parsed = parse(text.encode(), depth=99)
    assert reference(orjson.dumps(parsed.exact).decode()) == expected
    assert (parsed.exact is parsed.value) == (reference(orjson.dumps(parsed.value).decode()) == expected)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40) | texts.map(lambda text: text.encode()[:-1]))
def test_no_bytes_whatever_make_anything_but_a_value_or_a_refusal(body: bytes) -> None:
    try:
        found: Parsed | str = parse(body, depth=20)
    except BadRequest as error:
        found = error.rule
    assert isinstance(found, Parsed) or found.startswith("json.")
