"""The field mapping document: every canonical field, where it comes from, what is done to it, who answers.

In: a mapping document. Out: rows for a page, and CSV in which no cell is taken for a formula by a
spreadsheet.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from connectors.mapping import compiled, parts, paths, words
from connectors.mapping.parts import Part
from connectors.mapping.rules import Rule
from connectors.mapping.targets import targets

HEADER = ("Source record", "Field", "From", "Source field", "Transformations", "Required", "Owner", "Note")


@dataclass(frozen=True, slots=True)
class Row:
    """One canonical field of one part, with its rule if it has one."""

    kind: str
    #: JSON pointer of the rule in the document, where it is or would be.
    pointer: str
    target: str
    #: As the rule writes it; empty where the field is not filled.
    source: str = ""
    #: The whole path from the record, whatever elements are chosen on the way.
    path: str = ""
    steps: tuple[str, ...] = ()
    required: bool = False
    owner: str = ""
    note: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def filled(self) -> bool:
        """Whether a rule fills it."""
        return bool(self.spec)


def rows(mapping: compiled.Mapping, *, unfilled: bool = True) -> list[Row]:
    """Return a row for each field of each part; those without a rule last in their part, or left out."""
    return [
        row
        for kind, found in mapping.kinds.items()
        for top in found
        for part in top.everything()
        for row in _of_part(kind, part, unfilled=unfilled)
    ]


def _of_part(kind: str, part: Part, *, unfilled: bool) -> Iterator[Row]:
    title = parts.title(part.owner)
    if part.each is not None:
        pointer = part.pointer.removesuffix("/fields") + "/each"
        yield Row(
            kind,
            pointer,
            f"{title} (each)",
            source=str(part.each),
            path=paths.dotted(part.base),
            spec={"from": str(part.each)},
        )
    if part.when is not None:
        yield _row(kind, part, f"{title} (only if)", part.when, required=False)
    filled = {each.target.name: each for each in part.fields}
    for each in part.fields:
        yield _row(kind, part, each.target.title, each.rule, required=each.target.required)
    if unfilled:
        for name, target in targets(part.owner).items():
            if name not in filled:
                yield Row(kind, f"{part.pointer}/{name}", target.title, required=target.required)


def _row(kind: str, part: Part, target: str, rule: Rule, *, required: bool) -> Row:
    spec = rule.spec
    path = ""
    if rule.source is not None:
        base = () if rule.source.rooted else part.base
        path = paths.dotted((*base, *rule.source.names))
    return Row(
        kind,
        rule.pointer,
        target,
        source=words.source(spec),
        path=path,
        steps=tuple(words.steps(spec)),
        required=required or bool(spec.get("required")),
        owner=spec.get("owner", ""),
        note=spec.get("note", ""),
        spec=spec,
    )


def as_csv(found: Iterable[Row]) -> str:
    """Return rows as CSV (RFC 4180, with a byte order mark so that spreadsheets read it as UTF-8)."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in found:
        cells = (
            row.kind,
            row.target,
            row.source,
            row.path,
            "; ".join(row.steps),
            "yes" if row.required else "",
            row.owner,
            row.note,
        )
        writer.writerow([harmless(cell) for cell in cells])
    return "\ufeff" + written.getvalue()


def harmless(cell: str) -> str:
    """Return a cell no spreadsheet takes for a formula: an apostrophe goes before what starts one."""
    return f"'{cell}" if cell.lstrip(" \n").startswith(("=", "+", "-", "@", "\t", "\r")) else cell
