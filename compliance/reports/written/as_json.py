"""A report as JSON: its facts, and each table as a list of objects. Read and written row by row."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from compliance.reports.table import Report


def pieces(report: Report) -> Iterator[bytes]:
    """Yield a report."""
    head = {"report": report.name, "title": report.title, "facts": report.facts}
    yield orjson.dumps(head)[:-1] + b',"tables":['
    for number, table in enumerate(report.tables):
        said = {"title": table.title, "columns": list(table.columns)}
        yield (b"," if number else b"") + orjson.dumps(said)[:-1] + b',"rows":['
        for place, row in enumerate(table.rows):
            yield (b"," if place else b"") + orjson.dumps(dict(zip(table.columns, row, strict=True)))
        yield b"]}"
    yield b"]}\n"
