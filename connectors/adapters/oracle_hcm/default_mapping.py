"""The mapping an Oracle HCM connection starts with.

Attributes are those of the workers resource, framework 4. `Slice` and `ManagerPersonNumber` are the adapter's
own: the days an assignment row holds together with its line manager, and who that is. Flexfields differ from
customer to customer; the ones here are meant to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rule = dict[str, Any]

_WORKER_TYPE = {"E": "employee", "C": "contractor", "N": "partner", "P": "employee"}
_STATUS = {"ACTIVE": "active", "SUSPENDED": "leave", "INACTIVE": "terminated"}
_HIRE = {
    "HIRE": "hire",
    "ADD_CWK": "hire",
    "ADD_NON_WKR": "hire",
    "ADD_PEND_WKR": "hire",
    "REHIRE": "rehire",
    "RENEW_CWK": "rehire",
    "CONVERT": "conversion",
    "EMPL_CHANGE": "conversion",
    "GLB_TRANSFER": "conversion",
}
_LAST: Rule = {
    "from": "Slice.To",
    "transform": [
        {"do": "conditional", "if": {"equals": "4712-12-31"}, "then": True, "else": False},
    ],
    "note": "What a department, job or location is called is told by the last row that names it.",
}


def _day(path: str, *, required: bool = False) -> Rule:
    rule: Rule = {"from": path, "transform": [{"do": "date", "format": "iso"}]}
    return {**rule, "required": True} if required else rule


def _either(first: str, *others: str) -> Rule:
    """Return a rule that takes the first of several attributes that has a value."""
    rule: Rule = {"from": first}
    if others:
        present = {"present": False}
        rule["transform"] = [{"do": "conditional", "if": present, "then": _either(*others)}]
    return rule


def _is_not(path: str, *values: str) -> Rule:
    condition = {"in": list(values)}
    return {"from": path, "transform": [{"do": "conditional", "if": condition, "then": False, "else": True}]}


_ASSIGNMENT = {
    "each": "assignments",
    "when": _is_not("AssignmentStatusType", "INACTIVE"),
    "fields": {
        "key": {"from": "AssignmentNumber", "required": True},
        "valid_from": _day("Slice.From"),
        "valid_to": _day("Slice.To"),
        "status": {
            "from": "AssignmentStatusType",
            "transform": [
                {"do": "value_map", "map": _STATUS, "ignore_case": True},
                {
                    "do": "conditional",
                    "if": {"path": "AssignmentStatusTypeCode", "in": ["SUSPEND_ASSIGNMENT"]},
                    "then": "suspended",
                },
                {"do": "default", "value": "active"},
            ],
            "note": "SUSPENDED is a leave unless the status itself says otherwise.",
        },
        "primary": {"from": "PrimaryFlag", "transform": [{"do": "default", "value": True}]},
        "title": _either("AssignmentName", "JobName"),
        "job": {"from": "JobCode"},
        "unit": _either("DepartmentId", "DepartmentName"),
        "location": {"from": "LocationCode"},
        "manager": {"from": "managers[ManagerType=LINE_MANAGER].ManagerPersonNumber"},
        "position": {"from": "PositionCode"},
        "regulatory_classes": {
            "from": "assignmentsDFF[0].regulatoryClasses",
            "transform": [{"do": "split", "separator": ";"}],
            "note": "A flexfield; ask for it with “More children of workers”.",
        },
    },
}
_RELATIONSHIP = {
    "each": "workRelationships",
    "fields": {
        "key": {"from": "PeriodOfServiceId", "required": True},
        "worker_type": {
            "from": "WorkerType",
            "transform": [{"do": "value_map", "map": _WORKER_TYPE}],
            "required": True,
        },
        "hire_date": _day("StartDate", required=True),
        "end_date": _day("TerminationDate"),
        "original_hire_date": _day("EnterpriseSeniorityDate"),
        "hire_kind": {
            "from": "ActionCode",
            "transform": [
                {"do": "value_map", "map": _HIRE, "otherwise": "hire"},
                {"do": "default", "value": "hire"},
            ],
        },
        "end_reason": {"from": "TerminationReasonCode"},
        "legal_employer": {"from": "LegalEmployerName"},
        "assignments": _ASSIGNMENT,
    },
}
_WORKER = {
    "key": {"from": "PersonNumber", "required": True},
    "history": {"const": "since"},
    "names": {
        "each": "names",
        "when": _is_not("NameType", "LOCAL"),
        "fields": {
            "formatted": {
                "from": "DisplayName",
                "transform": [
                    {
                        "do": "conditional",
                        "if": {"present": False},
                        "then": {
                            "from": "FirstName",
                            "transform": [{"do": "concatenate", "with": ["LastName"], "separator": " "}],
                        },
                    }
                ],
            },
            "given": {"from": "FirstName"},
            "family": {"from": "LastName"},
            "preferred": {"from": "KnownAs"},
            "valid_from": _day("Slice.From"),
            "valid_to": _day("Slice.To"),
        },
    },
    "identifiers": [
        {"type": {"const": "employee_number"}, "value": {"from": "PersonNumber"}},
        {
            "each": "emails",
            "when": {
                "from": "EmailType",
                "transform": [{"do": "conditional", "if": {"equals": "W1"}, "then": True, "else": False}],
            },
            "fields": {
                "type": {"const": "email"},
                "value": {"from": "EmailAddress", "transform": [{"do": "trim"}, {"do": "lower"}]},
                "primary": {"from": "PrimaryFlag"},
                "valid_from": _day("FromDate"),
                "valid_to": _day("ToDate"),
            },
        },
    ],
    "relationships": _RELATIONSHIP,
}
_NAMED = "workRelationships[*].assignments[*]"

DEFAULT_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "Workers resource, framework 4; look at /workers/describe for what your pod has.",
    "records": {
        "worker": {
            "emit": [
                {
                    "record": "unit",
                    "each": _NAMED,
                    "when": _LAST,
                    "fields": {
                        "key": _either("DepartmentId", "DepartmentName"),
                        "name": {"from": "DepartmentName"},
                    },
                },
                {
                    "record": "job",
                    "each": _NAMED,
                    "when": _LAST,
                    "fields": {
                        "key": {"from": "JobCode"},
                        "title": _either("JobName", "AssignmentName", "JobCode"),
                    },
                },
                {
                    "record": "location",
                    "each": _NAMED,
                    "when": _LAST,
                    "fields": {
                        "key": {"from": "LocationCode"},
                        "name": _either("LocationName", "LocationCode"),
                    },
                },
                {"record": "worker", "fields": _WORKER},
            ]
        },
        "unit": {
            "emit": [
                {
                    "record": "unit",
                    "fields": {
                        "key": {"from": "OrganizationId", "required": True},
                        "name": {"from": "Name", "required": True},
                        "kind": {
                            "from": "ClassificationCode",
                            "transform": [{"do": "lower"}, {"do": "default", "value": "department"}],
                        },
                        "code": {"from": "OrganizationCode"},
                        "parent": {"from": "ParentOrganizationId"},
                    },
                }
            ]
        },
        "job": {
            "emit": [
                {
                    "record": "job",
                    "fields": {
                        "key": {"from": "JobCode", "required": True},
                        "title": {"from": "Name", "required": True},
                        "family": {"from": "JobFamilyName"},
                        "regulatory_classes": {
                            "from": "RegulatoryClasses",
                            "transform": [{"do": "split", "separator": ";"}],
                        },
                    },
                }
            ]
        },
        "location": {
            "emit": [
                {
                    "record": "location",
                    "fields": {
                        "key": {"from": "LocationCode", "required": True},
                        "name": _either("LocationName", "LocationCode"),
                        "country": {"from": "Country", "transform": [{"do": "upper"}]},
                        "region": {"from": "Region"},
                        "city": {"from": "TownOrCity"},
                    },
                }
            ]
        },
    },
}
