"""What a report is made of: titles, columns, rows. Never how it looks.

A row is read once and may come from a cursor; its values are texts, numbers, moments, days, flags or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Value = str | int | float | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Report:
    """A report that is ready to be written."""

    name: str
    title: str
    #: Who, when, of what (compliance.reports.facts).
    facts: dict[str, Any]
    tables: Sequence[Table]
    #: Whose records it shows.
    people: Sequence[int] = ()


def told(value: Value) -> str:
    """Return a value as people read it: moments with their offset."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
