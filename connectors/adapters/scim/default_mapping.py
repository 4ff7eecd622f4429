"""The mapping a SCIM connection starts with, pushed or pulled.

What the hub adds to a user that is pushed (connectors.scim.facts) comes first; a user that is pulled has none
of it, and then what SCIM itself says is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rule = dict[str, Any]

_HUB = '["urn:ietf:params:scim:schemas:extension:lrshub:2.0:User"]'
_ENTERPRISE = '["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]'
_DAY: Rule = {"do": "date", "format": "iso"}

_WORKER_TYPE = {
    "Employee": "employee",
    "Member": "employee",
    "Contractor": "contractor",
    "Contingent": "contractor",
    "Contingent worker": "contractor",
    "External": "contractor",
    "Freelancer": "contractor",
    "Temp": "contractor",
    "Vendor": "contractor",
    "Partner": "partner",
    "Guest": "partner",
    "Supplier": "partner",
}


def _either(*paths: str, steps: tuple[Rule, ...] = (), required: bool = False) -> Rule:
    """Return a rule that takes the first of several paths that has a value."""
    first, *others = paths
    inner: list[Rule] = []
    for path in reversed(others):
        fallback: Rule = {"from": path, **({"transform": inner} if inner else {})}
        inner = [{"do": "conditional", "if": {"present": False}, "then": fallback}]
    transform = [*inner, *steps]
    rule: Rule = {"from": first, **({"transform": transform} if transform else {})}
    return {**rule, "required": True} if required else rule


_KEY = _either("hub.workerKey", "id", required=True)
_DEPARTMENT: Rule = {"from": f"{_ENTERPRISE}.department"}

_ASSIGNMENT = {
    "status": {"const": "active"},
    "title": {"from": "title"},
    "job": {"from": f"{_HUB}.jobCode"},
    "unit": _DEPARTMENT,
    "location": {"from": f"{_HUB}.locationCode"},
    "manager": _either("hub.managerKey", f"{_ENTERPRISE}.manager.value"),
    "regulatory_classes": {
        "from": f"{_HUB}.regulatoryClasses",
        "transform": [{"do": "split", "separator": ";"}],
        "note": "Groups can be read instead: groups[*].display.",
    },
}
_RELATIONSHIP = {
    "key": {"from": "hub.engagement", "transform": [{"do": "default", "value": "1"}]},
    "worker_type": _either(
        f"{_HUB}.workerType",
        "userType",
        steps=(
            {"do": "value_map", "map": _WORKER_TYPE, "ignore_case": True, "otherwise": "employee"},
            {"do": "default", "value": "employee"},
        ),
    ),
    "hire_date": _either(
        "hub.engagedSince", f"{_HUB}.hireDate", "meta.created", steps=(_DAY,), required=True
    ),
    "end_date": {"from": f"{_HUB}.endDate", "transform": [_DAY]},
    "hire_kind": {
        "from": "hub.engagement",
        "transform": [
            {"do": "default", "value": "1"},
            {"do": "conditional", "if": {"equals": "1"}, "then": "hire", "else": "rehire"},
        ],
    },
    "sponsor": _either("hub.sponsorKey", f"{_HUB}.sponsor"),
    "assignments": [_ASSIGNMENT],
}
_WORKER = {
    "key": _KEY,
    "history": {"const": "since"},
    "effective": _either("hub.toldSince", f"{_HUB}.effectiveDate"),
    "names": [
        {
            "formatted": {
                "from": "name.givenName",
                "transform": [
                    {"do": "concatenate", "with": ["name.familyName"], "separator": " "},
                    {
                        "do": "conditional",
                        "if": {"present": False},
                        "then": _either("name.formatted", "displayName", "userName"),
                    },
                ],
            },
            "given": {"from": "name.givenName"},
            "family": {"from": "name.familyName"},
            "preferred": {"from": "nickName"},
            "language": {"from": "preferredLanguage"},
        }
    ],
    "identifiers": [
        {"type": {"const": "employee_number"}, "value": {"from": f"{_ENTERPRISE}.employeeNumber"}},
        {"type": {"const": "user_name"}, "value": {"from": "userName"}},
        {"type": {"const": "subject"}, "value": {"from": "externalId"}},
        {
            "each": "emails",
            "fields": {
                "type": {"const": "email"},
                "value": {"from": "value", "transform": [{"do": "trim"}, {"do": "lower"}]},
                "primary": {"from": "primary"},
            },
        },
    ],
    "relationships": [_RELATIONSHIP],
}

DEFAULT_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "SCIM 2.0 users with the enterprise extension and the hub's own (docs/integrator/scim.md).",
    "records": {
        "worker": {
            "emit": [
                {
                    "record": "unit",
                    "when": _DEPARTMENT,
                    "fields": {"key": _DEPARTMENT, "name": _DEPARTMENT},
                },
                {"record": "worker", "fields": _WORKER},
            ]
        },
        "ended": {
            "emit": [{"record": "ended", "fields": {"key": _KEY, "reason": {"const": "Deprovisioned"}}}]
        },
    },
}
