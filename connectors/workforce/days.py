"""From a system's days to moments and back: a day begins at midnight of the system's own zone.

In: days and moments of canonical records. Out: aware moments in UTC. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.workforce.canonical import Moment
from connectors.workforce.timeline import BEGINNING, FOREVER

#: Systems write open ends as 9999-12-31 or 4712-12-31, and open beginnings as 1900-01-01.
OPEN_END = 4000
_OPEN_BEGINNING = 1900


@dataclass(frozen=True, slots=True)
class Days:
    """The days of one time zone."""

    zone: ZoneInfo

    def begins(self, day: Moment) -> datetime:
        """Return the moment from which something valid from `day` is so."""
        if isinstance(day, datetime):
            return day.astimezone(UTC)
        return BEGINNING if day.year <= _OPEN_BEGINNING else self._midnight(day)

    def ends(self, day: Moment | None) -> datetime:
        """Return the moment from which something whose last day is `day` is no longer so."""
        if day is None or day.year >= OPEN_END:
            return FOREVER
        if isinstance(day, datetime):
            return day.astimezone(UTC)
        return self._midnight(day + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
