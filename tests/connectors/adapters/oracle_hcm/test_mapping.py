"""What the default mapping makes of a worker as the workers resource tells of one."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from connectors import mapping
from connectors.adapters import oracle_hcm
from connectors.adapters.oracle_hcm.client import Client, texts
from connectors.adapters.oracle_hcm.options import options
from connectors.errors import CannotConnect, Refused
from connectors.workforce.canonical import Assigned, Identified, Job, Location, Unit, Worker

ASSIGNMENT: dict[str, Any] = {
    "AssignmentNumber": "E9551",
    "AssignmentStatusType": "ACTIVE",
    "AssignmentName": "Registered Nurse",
    "Slice": {"From": "2026-01-01", "To": "4712-12-31"},
    "JobCode": "RN2",
    "DepartmentId": "300100180399999",
    "DepartmentName": "ICU",
    "LocationCode": "L1",
    "PrimaryFlag": True,
    "managers": [
        {"ManagerType": "PROJECT_MANAGER", "ManagerPersonNumber": "7"},
        {"ManagerType": "LINE_MANAGER", "ManagerAssignmentNumber": "E9001", "ManagerPersonNumber": "9001"},
    ],
}
ANN: dict[str, Any] = {
    "PersonId": "300100180313789",
    "PersonNumber": "955160008191551",
    "names": [
        {"NameType": "LOCAL", "FirstName": "安", "LastName": "李"},
        {"NameType": "GLOBAL", "FirstName": "Ann", "LastName": "Lee", "KnownAs": "Annie"},
    ],
    "emails": [
        {"EmailType": "H1", "EmailAddress": "ann@home.test"},
        {"EmailType": "W1", "EmailAddress": " A.Lee@x.test", "PrimaryFlag": True, "FromDate": "2020-01-01"},
    ],
    "workRelationships": [
        {
            "PeriodOfServiceId": "300100180313798",
            "LegalEmployerName": "X",
            "WorkerType": "E",
            "StartDate": "2017-10-01",
            "TerminationDate": None,
            "assignments": [ASSIGNMENT],
        }
    ],
}


def told(**changed: Any) -> list[Any]:
    """Return the records of Ann; `changed` replaces members of her relationship or its assignment."""
    raw = deepcopy(ANN)
    [engaged] = raw["workRelationships"]
    for name, value in changed.items():
        (engaged if name in engaged or name == "ActionCode" else engaged["assignments"][0])[name] = value
    return list(mapping.compile(oracle_hcm.ADAPTER.default_mapping).apply("worker", raw))


def test_a_worker_names_a_unit_a_job_and_a_location_in_passing() -> None:
    unit, job, location, ann = told()
    assert unit == Unit(key="300100180399999", name="ICU")
    assert job == Job(key="RN2", title="Registered Nurse")
    assert location == Location(key="L1", name="L1")
    assert isinstance(ann, Worker)
    assert ann.key == "955160008191551"
    [name] = ann.names
    assert (name.formatted, name.preferred) == ("Ann Lee", "Annie")
    assert ann.identifiers == (
        Identified(type="employee_number", value="955160008191551"),
        Identified(type="email", value="a.lee@x.test", primary=True, valid_from=date(2020, 1, 1)),
    )
    [engaged] = ann.relationships
    assert (engaged.key, engaged.worker_type, engaged.end_date) == ("300100180313798", "employee", None)
    assert engaged.assignments == (
        Assigned(
            key="E9551",
            valid_from=date(2026, 1, 1),
            valid_to=date(4712, 12, 31),
            title="Registered Nurse",
            job="RN2",
            unit="300100180399999",
            location="L1",
            manager="9001",
        ),
    )


@pytest.mark.parametrize(
    ("type_", "worker_type"), [("E", "employee"), ("C", "contractor"), ("N", "partner"), ("P", "employee")]
)
def test_types_of_workers(type_: str, worker_type: str) -> None:
    assert told(WorkerType=type_)[-1].relationships[0].worker_type == worker_type


def test_a_type_nobody_knows_is_refused_with_its_place() -> None:
    with pytest.raises(Refused) as refused:
        told(WorkerType="X")
    assert refused.value.field == "/workRelationships/0/WorkerType"


@pytest.mark.parametrize(
    ("type_", "code", "status"),
    [
        ("ACTIVE", "ACTIVE_PROCESS", "active"),
        ("SUSPENDED", "MATERNITY", "leave"),
        ("SUSPENDED", "SUSPEND_ASSIGNMENT", "suspended"),
        (None, None, "active"),
    ],
)
def test_statuses_of_assignments(type_: str | None, code: str | None, status: str) -> None:
    *_, ann = told(AssignmentStatusType=type_, AssignmentStatusTypeCode=code)
    assert ann.relationships[0].assignments[0].status == status


def test_a_row_that_is_inactive_is_none() -> None:
    assert told(AssignmentStatusType="INACTIVE")[-1].relationships[0].assignments == ()


@pytest.mark.parametrize(
    ("action", "kind"),
    [("HIRE", "hire"), ("REHIRE", "rehire"), ("GLB_TRANSFER", "conversion"), ("?", "hire")],
)
def test_how_somebody_came(action: str, kind: str) -> None:
    assert told(ActionCode=action)[-1].relationships[0].hire_kind == kind


def test_numbers_of_ids_become_texts_and_others_stay() -> None:
    rows: list[Any] = [{"PersonId": 300000100180313789, "Paid": 3, "a": [{"JobId": 7, "PrimaryFlag": True}]}]
    texts(rows)
    assert rows == [{"PersonId": "300000100180313789", "Paid": 3, "a": [{"JobId": "7", "PrimaryFlag": True}]}]


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("https://pod.example:443/hcmRestApi/x", True),
        ("https://pod.example/x", True),
        ("https://pod.example:8443/x", False),
        ("http://pod.example/x", False),
        ("https://pod.example.evil.example/x", False),
        ("https://pod.example:x/", False),
    ],
)
def test_credentials_go_to_the_pod_alone(address: str, ours: bool) -> None:
    client = Client(options({"url": "https://pod.example/"}), None, None)  # type: ignore[arg-type]  # not called
    assert client.ours(address) is ours


@pytest.mark.parametrize("settings", [{}, {"url": ""}, {"url": "https://x", "history_from": "yesterday"}])
def test_settings_that_make_no_sense_are_said(settings: dict[str, Any]) -> None:
    with pytest.raises(CannotConnect):
        options(settings)
