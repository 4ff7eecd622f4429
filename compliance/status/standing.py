"""One person under one requirement: days, from which the word for any day follows.

In: the days `compliance.status.query` found. Out: the state on a day. Time passing changes no row, only the
word: what was due is overdue a day later. Never a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

#: Stands for "always" and "never again": the last day Python and PostgreSQL agree on.
FOREVER = date.max


class State(StrEnum):
    """How somebody stands."""

    NOT_REQUIRED = "not_required"
    COMPLIANT = "compliant"
    WAIVED = "waived"
    DUE = "due"
    IN_GRACE = "in_grace"
    OVERDUE = "overdue"


#: States in which somebody may do the work the requirement is about.
QUALIFIED = frozenset({State.NOT_REQUIRED, State.COMPLIANT, State.WAIVED})

#: The same as `Standing.state`, in SQL, over columns of these names and %(day)s.
STATE_SQL = """
    CASE WHEN until >= %(day)s::date THEN 'compliant' WHEN waived_until >= %(day)s::date THEN 'waived'
         WHEN due >= %(day)s::date THEN 'due' WHEN grace_end >= %(day)s::date THEN 'in_grace'
                ELSE 'overdue' END
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """One person under one requirement that applies to them."""

    person_id: int
    requirement_id: int
    version_id: int
    assignment_version_id: int
    unit_id: int | None
    job_id: int | None
    manager_id: int | None
    #: Since when it has applied without a break.
    assigned: date
    #: The last day for which what was done holds; None where it was never done.
    until: date | None
    #: The last day to do it.
    due: date
    grace_end: date
    #: The last day of a waiver that holds.
    waived_until: date | None

    def state(self, day: date) -> State:
        """Return how the person stands on a day not before the one this was found for."""
        if self.until is not None and self.until >= day:
            return State.COMPLIANT
        if self.waived_until is not None and self.waived_until >= day:
            return State.WAIVED
        if self.due >= day:
            return State.DUE
        return State.IN_GRACE if self.grace_end >= day else State.OVERDUE

    @property
    def overdue_since(self) -> date | None:
        """The first day on which it is late; None where it never falls due."""
        return None if self.due >= FOREVER else self.due + timedelta(days=1)


def end_of(day: date) -> datetime:
    """Return the moment for which the status on a day is found: its last, in UTC."""
    return datetime.combine(day, time.max, UTC)


def begin_of(day: date) -> datetime:
    """Return the moment a day begins, in UTC."""
    return datetime.combine(day, time.min, UTC)


def day_of(moment: datetime) -> date:
    """Return the day a moment lies in, in UTC."""
    return moment.astimezone(UTC).date()
