"""The mapping an HR Open JSON connection starts with.

Names, identifiers and positions are those of Common 4.x. Which members carry status, manager and regulatory
class is agreed between partners; the ones here are the usual ones, meant to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.adapters.files.default_mapping import status, worker_type

Rule = dict[str, Any]


def _either(*paths: str, steps: tuple[Rule, ...] = (), required: bool = False) -> Rule:
    """Return a rule that takes the first of several paths that has a value."""
    first, *others = paths
    rule: Rule = {"from": first}
    inner: Rule | None = None
    for path in reversed(others):
        fallback: Rule = {"from": path}
        if inner is not None:
            fallback["transform"] = [inner]
        inner = {"do": "conditional", "if": {"present": False}, "then": fallback}
    transform = [*([inner] if inner is not None else []), *steps]
    if transform:
        rule["transform"] = transform
    return {**rule, "required": True} if required else rule


def _of(path: str, *, steps: tuple[Rule, ...] = (), required: bool = False) -> Rule:
    """Return the rule of a member of the worker, who may be wrapped or not."""
    return _either(f"worker.{path}", path, steps=steps, required=required)


def _with(rule: Rule, of: Rule) -> Rule:
    """Return a rule that reads as `of` does and transforms as `rule` does."""
    return {**of, "transform": [*of.get("transform", []), *rule["transform"]]}


_DAY: Rule = {"do": "date", "format": "iso"}
_KEY = _of("workerId.value", required=True)
_POSITION = "employment.position"

_ASSIGNMENT = {
    "valid_from": _of(f"{_POSITION}.effectivePeriod.validFrom", steps=(_DAY,)),
    "valid_to": _of(f"{_POSITION}.effectivePeriod.validTo", steps=(_DAY,)),
    "status": _with(status(""), _of("employment.status")),
    "title": _of(f"{_POSITION}.title"),
    "job": _of(f"{_POSITION}.jobCategories[0].code"),
    "unit": _of(f"{_POSITION}.organization.id.value"),
    "location": _of(f"{_POSITION}.location.id.value"),
    "manager": _of(f"{_POSITION}.manager.workerId.value"),
    "regulatory_classes": _of(f"{_POSITION}.regulatoryClasses"),
}
_WORKER = {
    "key": _KEY,
    "history": {"const": "since"},
    "names": [
        {
            "formatted": _either(
                "worker.name.formattedName",
                "name.formattedName",
                "worker.name.given",
                "name.given",
            ),
            "given": _either("worker.name.given", "name.given", "worker.name.firstName", "name.firstName"),
            "family": _of("name.family"),
            "preferred": _of("name.preferred"),
        }
    ],
    "identifiers": [
        {"type": {"const": "employee_number"}, "value": _of("workerId.value")},
        {
            "type": {"const": "email"},
            "value": _of("communication.email[0].address", steps=({"do": "lower"},)),
            "primary": {"const": True},
        },
    ],
    "relationships": [
        {
            "worker_type": _with(worker_type(""), _of("employment.workerType")),
            "hire_date": _of("employment.hireDate", steps=(_DAY,), required=True),
            "end_date": _of("employment.endDate", steps=(_DAY,)),
            "original_hire_date": _of("employment.originalHireDate", steps=(_DAY,)),
            "end_reason": _of("employment.endReason"),
            "assignments": [_ASSIGNMENT],
        }
    ],
}
_UNIT = {
    "key": _of(f"{_POSITION}.organization.id.value"),
    "name": _either(
        f"worker.{_POSITION}.organization.name",
        f"{_POSITION}.organization.name",
        f"worker.{_POSITION}.organization.id.value",
        f"{_POSITION}.organization.id.value",
    ),
    "parent": _of(f"{_POSITION}.organization.parent.id.value"),
}
_JOB = {
    "key": _of(f"{_POSITION}.jobCategories[0].code"),
    "title": _either(
        f"worker.{_POSITION}.jobCategories[0].name",
        f"{_POSITION}.jobCategories[0].name",
        f"worker.{_POSITION}.jobCategories[0].code",
        f"{_POSITION}.jobCategories[0].code",
    ),
}
_LOCATION = {
    "key": _of(f"{_POSITION}.location.id.value"),
    "name": _either(
        f"worker.{_POSITION}.location.name",
        f"{_POSITION}.location.name",
        f"worker.{_POSITION}.location.id.value",
        f"{_POSITION}.location.id.value",
    ),
    "country": _of(f"{_POSITION}.location.address.countryCode", steps=({"do": "upper"},)),
    "city": _of(f"{_POSITION}.location.address.city"),
}

DEFAULT_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "HR Open Common 4.x; members of employment are agreed between partners.",
    "records": {
        "worker": {
            "emit": [
                {"record": "unit", "when": _UNIT["key"], "fields": _UNIT},
                {"record": "job", "when": _JOB["key"], "fields": _JOB},
                {"record": "location", "when": _LOCATION["key"], "fields": _LOCATION},
                {"record": "worker", "fields": _WORKER},
            ]
        },
        "ended": {
            "emit": [
                {
                    "record": "ended",
                    "fields": {"key": _KEY, "at": _of("employment.endDate", steps=(_DAY,))},
                }
            ]
        },
        "rescinded": {"emit": [{"record": "rescinded", "fields": {"key": _KEY}}]},
    },
}
