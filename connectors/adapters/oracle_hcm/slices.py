"""What of a worker was, is and will be so: effective-dated rows, read back one by one.

In: a worker as of the end of time, where every assignment there ever was stands with its last row, and a way
to read the worker as of another day. Out: the worker with all rows that reach beyond `floor`, each assignment
row with the days it holds (`Slice`). The row before one is found on the day before that one begins. An
assignment row and its line manager have days of their own; a slice is where both hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from connectors.adapters.oracle_hcm.client import Json

#: The day Oracle means by "no end".
END = date(4712, 12, 31)
#: Rows of one worker that are read back at most.
READS_MOST = 500
LINE_MANAGER = "LINE_MANAGER"
_DAY = timedelta(days=1)

#: ("names", type of name) or (period of service, assignment number).
Name = tuple[str, str]
At = Callable[[date], Json | None]


@dataclass(slots=True)
class _Thread:
    """The rows of one name or assignment, the last first."""

    #: Before this day there is none.
    least: date
    rows: list[Json] = field(default_factory=list)
    begins: date = END
    done: bool = False

    def add(self, row: Json) -> None:
        """Put a row before those that are there."""
        start, end = _span(row)
        if start is None:
            self.done = True
        else:
            end = min(end or END, self.begins - _DAY) if self.rows else end or END
            row = {**row, "Slice": {"From": start.isoformat(), "To": end.isoformat()}}
            self.begins = start
            self.done = start <= self.least
        self.rows.insert(0, row)


def told(worker: Json, floor: date, at: At) -> Json:
    """Return the worker with every row that reaches beyond the day `floor`."""
    hired = [each for row in _rows(worker, "workRelationships") if (each := _day(row.get("StartDate")))]
    threads: dict[Name, _Thread] = {}
    for name, row, least in _named(worker, min(hired, default=floor)):
        threads.setdefault(name, _Thread(least)).add(row)
    for _ in range(READS_MOST):
        day = max(
            (each.begins - _DAY for each in threads.values() if not each.done and each.begins > floor),
            default=None,
        )
        if day is None:
            break
        earlier = at(day)
        seen = {} if earlier is None else {name: row for name, row, _ in _named(earlier, floor)}
        for name, thread in threads.items():
            if not thread.done and thread.begins - _DAY == day:
                before = seen.get(name)
                if before is None or (_span(before)[0] or END) > day:
                    thread.done = True
                else:
                    thread.add(before)
    return _joined(worker, threads)


def _joined(worker: Json, threads: dict[Name, _Thread]) -> Json:
    found = dict(worker)
    if "names" in worker:
        found["names"] = [row for name, each in threads.items() if name[0] == "names" for row in each.rows]
    if "workRelationships" in worker:
        found["workRelationships"] = [
            {
                **engaged,
                "assignments": [
                    row
                    for name, each in threads.items()
                    if name[0] == str(engaged.get("PeriodOfServiceId", ""))
                    for row in each.rows
                ],
            }
            for engaged in _rows(worker, "workRelationships")
        ]
    return found


def _named(worker: Json, hired: date) -> Iterator[tuple[Name, Json, date]]:
    """Yield names and assignments with the day before which there is none."""
    for row in _rows(worker, "names"):
        yield ("names", str(row.get("NameType", ""))), row, hired
    for engaged in _rows(worker, "workRelationships"):
        own = str(engaged.get("PeriodOfServiceId", ""))
        for row in _rows(engaged, "assignments"):
            yield (own, str(row.get("AssignmentNumber", ""))), row, _day(engaged.get("StartDate")) or hired


def _span(row: Json) -> tuple[date | None, date | None]:
    """Return the first and the last day on which a row holds, its line manager included."""
    start, end = _day(row.get("EffectiveStartDate")), _day(row.get("EffectiveEndDate"))
    for manager in _rows(row, "managers"):
        if manager.get("ManagerType", LINE_MANAGER) == LINE_MANAGER and start is not None:
            start = max(start, _day(manager.get("EffectiveStartDate")) or start)
            end = min(end or END, _day(manager.get("EffectiveEndDate")) or END)
    return start, end


def _rows(value: Json, name: str) -> list[Json]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _day(text: Any) -> date | None:
    """Return a day; None where there is none, or none that can be read: the mapping says so, then."""
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None
