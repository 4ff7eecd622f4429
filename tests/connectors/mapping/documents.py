"""A mapping document as an integration engineer would write it, and workers to try it on."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

STATUS = {"A": "active", "L": "leave", "T": "terminated"}


def document() -> dict[str, Any]:
    """Return the mapping of a report with one row for each worker."""
    return deepcopy(_DOCUMENT)


def fields_of(found: dict[str, Any], kind: str = "worker", place: int = -1) -> dict[str, Any]:
    """Return the fields of one emitted record of a document, to change them."""
    fields: dict[str, Any] = found["records"][kind]["emit"][place]["fields"]
    return fields


def row(**changed: Any) -> dict[str, Any]:
    """Return Ann Lee's row; `changed` replaces cells, and None leaves one out."""
    cells = {
        "Employee_ID": "0021001",
        "First_Name": "Ann",
        "Last_Name": "Lee",
        "Work_Email": "ann.lee@example.com",
        "User_Name": "alee",
        "Worker_Type": "Employee",
        "Employee_Status": "A",
        "Hire_Date": "2020-03-01",
        "End_Date": "",
        "Job_Code": "RN2",
        "Job_Title": "Registered Nurse",
        "Department": "ICU",
        "Department_Name": "Intensive Care",
        "Location": "L1",
        "Manager_ID": "0021000",
        "FTE": "0.8",
        "Classes": "RN; ACLS",
    }
    return {name: value for name, value in (cells | changed).items() if value is not None}


_DOCUMENT: dict[str, Any] = {
    "format": 1,
    "tables": {"classes": {"RN": "Registered nurse", "ACLS": "Life support"}},
    "records": {
        "worker": {
            "emit": [
                {
                    "record": "unit",
                    "fields": {
                        "key": {"from": "Department", "owner": "HR operations"},
                        "name": {"from": "Department_Name"},
                    },
                },
                {
                    "record": "worker",
                    "fields": {
                        "key": {"from": "Employee_ID", "owner": "HR operations", "note": "Never reused."},
                        "names": [{"given": {"from": "First_Name"}, "family": {"from": "Last_Name"}}],
                        "identifiers": [
                            {
                                "type": {"const": "employee_number"},
                                "value": {"from": "Employee_ID"},
                                "issuer": {"const": "hr"},
                            },
                            {
                                "type": {"const": "email"},
                                "value": {"from": "Work_Email", "transform": [{"do": "lower"}]},
                                "primary": {"const": True},
                            },
                            {"type": {"const": "user_name"}, "value": {"from": "User_Name"}},
                        ],
                        "relationships": [
                            {
                                "worker_type": {
                                    "from": "Worker_Type",
                                    "transform": [
                                        {
                                            "do": "value_map",
                                            "map": {"Employee": "employee", "Contingent": "contractor"},
                                        }
                                    ],
                                },
                                "hire_date": {"from": "Hire_Date"},
                                "end_date": {"from": "End_Date"},
                                "assignments": [
                                    {
                                        "status": {
                                            "from": "Employee_Status",
                                            "transform": [{"do": "value_map", "map": STATUS}],
                                        },
                                        "job": {"from": "Job_Code"},
                                        "title": {"from": "Job_Title"},
                                        "unit": {"from": "Department"},
                                        "location": {"from": "Location"},
                                        "manager": {"from": "Manager_ID"},
                                        "full_time_equivalent": {"from": "FTE"},
                                        "regulatory_classes": {
                                            "from": "Classes",
                                            "transform": [
                                                {"do": "split", "separator": ";"},
                                                {"do": "lookup", "table": "classes"},
                                            ],
                                        },
                                    }
                                ],
                            }
                        ],
                    },
                },
            ]
        }
    },
}
