"""Which formats an export has.

In: a name. Out: its media type, the ending of its files, and a writer of rows into a binary stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from connectors.export.delimited import Delimited
from connectors.export.ndjson import Ndjson
from connectors.export.parquet import Parquet
from connectors.export.rows import Row


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int: ...


class Writer(Protocol):
    """Writes rows; what it was given is whole in the stream after `close`."""

    def write(self, rows: Sequence[Row]) -> int:
        """Write rows; return how many lines they became."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One format."""

    media_type: str
    ending: str
    writer: Callable[[Sink], Writer]


FORMATS: Mapping[str, Format] = {
    "ndjson": Format("application/x-ndjson", "ndjson", Ndjson),
    "csv": Format("text/csv", "csv", Delimited),
    "parquet": Format("application/vnd.apache.parquet", "parquet", Parquet),
}
