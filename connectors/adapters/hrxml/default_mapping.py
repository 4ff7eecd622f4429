"""The mapping an HR-XML 3.x connection starts with: SyncIndicativeData.

Element names are those of HR-XML 3.0's IndicativePersonDossier. Manager, status codes and regulatory class
are agreed between partners; the ones here are meant to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.adapters.files.default_mapping import day

Rule = dict[str, Any]

_DOSSIER = "IndicativePersonDossier"
_PERSON = f"{_DOSSIER}.IndicativePerson"
_LIFE = f"{_DOSSIER}.IndicativeEmployment.EmploymentLifecycle"
_WORK = f"{_DOSSIER}.IndicativeDeployment"
#: The organization and its units from the top; the last is where the worker is.
_UNIT_AT = f"{_WORK}.DeploymentOrganization.OrganizationIdentifiers"

_EMPLOYEE = f"{_DOSSIER}.IndicativeEmployee.EmployeeID"


def _or(first: str, second: str) -> Rule:
    return {
        "from": first,
        "transform": [{"do": "conditional", "if": {"present": False}, "then": {"from": second}}],
    }


_KEY: Rule = {**_or(_EMPLOYEE, f"{_PERSON}.PersonID"), "required": True}
_STATUS: Rule = {
    "from": f"{_LIFE}.TerminatedIndicator",
    "transform": [
        {
            "do": "conditional",
            "if": {"in": ["true", "1"]},
            "then": "terminated",
            "else": {
                "from": f"{_LIFE}.LeaveIndicator",
                "transform": [
                    {
                        "do": "conditional",
                        "if": {"in": ["true", "1"]},
                        "then": "leave",
                        "else": {
                            "from": f"{_LIFE}.RetireeIndicator",
                            "transform": [
                                {
                                    "do": "conditional",
                                    "if": {"in": ["true", "1"]},
                                    "then": "retired",
                                    "else": "active",
                                }
                            ],
                        },
                    }
                ],
            },
        }
    ],
}
_ASSIGNMENT = {
    "valid_from": day(f"{_WORK}.@validFrom"),
    "valid_to": day(f"{_WORK}.@validTo"),
    "status": _STATUS,
    "title": {"from": f"{_WORK}.Job.JobTitle"},
    "job": {"from": f"{_WORK}.Job.JobID"},
    "unit": {"from": f"{_UNIT_AT}[-1].OrganizationID"},
    "location": {"from": f"{_WORK}.WorkLocation[0].LocationID"},
    "manager": {"from": f"{_WORK}.IndicativePosition.SupervisorID"},
    "full_time_equivalent": {"from": f"{_WORK}.FullTimeEquivalentRatio", "transform": [{"do": "number"}]},
    "regulatory_classes": {"from": f"{_WORK}.WageHourLawCoverageCode"},
}
_WORKER = {
    "key": _KEY,
    "history": {"const": "since"},
    "effective": day(f"{_WORK}.@validFrom"),
    "names": [
        {
            "formatted": _or(f"{_PERSON}.PersonName.FormattedName", f"{_PERSON}.PersonName.LegalName"),
            "given": {"from": f"{_PERSON}.PersonName.GivenName"},
            "family": {"from": f"{_PERSON}.PersonName.FamilyName"},
            "preferred": {"from": f"{_PERSON}.PersonName.PreferredName"},
        }
    ],
    "identifiers": [
        {"type": {"const": "employee_number"}, "value": {"from": _EMPLOYEE}},
        {
            "type": {"const": "email"},
            "value": {
                "from": f"{_PERSON}.Communication[ChannelCode=Email].URI",
                "transform": [{"do": "lower"}],
            },
            "primary": {"const": True},
        },
    ],
    "relationships": [
        {
            "worker_type": {
                "from": f"{_WORK}.ResourceRelationshipCode",
                "transform": [
                    {
                        "do": "value_map",
                        "map": {
                            "Employee": "employee",
                            "Contractor": "contractor",
                            "VendorEmployee": "contractor",
                            "Partner": "partner",
                        },
                        "ignore_case": True,
                    },
                    {"do": "default", "value": "employee"},
                ],
            },
            "hire_date": day(f"{_LIFE}.Hire.HireDate", required=True),
            "original_hire_date": day(f"{_LIFE}.Hire.OriginalHireDate"),
            "end_date": {
                "from": f"{_LIFE}.Termination.LastWorkedDate",
                "transform": [
                    {
                        "do": "conditional",
                        "if": {"present": False},
                        "then": {"from": f"{_LIFE}.Termination.TerminationDate"},
                    },
                    {"do": "date", "format": "iso"},
                ],
            },
            "end_reason": {"from": f"{_LIFE}.Termination.TerminationReasonCode"},
            "hire_kind": {
                "from": f"{_LIFE}.Hire.HireTypeCode",
                "transform": [
                    {
                        "do": "conditional",
                        "if": {"matches": "re-?hire", "ignore_case": True},
                        "then": "rehire",
                        "else": "hire",
                    }
                ],
            },
            "assignments": [_ASSIGNMENT],
        }
    ],
}
_UNIT = {
    "key": {"from": f"{_UNIT_AT}[-1].OrganizationID"},
    "name": _or(f"{_UNIT_AT}[-1].OrganizationName", f"{_UNIT_AT}[-1].OrganizationID"),
    "parent": {"from": f"{_UNIT_AT}[-2].OrganizationID"},
}
_JOB = {
    "key": {"from": f"{_WORK}.Job.JobID"},
    "title": _or(f"{_WORK}.Job.JobTitle", f"{_WORK}.Job.JobID"),
}
_LOCATION = {
    "key": {"from": f"{_WORK}.WorkLocation[0].LocationID"},
    "name": _or(f"{_WORK}.WorkLocation[0].LocationName", f"{_WORK}.WorkLocation[0].LocationID"),
    "country": {
        "from": f"{_WORK}.WorkLocation[0].Address.CountryCode",
        "transform": [{"do": "upper"}],
    },
    "city": {"from": f"{_WORK}.WorkLocation[0].Address.CityName"},
}

DEFAULT_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "HR-XML 3.x SyncIndicativeData; manager and regulatory class are agreed between partners.",
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
                    "fields": {
                        "key": _KEY,
                        "at": day(f"{_LIFE}.Termination.TerminationDate"),
                        "reason": {"from": f"{_LIFE}.Termination.TerminationReasonCode"},
                    },
                }
            ]
        },
        "rescinded": {"emit": [{"record": "rescinded", "fields": {"key": _KEY}}]},
    },
}
