"""A small part of Markdown as safe HTML: what procedures and least-privilege texts are written with.

In: text by administrators and adapters. Out: HTML in which every piece was escaped; links lead to http, https
and mailto only. Headings, paragraphs, lists, fenced code, tables, `code`, **strong**, *emphasis*, [links](…).
Never raw HTML, images or scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_INLINE = re.compile(
    r"`(?P<code>[^`]+)`"
    r"|\[(?P<label>[^\]]+)\]\((?P<href>[^()\s]+)\)"
    r"|\*\*(?P<strong>[^*]+)\*\*"
    r"|(?<![\w*])\*(?P<emphasis>[^*\s][^*]*)\*"
)
_HEADING = re.compile(r"(#{1,4})\s+(.+)")
_ITEM = re.compile(r"(\s*)([-*+]|\d+[.)])\s+(.*)")
_RULE = re.compile(r"\|?[\s:|-]+\|[\s:|-]*")
_SAFE = ("http://", "https://", "mailto:")
#: Characters rendered; longer texts end there.
_MOST = 200_000


def rendered(text: str) -> SafeString:
    """Return the text as HTML."""
    blocks = _blocks(text[:_MOST].replace("\r\n", "\n").split("\n"))
    return mark_safe("".join(blocks))  # noqa: S308  every piece went through escape


def _blocks(lines: list[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        if not line.strip():
            place += 1
        elif line.startswith("```"):
            end = next((n for n in range(place + 1, len(lines)) if lines[n].startswith("```")), len(lines))
            yield f'<pre class="lrs-json">{escape(chr(10).join(lines[place + 1 : end]))}</pre>'
            place = end + 1
        elif heading := _HEADING.fullmatch(line):
            level = min(len(heading[1]) + 2, 5)
            yield f"<h{level}>{_inline(heading[2])}</h{level}>"
            place += 1
        elif _ITEM.fullmatch(line):
            place, html = _list(lines, place)
            yield html
        elif "|" in line and place + 1 < len(lines) and _RULE.fullmatch(lines[place + 1]):
            place, html = _table(lines, place)
            yield html
        else:
            end = place + 1
            while end < len(lines) and lines[end].strip() and not _begins(lines[end]):
                end += 1
            yield f"<p>{_inline(' '.join(each.strip() for each in lines[place:end]))}</p>"
            place = end


def _begins(line: str) -> bool:
    return bool(line.startswith("```") or _HEADING.fullmatch(line) or _ITEM.fullmatch(line))


def _list(lines: list[str], place: int) -> tuple[int, str]:
    first = _ITEM.fullmatch(lines[place])
    tag = "ol" if first is not None and first[2][0].isdigit() else "ul"
    items: list[str] = []
    while place < len(lines) and lines[place].strip():
        item = _ITEM.fullmatch(lines[place])
        if item is not None:
            items.append(item[3])
        elif lines[place].startswith(" "):
            # An item goes on in an indented line.
            items[-1] += f" {lines[place].strip()}"
        else:
            break
        place += 1
    return place, f"<{tag}>{''.join(f'<li>{_inline(each)}</li>' for each in items)}</{tag}>"


def _table(lines: list[str], place: int) -> tuple[int, str]:
    head = "".join(f"<th>{_inline(cell)}</th>" for cell in _cells(lines[place]))
    place += 2
    rows = []
    while place < len(lines) and "|" in lines[place]:
        rows.append("".join(f"<td>{_inline(cell)}</td>" for cell in _cells(lines[place])))
        place += 1
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return place, f'<table class="lrs-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _inline(text: str) -> str:
    made: list[str] = []
    end = 0
    for found in _INLINE.finditer(text):
        made.append(escape(text[end : found.start()]))
        made.append(_piece(found))
        end = found.end()
    return "".join([*made, escape(text[end:])])


def _piece(found: re.Match[str]) -> str:
    if found["code"] is not None:
        return f"<code>{escape(found['code'])}</code>"
    if found["strong"] is not None:
        return f"<strong>{_inline(found['strong'])}</strong>"
    if found["emphasis"] is not None:
        return f"<em>{_inline(found['emphasis'])}</em>"
    label, href = found["label"], found["href"]
    if not href.lower().startswith(_SAFE):
        return f"{_inline(label)} ({escape(href)})"
    return f'<a class="lrs-link" href="{escape(href)}" rel="noopener noreferrer">{_inline(label)}</a>'
