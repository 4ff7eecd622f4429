"""JSON: the elements of a list in a file, one at a time and never the file at once; and NDJSON, line by line.

In: a text stream. Out: (number, record, why it is broken). Raises Damaged where the file ends too early, is
nested too deeply, or has no list where the settings say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from connectors.adapters.files.csv_rows import Row
from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.options import RECORD_MOST
from connectors.adapters.files.text import DAMAGE

_CHUNK = 64 * 1024
_BLANK = " \t\r\n\ufeff"
#: Lists and objects within each other in one record.
_DEPTH_MOST = 100


def records(text: TextIO, path: str) -> Iterator[Row]:
    """Give each element of the list at `path`; of the outermost list if there is no path."""
    scan = _Scan(text)
    wanted = [each for each in path.split(".") if each]
    number = 0
    for number, value in enumerate(_elements(scan, wanted), start=1):
        yield number, *_checked(number, value)
    if scan.peek():
        raise Damaged(f"Something stands behind the end of the JSON, after {number} records.")


def lines(text: TextIO) -> Iterator[Row]:
    """Give the record of each line."""
    number = 0
    while line := text.readline(RECORD_MOST + 1):
        if len(line) > RECORD_MOST:
            raise Damaged(f"A line is longer than {RECORD_MOST:,} characters.")
        if not line.strip(_BLANK):
            continue
        number += 1
        try:
            value = _DECODER.decode(line.strip(_BLANK))
        except (ValueError, RecursionError) as error:
            yield number, {}, f"Record {number} is no JSON: {error}."
            continue
        yield number, *_checked(number, value)


def _checked(number: int, value: Any) -> tuple[dict[str, Any], str]:
    if not isinstance(value, dict):
        return {}, f"Record {number} is not an object."
    if _deep(value):
        return {}, f"Record {number} is nested more than {_DEPTH_MOST} levels deep."
    if _damaged(value):
        return value, f"Record {number} has bytes that make no sense in this encoding."
    return value, ""


def _deep(value: Any, left: int = _DEPTH_MOST) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return left == 0 or any(_deep(each, left - 1) for each in inner)


def _damaged(value: Any) -> bool:
    if isinstance(value, str):
        return DAMAGE in value
    if isinstance(value, dict):
        return any(DAMAGE in name or _damaged(each) for name, each in value.items())
    return isinstance(value, list) and any(_damaged(each) for each in value)


def _elements(scan: _Scan, wanted: list[str]) -> Iterator[Any]:
    """Give the elements of the wanted list, and read the rest of the file to its end."""
    start = scan.peek()
    if start == "[" and not wanted:
        yield from _list(scan)
    elif start == "{":
        yield from _object(scan, wanted)
    else:
        raise Damaged("The JSON has no list of records where the settings say.")


def _list(scan: _Scan) -> Iterator[Any]:
    scan.take("[")
    if scan.peek() == "]":
        scan.take("]")
        return
    while True:
        yield scan.value()
        if scan.peek() == "]":
            scan.take("]")
            return
        scan.take(",")


def _object(scan: _Scan, wanted: list[str]) -> Iterator[Any]:
    """Give the elements of a list somewhere in an object: the one wanted, or the first there is."""
    scan.take("{")
    found = False
    while scan.peek() != "}":
        name = scan.value()
        scan.take(":")
        starts = scan.peek()
        if not found and wanted and name == wanted[0]:
            found = True
            if len(wanted) == 1 and starts == "{":
                # A list of one may be written as the one.
                yield scan.value()
            else:
                yield from _elements(scan, wanted[1:])
        elif not found and not wanted and starts == "[":
            found = True
            yield from _list(scan)
        else:
            scan.value()
        if scan.peek() != ",":
            break
        scan.take(",")
    scan.take("}")
    if not found:
        raise Damaged(f"The JSON has no list {'.'.join(wanted)!r}." if wanted else "The JSON has no list.")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class _Scan:
    """JSON values of a stream, of which only the current one is kept."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._buffer = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is not blank; nothing at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _BLANK:
                    return self._buffer[self._at]
                self._at += 1
            if not self._more(_CHUNK):
                return ""

    def take(self, expected: str) -> None:
        """Go behind a character."""
        found = self.peek()
        if not found:
            raise Damaged("The JSON ends too early.")
        if found != expected:
            raise Damaged(f"The JSON has {found!r} where {expected!r} is expected.")
        self._at += 1

    def value(self) -> Any:
        """Return the next value whole."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except RecursionError as error:
                raise Damaged("The JSON is nested too deeply.") from error
            except ValueError as error:
                if not self._grown():
                    raise Damaged(f"This is no JSON, or it ends too early: {error}.") from error
                continue
            # A number may go on in what has not been read yet.
            if end == len(self._buffer) and not self._ended and self._more(_CHUNK):
                continue
            self._at = end
            return value

    def _grown(self) -> bool:
        """Read as much again, so that a long value is not tried too often."""
        if len(self._buffer) - self._at > RECORD_MOST:
            raise Damaged(f"A record is longer than {RECORD_MOST:,} characters, or is no JSON.")
        return self._more(max(_CHUNK, len(self._buffer) - self._at))

    def _more(self, characters: int) -> bool:
        chunk = self._text.read(characters)
        self._ended = not chunk
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)
