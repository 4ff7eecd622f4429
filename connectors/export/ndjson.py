"""Lines of JSON: one statement each, byte for byte as it is stored, with its contexts beside it.

In: rows. Out: bytes in a stream; a line feed ends each line. On request a line also has a copy of the
statement that carries the context inside (connectors.enrichment.extended).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from connectors.enrichment.extended import extended
from connectors.export.rows import Row


class Ndjson:
    """Writes lines of JSON."""

    def __init__(self, sink: Any, *, with_copy: bool = False) -> None:
        self._sink = sink
        self._with_copy = with_copy

    def write(self, rows: Sequence[Row]) -> int:
        """Write a line for each statement."""
        for row in rows:
            self._sink.write(orjson.dumps(line(row, with_copy=self._with_copy)) + b"\n")
        return len(rows)

    def close(self) -> None:
        """Nothing is held back."""


def line(row: Row, *, with_copy: bool = False) -> dict[str, Any]:
    """Return what a line says."""
    found: dict[str, Any] = {
        "position": str(row.position),
        "voided": row.statement.voided,
        "source": row.statement.source_id,
        "statement": orjson.Fragment(row.statement.payload.encode()),
        "context": row.shown.contexts,
    }
    if with_copy:
        found["extended"] = orjson.Fragment(extended(row.statement.payload, row.shown.contexts))
    return found
