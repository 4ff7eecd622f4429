"""A company of a few named people, each of whom something happens to in the spring of 2026.

Ann moves (entered ahead of time), Bob moves (entered late), Cy is to come, Dee leaves and is engaged again,
Eve never turns up, Fay leads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TypeVar

from simulators.population import (
    Assignment,
    Employment,
    Entry,
    History,
    Job,
    Location,
    Name,
    Population,
    Position,
    Stay,
    Unit,
    UnitState,
    Worker,
)

Value = TypeVar("Value")
#: The system was filled on this day.
LOADED = "2026-01-02"
ANN, BOB, CY, DEE, EVE, FAY = (f"{number:032x}" for number in range(0xA1, 0xA7))


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """Return nine o'clock on a day: when people in HR type."""
    return datetime.combine(day(text), time(9), UTC)


def said(effective: str, value: Value | None, entered: str, withdrawn: str = "") -> Entry[Value]:
    return Entry(day(effective), value, at(entered), at(withdrawn) if withdrawn else None)


def history(*entries: Entry[Value]) -> History[Value]:
    return History(tuple(sorted(entries, key=lambda each: (each.effective, each.entered))))


def always(value: Value, entered: str = LOADED) -> History[Value]:
    return history(said("0001-01-01", value, entered))


def position(unit: str, manager: str = "0000166", **more: object) -> Position:
    standing = Position("RN2", "Nurse", unit, "L1", manager, "P-7", regulatory_classes=())
    return replace(standing, **more)  # type: ignore[arg-type]  # fields of Position


def stay(first: str, **more: object) -> Stay:
    standing = Stay(day(first), None, "employee", "hire", day(first), "Meridian Inc.")
    return replace(standing, **more)  # type: ignore[arg-type]  # fields of Stay


def employment(stays: History[Stay], positions: History[Position], nth: int = 1) -> Employment:
    return Employment(f"E-{nth}", stays, (Assignment(f"A-{nth}", True, positions),))


def worker(wid: str, given: str, *employments: Employment, entered: str = LOADED, gone: str = "") -> Worker:
    """Return a worker; `gone`: the day on which everything of them was taken back."""
    name = Name(given, "Lee", given, given, "Lee", "en")
    address = f"{given.lower()}.lee@meridian.example"
    return Worker(
        f"0000{int(wid[-2:], 16)}",
        wid,
        given.lower(),
        history(said("0001-01-01", name, entered, gone)),
        history(said("2020-01-01", address, entered, gone)),
        tuple(employments),
    )


def company(people: Iterable[Worker] = ()) -> Population:
    """Return the company; `people` in the place of the usual six."""
    units = tuple(
        Unit(key, kind, history(said("2005-01-01", UnitState(name, parent, "0000166"), LOADED)))
        for key, kind, name, parent in (
            ("MER", "company", "Meridian", ""),
            ("ICU", "department", "Intensive care", "MER"),
            ("ER", "department", "Emergency", "MER"),
        )
    )
    return Population(
        seed=1,
        since=day("2026-01-02"),
        until=day("2026-06-30"),
        workers=tuple(people) or everybody(),
        units=units,
        jobs=(Job("RN2", "Nurse", "Nursing", 2, ("HIPAA", "BLS")),),
        locations=(Location("L1", "Oslo sykehus", "Oslo", "Oslo", "NO", "nb"),),
    )


def everybody() -> tuple[Worker, ...]:
    """Return the six."""
    since = said("2020-03-01", position("ICU"), LOADED)
    dee_left = replace(stay("2021-05-03"), last=day("2026-02-27"), end_reason="RES")
    return (
        worker(
            ANN,
            "Ann",
            employment(
                always(stay("2020-03-01")),
                history(since, said("2026-03-10", position("ER"), "2026-03-01")),
            ),
        ),
        worker(
            BOB,
            "Bob",
            employment(
                always(stay("2020-03-01")),
                history(since, said("2026-02-02", position("ER"), "2026-03-04")),
            ),
        ),
        worker(
            CY,
            "Cy",
            employment(
                always(stay("2026-06-01"), "2026-03-03"),
                history(said("2026-06-01", position("ICU"), "2026-03-03")),
            ),
            entered="2026-03-03",
        ),
        worker(
            DEE,
            "Dee",
            employment(
                history(
                    said("0001-01-01", stay("2021-05-03"), LOADED, "2026-02-20"),
                    said("0001-01-01", dee_left, "2026-02-20"),
                ),
                history(
                    said("2021-05-03", position("ICU"), LOADED),
                    said("2026-02-28", None, "2026-02-20"),
                ),
            ),
            employment(
                always(
                    stay("2026-05-04", hire_kind="rehire", original_hire_date=day("2021-05-03")), "2026-04-20"
                ),
                history(said("2026-05-04", position("ER"), "2026-04-20")),
                nth=2,
            ),
        ),
        worker(
            EVE,
            "Eve",
            employment(
                history(said("0001-01-01", stay("2026-03-09"), "2026-03-02", "2026-03-06")),
                history(said("2026-03-09", position("ICU"), "2026-03-02", "2026-03-06")),
            ),
            entered="2026-03-02",
            gone="2026-03-06",
        ),
        worker(
            FAY,
            "Fay",
            employment(
                always(stay("2015-08-01")),
                history(said("2015-08-01", position("MER", manager=""), LOADED)),
            ),
        ),
    )
