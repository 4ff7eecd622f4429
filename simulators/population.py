"""A made-up workforce with its whole history: what was so on which day, and when it was entered.

In: a number of workers, years, a seed and the last day. Out: the same frozen population every time. Nobody in
it is real. `simulators.moves` makes it; this module says what it consists of and answers questions about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Generic, TypeVar

#: Where histories end unless told otherwise.
UNTIL = date(2026, 10, 31)
_DAY = timedelta(days=1)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Entry(Generic[Value]):
    """From `effective` until the next entry, `value` is so; None: nothing is any more."""

    effective: date
    value: Value | None
    #: When somebody entered it in the HR system.
    entered: datetime
    #: When somebody took it back: a correction, or a move that was called off.
    withdrawn: datetime | None = None

    def known(self, moment: datetime | None) -> bool:
        """Tell whether it stood in the system at `moment`; None: whether it stands there now."""
        if moment is None:
            return self.withdrawn is None
        return self.entered <= moment and (self.withdrawn is None or moment < self.withdrawn)

    def touched(self, since: datetime, until: datetime) -> bool:
        """Tell whether somebody entered it or took it back, from `since` to before `until`."""
        return since <= self.entered < until or (
            self.withdrawn is not None and since <= self.withdrawn < until
        )


@dataclass(frozen=True, slots=True)
class Slice(Generic[Value]):
    """From the day `first` to the day `last`, both included; no last day: still so."""

    first: date
    last: date | None
    value: Value
    entered: datetime


@dataclass(frozen=True, slots=True)
class History(Generic[Value]):
    """What was ever entered about one thing, in the order of effective days, then of entering."""

    entries: tuple[Entry[Value], ...]

    def at(self, day: date, known: datetime | None = None) -> Value | None:
        """Return what was so on `day`, as known at `known`; nothing given: as known at last."""
        found = None
        for entry in self.entries:
            if entry.effective > day:
                break
            if entry.known(known):
                found = entry.value
        return found

    def slices(self, known: datetime | None = None) -> list[Slice[Value]]:
        """Return all of it as known at `known`, as periods that follow each other and never overlap."""
        standing: dict[date, Entry[Value]] = {}
        for entry in self.entries:
            if entry.known(known):
                standing[entry.effective] = entry
        found: list[Slice[Value]] = []
        after: date | None = None
        for entry in reversed(standing.values()):
            if entry.value is not None:
                last = None if after is None else after - _DAY
                found.append(Slice(entry.effective, last, entry.value, entry.entered))
            after = entry.effective
        return found[::-1]

    def latest(self, known: datetime | None = None) -> Value | None:
        """Return the value furthest ahead as known at `known`."""
        return self.at(date.max, known)

    def touched(self, since: datetime, until: datetime) -> bool:
        """Tell whether something was entered or taken back, from `since` to before `until`."""
        return any(entry.touched(since, until) for entry in self.entries)

    def turns(self, since: date, until: date, known: datetime | None = None) -> bool:
        """Tell whether an entry known at `known` becomes effective in the days from `since` to `until`."""
        return any(since <= entry.effective <= until and entry.known(known) for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Name:
    """What a person is called; `roman` is what e-mail addresses and user names are made of."""

    given: str
    family: str
    preferred: str
    roman_given: str
    roman_family: str
    language: str
    #: Whether the family name comes first.
    family_first: bool = False

    @property
    def formatted(self) -> str:
        """The whole name, in the order of its language."""
        parts = (self.family, self.given) if self.family_first else (self.given, self.family)
        return ("" if self.family_first and not self.family.isascii() else " ").join(parts)


@dataclass(frozen=True, slots=True)
class Position:
    """What somebody does, where and for whom. Units, jobs, locations and workers are named by their keys."""

    job: str
    title: str
    unit: str
    location: str
    #: Number of the manager; empty at the top.
    manager: str
    #: Key of the position, with leading zeros.
    position: str
    #: active, leave or suspended.
    status: str = "active"
    #: Percent of full time.
    percent: int = 100
    #: Beyond those of the job.
    regulatory_classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """An engagement from its first day to its last."""

    first: date
    #: The last day of work; None: no end is known.
    last: date | None
    #: employee, contractor or partner.
    worker_type: str
    #: hire, rehire or conversion.
    hire_kind: str
    original_hire_date: date
    legal_employer: str
    #: Number of the employee who answers for a contractor or partner.
    sponsor: str = ""
    end_reason: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line of work within an employment; after the first come concurrent ones."""

    number: str
    primary: bool
    positions: History[Position]


@dataclass(frozen=True, slots=True)
class Employment:
    """One engagement of a person. A rehire or a change of worker type is another."""

    #: As SuccessFactors' userId: unique over all employments.
    number: str
    #: Only what was known changes, never with the day; nothing is known of one that was rescinded.
    stays: History[Stay]
    assignments: tuple[Assignment, ...]

    def stay(self, known: datetime | None = None) -> Stay | None:
        """Return the stay as known at `known`; None: it was not entered yet, or was rescinded."""
        return self.stays.latest(known)


@dataclass(frozen=True, slots=True)
class Worker:
    """A person. `number` is the employee number, with leading zeros, and stays for life."""

    number: str
    #: 32 hexadecimal digits, as Workday's WID.
    wid: str
    user_name: str
    names: History[Name]
    emails: History[str]
    employments: tuple[Employment, ...]

    def at(self, day: date, known: datetime | None = None) -> WorkerAt | None:
        """Return the worker as of `day` as known at `known`; None: nothing was known of them.

        Employments that ended are part of it, and those to come; see `WorkerAt.current`.
        """
        employments = []
        for employment in self.employments:
            stay = employment.stay(known)
            if stay is None:
                continue
            held = []
            for assignment in employment.assignments:
                position = assignment.positions.at(day, known)
                if position is not None:
                    held.append(AssignmentAt(assignment.number, assignment.primary, position))
            employments.append(EmploymentAt(employment.number, stay, tuple(held)))
        first = min((each.stay.first for each in employments), default=None)
        if first is None:
            return None
        name = self.names.at(max(day, first), known)
        if name is None:
            return None
        return WorkerAt(self, day, name, self.emails.at(day, known) or "", tuple(employments))

    def touched(self, since: datetime, until: datetime) -> bool:
        """Tell whether something of it was entered or taken back, from `since` to before `until`."""
        return any(history.touched(since, until) for history in self.histories())

    def turns(self, since: date, until: date, known: datetime | None = None) -> bool:
        """Tell whether something becomes effective from `since` to `until`, or a last day has just passed."""
        return any(history.turns(since, until, known) for history in self.histories())

    def histories(self) -> Iterator[History[Name] | History[str] | History[Stay] | History[Position]]:
        """Yield everything with a history."""
        yield self.names
        yield self.emails
        for employment in self.employments:
            yield employment.stays
            for assignment in employment.assignments:
                yield assignment.positions


@dataclass(frozen=True, slots=True)
class AssignmentAt:
    """An assignment as of a day."""

    number: str
    primary: bool
    position: Position


@dataclass(frozen=True, slots=True)
class EmploymentAt:
    """An employment as of a day; without assignments before its first day and after its last."""

    number: str
    stay: Stay
    assignments: tuple[AssignmentAt, ...]

    @property
    def primary(self) -> AssignmentAt | None:
        """The primary assignment, while the employment lasts."""
        return next((each for each in self.assignments if each.primary), None)


@dataclass(frozen=True, slots=True)
class WorkerAt:
    """A worker as of a day."""

    worker: Worker
    day: date
    name: Name
    #: Empty before the first day and after the last.
    email: str
    #: In the order of their first days.
    employments: tuple[EmploymentAt, ...]

    @property
    def current(self) -> EmploymentAt:
        """The employment of the day; else the one that ended last; else the one that comes first."""
        begun = [each for each in self.employments if each.stay.first <= self.day]
        if not begun:
            return min(self.employments, key=lambda each: each.stay.first)
        lasting = [each for each in begun if each.stay.last is None or self.day <= each.stay.last]
        return max(lasting or begun, key=lambda each: each.stay.first)

    @property
    def status(self) -> str:
        """pending, active, leave, suspended or terminated."""
        employment = self.current
        if self.day < employment.stay.first:
            return "pending"
        if employment.stay.last is not None and employment.stay.last < self.day:
            return "terminated"
        return employment.primary.position.status if employment.primary is not None else "active"


@dataclass(frozen=True, slots=True)
class UnitState:
    """What a unit was called, where it belonged and who led it."""

    name: str
    #: Key of the unit above; empty at the top.
    parent: str
    #: Number of the worker in charge.
    head: str


@dataclass(frozen=True, slots=True)
class Unit:
    """An organization unit; a parent is always one level up, whatever moves."""

    key: str
    #: company, division, department or team.
    kind: str
    states: History[UnitState]


@dataclass(frozen=True, slots=True)
class Job:
    """A job."""

    key: str
    title: str
    family: str
    #: From 1; the last leads people.
    level: int
    regulatory_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """A site, with its name as people there write it."""

    key: str
    name: str
    city: str
    region: str
    #: ISO 3166-1 alpha-2.
    country: str
    language: str


@dataclass(frozen=True)
class Population:
    """Everybody who ever worked for the company, and the company."""

    seed: int
    #: Days on which the moves begin and end; entries reach some months further.
    since: date
    until: date
    workers: tuple[Worker, ...]
    units: tuple[Unit, ...]
    jobs: tuple[Job, ...]
    locations: tuple[Location, ...]

    @cached_property
    def worker_by_number(self) -> Mapping[str, Worker]:
        """Workers by their numbers."""
        return _keyed(self.workers, "number")

    @cached_property
    def worker_by_employment(self) -> Mapping[str, Worker]:
        """Workers by the numbers of their employments."""
        return {each.number: worker for worker in self.workers for each in worker.employments}

    @cached_property
    def unit_by_key(self) -> Mapping[str, Unit]:
        """Units by their keys."""
        return _keyed(self.units, "key")

    @cached_property
    def job_by_key(self) -> Mapping[str, Job]:
        """Jobs by their keys."""
        return _keyed(self.jobs, "key")

    @cached_property
    def location_by_key(self) -> Mapping[str, Location]:
        """Locations by their keys."""
        return _keyed(self.locations, "key")

    def as_of(self, day: date | None = None, known: datetime | None = None) -> Iterator[WorkerAt]:
        """Yield everybody the system told of as of `day` at the moment `known`, in the order of numbers."""
        day = day or self.until
        for worker in self.workers:
            found = worker.at(day, known)
            if found is not None:
                yield found

    def changes(self, since: datetime, until: datetime) -> Iterator[Worker]:
        """Yield the workers of whom something was entered or taken back, from `since` to before `until`."""
        return (worker for worker in self.workers if worker.touched(since, until))

    def turning(self, since: date, until: date, known: datetime | None = None) -> Iterator[Worker]:
        """Yield the workers of whom something known becomes effective, from `since` to `until`."""
        return (worker for worker in self.workers if worker.turns(since, until, known))

    def path(self, unit: str, day: date, known: datetime | None = None) -> list[str]:
        """Return the keys from the top to `unit` on a day."""
        found: list[str] = []
        while unit and unit not in found:
            found.append(unit)
            state = self.unit_by_key[unit].states.at(day, known)
            unit = state.parent if state is not None else ""
        return found[::-1]


@lru_cache(maxsize=4)
def population(workers: int = 10_000, years: int = 3, seed: int = 1, until: date = UNTIL) -> Population:
    """Return the population these numbers stand for; the same objects when asked again.

    `workers` counts everybody who was ever entered, so also leavers, people to come and people rescinded.
    """
    from simulators.moves import live

    return live(workers, years, seed, until)


Keyed = TypeVar("Keyed")


def _keyed(all_of_them: Iterable[Keyed], key: str) -> dict[str, Keyed]:
    name = attrgetter(key)
    return {name(each): each for each in all_of_them}
