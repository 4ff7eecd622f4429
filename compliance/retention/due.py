"""What keeps each record, and what falls due on a day.

In: a store and a day. Out: each record with the day from which it may go, the rules that say so, and the
holds on it; told by one query over all of them (compliance_retention, migration 0009). Destruction asks the
same function, so that a preview and what happens cannot differ. Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

_COLUMNS = (
    "record_class, key, people, dated, due_on, applicable, open_ended, duty_until, duty_open, without_review,"
    " holds, chain"
)
_ALL = f"SELECT {_COLUMNS} FROM compliance_retention(%(store)s, %(today)s, %(person)s)"  # noqa: S608  constants
_DUE = f"{_ALL} WHERE due_on <= %(today)s ORDER BY due_on, record_class, key"
_COUNTS = """
    SELECT record_class, extract(year FROM due_on)::integer, count(*), count(*) FILTER (WHERE holds <> '{}')
    FROM compliance_retention(%(store)s, %(today)s) WHERE due_on IS NOT NULL AND due_on <= %(until)s
    GROUP BY 1, 2 ORDER BY 2, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record and what keeps it."""

    record_class: str
    key: int
    #: Whom it is about.
    people: Sequence[int]
    dated: date | None
    #: The first day it may go; None while a period has not begun, or no rule applies.
    due_on: date | None
    #: How many rules apply.
    applicable: int
    #: Whether a period has not begun.
    open_ended: bool
    #: The same two of legal duties alone, which stand against erasure.
    duty_until: date | None
    duty_open: bool
    #: Whether every rule says it may go without review.
    without_review: bool
    #: Ids of the holds on it.
    holds: Sequence[int]
    #: schedule, version, citation, event, start, period, unit, free_on, duty; of each rule.
    chain: Sequence[Mapping[str, Any]]

    def is_due(self, today: date) -> bool:
        """Whether retention has ended."""
        return self.due_on is not None and self.due_on <= today

    def is_erasable(self, today: date) -> bool:
        """Whether no legal duty and no hold keeps it."""
        return not self.holds and not self.duty_open and (self.duty_until is None or self.duty_until <= today)


def today() -> date:
    """Return the day that counts as today for disposition."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_today()")
        [found] = cursor.fetchone()
    return date.fromisoformat(found) if isinstance(found, str) else found


def kept(store_id: int, *, on: date, person_id: int | None = None) -> list[Kept]:
    """Return every record of a store, or of one person, with what keeps it on a day."""
    return _rows(f"{_ALL} ORDER BY record_class, key", store_id, on, person_id)


def falls_due(store_id: int, *, on: date, person_id: int | None = None) -> list[Kept]:
    """Return what may go on a day, holds or not, longest due first."""
    return _rows(_DUE, store_id, on, person_id)


def forecast(store_id: int, *, on: date, until: date) -> list[tuple[str, int, int, int]]:
    """Return (record class, year, records that fall due, held among them) up to a day, as known now."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"store": store_id, "today": on, "until": until})
        return list(cursor.fetchall())


def _rows(query: str, store_id: int, on: date, person_id: int | None) -> list[Kept]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"store": store_id, "today": on, "person": person_id})
        names = [each.strip() for each in _COLUMNS.split(",")]
        return [_kept(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _kept(values: dict[str, Any]) -> Kept:
    chain = values["chain"]
    return Kept(**values | {"chain": json.loads(chain) if isinstance(chain, str) else chain})
