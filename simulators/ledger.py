"""Histories while they are being made: entries are put and taken back, each at its moment.

In: values, days and the moment somebody types. Out: a frozen History. What was entered and taken back within
one moment leaves no trace, as nobody ever saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Generic, TypeVar

from simulators.population import (
    Assignment,
    Employment,
    Entry,
    History,
    Name,
    Position,
    Stay,
    UnitState,
    Worker,
)

Value = TypeVar("Value")


class Ledger(Generic[Value]):
    """Entries about one thing."""

    __slots__ = ("gone", "known")

    def __init__(self) -> None:
        #: What stands, in the order of effective days, of which no two are the same.
        self.known: list[Entry[Value]] = []
        self.gone: list[Entry[Value]] = []

    def at(self, day: date) -> Value | None:
        """Return what stands for a day."""
        found = None
        for entry in self.known:
            if entry.effective > day:
                break
            found = entry.value
        return found

    def put(self, day: date, value: Value | None, moment: datetime) -> None:
        """Enter a value from a day until the next entry, in place of what stood for exactly that day."""
        before = self.at(day)
        if before == value and (value is not None or self.known):
            return
        self._drop([entry for entry in self.known if entry.effective == day], moment)
        self.known.append(Entry(day, value, moment))
        self.known.sort(key=lambda entry: entry.effective)

    def amend(self, day: date, change: Callable[[Value], Value], moment: datetime) -> None:
        """Change what is so on a day and every value entered for later days."""
        for each in [day, *(entry.effective for entry in self.known if entry.effective > day)]:
            value = self.at(each)
            if value is not None:
                self.put(each, change(value), moment)

    def cut(self, day: date, moment: datetime) -> None:
        """Take back everything entered for `day` and later ones."""
        self._drop([entry for entry in self.known if entry.effective >= day], moment)

    def end(self, day: date, moment: datetime) -> None:
        """Let it be over from a day on, whatever was entered for later ones."""
        self.cut(day, moment)
        if self.known:
            self.put(day, None, moment)

    def prolong(self, end: date, longer: date, moment: datetime) -> None:
        """Let what was to be over from the day `end` on be so later; what ended on other days stays."""
        if any(entry.effective == end and entry.value is None for entry in self.known):
            self.cut(end, moment)
            self.end(longer, moment)

    def frozen(self) -> History[Value]:
        """Return what became of it."""
        entries = sorted([*self.known, *self.gone], key=lambda entry: (entry.effective, entry.entered))
        return History(tuple(entries))

    def _drop(self, entries: list[Entry[Value]], moment: datetime) -> None:
        for entry in entries:
            self.known.remove(entry)
            if entry.entered < moment:
                self.gone.append(replace(entry, withdrawn=moment))


@dataclass(slots=True)
class Line:
    """An assignment in the making."""

    number: str
    primary: bool
    positions: Ledger[Position] = field(default_factory=Ledger)


@dataclass(slots=True)
class Work:
    """An employment in the making."""

    number: str
    stays: Ledger[Stay] = field(default_factory=Ledger)
    lines: list[Line] = field(default_factory=list)

    @property
    def stay(self) -> Stay | None:
        """What stands of it."""
        return self.stays.known[-1].value if self.stays.known else None


@dataclass(slots=True)
class Life:
    """A worker in the making."""

    number: str
    wid: str
    user_name: str
    names: Ledger[Name] = field(default_factory=Ledger)
    emails: Ledger[str] = field(default_factory=Ledger)
    works: list[Work] = field(default_factory=list)
    #: Nothing new is entered before this day: something is still to come.
    quiet: date = date.min
    #: Key of the unit they lead.
    leads: str = ""

    @property
    def line(self) -> Line:
        """The primary assignment of the last employment."""
        return self.works[-1].lines[0]

    def frozen(self) -> Worker:
        """Return the worker."""
        employments = tuple(
            Employment(
                work.number,
                work.stays.frozen(),
                tuple(Assignment(line.number, line.primary, line.positions.frozen()) for line in work.lines),
            )
            for work in self.works
        )
        return Worker(
            self.number, self.wid, self.user_name, self.names.frozen(), self.emails.frozen(), employments
        )


@dataclass(slots=True)
class Branch:
    """A unit in the making."""

    key: str
    kind: str
    families: tuple[str, ...]
    location: str
    states: Ledger[UnitState] = field(default_factory=Ledger)
    #: Numbers of all who were ever placed in it.
    people: set[str] = field(default_factory=set)
