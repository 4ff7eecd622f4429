"""The mapping a SuccessFactors connection starts with: standard fields, and `hub` for what was worked out.

What differs from tenant to tenant (regulatory classes, who is a contractor) is meant to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.adapters.successfactors.countries import two_letters

Rule = dict[str, Any]

#: By code of the picklist employee-status.
_STATUS = {
    "A": "active",
    "U": "leave",
    "P": "leave",
    "S": "suspended",
    "F": "suspended",
    "D": "suspended",
    "R": "retired",
    "T": "terminated",
}
#: Values of flsaStatus and employeeClass that stand for a class; others stand for none.
_REGULATORY = {"E": "FLSA exempt", "N": "FLSA nonexempt"}


def _text(path: str) -> Rule:
    return {"from": path}


def _day(path: str, *, required: bool = False) -> Rule:
    rule: Rule = {"from": path, "transform": [{"do": "date", "format": "odata"}]}
    return {**rule, "required": True} if required else rule


def _or(path: str, other: str) -> Rule:
    """Return the rule of a field, and of another where it is empty."""
    return {
        "from": path,
        "transform": [{"do": "conditional", "if": {"present": False}, "then": {"from": other}}],
    }


_VALID = {"valid_from": _day("startDate"), "valid_to": _day("endDate")}
_ASSIGNMENT = {
    **_VALID,
    "status": {
        "from": "hub.status",
        "transform": [{"do": "value_map", "map": _STATUS}, {"do": "default", "value": "active"}],
        "note": "EmployeeStatus: whether LMS accounts stay active follows from it.",
    },
    "primary": {"from": "hub.primary", "note": "No for global assignments (assignmentClass GA)."},
    "title": _text("jobTitle"),
    "job": _text("jobCode"),
    "unit": _text("department"),
    "location": _text("location"),
    "manager": {"from": "hub.manager", "note": "The person who has the employment managerId names."},
    "position": _text("position"),
    "full_time_equivalent": _text("fte"),
    "regulatory_classes": {
        "from": "flsaStatus",
        "transform": [
            {"do": "concatenate", "with": ["employeeClass"], "separator": ";"},
            {"do": "split", "separator": ";"},
            {"do": "lookup", "table": "regulatory classes", "otherwise": ""},
        ],
        "note": "Add the codes of employeeClass, or custom fields, that stand for a class here.",
    },
}
_WORKER = {
    "key": {"from": "personIdExternal", "required": True},
    "history": {"const": "whole"},
    "names": {
        "each": "personalInfoNav",
        "fields": {
            "formatted": {
                "from": "displayName",
                "transform": [
                    {
                        "do": "conditional",
                        "if": {"present": False},
                        "then": {
                            "from": "firstName",
                            "transform": [{"do": "concatenate", "with": ["lastName"]}],
                        },
                    }
                ],
            },
            "given": _text("firstName"),
            "family": _text("lastName"),
            "preferred": _text("preferredName"),
            **_VALID,
        },
    },
    "identifiers": [
        {"type": {"const": "employee_number"}, "value": _text("personIdExternal")},
        {
            "each": "emailNav",
            "when": {
                "from": "hub.type",
                "transform": [{"do": "conditional", "if": {"equals": "B"}, "then": True, "else": False}],
                "note": "Business addresses only.",
            },
            "fields": {
                "type": {"const": "email"},
                "value": {"from": "emailAddress", "transform": [{"do": "lower"}]},
                "primary": _text("isPrimary"),
            },
        },
        {
            "each": "employmentNav",
            "fields": {"type": {"const": "user_name"}, "value": _text("userNav.username")},
        },
    ],
    "relationships": {
        "each": "employmentNav",
        "fields": {
            "key": {"from": "userId", "required": True},
            "worker_type": {
                "from": "isContingentWorker",
                "transform": [
                    {"do": "default", "value": False},
                    {"do": "value_map", "map": {"true": "contractor", "false": "employee"}},
                ],
            },
            "hire_date": _day("startDate", required=True),
            "end_date": _day("endDate"),
            "original_hire_date": _day("originalStartDate"),
            "hire_kind": {"from": "hub.hireKind", "note": "Told from the employments before."},
            "end_reason": _text("hub.endReason"),
            "legal_employer": _text("jobInfoNav[-1].company"),
            "assignments": {"each": "jobInfoNav", "fields": _ASSIGNMENT},
        },
    },
}
_CODE = {"from": "externalCode", "required": True}
_UNIT = {
    "key": _CODE,
    "name": _or("name", "externalCode"),
    "code": _text("externalCode"),
    "parent": _text("parent"),
    **_VALID,
}
_JOB = {
    "key": _CODE,
    "title": _or("name", "externalCode"),
    "family": _text("jobFunction"),
    "regulatory_classes": {
        "from": "cust_regulatoryClasses",
        "transform": [{"do": "split", "separator": ";"}],
        "note": "A field of the tenant's own; rename or remove it.",
    },
    **_VALID,
}
_LOCATION = {
    "key": _CODE,
    "name": _or("name", "externalCode"),
    "country": {
        "from": "addressNavDEFLT.country",
        "transform": [{"do": "lookup", "table": "countries", "otherwise": ""}],
    },
    "region": _text("addressNavDEFLT.state"),
    "city": _text("addressNavDEFLT.city"),
    **_VALID,
}

DEFAULT_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "Employee Central, OData v2. Members of “hub” are worked out by the connector.",
    "tables": {"regulatory classes": _REGULATORY, "countries": dict(two_letters())},
    "records": {
        "worker": {
            "emit": [
                {
                    "record": "worker",
                    "when": {
                        "from": "employmentNav",
                        "note": "Dependents and emergency contacts are persons without an employment.",
                    },
                    "fields": _WORKER,
                }
            ]
        },
        "unit": {"emit": [{"record": "unit", "fields": _UNIT}]},
        "job": {"emit": [{"record": "job", "fields": _JOB}]},
        "location": {"emit": [{"record": "location", "fields": _LOCATION}]},
    },
}
