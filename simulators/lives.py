"""Everybody and everything of a population in the making, and what any move needs to be entered.

In: numbers and a seed. Out: the workforce at the beginning, and after the moves (`simulators.moves`) a
Population. Managers follow from who leads a unit on the day in question, so nobody ever is their own manager,
however indirectly.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, chain
from random import Random

from simulators import company, words
from simulators.ledger import Branch, Ledger, Life, Line, Work
from simulators.population import Job, Name, Population, Position, Stay, Unit, UnitState

DAY = timedelta(days=1)
_YEAR = 365.25
#: The system was filled so long before the moves begin.
_LOADED = timedelta(days=60)
#: Share of all workers who are there at the beginning.
_THERE = 0.7
#: An address is given to somebody else so long after its holder left.
REUSED = timedelta(days=365)
#: How likely somebody works in a unit of this kind.
_CROWD = {"company": 0.3, "division": 0.5, "department": 1.5, "team": 6.0}


Contract = Callable[["Lives", Life, Work, date], None]


class Lives:
    """Everybody and everything while the days go by."""

    def __init__(self, workers: int, years: int, seed: int, until: date, contract_ends: Contract) -> None:
        #: Called three weeks before a contract ends.
        self.contract_ends = contract_ends
        self.chance = Random(seed)  # noqa: S311  made-up people, the same each time
        self.workers, self.seed, self.until = workers, seed, until
        self.since = until - timedelta(days=int(years * _YEAR))
        self.loaded = self.since - _LOADED
        self.locations = company.locations()
        self.language = {each.key: each.language for each in self.locations}
        self.country = {each.key: each.country for each in self.locations}
        self.jobs = company.jobs()
        self.job = {each.key: each for each in self.jobs}
        plans = company.units(self.chance, min(300, max(8, workers // 16)), self.locations)
        self.plans = plans
        self.branches = {
            each.key: Branch(each.key, each.kind, each.families, each.location) for each in plans
        }
        self.units = list(self.branches.values())
        self._crowds = list(accumulate(_CROWD[each.kind] for each in self.units))
        self.lives: dict[str, Life] = {}
        #: Who works here, for picking somebody; and where in the list they are.
        self.present: list[Life] = []
        self._where: dict[str, int] = {}
        #: Who left, and their last day.
        self.left: list[tuple[date, Life]] = []
        #: From when an address may be somebody else's (date.max: no end is known), and who has or had it.
        self.addresses: dict[str, tuple[date, str]] = {}
        self.user_names: set[str] = set()
        #: Days on which some unit changes.
        self.turns: list[date] = []
        self._later: list[tuple[date, int, Callable[[date], None]]] = []
        self._count = 0
        self.moment = datetime.combine(self.loaded - DAY, time(2), UTC)
        self._step = 40_000 / (50 + workers * 0.002)
        self._hires: list[date] = []

    # Who and when

    @contextmanager
    def typing(self) -> Iterator[datetime]:
        """Give the moment at which one thing is entered; each is later than the one before."""
        self.moment += timedelta(seconds=1 + int(self.chance.random() * self._step))
        yield self.moment

    def later(self, day: date, do: Callable[[date], None]) -> None:
        """Have something entered on a later day."""
        self._count += 1
        heapq.heappush(self._later, (day, self._count, do))

    def due(self, day: date) -> Iterator[Callable[[date], None]]:
        """Yield what is to be entered by a day, also what is added meanwhile."""
        while self._later and self._later[0][0] <= day:
            yield heapq.heappop(self._later)[2]

    def hires_due(self, day: date) -> int:
        """Return how many people are hired by a day who were not before."""
        due = 0
        while self._hires and self._hires[-1] <= day:
            self._hires.pop()
            due += 1
        return due

    def here(self, life: Life) -> bool:
        """Tell whether somebody works here, or will by what is entered."""
        return life.number in self._where

    def somebody(self, day: date) -> Life | None:
        """Return somebody of whom something may be entered today."""
        for _ in range(20):
            if not self.present:
                return None
            life = self.chance.choice(self.present)
            if life.quiet <= day and not (life.leads and life.leads == self.plans[0].key):
                return life
        return None

    def appear(self, life: Life) -> None:
        """Have somebody among those who work here."""
        self._where[life.number] = len(self.present)
        self.present.append(life)

    def vanish(self, life: Life) -> None:
        """Have somebody among those no more."""
        place = self._where.pop(life.number)
        last = self.present.pop()
        if last is not life:
            self.present[place] = last
            self._where[last.number] = place

    # The beginning

    def load(self) -> None:
        """Fill the system with who was there before the moves."""
        there = max(len(self.plans) + 2, int(self.workers * _THERE))
        early = self.loaded - timedelta(days=30)
        made = []
        for plan in self.plans:
            self.branches[plan.key].states.put(
                date(2005, 1, 1), UnitState(plan.name, plan.parent, ""), self.moment
            )
        for number in range(there):
            branch = self.units[number] if number < len(self.units) else self.some_unit()
            kind = "employee" if number < len(self.units) else self.some_kind()
            hired = early - timedelta(days=int(self.chance.random() ** 2 * 15 * _YEAR))
            if kind != "employee":
                hired = early - timedelta(days=self.chance.randrange(200))
            life = self.newcomer(branch)
            made.append((life, branch, kind, hired))
            if number < len(self.units):
                life.leads = branch.key
                state = UnitState(self.plans[number].name, self.plans[number].parent, life.number)
                branch.states.put(date(2005, 1, 1), state, self.moment)
        for life, branch, kind, hired in made:
            self.engage(life, branch, kind, hired, self.moment, since=self.loaded)
        days = (self.until - self.since).days
        self._hires = sorted(
            self.since + timedelta(days=self.chance.randrange(days)) for _ in range(self.workers - there)
        )[::-1]

    def some_unit(self) -> Branch:
        """Return a unit somebody works in."""
        return self.chance.choices(self.units, cum_weights=self._crowds)[0]

    def some_kind(self) -> str:
        """Return employee, contractor or partner."""
        return self.chance.choices(("employee", "contractor", "partner"), weights=(88, 10, 2))[0]

    def newcomer(self, branch: Branch) -> Life:
        """Make a person who does not work here yet."""
        number = f"{1001 + len(self.lives):07}"
        life = Life(number, f"{self.chance.getrandbits(128):032x}", "")
        life.names.put(date.min, self.new_name(branch), self.moment)
        self.lives[number] = life
        return life

    def new_name(self, branch: Branch) -> Name:
        """Return a name as people have at the unit's site; now and then that of somebody who left."""
        if self.left and self.chance.random() < 0.02:
            name = self.chance.choice(self.left)[1].names.known[-1].value
            if name is not None:
                return name
        language = self.language[branch.location]
        if self.chance.random() < 0.25:
            language = self.chance.choice(("en", "en", "en", *words.TONGUES))
        return words.person(self.chance, language)

    # Engagements

    def engage(
        self,
        life: Life,
        branch: Branch,
        kind: str,
        first: date,
        moment: datetime,
        *,
        since: date | None = None,
        how: str = "hire",
    ) -> None:
        """Enter a hire, rehire or conversion; `since`: the system tells of the position from then on only."""
        begins = since or first
        name = life.names.known[-1].value
        if name is None:
            raise AssertionError("everybody has a name")
        if not life.works:
            life.names = Ledger()
            life.names.put(first - timedelta(days=30), name, moment)
            life.user_name = self.new_user_name(name)
        nth = len(life.works)
        number = ("" if kind == "employee" else "C") + life.number + (f"-{nth + 1}" if nth else "")
        work = Work(number)
        life.works.append(work)
        location = branch.location if self.chance.random() < 0.8 else self.chance.choice(self.locations).key
        last = None
        if kind != "employee":
            last = max(begins, first) + timedelta(days=self.chance.randrange(120, 540))
        original = min((each.stay.first for each in life.works if each.stay is not None), default=first)
        country = self.country[location]
        stay = Stay(
            first,
            last,
            kind,
            how,
            original,
            company.LEGAL_EMPLOYERS.get(country, f"Northwind {country}"),
            self.head(branch.key, begins) if kind != "employee" else "",
        )
        work.stays.put(date.min, stay, moment)
        line = Line(f"{'E' if kind == 'employee' else 'A'}{number}", True)
        work.lines.append(line)
        job = self.some_job(branch, leads=bool(life.leads))
        line.positions.put(begins, self.position(job, branch.key, location), moment)
        if life.emails.at(first) is None:
            life.emails.put(first, self.new_address(life, name, first), moment)
        branch.people.add(life.number)
        self.realign(life, begins, moment)
        life.quiet = first + timedelta(days=self.chance.randrange(20, 60))
        self.appear(life)
        if last is not None:
            self.close(life, last, moment)
            self.later(last - timedelta(days=20), lambda day: self.contract_ends(self, life, work, day))

    def position(self, job: Job, unit: str, location: str) -> Position:
        """Return a position without a manager."""
        percent = self.chance.choices((100, 80, 50), weights=(90, 6, 4))[0]
        more = ("RADIATION",) if self.chance.random() < 0.02 else ()
        key = f"{self.chance.randrange(10_000_000):08}"
        top = unit == self.plans[0].key and job.level == 5
        title = "Chief Executive Officer" if top else job.title
        return Position(job.key, title, unit, location, "", key, percent=percent, regulatory_classes=more)

    def some_job(self, branch: Branch, *, leads: bool) -> Job:
        """Return a job people have in a unit."""
        level = 5 if leads else self.chance.choices((1, 2, 3, 4), weights=(25, 45, 22, 8))[0]
        return self.job[f"{self.chance.choice(branch.families)}0{level}"]

    def close(self, life: Life, last: date, moment: datetime) -> None:
        """Enter that a person's positions and address end with a day."""
        for line in life.works[-1].lines:
            line.positions.end(last + DAY, moment)
        address = life.emails.at(last)
        life.emails.end(last + DAY, moment)
        if address is not None:
            self.addresses[address] = (last + REUSED, life.number)

    def new_address(self, life: Life, name: Name, day: date, *, another: bool = False) -> str:
        """Return a free e-mail address: the one held before, unless it is to be another one."""
        held = [entry.value for entry in life.emails.known if entry.value is not None and not another]
        base = f"{words.plain(name.roman_given)}.{words.plain(name.roman_family)}"
        numbered = (f"{base}{nth or ''}@{company.DOMAIN}" for nth in [0, *range(2, self.workers + 2)])
        for address in chain(held[-1:], numbered):
            free, holder = self.addresses.get(address, (date.min, ""))
            if free < day or (holder == life.number and not another):
                self.addresses[address] = (date.max, life.number)
                return address
        raise AssertionError("there is always another number")

    def new_user_name(self, name: Name) -> str:
        """Return a user name; nobody ever gets one that was used."""
        base = f"{words.plain(name.roman_given)[:1]}{words.plain(name.roman_family)[:12]}".replace("-", "")
        found, nth = base, 1
        while found in self.user_names:
            nth += 1
            found = f"{base}{nth}"
        self.user_names.add(found)
        return found

    # Who leads whom

    def head(self, unit: str, day: date) -> str:
        """Return the number of who leads a unit on a day."""
        state = self.branches[unit].states.at(day)
        return state.head if state is not None else ""

    def manager(self, number: str, unit: str, day: date) -> str:
        """Return the number of somebody's manager on a day: who leads the unit, or the one above it."""
        while unit:
            state = self.branches[unit].states.at(day)
            if state is None:
                return ""
            if state.head and state.head != number:
                return state.head
            unit = state.parent
        return ""

    def realign(self, life: Life, day: date, moment: datetime) -> None:
        """Enter who somebody's manager is from a day on, wherever that differs from what stands."""
        turns = {turn for turn in self.turns if turn > day}
        # Who comes back as something else may still be serving the time before.
        for line in [line for work in life.works[-2:] for line in work.lines]:
            days = {entry.effective for entry in line.positions.known if entry.effective > day}
            for each in sorted({day} | days | turns):
                position = line.positions.at(each)
                if position is None:
                    continue
                manager = self.manager(life.number, position.unit, each)
                if manager != position.manager:
                    line.positions.put(each, replace(position, manager=manager), moment)

    def realign_unit(self, unit: str, day: date, moment: datetime) -> None:
        """Do so for all whose manager depends on who leads a unit or where it belongs."""
        below = [
            entry.value.head
            for branch in self.units
            for entry in branch.states.known
            if entry.value is not None and entry.value.parent == unit
        ]
        for number in sorted({*self.branches[unit].people, *below}):
            if number:
                self.realign(self.lives[number], day, moment)

    def succeed(self, life: Life, day: date, moment: datetime) -> bool:
        """Enter who leads somebody's unit after them, from a day on; False: there is nobody."""
        branch = self.branches[life.leads]
        found = [
            other
            for number in sorted(branch.people)
            if number in self._where
            and (other := self.lives[number]).quiet < day
            and not other.leads
            and other.works[-1].number[0] != "C"
            and (held := other.line.positions.at(day)) is not None
            and held.unit == branch.key
            and other.line.positions.at(day - DAY) is not None
        ]
        if not found:
            return False
        heir = self.chance.choice(found)
        position = heir.line.positions.at(day)
        if position is None:
            return False
        job = self.job[f"{position.job[:2]}05"]
        heir.line.positions.cut(day, moment)
        heir.line.positions.put(day, replace(position, job=job.key, title=job.title, status="active"), moment)
        heir.quiet, heir.leads, life.leads = day + timedelta(days=60), branch.key, ""
        branch.states.amend(day, lambda state: replace(state, head=heir.number), moment)
        insort(self.turns, day)
        self.realign_unit(branch.key, day, moment)
        return True

    def frozen(self) -> Population:
        """Return what became of all."""
        return Population(
            self.seed,
            self.since,
            self.until,
            tuple(life.frozen() for life in self.lives.values()),
            tuple(Unit(each.key, each.kind, each.states.frozen()) for each in self.units),
            self.jobs,
            self.locations,
        )
