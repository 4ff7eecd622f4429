"""Entries as CSV (RFC 4180) in which no spreadsheet finds a formula, in a stream of bounded memory.

In: a query. Out: pieces of UTF-8, the names of the columns first, oldest entry first. Values before and after
are JSON; moments have their offset.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from compliance.trail.read import COLUMNS
from compliance.trail.search import AuditQuery, found
from connectors.mapping.sheet import harmless

_AT_A_TIME = 1_000


def csv_of(query: AuditQuery) -> Iterator[bytes]:
    """Yield the entries a query finds, as CSV."""
    yield _written([COLUMNS])
    after = query.after_seq or 0
    while True:
        page = list(found(query).filter(seq__gt=after).order_by("seq").values_list(*COLUMNS)[:_AT_A_TIME])
        if not page:
            return
        yield _written([[_cell(each) for each in row] for row in page])
        after = page[-1][0]


def _written(rows: Any) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return harmless(json.dumps(value, ensure_ascii=False, sort_keys=True))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value) if isinstance(value, int) else harmless(str(value))
