"""CSV (RFC 4180): a line for each actor of a statement, in which no spreadsheet finds a formula.

In: rows. Out: UTF-8 in a stream, the names of the columns first. Lists stand in one cell with semicolons
between; moments with their offset.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from connectors.export.columns import COLUMNS, lines
from connectors.export.rows import Row
from connectors.mapping.sheet import harmless


class Delimited:
    """Writes CSV."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self._began = False

    def write(self, rows: Sequence[Row]) -> int:
        """Write a line for each actor."""
        text = StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        if not self._began:
            writer.writerow(COLUMNS)
            self._began = True
        count = 0
        for row in rows:
            for line in lines(row):
                writer.writerow([cell(line[name], kind) for name, kind in COLUMNS.items()])
                count += 1
        self._sink.write(text.getvalue().encode())
        return count

    def close(self) -> None:
        """Write the names of the columns where there was not a single row."""
        if not self._began:
            self.write(())


def cell(value: Any, kind: str) -> str:
    """Return a value as it stands in a cell; empty where there is none."""
    if value is None:
        return ""
    if kind in {"whole", "number"}:
        return str(value)
    if kind == "flag":
        return "true" if value else "false"
    if kind in {"moment", "day"}:
        return str(value.isoformat())
    return harmless("; ".join(value) if kind == "texts" else str(value))
