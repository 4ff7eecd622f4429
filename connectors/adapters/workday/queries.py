"""What Get_Workers is asked: the queries of a run, and the request of each page.

In: the settings, the moment of the run and the last watermark. Out: the requests as the service description
names them. Pure. Every request of a run holds the same `As_Of_Entry_DateTime`, so that what is entered while
pages are read shifts no rows; after a resumption, too.

    everything   everybody → hires to come → what was corrected, and taken back, since the last run
    changes      entered since the last run → entered before and effective since → taken back

The watermark is the moment a run began: what is entered while it reads is the next one's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.adapters import Reading
from connectors.adapters.workday.options import Options

EVERYBODY, TO_COME = "everybody", "to come"
ENTERED, EFFECTIVE = "entered", "effective"
CORRECTED, TAKEN_BACK = "corrected", "taken back"
#: A day more than passed, as a tenant's day begins elsewhere.
MARGIN = timedelta(days=1)
#: Sections that are asked for, and kinds of organization that are not.
_GROUP: Mapping[str, bool] = {
    "Include_Reference": True,
    "Include_Personal_Information": True,
    "Include_Employment_Information": True,
    "Include_Organizations": True,
    "Exclude_Organization_Support_Role_Data": True,
    "Exclude_Location_Hierarchies": True,
    "Exclude_Cost_Center_Hierarchies": True,
    "Exclude_Company_Hierarchies": True,
    "Exclude_Matrix_Organizations": True,
    "Exclude_Pay_Groups": True,
    "Include_Management_Chain_Data": True,
}
Asked = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a run."""

    name: str
    criteria: Asked
    #: Whether each of its rows is given, so that their number can be announced.
    counted: bool = True


def queries(reading: Reading, options: Options) -> list[Query]:
    """Return the queries of a run, in their order."""
    since = watermark_of(reading)
    everybody = Query(EVERYBODY, {"Exclude_Inactive_Workers": not options.leavers})
    if since is None:
        return [everybody, *_to_come(reading, options)]
    entered = _dates(Updated_From=since, Updated_Through=reading.as_of)
    taken_back = Query(TAKEN_BACK, _log(entered, options.transaction_types), counted=False)
    if reading.full:
        corrected = Query(CORRECTED, _log(entered), counted=False)
        return [everybody, *_to_come(reading, options), corrected, taken_back]
    effective = _dates(Effective_From=since - MARGIN, Effective_Through=reading.as_of)
    return [
        Query(ENTERED, _log(entered)),
        Query(EFFECTIVE, _log(effective)),
        taken_back,
    ]


def watermark_of(reading: Reading) -> datetime | None:
    """Return the moment the last complete run began."""
    said = reading.watermark.get("as_of")
    return datetime.fromisoformat(said) if said else None


def page_of(query: Query, page: int, reading: Reading, options: Options) -> Asked:
    """Return the request of a page."""
    return {
        "Request_Criteria": query.criteria,
        "Response_Filter": _filter(options.day(reading.as_of), page, reading, options),
        "Response_Group": {**_GROUP, "Include_Transaction_Log_Data": query.name not in (EVERYBODY, TO_COME)},
    }


def again(wids: Sequence[str], day: date, reading: Reading, options: Options) -> Asked:
    """Return the request for some workers as of another day."""
    references = [{"ID": [{"_value_1": each, "type": "WID"}]} for each in wids]
    return {
        "Request_References": {"Worker_Reference": references, "Skip_Non_Existing_Instances": True},
        "Response_Filter": _filter(day, 1, reading, options),
        "Response_Group": dict(_GROUP),
    }


def _to_come(reading: Reading, options: Options) -> list[Query]:
    if not options.future_days:
        return []
    until = reading.as_of + timedelta(days=options.future_days)
    dates = _dates(Effective_From=reading.as_of, Effective_Through=until)
    return [Query(TO_COME, _log(dates, options.hire_types), counted=False)]


def _log(dates: Asked, types: Sequence[str] = ()) -> Asked:
    log: Asked = {"Transaction_Date_Range_Data": dates}
    if types:
        references = [{"ID": [{"_value_1": each, "type": "Business_Process_Type"}]} for each in types]
        log["Transaction_Type_References"] = {"Transaction_Type_Reference": references}
    return {"Transaction_Log_Criteria_Data": [log], "Exclude_Inactive_Workers": False}


def _dates(**moments: datetime) -> Asked:
    return {name: moment.astimezone(UTC) for name, moment in moments.items()}


def _filter(day: date, page: int, reading: Reading, options: Options) -> Asked:
    return {
        "As_Of_Effective_Date": day,
        "As_Of_Entry_DateTime": reading.as_of.astimezone(UTC),
        "Page": page,
        "Count": options.count,
    }
