"""How a population comes about: day by day, people in HR enter what happens, ahead of time, in time or late.

In: numbers and a seed. Out: a Population. Each day is the day of *entering*; what is entered takes effect
weeks later, the same day, or months ago.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from simulators import words
from simulators.ledger import Life, Line, Work
from simulators.lives import DAY, REUSED, Lives
from simulators.population import Population, Position

_YEAR = 365.25
_LEAVES = ("RES", "RES", "RES", "RET", "INV")


def live(workers: int, years: int, seed: int, until: date) -> Population:
    """Make the population."""
    if workers < 30 or years < 1:
        raise ValueError("A population has 30 workers and a year at least.")
    lives = Lives(workers, years, seed, until, contract_ends)
    lives.load()
    day = lives.since
    while day <= until:
        enter(lives, day)
        day += DAY
    return lives.frozen()


def enter(lives: Lives, day: date) -> None:
    """Enter everything of one day."""
    lives.moment = max(lives.moment, datetime.combine(day, time(6), UTC))
    for do in lives.due(day):
        do(day)
    for _ in range(lives.hires_due(day)):
        hire(lives, day)
    people = len(lives.present)
    for rate, event in (
        (0.08, transfer),
        (0.025, late_transfer),
        (0.07, promote),
        (0.04, relocate),
        (0.03, pause),
        (0.09, leave),
        (0.015, marry),
        (0.015, second),
        (0.03, correct),
    ):
        times(lives, rate * people / _YEAR, event, day)
    times(lives, 0.05 * len(lives.left) / _YEAR, rehire, day)
    times(lives, 0.08 * len(lives.units) / _YEAR, reorganize, day)


def times(lives: Lives, expected: float, event: Callable[[Lives, date], None], day: date) -> None:
    """Let something happen so often on average."""
    count = int(expected) + (lives.chance.random() < expected % 1)
    for _ in range(count):
        event(lives, day)


def ahead(lives: Lives, day: date) -> date:
    """Return when something entered today takes effect: mostly soon, sometimes long ahead."""
    if lives.chance.random() < 0.5:
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=lives.chance.randrange(-3, 75))


def free(life: Life, day: date) -> bool:
    """Tell whether an entry for a day would follow everything that stands of somebody's positions."""
    known = life.line.positions.known
    return all(entry.effective < day for entry in known if entry.value is not None) and (
        life.line.positions.at(day) is not None
    )


def hire(lives: Lives, day: date) -> None:
    """Enter a hire; a few never turn up and are rescinded."""
    branch, kind = lives.some_unit(), lives.some_kind()
    with lives.typing() as moment:
        life = lives.newcomer(branch)
        lives.engage(life, branch, kind, max(lives.since, ahead(lives, day)), moment)
    if lives.chance.random() < 0.006:
        lives.later(day + timedelta(days=lives.chance.randrange(2, 20)), lambda _: rescind(lives, life))


def rescind(lives: Lives, life: Life) -> None:
    """Take back all that was entered of a hire."""
    if not lives.here(life) or len(life.works) > 1 or life.leads:
        return
    with lives.typing() as moment:
        address = life.emails.known[0].value
        for line in life.works[0].lines:
            line.positions.cut(date.min, moment)
        life.works[0].stays.cut(date.min, moment)
        life.emails.cut(date.min, moment)
        life.names.cut(date.min, moment)
        lives.addresses.pop(address or "")
        lives.vanish(life)


def transfer(lives: Lives, day: date) -> None:
    """Move somebody to another unit. Of the moves entered ahead of time, some are called off."""
    life = lives.somebody(day)
    when = ahead(lives, day)
    if life is None or life.leads or not free(life, when):
        return
    with lives.typing() as moment:
        before = move(lives, life, when, moment)
    life.quiet = when + timedelta(days=30)
    if when > day + timedelta(days=10) and lives.chance.random() < 0.05:
        lives.later(when - timedelta(days=3), lambda _: call_off(lives, life, when, before))


def late_transfer(lives: Lives, day: date) -> None:
    """Enter a transfer that happened weeks or months ago."""
    life = lives.somebody(day)
    when = day - timedelta(days=lives.chance.randrange(20, 120))
    if life is None or life.leads or when < lives.since or not free(life, when):
        return
    with lives.typing() as moment:
        move(lives, life, when, moment)


def move(lives: Lives, life: Life, when: date, moment: datetime) -> Position:
    """Enter another unit from a day on; return the position before."""
    branch = lives.some_unit()
    before = life.line.positions.at(when)
    if before is None:
        raise AssertionError("only who is there is moved")
    location = branch.location if lives.chance.random() < 0.3 else before.location
    after = replace(before, unit=branch.key, location=location)
    if before.job[:2] not in branch.families:
        job = lives.job[f"{branch.families[0]}{before.job[2:]}"]
        after = replace(after, job=job.key, title=job.title)
    life.line.positions.put(when, after, moment)
    branch.people.add(life.number)
    lives.realign(life, when, moment)
    return before


def call_off(lives: Lives, life: Life, when: date, before: Position) -> None:
    """Take back a move that was entered ahead of time."""
    known = life.line.positions.known
    if not lives.here(life) or life.leads:
        return
    with lives.typing() as moment:
        ends = next((entry.effective for entry in known if entry.value is None), None)
        life.line.positions.cut(when, moment)
        if ends is not None:
            life.line.positions.put(ends, None, moment)
        lives.branches[before.unit].people.add(life.number)
        lives.realign(life, when, moment)


def promote(lives: Lives, day: date) -> None:
    """Give somebody the next job of their family."""
    life = lives.somebody(day)
    when = ahead(lives, day)
    if life is None or life.leads or not free(life, when):
        return
    position = life.line.positions.at(when)
    if position is None or position.job[-1] >= "4":
        return
    job = lives.job[f"{position.job[:2]}0{int(position.job[-1]) + 1}"]
    with lives.typing() as moment:
        life.line.positions.put(when, replace(position, job=job.key, title=job.title), moment)
    life.quiet = when + timedelta(days=30)


def relocate(lives: Lives, day: date) -> None:
    """Have somebody work at another site."""
    life = lives.somebody(day)
    when = ahead(lives, day)
    if life is None or not free(life, when):
        return
    site = lives.chance.choice(lives.locations).key
    with lives.typing() as moment:
        life.line.positions.amend(when, lambda position: replace(position, location=site), moment)
    life.quiet = when + timedelta(days=10)


def pause(lives: Lives, day: date) -> None:
    """Have somebody on leave or, rarely, suspended, until a day entered when it comes near."""
    life = lives.somebody(day)
    when = day + timedelta(days=lives.chance.randrange(-2, 20))
    if life is None or not free(life, when):
        return
    status, days = ("leave", (40, 240)) if lives.chance.random() < 0.9 else ("suspended", (7, 40))
    back = when + timedelta(days=lives.chance.randrange(*days))
    with lives.typing() as moment:
        life.line.positions.amend(when, lambda position: replace(position, status=status), moment)
    life.quiet = back + DAY
    lives.later(max(day, back - timedelta(days=5)), lambda _: come_back(lives, life, back))


def come_back(lives: Lives, life: Life, back: date) -> None:
    """Enter the end of a leave."""
    if lives.here(life):
        with lives.typing() as moment:
            life.line.positions.amend(back, lambda position: replace(position, status="active"), moment)


def leave(lives: Lives, day: date) -> None:
    """Enter somebody's last day. Some come back the next day as contractors."""
    life = lives.somebody(day)
    last = day + timedelta(days=lives.chance.randrange(-10, 60))
    stay = life.works[-1].stay if life is not None else None
    if life is None or stay is None or (stay.last is not None and stay.last <= last):
        return
    if last <= max(stay.first, lives.since) or not free(life, last):
        return
    with lives.typing() as moment:
        if life.leads and not lives.succeed(life, last + DAY, moment):
            return
        part(lives, life, last, lives.chance.choice(_LEAVES), moment)
    if stay.worker_type == "employee" and lives.chance.random() < 0.03:
        with lives.typing() as moment:
            return_as(lives, life, "contractor", last + DAY, "conversion", moment)


def part(lives: Lives, life: Life, last: date, reason: str, moment: datetime) -> None:
    """Enter an end."""
    work = life.works[-1]
    stay = work.stay
    if stay is None:
        raise AssertionError("only who is there leaves")
    work.stays.put(date.min, replace(stay, last=last, end_reason=reason), moment)
    lives.close(life, last, moment)
    lives.vanish(life)
    lives.left.append((last, life))


def return_as(lives: Lives, life: Life, kind: str, first: date, how: str, moment: datetime) -> None:
    """Enter another engagement of somebody who left."""
    lives.left = [each for each in lives.left if each[1] is not life]
    life.leads = ""
    unit = life.line.positions.known[0].value
    branch = lives.branches[unit.unit] if unit is not None and how == "conversion" else lives.some_unit()
    lives.engage(life, branch, kind, first, moment, how=how)


def rehire(lives: Lives, day: date) -> None:
    """Engage somebody again who left a while ago."""
    if not lives.left:
        return
    last, life = lives.chance.choice(lives.left)
    first = day + timedelta(days=lives.chance.randrange(3, 40))
    if last + timedelta(days=60) < first:
        with lives.typing() as moment:
            return_as(lives, life, "employee", first, "rehire", moment)


def contract_ends(lives: Lives, life: Life, work: Work, day: date) -> None:
    """Three weeks before the end of a contract: extend it, employ the person, or let it end."""
    stay = work.stay
    if life.works[-1] is not work or not lives.here(life) or stay is None or stay.last is None:
        return
    if stay.last - timedelta(days=20) > day:
        return
    last = stay.last
    chance = lives.chance.random()
    with lives.typing() as moment:
        if chance < 0.5:
            longer = last + timedelta(days=lives.chance.randrange(90, 365))
            position = life.line.positions.at(last)
            sponsor = position.manager if position is not None else stay.sponsor
            work.stays.put(date.min, replace(stay, last=longer, sponsor=sponsor), moment)
            for line in work.lines:
                line.positions.prolong(last + DAY, longer + DAY, moment)
            life.emails.prolong(last + DAY, longer + DAY, moment)
            lives.realign(life, last + DAY, moment)
            address = life.emails.at(last)
            lives.addresses[address or ""] = (longer + REUSED, life.number)
            lives.later(longer - timedelta(days=20), lambda then: contract_ends(lives, life, work, then))
            return
        part(lives, life, last, "EOC", moment)
    if chance < 0.62:
        with lives.typing() as moment:
            return_as(lives, life, "employee", last + DAY, "conversion", moment)


def marry(lives: Lives, day: date) -> None:
    """Give somebody another family name and address from a day on; the old address becomes free."""
    life = lives.somebody(day)
    when = day + timedelta(days=lives.chance.randrange(0, 30))
    if life is None or not free(life, when):
        return
    name, address = life.names.at(when), life.emails.at(when)
    if name is None or address is None or any(entry.effective >= when for entry in life.names.known):
        return
    ends = next((each.effective for each in life.emails.known if each.effective > when), None)
    with lives.typing() as moment:
        new = words.married(lives.chance, name)
        life.names.put(when, new, moment)
        life.emails.cut(when, moment)
        taken = lives.new_address(life, new, when, another=True)
        life.emails.put(when, taken, moment)
        if ends is not None:
            life.emails.put(ends, None, moment)
            lives.addresses[taken] = (ends + REUSED, life.number)
        lives.addresses[address] = (when + REUSED, life.number)


def second(lives: Lives, day: date) -> None:
    """Give somebody a second assignment beside the first, for some months."""
    life = lives.somebody(day)
    when = ahead(lives, day)
    stay = life.works[-1].stay if life is not None else None
    if life is None or stay is None or stay.last is not None or not free(life, when):
        return
    work, branch = life.works[-1], lives.some_unit()
    with lives.typing() as moment:
        line = Line(f"{work.lines[0].number}-{len(work.lines) + 1}", False)
        work.lines.append(line)
        job = lives.some_job(branch, leads=False)
        position = replace(lives.position(job, branch.key, branch.location), percent=20)
        line.positions.put(when, position, moment)
        over = when + timedelta(days=lives.chance.randrange(90, 360))
        line.positions.put(over, None, moment)
        branch.people.add(life.number)
        lives.realign(life, when, moment)
    life.quiet = when + timedelta(days=10)


def correct(lives: Lives, day: date) -> None:
    """Correct the last entry of somebody's position: another unit, or another day."""
    life = lives.somebody(day)
    if life is None or life.leads:
        return
    known = [entry for entry in life.line.positions.known if entry.value is not None]
    last = known[-1]
    value = last.value
    if value is None or not day - timedelta(days=150) < last.effective <= day or len(known) < 2:
        return
    with lives.typing() as moment:
        if lives.chance.random() < 0.5:
            move(lives, life, last.effective, moment)
            return
        shifted = last.effective + timedelta(days=lives.chance.choice((-14, -7, 7, 14)))
        if known[-2].effective < shifted and life.line.positions.at(shifted) is not None:
            ends = next((e.effective for e in life.line.positions.known if e.value is None), None)
            life.line.positions.cut(last.effective, moment)
            life.line.positions.put(shifted, value, moment)
            if ends is not None:
                life.line.positions.put(ends, None, moment)
            lives.realign(life, min(shifted, last.effective), moment)


def reorganize(lives: Lives, day: date) -> None:
    """Move a unit under another one of the same level, or rename it."""
    branch = lives.chance.choice(lives.units)
    if branch.kind in {"company", "division"}:
        return
    when = (day.replace(day=1) + timedelta(days=63)).replace(day=1)
    state = branch.states.at(when)
    if state is None:
        return
    level = lives.branches[state.parent].kind
    parent = lives.chance.choice([each.key for each in lives.units if each.kind == level])
    with lives.typing() as moment:
        if lives.chance.random() < 0.3 or parent == state.parent:
            name = f"{state.name.removesuffix(' Group')} Group"
            branch.states.amend(when, lambda known: replace(known, name=name), moment)
            return
        branch.states.amend(when, lambda known: replace(known, parent=parent), moment)
        insort(lives.turns, when)
        lives.realign_unit(branch.key, when, moment)
