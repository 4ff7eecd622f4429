"""What the mapping editor shows of a document: fields with rules, what a sample makes of them, problems.

In: a mapping document, and a raw record. Out: JSON values for the page and for its live preview, which asks
for them again while somebody types. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

import orjson

from connectors.mapping import Malformed, compile, sheet, trial  # noqa: A004  mapping.compile
from connectors.mapping.sheet import Row
from connectors.mapping.trial import Tried

#: Elements of a list of which results are shown.
_RESULTS_MOST = 5
_CONTEXT = 3


def rows_of(document: Any) -> list[dict[str, Any]]:
    """Return a row for every field a rule fills or could fill; none where the document is malformed."""
    try:
        mapping = compile(document)
    except Malformed:
        return []
    rows = sheet.rows(mapping)
    headings = _headings(rows)
    return [
        {
            "kind": row.kind,
            "pointer": row.pointer,
            "target": row.target,
            "name": _name(row),
            "heading": headings.get(row.pointer, ""),
            "source": row.source,
            "steps": list(row.steps),
            "required": row.required,
            "owner": row.owner,
            "note": row.note,
            "filled": row.filled,
        }
        for row in rows
    ]


def _headings(rows: list[Row]) -> dict[str, str]:
    """Return what stands above the first row of each part, by the pointer of that row."""
    found: dict[str, str] = {}
    before = ""
    for row in rows:
        part = _part(row)
        if part != before:
            found[row.pointer] = row.target.partition(".")[0].partition(" (")[0]
            before = part
        if row.target == "identifiers.type" and row.filled:
            first = next(name for name in found if name.startswith(part))
            found[first] = f"identifiers: {row.source.removeprefix('always ').strip('“”')}"
    return found


def _part(row: Row) -> str:
    """Return the pointer of the part a row belongs to."""
    parent = row.pointer.rpartition("/")[0]
    # What chooses a part stands beside its fields.
    return f"{parent}/fields" if row.target.endswith(("(each)", "(only if)")) else parent


def _name(row: Row) -> str:
    if row.target.endswith(")"):
        return row.target.partition(" (")[2].rstrip(")")
    return row.target.partition(".")[2]


def preview(document: Any, kind: str, raw: Any) -> dict[str, Any]:
    """Return rows, results by pointer, canonical records and everything that is wrong."""
    if not isinstance(raw, Mapping):
        raw = {}
    found = trial.preview(document, kind, raw) if kind else None
    refused = found.refused if found is not None else None
    problems = found.problems if found is not None else ()
    return {
        "rows": rows_of(document),
        "results": _results(found.tried if found is not None else ()),
        "problems": [{"pointer": each.pointer, "reason": each.reason} for each in problems],
        "records": list(found.records) if found is not None else [],
        "refused": None
        if refused is None
        else {
            "field": refused.field,
            "rule": refused.rule,
            "reason": refused.reason,
            "suggestion": refused.suggestion,
        },
    }


def _results(tried: tuple[Tried, ...]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in tried:
        results = found.setdefault(each.pointer, [])
        if len(results) < _RESULTS_MOST:
            results.append(
                {
                    "field": each.field,
                    "value": said(each.value),
                    "error": each.error,
                    "suggestion": each.suggestion,
                }
            )
    return found


def said(value: Any) -> str:
    """Return a value as the preview writes it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(said, value)) or "nothing"
    return str(value)


def text_of(document: Any) -> str:
    """Return a document as the editor shows it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def difference(before: Any, after: Any) -> Iterator[tuple[str, str]]:
    """Yield (kind, line) of what differs between two documents: same, removed, added, or a gap."""
    old, new = text_of(before).split("\n"), text_of(after).split("\n")
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        yield "gap", "…"
        for what, i1, i2, j1, j2 in group:
            if what == "equal":
                yield from (("same", line) for line in old[i1:i2])
                continue
            yield from (("removed", line) for line in old[i1:i2])
            yield from (("added", line) for line in new[j1:j2])


def changed_fields(before: Any, after: Any) -> list[dict[str, Any]]:
    """Return the fields whose rule differs between two documents, in words."""
    old = {(row["kind"], row["pointer"]): row for row in rows_of(before) if row["filled"]}
    new = {(row["kind"], row["pointer"]): row for row in rows_of(after) if row["filled"]}
    return [
        {
            "kind": name[0],
            "target": (new.get(name) or old[name])["target"],
            "before": _rule(old.get(name)),
            "after": _rule(new.get(name)),
        }
        for name in dict.fromkeys([*old, *new])
        if _rule(old.get(name)) != _rule(new.get(name))
    ]


def _rule(row: Mapping[str, Any] | None) -> str:
    return "" if row is None else "; ".join([row["source"], *row["steps"]])
