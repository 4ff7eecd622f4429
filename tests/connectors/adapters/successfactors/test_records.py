"""Entries as the service writes them, read and mapped: slices, rehires, managers, and what cannot be read."""

from __future__ import annotations

import random
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from connectors import mapping
from connectors.adapters import RawRecord
from connectors.adapters.successfactors import ADAPTER, records
from connectors.workforce.canonical import Engaged, Job, Location, Record, Unit, Worker, digest

#: Whose employment each userId is.
PEOPLE = {"90001": "5001", "10001": "10001"}
MS = 86_400_000
OPEN = "/Date(253402214400000)/"


def on(text: str, offset: str = "") -> str:
    """Return a day as OData writes it."""
    return f"/Date({(date.fromisoformat(text) - date(1970, 1, 1)).days * MS}{offset})/"


def job(start: str, end: str = "", **changed: Any) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "__metadata": {"type": "SFOData.EmpJob"},
        "seqNumber": "1",
        "startDate": on(start),
        "endDate": on(end) if end else OPEN,
        "jobCode": "RN2",
        "jobTitle": "Nurse",
        "managerId": "90001",
        "department": "D1",
        "location": "L1",
        "employeeClass": "1",
        "flsaStatus": "N",
        "emplStatusNav": {"__metadata": {}, "externalCode": "A"},
    }
    return cells | changed


def employment(
    user_id: str, start: str, *jobs: dict[str, Any], end: str = "", **changed: Any
) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "__metadata": {"type": "SFOData.EmpEmployment"},
        "userId": user_id,
        "startDate": on(start),
        "endDate": on(end) if end else None,
        "isContingentWorker": False,
        "assignmentClass": "ST",
        "userNav": {"username": f"ann.{user_id}"},
        "jobInfoNav": {"results": list(jobs or (job(start),))},
    }
    return cells | changed


def ann(*employments: dict[str, Any], **changed: Any) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "__metadata": {"uri": "PerPerson('10001')", "type": "SFOData.PerPerson"},
        "personIdExternal": "10001",
        "lastModifiedDateTime": "/Date(1767225600000+0000)/",
        "phoneNav": {"__deferred": {"uri": "PerPerson('10001')/phoneNav"}},
        "personalInfoNav": {
            "results": [
                {"firstName": "Ann", "lastName": "Lee", "startDate": on("2014-01-01"), "endDate": OPEN}
            ]
        },
        "emailNav": {
            "results": [
                {"emailAddress": "ann@home.example", "emailType": "P", "isPrimary": False},
                {"emailAddress": "Ann.Lee@northwind.example", "emailType": "B", "isPrimary": True},
            ]
        },
        "employmentNav": {"results": list(employments or (employment("10001", "2014-01-01"),))},
    }
    return cells | changed


def person(entry: Any) -> RawRecord:
    return records.person(entry, lambda user_id: PEOPLE.get(user_id, ""))


def mapped(raw: RawRecord) -> list[Record]:
    assert raw.broken == ""
    return mapping.compile(ADAPTER.default_mapping).apply(raw.kind, raw.raw)


def worker(entry: Mapping[str, Any]) -> Worker:
    [found] = mapped(person(entry))
    assert isinstance(found, Worker)
    return found


def engaged(entry: Mapping[str, Any]) -> dict[str, Engaged]:
    return {each.key: each for each in worker(entry).relationships}


def test_a_person_becomes_a_worker_with_the_whole_history() -> None:
    found = worker(ann())
    assert (found.key, found.history) == ("10001", "whole")
    [name] = found.names
    assert (name.formatted, name.given, name.valid_from) == ("Ann Lee", "Ann", date(2014, 1, 1))
    assert {(each.type, each.value, each.primary) for each in found.identifiers} == {
        ("employee_number", "10001", False),
        ("email", "ann.lee@northwind.example", True),
        ("user_name", "ann.10001", False),
    }
    [relationship] = found.relationships
    assert (relationship.key, relationship.worker_type, relationship.hire_date) == (
        "10001",
        "employee",
        date(2014, 1, 1),
    )
    [assigned] = relationship.assignments
    assert (assigned.unit, assigned.job, assigned.location, assigned.manager, assigned.status) == (
        "D1",
        "RN2",
        "L1",
        "5001",
        "active",
    )
    assert assigned.regulatory_classes == ("FLSA nonexempt",)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        (on("2026-01-19"), date(2026, 1, 19)),
        (on("2026-01-19", "+0000"), date(2026, 1, 19)),
        (on("2026-01-19", "-0480"), date(2026, 1, 19)),
        (on("1931-05-02"), date(1931, 5, 2)),
        ("/Date(-2208988800000+0060)/", date(1900, 1, 1)),
        (OPEN, date(9999, 12, 31)),
        (None, None),
    ],
)
def test_a_day_is_that_of_utc_whatever_the_offset(written: str | None, day: date | None) -> None:
    assert records.day(written) == day


@pytest.mark.parametrize("written", ["2026-01-19", "/Date(yesterday)/", "/Date()/", "/Date(9e99)/", 20260119])
def test_what_is_no_day_is_not_guessed(written: Any) -> None:
    with pytest.raises(records.Unreadable):
        records.day(written)


def test_of_two_rows_of_one_day_the_highest_number_is_so() -> None:
    rows = [
        job("2014-01-01", "2020-05-31"),
        job("2020-06-01", "2020-06-01", seqNumber="2", department="D2"),
        job("2020-06-01", seqNumber="10", department="D3"),
        job("2020-06-01", "2020-06-01", seqNumber="1", department="D1"),
    ]
    [relationship] = worker(ann(employment("10001", "2014-01-01", *rows))).relationships
    assert [(each.unit, each.valid_from) for each in relationship.assignments] == [
        ("D1", date(2014, 1, 1)),
        ("D3", date(2020, 6, 1)),
    ]


def test_the_order_in_which_rows_come_says_nothing() -> None:
    rows = [job(f"20{year}-01-01", f"20{year}-12-31", department=f"D{year}") for year in range(14, 20)]
    entry = ann(
        employment("10001", "2014-01-01", *rows, end="2019-12-31"),
        employment("10001-2", "2021-01-01", end="2022-01-31"),
        employment("10001-3", "2024-01-01"),
    )
    expected = digest(worker(entry))
    chance = random.Random(7)
    for _ in range(10):
        other = deepcopy(entry)
        for name in ("personalInfoNav", "emailNav", "employmentNav"):
            chance.shuffle(other[name]["results"])
        for each in other["employmentNav"]["results"]:
            chance.shuffle(each["jobInfoNav"]["results"])
        assert digest(worker(other)) == expected


def test_a_rehire_is_another_relationship_of_the_same_person() -> None:
    over = job("2021-01-01", emplStatusNav={"externalCode": "T"}, eventReason="TERVRES")
    found = engaged(
        ann(
            employment("10001-2", "2023-03-01"),
            employment("10001", "2014-01-01", job("2014-01-01", "2020-12-31"), over, end="2020-12-31"),
        )
    )
    assert (found["10001"].end_date, found["10001"].end_reason) == (date(2020, 12, 31), "TERVRES")
    assert (found["10001-2"].hire_kind, found["10001-2"].hire_date) == ("rehire", date(2023, 3, 1))


def test_an_employee_who_goes_on_as_a_contractor_was_converted() -> None:
    found = engaged(
        ann(
            employment("10001", "2014-01-01", end="2020-12-31"),
            employment("C10001", "2021-01-01", isContingentWorker=True),
        )
    )
    assert (found["10001"].worker_type, found["10001"].hire_kind) == ("employee", "hire")
    assert (found["C10001"].worker_type, found["C10001"].hire_kind) == ("contractor", "conversion")


def test_a_global_assignment_stands_beside_the_main_one() -> None:
    found = engaged(
        ann(
            employment("10001", "2014-01-01"),
            employment("G10001", "2020-01-01", assignmentClass="GA"),
        )
    )
    assert found["10001"].assignments[0].primary
    assert not found["G10001"].assignments[0].primary
    assert found["G10001"].hire_kind == "hire"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("A", "active"),
        ("U", "leave"),
        ("P", "leave"),
        ("S", "suspended"),
        ("F", "suspended"),
        ("D", "suspended"),
        ("R", "retired"),
        ("T", "terminated"),
    ],
)
def test_the_employee_status_becomes_ours(code: str, status: str) -> None:
    entry = ann(employment("10001", "2014-01-01", job("2014-01-01", emplStatusNav={"externalCode": code})))
    assert worker(entry).relationships[0].assignments[0].status == status


def test_an_employment_that_was_discarded_never_was() -> None:
    entry = ann(
        employment("10001", "2014-01-01"),
        employment("10001-2", "2020-01-01", job("2020-01-01", emplStatusNav={"externalCode": "O"})),
    )
    assert set(engaged(entry)) == {"10001"}


@pytest.mark.parametrize("manager", ["NO_MANAGER", "", None, "77777"])
def test_who_has_no_manager_we_know_has_none(manager: str | None) -> None:
    entry = ann(employment("10001", "2014-01-01", job("2014-01-01", managerId=manager)))
    assert worker(entry).relationships[0].assignments[0].manager == ""


def test_a_person_without_an_employment_is_nobody_s_worker() -> None:
    assert mapped(person(ann(employmentNav={"results": []}))) == []


@pytest.mark.parametrize(
    ("entry", "key", "reason"),
    [
        ("nonsense", "", "no object"),
        (ann(personIdExternal=None), "", "no personIdExternal"),
        (ann(employmentNav={"__deferred": {}}), "10001", "no employmentNav"),
        (ann(employment("", "2014-01-01")), "10001", "no userId"),
        (ann(employment("10001", "2014-01-01", job("2014-01-01", startDate=None))), "10001", "no startDate"),
        (
            ann(employment("10001", "2014-01-01", job("2014-01-01", startDate="today"))),
            "10001",
            "no date of OData",
        ),
        (ann(employment("10001", "2014-01-01", job("2014-01-01", seqNumber="x"))), "10001", "no seqNumber"),
        (ann(employmentNav={"results": ["nonsense"]}), "10001", "no row"),
    ],
)
def test_what_cannot_be_read_says_why_and_whose_it_is(entry: Any, key: str, reason: str) -> None:
    raw = person(entry)
    assert raw.key == key
    assert reason in raw.broken


def test_units_jobs_and_locations_come_slice_by_slice() -> None:
    unit = records.foundation(
        "unit",
        {
            "externalCode": "ICU",
            "startDate": on("2026-02-01"),
            "endDate": OPEN,
            "name": "Intensive care",
            "parent": "OPS",
        },
    )
    assert unit.key == "ICU@2026-02-01"
    assert mapped(unit) == [
        Unit(
            key="ICU",
            code="ICU",
            name="Intensive care",
            parent="OPS",
            valid_from=date(2026, 2, 1),
            valid_to=date(9999, 12, 31),
        )
    ]
    [nurse] = mapped(
        records.foundation(
            "job",
            {
                "externalCode": "RN2",
                "startDate": on("1900-01-01"),
                "endDate": OPEN,
                "name": "Nurse",
                "jobFunction": "Nursing",
                "cust_regulatoryClasses": "HIPAA;BLS",
            },
        )
    )
    assert isinstance(nurse, Job)
    assert (nurse.title, nurse.family, nurse.regulatory_classes) == ("Nurse", "Nursing", ("HIPAA", "BLS"))
    address = {"country": "DEU", "state": "Berlin", "city": "Berlin"}
    [berlin] = mapped(
        records.foundation(
            "location",
            {"externalCode": "L1", "startDate": on("1900-01-01"), "name": "Werk", "addressNavDEFLT": address},
        )
    )
    assert isinstance(berlin, Location)
    assert (berlin.country, berlin.city) == ("DE", "Berlin")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ([], "no object"),
        ({"startDate": OPEN}, "no externalCode"),
        ({"externalCode": "X", "startDate": "?"}, "date"),
    ],
)
def test_a_slice_that_cannot_be_read_says_why(entry: Any, reason: str) -> None:
    assert reason in records.foundation("unit", entry).broken
