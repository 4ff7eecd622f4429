"""A report as CSV (RFC 4180): its facts, then each table under its title, with an empty line between.

Never a cell that a spreadsheet takes for a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from compliance.reports.table import Report, Value, told
from connectors.mapping.sheet import harmless

_AT_A_TIME = 500


def pieces(report: Report) -> Iterator[bytes]:
    """Yield a report."""
    yield _lines([(report.title,), *report.facts.items()])
    for table in report.tables:
        yield _lines([(), (table.title,), table.columns])
        waiting: list[Sequence[Value]] = []
        for row in table.rows:
            waiting.append(row)
            if len(waiting) == _AT_A_TIME:
                yield _lines(waiting)
                waiting = []
        yield _lines(waiting)


def _lines(rows: Sequence[Sequence[Value]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([[_cell(each) for each in row] for row in rows])
    return text.getvalue().encode()


def _cell(value: Value) -> str:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if number else harmless(told(value))
