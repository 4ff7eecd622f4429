"""The mapping a file connection starts with: the header docs/integrator/files.md suggests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rule = dict[str, Any]

_STATUS = {
    "A": "active",
    "Active": "active",
    "Employed": "active",
    "L": "leave",
    "Leave": "leave",
    "On leave": "leave",
    "U": "leave",
    "P": "leave",
    "S": "suspended",
    "Suspended": "suspended",
    "F": "suspended",
    "R": "retired",
    "Retired": "retired",
    "Pending": "pending",
    "Prehire": "pending",
    "T": "terminated",
    "Terminated": "terminated",
    "Inactive": "terminated",
}
_WORKER_TYPE = {
    "E": "employee",
    "Employee": "employee",
    "EMP": "employee",
    "C": "contractor",
    "Contractor": "contractor",
    "Contingent": "contractor",
    "CWK": "contractor",
    "P": "partner",
    "Partner": "partner",
}


def value_map(values: Mapping[str, str]) -> Rule:
    """Return the transformation; case does not matter, and an unknown value is refused."""
    return {"do": "value_map", "map": dict(values), "ignore_case": True}


def status(path: str) -> Rule:
    """Return the rule of an assignment's status."""
    return {
        "from": path,
        "transform": [value_map(_STATUS), {"do": "default", "value": "active"}],
        "note": "EmployeeStatus: whether LMS accounts stay active follows from it.",
    }


def worker_type(path: str) -> Rule:
    """Return the rule of a relationship's worker type."""
    return {"from": path, "transform": [value_map(_WORKER_TYPE), {"do": "default", "value": "employee"}]}


def day(path: str, *, required: bool = False) -> Rule:
    """Return the rule of a day in ISO 8601."""
    rule: Rule = {"from": path, "transform": [{"do": "date", "format": "iso"}]}
    return {**rule, "required": True} if required else rule


def _text(path: str) -> Rule:
    return {"from": path}


_ASSIGNMENT = {
    "valid_from": day("effective_from"),
    "valid_to": day("effective_to"),
    "status": status("status"),
    "title": _text("job_title"),
    "job": _text("job_code"),
    "unit": _text("org_code"),
    "location": _text("location"),
    "manager": _text("manager_id"),
    "regulatory_classes": {"from": "reg_class", "transform": [{"do": "split", "separator": ";"}]},
}
_WORKER = {
    "key": {"from": "worker_id", "required": True},
    "history": {"const": "since"},
    "effective": day("effective_from"),
    "names": [
        {
            "formatted": {
                "from": "first_name",
                "transform": [{"do": "concatenate", "with": ["last_name"], "separator": " "}],
            },
            "given": _text("first_name"),
            "family": _text("last_name"),
        }
    ],
    "identifiers": [
        {"type": {"const": "employee_number"}, "value": _text("worker_id")},
        {
            "type": {"const": "email"},
            "value": {"from": "email", "transform": [{"do": "trim"}, {"do": "lower"}]},
            "primary": {"const": True},
        },
    ],
    "relationships": [
        {
            "worker_type": worker_type("worker_type"),
            "hire_date": day("hire_date", required=True),
            "end_date": day("term_date"),
            "hire_kind": {
                "from": "rehire",
                "transform": [
                    {"do": "default", "value": "no"},
                    {
                        "do": "conditional",
                        "if": {"in": ["1", "true", "yes", "y", "Y", "Yes", "TRUE", "True"]},
                        "then": "rehire",
                        "else": "hire",
                    },
                ],
            },
            "assignments": [_ASSIGNMENT],
        }
    ],
}
_JOB = {
    "key": _text("job_code"),
    "title": _text("job_title"),
    "family": _text("job_family"),
}
_UNIT = {
    "key": _text("org_code"),
    "name": {
        "from": "org_name",
        "transform": [{"do": "conditional", "if": {"present": False}, "then": {"from": "org_code"}}],
    },
    "code": _text("org_code"),
    "parent": {"from": "org_path", "transform": [{"do": "split", "separator": "/", "take": -2}]},
}
_LOCATION = {
    "key": _text("location"),
    "name": _text("location_name"),
}
#: Rows that leave org_path, job_family and location_name empty name units, jobs and locations only by code:
#: what those are is then told by files of their own.
_UNIT_TOLD = {
    "from": "org_path",
    "transform": [{"do": "conditional", "if": {"present": False}, "then": {"from": "org_name"}}],
}
_VALID = {"valid_from": day("effective_from"), "valid_to": day("effective_to")}

DEFAULT_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "Header of docs/integrator/files.md; org_path holds the codes of units from the top, with /.",
    "records": {
        "worker": {
            "emit": [
                {"record": "unit", "when": _UNIT_TOLD, "fields": _UNIT},
                {"record": "job", "when": _text("job_family"), "fields": _JOB},
                {"record": "location", "when": _text("location_name"), "fields": _LOCATION},
                {"record": "worker", "fields": _WORKER},
            ]
        },
        "ended": {
            "emit": [
                {
                    "record": "ended",
                    "fields": {
                        "key": {"from": "worker_id", "required": True},
                        "at": day("term_date"),
                        "reason": _text("term_reason"),
                    },
                }
            ]
        },
        "rescinded": {
            "emit": [{"record": "rescinded", "fields": {"key": {"from": "worker_id", "required": True}}}]
        },
        "unit": {
            "emit": [
                {
                    "record": "unit",
                    "fields": {
                        "key": {"from": "unit_id", "required": True},
                        "name": {"from": "name", "required": True},
                        "kind": {"from": "kind", "transform": [{"do": "default", "value": "department"}]},
                        "code": _text("code"),
                        "parent": _text("parent_id"),
                        **_VALID,
                    },
                }
            ]
        },
        "job": {
            "emit": [
                {
                    "record": "job",
                    "fields": {
                        "key": {"from": "job_id", "required": True},
                        "title": {"from": "title", "required": True},
                        "family": _text("family"),
                        "regulatory_classes": {
                            "from": "reg_class",
                            "transform": [{"do": "split", "separator": ";"}],
                        },
                        **_VALID,
                    },
                }
            ]
        },
        "location": {
            "emit": [
                {
                    "record": "location",
                    "fields": {
                        "key": {"from": "location_id", "required": True},
                        "name": {"from": "name", "required": True},
                        "country": {"from": "country", "transform": [{"do": "upper"}]},
                        "region": _text("region"),
                        "city": _text("city"),
                        **_VALID,
                    },
                }
            ]
        },
    },
}
