"""Which formats an export has.

In: a name. Out: its media type, the ending of its files, and a writer of rows into a binary stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from connectors.export.delimited import Delimited
from connectors.export.ndjson import Ndjson
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


def _parquet(sink: Sink) -> Writer:
    # Imported with the first export: pyarrow is large, and most processes never write a file of it.
    from connectors.export.parquet import Parquet

    return Parquet(sink)


FORMATS: Mapping[str, Format] = {
    "ndjson": Format("application/x-ndjson", "ndjson", Ndjson),
    "csv": Format("text/csv", "csv", Delimited),
    "parquet": Format("application/vnd.apache.parquet", "parquet", _parquet),
}


def with_copies(format_: Format) -> Format:
    """Return the format with a copy of each statement that carries the context inside; ValueError where the
    format has no place for one."""
    if format_.writer is not Ndjson:
        raise ValueError("goes with the format ndjson alone")
    return replace(format_, writer=partial(Ndjson, with_copy=True))
