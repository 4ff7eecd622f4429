"""Parquet: a row for each actor of a statement, with a schema that never changes its types.

In: rows. Out: a Parquet file in a stream, in groups of rows small enough to hold. Moments are microseconds in
UTC, lists are lists, payloads are text exactly as stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.export.columns import COLUMNS, lines
from connectors.export.rows import Row

#: Rows, and bytes of payloads, of one group at most.
_GROUP_ROWS = 10_000
_GROUP_BYTES = 32 * 1024 * 1024

_TYPES: Mapping[str, Any] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "moment": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "texts": pa.list_(pa.string()),
}
SCHEMA = pa.schema([pa.field(name, _TYPES[kind]) for name, kind in COLUMNS.items()])


class Parquet:
    """Writes Parquet."""

    def __init__(self, sink: Any) -> None:
        self._writer = pq.ParquetWriter(pa.PythonFile(_Stream(sink), mode="w"), SCHEMA, compression="zstd")
        self._held: list[dict[str, Any]] = []
        self._bytes = 0

    def write(self, rows: Sequence[Row]) -> int:
        """Hold a line for each actor, until there are enough for a group."""
        count = 0
        for row in rows:
            for line in lines(row):
                self._held.append(line)
                self._bytes += len(row.statement.payload)
                count += 1
            if len(self._held) >= _GROUP_ROWS or self._bytes >= _GROUP_BYTES:
                self._flush()
        return count

    def close(self) -> None:
        """Write what is held, and the end of the file."""
        if self._held:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._held, schema=SCHEMA))
        self._held.clear()
        self._bytes = 0


class _Stream:
    """A stream as pyarrow wants one: it is told where it is, and may be closed."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self._at = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Pass bytes on."""
        content = bytes(data)
        self._sink.write(content)
        self._at += len(content)
        return len(content)

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._at

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The sink is somebody else's to close."""
        self.closed = True
