"""The mapping a Workday connection starts with: Get_Workers as Workday sends it, and reports with the column
aliases docs/integrator/workday.md suggests.

One document serves both: what a report gives has no `Worker_Reference`, which tells the two apart. A person's
key is the WID over SOAP and the key column in a report; the WID never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.adapters.files.default_mapping import day, status, worker_type

Rule = dict[str, Any]

_DATA = "Worker_Data"
_NAME = f"{_DATA}.Personal_Data.Name_Data"
_JOB = f"{_DATA}.Employment_Data.Worker_Job_Data"
_STATUS = f"{_DATA}.Employment_Data.Worker_Status_Data"
_ORGANIZATIONS = f"{_DATA}.Organization_Data.Worker_Organization_Data"
_CHAIN = f"{_DATA}.Management_Chain_Data.Worker_Supervisory_Management_Chain_Data[0].Management_Chain_Data"
_TYPE = "Organization_Data.Organization_Type_Reference.ID.Organization_Type_ID"
_ORGANIZATION_ID = "Organization_Data.Organization_Reference_ID"
_WORK_EMAIL = (
    f"{_DATA}.Personal_Data.Contact_Data.Email_Address_Data"
    "[Usage_Data[0].Type_Data[0].Type_Reference.ID.Communication_Usage_Type_ID=WORK][Usage_Data[0].@Public=1]"
    ".Email_Address"
)
_OWN_UNIT = f"Organization_Data.Worker_Organization_Data[{_TYPE}=SUPERVISORY].{_ORGANIZATION_ID}"
_PROFILE = "Position_Data.Job_Profile_Summary_Data"
_CONTINGENT_TYPE = f"{_JOB}[@Primary_Job=1].Position_Data.Worker_Type_Reference.ID.Contingent_Worker_Type_ID"
_SITE = "Position_Data.Business_Site_Summary_Data"


def _from(path: str, *steps: Rule) -> Rule:
    return {"from": path, "transform": list(steps)} if steps else {"from": path}


def _or(*paths: str) -> Rule:
    """Return the step that takes the first of some paths with a value, where there is none yet."""
    first, *others = paths
    then: Rule = _from(first, _or(*others)) if others else _from(first)
    return {"do": "conditional", "if": {"present": False}, "then": then}


def _if(path: str, condition: Rule, then: Any) -> Rule:
    return {"do": "conditional", "if": {"path": path, **condition}, "then": then}


def _on(path: str, then: Any) -> Rule:
    return _if(path, {"equals": "1"}, then)


_IS_SOAP = _from("Worker_Reference")
_IS_REPORT = _from(
    "Worker_Reference",
    {"do": "conditional", "if": {"present": False}, "then": "yes", "else": "no"},
)
#: What was read as of another day tells of workers only: units, jobs and sites are as they are today.
_TODAY = _from(
    "Effective_Until",
    _or("$.As_Of_Effective_Date"),
    {"do": "conditional", "if": {"present": True}, "then": "no", "else": "yes"},
)


def _then(inner: Rule, outer: Rule) -> Rule:
    """Return the rule of what an earlier time of a position has beside it, and the current one elsewhere."""
    return _from(
        "Effective_Until",
        {"do": "conditional", "if": {"present": True}, "then": inner, "else": outer},
    )


_SOAP_TYPE = _from(
    "Worker_Reference.ID.Contingent_Worker_ID",
    {"do": "conditional", "if": {"present": True}, "then": "contractor", "else": "employee"},
    {
        "do": "conditional",
        "if": {
            "path": _CONTINGENT_TYPE,
            "in": ["Partner", "PARTNER"],
        },
        "then": "partner",
    },
)
_ENGAGEMENT = _from(
    "Worker_Reference.ID.Contingent_Worker_ID",
    {"do": "conditional", "if": {"present": True}, "then": "contingent", "else": "employee"},
)


def _status(path: str) -> Rule:
    return _from(
        f"{path}.Active",
        {"do": "conditional", "if": {"in": ["0"]}, "then": "terminated", "else": "active"},
        _on(f"{path}.Leave_Status_Data[On_Leave=1].On_Leave", "leave"),
        _on(f"{path}.Terminated", "terminated"),
        _on(f"{path}.Retired", "retired"),
    )


_SOAP_STATUS = {
    **_then(_status("Worker_Status_Data"), _status(f"$.{_STATUS}")),
    "note": "EmployeeStatus: whether LMS accounts stay active follows from it.",
}
_SOAP_ASSIGNMENT = {
    "each": _JOB,
    "when": _from("Position_Data"),
    "fields": {
        "key": _from(
            "@Primary_Job",
            {
                "do": "conditional",
                "if": {"equals": "1"},
                "then": "primary",
                "else": _from("Position_Data.Position_ID"),
            },
        ),
        "primary": _from("@Primary_Job", {"do": "boolean"}),
        "valid_from": day("Position_Data.Effective_Date"),
        "valid_to": day("Effective_Until"),
        "status": _SOAP_STATUS,
        "title": _from("Position_Data.Business_Title", _or("Position_Data.Position_Title")),
        "job": _from(f"{_PROFILE}.Job_Profile_Reference.ID.Job_Profile_ID"),
        "unit": _from(
            f"Position_Data.{_OWN_UNIT}",
            {
                "do": "conditional",
                "if": {"present": False},
                "then": _then(_from(_OWN_UNIT), _from(f"$.{_DATA}.{_OWN_UNIT}")),
            },
        ),
        "location": _from(f"{_SITE}.Location_Reference.ID.Location_ID"),
        "manager": _then(
            _from(f"{_CHAIN.removeprefix(_DATA + '.')}[-1].Manager_Reference.ID.WID"),
            _from(f"$.{_CHAIN}[-1].Manager_Reference.ID.WID"),
        ),
        "position": _from("Position_Data.Position_ID"),
        "full_time_equivalent": _from(
            "Position_Data.Full_Time_Equivalent_Percentage", {"do": "number", "divide": 100}
        ),
        "regulatory_classes": _from(
            "Position_Data.Job_Classification_Summary_Data[*]"
            ".Job_Classification_Reference.ID.Job_Classification_Reference_ID"
        ),
    },
}
_SOAP_WORKER = {
    "key": {"from": "Worker_Reference.ID.WID", "required": True},
    "history": {"const": "since"},
    "names": [
        {
            "formatted": _from(
                f"{_NAME}.Legal_Name_Data.Name_Detail_Data.@Formatted_Name",
                _or(f"{_NAME}.Preferred_Name_Data.Name_Detail_Data.@Formatted_Name", "Worker_Descriptor"),
            ),
            "given": _from(f"{_NAME}.Legal_Name_Data.Name_Detail_Data.First_Name"),
            "family": _from(f"{_NAME}.Legal_Name_Data.Name_Detail_Data.Last_Name"),
            "preferred": _from(f"{_NAME}.Preferred_Name_Data.Name_Detail_Data.First_Name"),
        }
    ],
    "identifiers": [
        {
            "type": {"const": "employee_number"},
            "value": _from(
                "Worker_Reference.ID.Employee_ID", _or("Worker_Reference.ID.Contingent_Worker_ID")
            ),
        },
        {"type": {"const": "user_name"}, "value": _from(f"{_DATA}.User_ID")},
        {
            "type": {"const": "email"},
            "value": _from(_WORK_EMAIL, {"do": "lower"}),
            "primary": {"const": True},
        },
    ],
    "relationships": [
        {
            "key": _ENGAGEMENT,
            "worker_type": _SOAP_TYPE,
            "hire_date": day(f"{_STATUS}.Hire_Date", required=True),
            "original_hire_date": day(f"{_STATUS}.Original_Hire_Date"),
            "end_date": _from(
                f"{_STATUS}.Termination_Date",
                _or(f"{_STATUS}.End_Employment_Date"),
                {"do": "date", "format": "iso"},
            ),
            "end_reason": _from(
                f"{_STATUS}.Primary_Termination_Reason_Reference.ID.Termination_Subcategory_ID"
            ),
            "hire_kind": _from(
                f"{_STATUS}.Rehire",
                {"do": "conditional", "if": {"equals": "1"}, "then": "rehire", "else": "hire"},
            ),
            "legal_employer": _from(f"{_ORGANIZATIONS}[{_TYPE}=COMPANY].Organization_Data.Organization_Name"),
            "assignments": [_SOAP_ASSIGNMENT],
        }
    ],
}
_CHAIN_UNIT = {
    "record": "unit",
    "each": _CHAIN,
    "when": _TODAY,
    "fields": {
        "key": _from("Organization_Reference.ID.Organization_Reference_ID"),
        "name": _from(
            "Organization_Reference.@Descriptor",
            _or("Organization_Reference.ID.Organization_Reference_ID"),
        ),
        "code": _from("Organization_Reference.ID.Organization_Reference_ID"),
        "parent": _from("Superior_Organization_Reference.ID.Organization_Reference_ID"),
    },
}


def _organization(type_: str, kind: str) -> Rule:
    path = f"{_ORGANIZATIONS}[{_TYPE}={type_}]"
    return {
        "record": "unit",
        "each": path,
        "when": _TODAY,
        "fields": {
            "key": _from(_ORGANIZATION_ID),
            "name": _from("Organization_Data.Organization_Name", _or(_ORGANIZATION_ID)),
            "code": _from("Organization_Data.Organization_Code"),
            "kind": {"const": kind},
        },
    }


_SOAP_JOB = {
    "record": "job",
    "each": _JOB,
    "when": _TODAY,
    "fields": {
        "key": _from(f"{_PROFILE}.Job_Profile_Reference.ID.Job_Profile_ID"),
        "title": _from(
            f"{_PROFILE}.Job_Profile_Name", _or(f"{_PROFILE}.Job_Profile_Reference.ID.Job_Profile_ID")
        ),
        "family": _from(
            f"{_PROFILE}.Job_Family_Reference[0].@Descriptor",
            _or(f"{_PROFILE}.Job_Family_Reference[0].ID.Job_Family_ID"),
        ),
    },
}
_SOAP_LOCATION = {
    "record": "location",
    "each": _JOB,
    "when": _TODAY,
    "fields": {
        "key": _from(f"{_SITE}.Location_Reference.ID.Location_ID"),
        "name": _from(
            f"{_SITE}.Name",
            _or(f"{_SITE}.Location_Reference.@Descriptor", f"{_SITE}.Location_Reference.ID.Location_ID"),
        ),
        "country": _from(
            f"{_SITE}.Address_Data.Country_Reference.ID.ISO_3166-1_Alpha-2_Code", {"do": "upper"}
        ),
        "region": _from(f"{_SITE}.Address_Data.Country_Region_Descriptor"),
        "city": _from(f"{_SITE}.Address_Data.Municipality"),
    },
}

_REPORT_WORKER = {
    "key": {"from": "Employee_ID", "required": True},
    "history": {"const": "since"},
    "names": [
        {
            "given": _from("First_Name"),
            "family": _from("Last_Name"),
            "preferred": _from("Preferred_Name"),
        }
    ],
    "identifiers": [
        {"type": {"const": "employee_number"}, "value": _from("Employee_ID")},
        {"type": {"const": "user_name"}, "value": _from("User_Name")},
        {
            "type": {"const": "email"},
            "value": _from("Work_Email", {"do": "trim"}, {"do": "lower"}),
            "primary": {"const": True},
        },
    ],
    "relationships": [
        {
            "worker_type": worker_type("Worker_Type"),
            "hire_date": day("Hire_Date", required=True),
            "original_hire_date": day("Original_Hire_Date"),
            "end_date": day("Termination_Date"),
            "end_reason": _from("Termination_Reason"),
            "legal_employer": _from("Company"),
            "assignments": [
                {
                    "when": _from("Organization_ID", _or("Job_Code")),
                    "fields": {
                        "valid_from": day("Effective_Date"),
                        "status": status("Worker_Status"),
                        "title": _from("Business_Title"),
                        "job": _from("Job_Code"),
                        "unit": _from("Organization_ID"),
                        "location": _from("Location_ID"),
                        "manager": _from("Manager_ID"),
                        "position": _from("Position_ID"),
                        "regulatory_classes": _from("Job_Classifications", {"do": "split", "separator": ";"}),
                    },
                }
            ],
        }
    ],
}


def _report(record: str, **fields: Rule) -> Rule:
    return {"record": record, "when": _IS_REPORT, "fields": fields}


DEFAULT_MAPPING: Mapping[str, Any] = {
    "format": 1,
    "note": "Get_Workers v30 and later; reports with the column aliases of docs/integrator/workday.md.",
    "records": {
        "worker": {
            "emit": [
                _CHAIN_UNIT,
                _organization("COMPANY", "company"),
                _organization("COST_CENTER", "cost_center"),
                _SOAP_JOB,
                _SOAP_LOCATION,
                {"record": "worker", "when": _IS_SOAP, "fields": _SOAP_WORKER},
                _report(
                    "unit",
                    key=_from("Organization_ID"),
                    name=_from("Organization", _or("Organization_ID")),
                    parent=_from("Superior_Organization_ID"),
                ),
                _report(
                    "job",
                    key=_from("Job_Code"),
                    title=_from("Job_Profile", _or("Job_Code")),
                    family=_from("Job_Family"),
                ),
                _report(
                    "location",
                    key=_from("Location_ID"),
                    name=_from("Location", _or("Location_ID")),
                    country=_from("Country", {"do": "upper"}),
                    city=_from("City"),
                ),
                {"record": "worker", "when": _IS_REPORT, "fields": _REPORT_WORKER},
            ]
        },
    },
}
