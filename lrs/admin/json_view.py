"""JSON as people read it: indented, coloured, with marks where something is wrong.

In: JSON text (of strangers), and notes by JSON pointer. Out: safe HTML, every piece of it escaped, no links.
Numbers stand as they were written. What is no JSON, or nested beyond reading, is shown as plain text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

#: Lines and characters shown; who needs more downloads it.
LINES_MOST = 4_000
CHARACTERS_MOST = 400_000

Marks = Mapping[str, Sequence[str]]


class Written(str):
    """A number, as its text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Line:
    depth: int
    html: str
    pointer: str


def load(text: str) -> Any:
    """Return the tree of a JSON text with numbers as `Written`; ValueError where it is none."""
    try:
        return json.loads(text, parse_int=Written, parse_float=Written, parse_constant=Written)
    except RecursionError as error:
        raise ValueError("The text is nested too deeply.") from error


def pretty(text: str, marks: Marks | None = None) -> SafeString:
    """Return a JSON text as HTML lines; those that `marks` points at are highlighted and annotated."""
    if len(text) > CHARACTERS_MOST:
        return plain(text)
    try:
        tree = load(text)
        lines = list(_lines(tree))
    except (ValueError, RecursionError):
        return plain(text)
    placed = _placed(marks or {}, {line.pointer for line in lines})
    shown = [_render(line, placed) for line in lines[:LINES_MOST]]
    if len(lines) > LINES_MOST:
        shown.append(f'<span class="lrs-line lrs-cut">… {len(lines) - LINES_MOST} more lines</span>')
    # Every piece was escaped by _scalar, _render or _lines.
    return mark_safe("".join(shown))  # noqa: S308


def plain(text: str) -> SafeString:
    """Return any text as HTML lines."""
    cut = len(text) > CHARACTERS_MOST
    shown = [f'<span class="lrs-line">{escape(line)}</span>' for line in text[:CHARACTERS_MOST].split("\n")]
    if cut:
        shown.append(f'<span class="lrs-line lrs-cut">… {len(text) - CHARACTERS_MOST} more characters</span>')
    return mark_safe("".join(shown))  # noqa: S308  each line was escaped


def _lines(
    value: Any, depth: int = 0, pointer: str = "", before: str = "", after: str = ""
) -> Iterator[_Line]:
    if isinstance(value, dict) and value:
        yield _Line(depth, before + "{", pointer)
        last = len(value) - 1
        for place, (name, inner) in enumerate(value.items()):
            label = f'<span class="lrs-key">{escape(_quoted(name))}</span>: '
            below = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from _lines(inner, depth + 1, below, label, "" if place == last else ",")
        yield _Line(depth, "}" + after, "")
    elif isinstance(value, list) and value:
        yield _Line(depth, before + "[", pointer)
        for place, inner in enumerate(value):
            comma = "" if place == len(value) - 1 else ","
            yield from _lines(inner, depth + 1, f"{pointer}/{place}", "", comma)
        yield _Line(depth, "]" + after, "")
    else:
        yield _Line(depth, before + _scalar(value) + after, pointer)


def _scalar(value: Any) -> str:
    if isinstance(value, Written):
        return f'<span class="lrs-number">{escape(str(value))}</span>'
    if isinstance(value, str):
        return f'<span class="lrs-string">{escape(_quoted(value))}</span>'
    if isinstance(value, dict | list):
        return "{}" if isinstance(value, dict) else "[]"
    return f'<span class="lrs-constant">{json.dumps(value)}</span>'


def _quoted(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a character: no page can carry it but as an escape.
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)


def _placed(marks: Marks, pointers: set[str]) -> dict[str, list[str]]:
    """Return the marks, those of something that is not there moved to what should hold it."""
    placed: dict[str, list[str]] = {}
    for pointer, notes in marks.items():
        found = pointer
        while found and found not in pointers:
            found = found.rpartition("/")[0]
        placed.setdefault(found, []).extend(notes)
    return placed


def _render(line: _Line, placed: dict[str, list[str]]) -> str:
    # A closing bracket has no pointer of its own; the root's is only that of the first line.
    notes = placed.pop(line.pointer, None) if line.pointer or line.depth == 0 else None
    html = f'<span class="lrs-indent">{"  " * line.depth}</span>{line.html}'
    # Long lines go on below their own beginning.
    depth = f'style="--depth:{line.depth}"'
    if not notes:
        return f'<span class="lrs-line" {depth}>{html}</span>'
    said = "".join(f'<span class="lrs-note">{escape(note)}</span>' for note in notes)
    return f'<span class="lrs-line lrs-marked" {depth}>{html}</span>{said}'
