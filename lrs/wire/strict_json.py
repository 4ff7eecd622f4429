"""JSON as RFC 8259 has it, nothing lost and nothing guessed.

In: the bytes of a body. Out: `Parsed`: the tree to look at, and the tree to store from; or BadRequest saying
where. Never a duplicate key, NaN, a lone surrogate, another encoding than UTF-8, nesting beyond `depth`, or a
RecursionError.

Numbers. `value` has ordinary ints and floats. Where one of them would not be written back as it was read
(1.10, 1E400, forty digits), `exact` is another tree with an `orjson.Fragment` of the number's text there.

The usual body passes three cheap tests on what orjson read and is done; anything doubtful takes the slow,
exact way through the standard library. The tests, on `body` and `again = orjson.dumps(value)`:
1. Duplicate keys. Every key brings one colon, and strings bring the same colons to both texts (unless one is
   written as an escape), so both have equally many, or a key was dropped and `again` has fewer.
2. Numbers. Only `-0` and what became a float can be written differently. Where there is either, both texts
   are compared without blanks, backslashes, non-ASCII characters and `\\u` escapes: equal, or one differs.
3. Depth. Few brackets, or taking innermost pairs of them away leaves nothing.
Each test may doubt a sound body, which costs time; none passes an unsound one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from lrs.errors import BadRequest

_BRACKETS = b"[]{}"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_BLANKS_BACKSLASHES_AND_NON_ASCII = b" \t\n\r\\" + bytes(range(128, 256))
_ESCAPED_CHARACTER = re.compile(rb"\\u[0-9A-Fa-f]{4}")
_ESCAPED_COLON = re.compile(rb"\\u003[Aa]")
#: How orjson ends a float; the literal first character makes these quick.
_FRACTION = re.compile(rb"\.[0-9]+[,\]}]")
_EXPONENT = re.compile(rb"e[+-]?[0-9]+[,\]}]")
_MINUS_ZERO = re.compile(rb"-0[ \t\n\r,\]}]")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+', re.DOTALL)
_RUN = re.compile(rb"([\[{]+)|[\]}]+")
_LEXEME = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},:]|[^\[\]{},:"\s]+', re.DOTALL)
_ESCAPED_SURROGATE = re.compile(r"\\u[Dd][89A-Fa-f]")
_LARGEST = sys.float_info.max
_INT64 = range(-(2**63), 2**64)
DEEPEST = 250
#: Rounds of bracket matching before counting run by run is cheaper.
_MOST_ROUNDS = 24


@dataclass(frozen=True, slots=True)
class Parsed:
    """`value` to validate, `exact` to store from; the very same object when nothing would be lost."""

    value: Any
    exact: Any


def parse(body: bytes, *, depth: int) -> Parsed:
    """Return what the JSON text `body` says; BadRequest when it is not sound.

    A `depth` of more than 250 counts as 250: what was read must be writable again, and orjson stops there.
    """
    depth = min(depth, DEEPEST)
    try:
        value = orjson.loads(body)
        again = orjson.dumps(value)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return _parse_slowly(body, depth)
    if again == body or _says_the_same(body, again):
        if not _is_shallow(again, depth):
            _check_depth(again, depth)
        return Parsed(value, value)
    return _parse_slowly(body, depth)


def _says_the_same(body: bytes, again: bytes) -> bool:
    escapes = b"\\u" in body
    if body.count(b":") != again.count(b":") or (escapes and _ESCAPED_COLON.search(body)):
        return False
    if not (
        _FRACTION.search(again) or _EXPONENT.search(again) or _MINUS_ZERO.search(body) or again[-1:].isdigit()
    ):
        return True
    if escapes:
        body = _ESCAPED_CHARACTER.sub(b"", body)
        again = _ESCAPED_CHARACTER.sub(b"", again)
    return body.translate(None, _BLANKS_BACKSLASHES_AND_NON_ASCII) == again.translate(
        None, _BLANKS_BACKSLASHES_AND_NON_ASCII
    )


def _is_shallow(text: bytes, depth: int) -> bool:
    """Whether nesting is surely within `depth`; brackets inside strings make it doubt, never believe."""
    brackets = text.translate(None, _ALL_BUT_BRACKETS)
    if len(brackets) <= 2 * depth and brackets.count(b"[") + brackets.count(b"{") <= depth:
        return True
    for _ in range(min(depth, _MOST_ROUNDS)):
        if not brackets:
            return True
        fewer = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(fewer) == len(brackets):
            return False
        brackets = fewer
    return not brackets


def _parse_slowly(body: bytes, depth: int) -> Parsed:
    text = _decode(body)
    _check_depth(body, depth)
    inexact = _Inexact()
    value = _load(text, inexact, exact=False)
    if inexact.duplicates:
        _refuse_duplicate(text)
    if _ESCAPED_SURROGATE.search(text):
        _check_surrogates(value)
    return Parsed(value, _load(text, inexact, exact=True) if inexact.numbers else value)


def _decode(body: bytes) -> str:
    if not body.strip(b" \t\n\r"):
        raise BadRequest("The body is empty; JSON was expected.", rule="json.empty")
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise BadRequest(
            "The body starts with a byte order mark; JSON is UTF-8 without one.", rule="json.byte-order-mark"
        )
    if b"\0" in body[:2]:
        raise BadRequest("The body is not UTF-8 but UTF-16 or UTF-32.", rule="json.encoding")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"The body is not UTF-8: {error.reason} at byte {error.start}.",
            rule="json.encoding",
            value=body[error.start : error.end + 3].hex(" "),
        ) from None


def _check_depth(body: bytes, depth: int) -> None:
    """Count brackets outside strings, before anything that recurses sees the body."""
    brackets = _STRING.sub(b"", body)
    if _is_shallow(brackets, depth):
        return
    level = 0
    for run in _RUN.finditer(brackets.translate(None, _ALL_BUT_BRACKETS)):
        level += len(run[0]) if run[1] else -len(run[0])
        if level > depth:
            raise BadRequest(f"The body is nested deeper than {depth} levels.", rule="json.too-deep")


class _Inexact:
    """What the hooks of one reading came across."""

    def __init__(self) -> None:
        self.numbers = False
        self.duplicates = False


def _load(text: str, inexact: _Inexact, *, exact: bool) -> Any:
    def number(digits: str) -> Any:
        plain = _number(digits)
        if orjson.dumps(plain) == digits.encode():
            return plain
        inexact.numbers = True
        return orjson.Fragment(digits) if exact else plain

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        collected = dict(pairs)
        if len(collected) != len(pairs):
            inexact.duplicates = True
        return collected

    decoder = json.JSONDecoder(
        object_pairs_hook=collect, parse_float=number, parse_int=number, parse_constant=_refuse_constant
    )
    try:
        value, end = decoder.raw_decode(text, len(text) - len(text.lstrip(" \t\n\r")))
    except json.JSONDecodeError as error:
        raise BadRequest(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            rule="json.syntax",
            value=text[error.pos : error.pos + 20],
        ) from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.", rule="json.too-deep") from None
    if rest := text[end:].strip(" \t\n\r"):
        raise BadRequest(
            f"Something follows the JSON value at character {end}.", rule="json.trailing-data", value=rest
        )
    return value


def _number(digits: str) -> int | float:
    """The nearest number every later step can hold: 64 bits, or the largest double for 1E400."""
    if "." not in digits and "e" not in digits and "E" not in digits and len(digits) <= 20:
        whole = int(digits)
        if whole in _INT64:
            return whole
    return max(-_LARGEST, min(_LARGEST, float(digits)))


def _refuse_constant(name: str) -> NoReturn:
    raise BadRequest(f"{name} is not a JSON number.", rule="json.not-a-number", value=name)


def _refuse_duplicate(text: str) -> NoReturn:
    """Find the first key that stands twice in one object, in sound JSON; iterative, with a pointer."""
    path: list[str | int] = []
    keys: list[set[str] | None] = []
    expecting_key = False
    for lexeme in (match[0] for match in _LEXEME.finditer(text)):
        if lexeme == "{":
            keys.append(set())
            path.append("")
            expecting_key = True
        elif lexeme == "[":
            keys.append(None)
            path.append(0)
            expecting_key = False
        elif lexeme in {"}", "]"}:
            keys.pop()
            path.pop()
            expecting_key = False
        elif lexeme == ",":
            expecting_key = keys[-1] is not None
            if isinstance(place := path[-1], int):
                path[-1] = place + 1
        elif expecting_key and lexeme != ":":
            key = json.loads(lexeme)
            path[-1] = key
            seen = keys[-1]
            if seen is not None and key in seen:
                raise BadRequest(
                    "The key stands twice in one object.",
                    rule="json.duplicate-key",
                    pointer=pointer_of(path),
                    value=key,
                )
            if seen is not None:
                seen.add(key)
            expecting_key = False
    raise AssertionError("a duplicate key was seen and is gone")


def pointer_of(path: list[str | int]) -> str:
    """Return the RFC 6901 JSON pointer of `path`."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _check_surrogates(value: Any) -> None:
    for path, text in _strings(value):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadRequest(
                "A string has half of a surrogate pair, which is no character.",
                rule="json.lone-surrogate",
                pointer=pointer_of(
                    [
                        step.encode(errors="replace").decode() if isinstance(step, str) else step
                        for step in path
                    ]
                ),
                value=f"U+{ord(text[error.start]):04X}",
            ) from None


def _strings(value: Any) -> Iterator[tuple[list[str | int], str]]:
    """Every key and string below `value` with its path."""
    waiting: list[tuple[list[str | int], Any]] = [([], value)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, str):
            yield path, here
        elif isinstance(here, dict):
            for key, inner in here.items():
                yield [*path, key], key
                waiting.append(([*path, key], inner))
        elif isinstance(here, list):
            waiting.extend(([*path, index], inner) for index, inner in enumerate(here))
