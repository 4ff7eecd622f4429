"""The simulated nightly files of a small company, read and mapped as a hub would."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from connectors import mapping
from connectors.adapters import files
from connectors.workforce.canonical import Record, Worker
from simulators import population as company
from simulators import sftp
from simulators.population import Entry, History, Population
from tests.connectors.adapters.files.incoming import Incoming

HIRED = date(2025, 3, 1)
MOVED = date(2026, 1, 20)
LEFT = date(2026, 1, 20)
Value = TypeVar("Value")


def _history(*told: tuple[date, Value]) -> History[Value]:
    return History(
        tuple(Entry(day, value, datetime(day.year, day.month, day.day, 9, tzinfo=UTC)) for day, value in told)
    )


def _position(unit: str) -> company.Position:
    return company.Position("RN2", "Nurse", unit, "OSLO", "", "P1", regulatory_classes=("GxP",))


def _person(number: str, given: str, *moves: tuple[date, str], last: date | None = None) -> company.Worker:
    stay = company.Stay(HIRED, None, "employee", "hire", HIRED, "Meridian AS")
    stays = [(HIRED, stay)]
    if last is not None:
        stays.append(
            (last, company.Stay(HIRED, last, "employee", "hire", HIRED, "Meridian AS", end_reason="Resigned"))
        )
    held = company.Assignment("1", True, _history(*((day, _position(unit)) for day, unit in moves)))
    return company.Worker(
        number,
        number.zfill(32),
        given.lower(),
        _history((HIRED, company.Name(given, "Lee", "", given, "Lee", "en"))),
        _history((HIRED, f"{given.lower()}@meridian.example")),
        (company.Employment(number, _history(*stays), (held,)),),
    )


@pytest.fixture
def people() -> Population:
    units = tuple(
        company.Unit(key, "department", _history((HIRED, company.UnitState(name, parent, ""))))
        for key, name, parent in (
            ("OPS", "Operations", ""),
            ("ICU", "Intensive care", "OPS"),
            ("ER", "Emergency", "OPS"),
        )
    )
    return Population(
        seed=1,
        since=HIRED,
        until=date(2026, 2, 1),
        workers=(
            _person("0001", "Ann", (HIRED, "ICU"), (MOVED, "ER")),
            _person("0002", "Bo", (HIRED, "ICU"), last=LEFT),
            _person("0003", "Cy", (HIRED, "ER")),
        ),
        units=units,
        jobs=(company.Job("RN2", "Nurse", "Nursing", 1, ("GxP",)),),
        locations=(company.Location("OSLO", "Oslo sykehus", "Oslo", "", "NO", "nb"),),
    )


def _mapped(incoming: Incoming, *, full: bool) -> list[Record]:
    compiled = mapping.compile(files.ADAPTER.default_mapping)
    records = incoming.run(full=full)
    assert [each.broken for each in records if each.broken] == []
    return [each for record in records for each in compiled.apply(record.kind, record.raw)]


def _units_of(told: list[Record]) -> dict[str, str]:
    return {each.key: each.relationships[0].assignments[0].unit for each in told if isinstance(each, Worker)}


def test_a_full_night_tells_of_everything_and_a_delta_of_what_changed(
    tmp_path: Path, people: Population
) -> None:
    incoming = Incoming(tmp_path)
    after = sftp.nightly(tmp_path, people, day=date(2026, 1, 19), sequence=1)
    told = _mapped(incoming, full=True)
    assert [type(each).__name__ for each in told] == [*["Unit"] * 3, "Job", "Location", *["Worker"] * 3]
    assert _units_of(told) == {"0001": "ICU", "0002": "ICU", "0003": "ER"}

    after = sftp.nightly(tmp_path, people, day=date(2026, 1, 20), sequence=after, full=False)
    changed = _mapped(incoming, full=False)
    assert _units_of(changed) == {"0001": "ER", "0002": "ICU"}
    [bo] = [each for each in changed if isinstance(each, Worker) and each.key == "0002"]
    assert bo.relationships[0].end_date == LEFT
    assert incoming.watermark["sequence"] == after - 1
