"""Lines of JSON: one statement each, byte for byte as it is stored, with its contexts beside it.

In: rows. Out: bytes in a stream; a line feed ends each line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from connectors.export.rows import Row


class Ndjson:
    """Writes lines of JSON."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink

    def write(self, rows: Sequence[Row]) -> int:
        """Write a line for each statement."""
        for row in rows:
            self._sink.write(orjson.dumps(line(row)) + b"\n")
        return len(rows)

    def close(self) -> None:
        """Nothing is held back."""


def line(row: Row) -> dict[str, Any]:
    """Return what a line says."""
    return {
        "position": str(row.position),
        "voided": row.statement.voided,
        "source": row.statement.source_id,
        "statement": orjson.Fragment(row.statement.payload.encode()),
        "context": row.shown.contexts,
    }
