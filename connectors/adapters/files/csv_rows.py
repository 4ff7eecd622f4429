"""CSV: rows of a file as objects by their header, one at a time.

In: a text stream. Out: (number of the row, values, why it is broken). Values stay text, so that leading zeros
live. A row that cannot be trusted is given as broken; what makes the file as a whole unusable raises Damaged.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, TextIO

from connectors.adapters.files.damage import Damaged
from connectors.adapters.files.options import RECORD_MOST
from connectors.adapters.files.text import DAMAGE

#: (number from 1, values, why it is broken or nothing)
Row = tuple[int, dict[str, Any], str]

_DELIMITERS = ",;\t|"
_COLUMNS_MOST = 2_000


def rows(text: TextIO, delimiter: str) -> Iterator[Row]:
    """Give every row behind the header."""
    lines = _Lines(text)
    first = lines.peek()
    reader = csv.reader(lines, delimiter=delimiter or _delimiter_of(first), strict=True)
    # One limit for the process; no other part of the hub reads CSV with a smaller one.
    csv.field_size_limit(RECORD_MOST)
    names = _header(reader)
    number = 0
    while True:
        lines.begin()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if lines.ended:
                raise Damaged(f"The file ends within a quoted field: {error}.") from error
            number += 1
            yield number, {}, f"Row {number} (line {reader.line_num}) is no CSV: {error}."
            continue
        if values:
            number += 1
            yield number, *_read(number, reader.line_num, names, values)


def _read(number: int, line: int, names: list[str], values: list[str]) -> tuple[dict[str, Any], str]:
    found: dict[str, Any] = dict(zip(names, values, strict=False))
    if len(values) != len(names):
        return found, f"Row {number} (line {line}) has {len(values)} fields; the header has {len(names)}."
    for name, value in found.items():
        if DAMAGE in value:
            return found, f"Row {number} (line {line}): {name} has bytes that make no sense in this encoding."
    return found, ""


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        names = [each.strip() for each in next(reader)]
    except (StopIteration, csv.Error) as error:
        raise Damaged("The file has no header.") from error
    if not any(names):
        raise Damaged("The file has no header.")
    if len(names) > _COLUMNS_MOST:
        raise Damaged(f"The header has {len(names)} columns.")
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise Damaged(f"The header names {', '.join(map(repr, twice))} twice.")
    return names


def _delimiter_of(header: str) -> str:
    """Return what stands most often between the names of a header, outside of quotation marks."""
    plain = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=plain.count)


class _Lines:
    """The lines of a text, each of bounded length, and whether they have come to an end."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._peeked: str | None = None
        self._taken = 0
        self.ended = False

    def peek(self) -> str:
        """Return the first line."""
        self._peeked = self._text.readline(RECORD_MOST + 1)
        return self._peeked

    def begin(self) -> None:
        """A new record begins; its lines may be as long as a record may be."""
        self._taken = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line, self._peeked = self._peeked, None
        if line is None:
            line = self._text.readline(RECORD_MOST + 1)
        if not line:
            self.ended = True
            raise StopIteration
        self._taken += len(line)
        if self._taken > RECORD_MOST:
            raise Damaged(
                f"A record is longer than {RECORD_MOST:,} characters; a quotation mark is likely missing."
            )
        return line
