"""Reports as files: CSV no spreadsheet takes for a formula, JSON, and PDF for people.

In: a report. Out: pieces of bytes, in the memory of a part (CSV, JSON), or of the whole (PDF, which so has a
limit of lines).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from compliance.reports.table import Report
from compliance.reports.written import as_json, delimited, pdf

#: Format → what writes it, and its media type.
FORMATS: Mapping[str, tuple[Callable[[Report], Iterator[bytes]], str]] = {
    "pdf": (pdf.pieces, "application/pdf"),
    "csv": (delimited.pieces, "text/csv; charset=utf-8"),
    "json": (as_json.pieces, "application/json"),
}
