"""Workers of a population as Workday shows them: a Worker element, a row of a report, and what was entered of
them and when.

In: a population, a worker, the day and the moment the answer is held to. Out: lxml elements and rows of text.
What Workday would not know yet is never in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lxml import etree

from simulators.population import (
    AssignmentAt,
    EmploymentAt,
    Entry,
    Name,
    Population,
    Position,
    Stay,
    Worker,
    WorkerAt,
)

NAMESPACE = "urn:com.workday/bsvc"
HIRES = {"employee": "Hire Employee"}
ENDS = {"employee": "Terminate Employee"}
CONTRACT, CONTRACT_ENDS = "Contract Contingent Worker", "End Contingent Worker Contract"
CHANGE, RENAME, CONTACT = "Change Job", "Legal Name Change", "Contact Change"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Event:
    """A transaction in Workday's log."""

    type: str
    effective: date
    entered: datetime
    withdrawn: datetime | None = None
    #: Whether this is somebody taking back a transaction of that type.
    rescind: bool = False

    def known(self, moment: datetime) -> bool:
        """Tell whether it stood in the log at a moment."""
        return self.entered <= moment and (self.withdrawn is None or moment < self.withdrawn)


def events(worker: Worker) -> Iterator[Event]:
    """Yield what was entered of a worker."""
    for name in worker.names.entries:
        yield from _events(name, RENAME, name.effective)
    for email in worker.emails.entries:
        yield from _events(email, CONTACT, email.effective)
    for employment in worker.employments:
        before: Stay | None = None
        for entry in sorted(employment.stays.entries, key=lambda each: each.entered):
            if entry.value is None:
                continue
            replaced = any(each.entered == entry.withdrawn for each in employment.stays.entries)
            yield from _stay_events(entry, entry.value, before, replaced=replaced)
            before = entry.value
        for assignment in employment.assignments:
            for position in assignment.positions.entries:
                yield from _events(position, CHANGE, position.effective)


def _events(
    entry: Entry[Name] | Entry[str] | Entry[Position], type_: str, effective: date
) -> Iterator[Event]:
    yield Event(type_, effective, entry.entered, entry.withdrawn)
    if entry.withdrawn is not None:
        # Whoever took it back entered that, too: a correction.
        yield Event(type_, effective, entry.withdrawn)


def _stay_events(entry: Entry[Stay], stay: Stay, before: Stay | None, *, replaced: bool) -> Iterator[Event]:
    hires = HIRES.get(stay.worker_type, CONTRACT)
    ends = ENDS.get(stay.worker_type, CONTRACT_ENDS)
    if before is None:
        yield Event(hires, stay.first, entry.entered, entry.withdrawn)
    if stay.last is not None:
        yield Event(ends, stay.last + _DAY, entry.entered, entry.withdrawn)
    if entry.withdrawn is not None and not replaced:
        yield Event(hires, stay.first, entry.withdrawn, rescind=True)


class Shown:
    """Workers as of a day, as known at a moment."""

    def __init__(self, population: Population, day: date, known: datetime) -> None:
        self._population = population
        self.day, self.known = day, known

    def at(self, worker: Worker) -> WorkerAt | None:
        """Return what is known of a worker."""
        return worker.at(self.day, self.known)

    def element(self, worker: Worker, *, log: list[Event] | None = None) -> etree._Element:
        """Return a worker as an element; `log` is given with it if there is one."""
        at = self.at(worker)
        employment = at.current if at is not None else None
        found = etree.Element(f"{{{NAMESPACE}}}Worker", nsmap={"wd": NAMESPACE})
        reference(found, "Worker_Reference", WID=worker.wid, **_ids(worker, employment))
        if at is not None:
            text(found, "Worker_Descriptor", at.name.formatted)
        data = add(found, "Worker_Data")
        text(data, "Worker_ID", *_ids(worker, employment).values())
        if at is not None and employment is not None:
            text(data, "User_ID", worker.user_name)
            self._personal(data, at)
            self._employment(data, at, employment)
            if employment.stay.first <= self.day and employment.primary is not None:
                self._organizations(data, employment, employment.primary.position)
                self._chain(data, employment.primary.position)
        if log is not None:
            _log(data, log)
        return found

    def _personal(self, data: etree._Element, at: WorkerAt) -> None:
        personal = add(data, "Personal_Data")
        names = add(personal, "Name_Data")
        for kind, given in (("Legal", at.name.given), ("Preferred", at.name.preferred or at.name.given)):
            detail = add(add(names, f"{kind}_Name_Data"), "Name_Detail_Data")
            detail.set(f"{{{NAMESPACE}}}Formatted_Name", at.name.formatted)
            text(detail, "First_Name", given)
            text(detail, "Last_Name", at.name.family)
        if at.email:
            contact = add(personal, "Contact_Data")
            _email(contact, f"{at.worker.number}@home.example", "HOME", public=False)
            _email(contact, at.email, "WORK", public=True)

    def _employment(self, data: etree._Element, at: WorkerAt, employment: EmploymentAt) -> None:
        found = add(data, "Employment_Data")
        stay = employment.stay
        if stay.first <= self.day:
            for assignment in employment.assignments:
                self._job(found, at.worker, employment, assignment)
        status = add(found, "Worker_Status_Data")
        gone = at.status == "terminated"
        text(status, "Active", "0" if gone or at.status == "pending" else "1")
        text(status, "Hire_Date", stay.first.isoformat())
        text(status, "Original_Hire_Date", stay.original_hire_date.isoformat())
        if stay.last is not None and stay.worker_type != "employee":
            text(status, "End_Employment_Date", stay.last.isoformat())
        text(status, "Retired", "1" if gone and stay.end_reason == "RET" else "0")
        text(status, "Terminated", "1" if gone else "0")
        if stay.last is not None and (gone or stay.end_reason):
            text(status, "Termination_Date", stay.last.isoformat())
            reference(
                status, "Primary_Termination_Reason_Reference", Termination_Subcategory_ID=stay.end_reason
            )
        text(status, "Rehire", "1" if stay.hire_kind == "rehire" else "0")
        text(
            add(status, "Leave_Status_Data"),
            "On_Leave",
            "1" if at.status in ("leave", "suspended") else "0",
        )

    def _job(
        self, found: etree._Element, worker: Worker, employment: EmploymentAt, assignment: AssignmentAt
    ) -> None:
        position, population = assignment.position, self._population
        job, location = population.job_by_key[position.job], population.location_by_key[position.location]
        data = add(found, "Worker_Job_Data")
        data.set(f"{{{NAMESPACE}}}Primary_Job", "1" if assignment.primary else "0")
        data = add(data, "Position_Data")
        reference(data, "Position_Reference", Position_ID=position.position)
        text(data, "Position_ID", position.position)
        text(data, "Position_Title", position.title)
        text(data, "Business_Title", position.title)
        text(data, "Start_Date", employment.stay.first.isoformat())
        text(data, "Effective_Date", self._since(worker, employment, assignment).isoformat())
        if employment.stay.worker_type == "employee":
            reference(data, "Worker_Type_Reference", Employee_Type_ID="Regular")
        else:
            kind = "Partner" if employment.stay.worker_type == "partner" else "Contractor"
            reference(data, "Worker_Type_Reference", Contingent_Worker_Type_ID=kind)
        text(data, "Full_Time_Equivalent_Percentage", str(position.percent))
        profile = add(data, "Job_Profile_Summary_Data")
        reference(profile, "Job_Profile_Reference", Job_Profile_ID=job.key)
        text(profile, "Job_Profile_Name", job.title)
        reference(profile, "Job_Family_Reference", job.family, Job_Family_ID=job.key[:2])
        self._organization(add(data, "Organization_Data"), position.unit)
        for each in (*job.regulatory_classes, *position.regulatory_classes):
            classes = add(data, "Job_Classification_Summary_Data")
            reference(classes, "Job_Classification_Reference", each, Job_Classification_Reference_ID=each)
        site = add(data, "Business_Site_Summary_Data")
        reference(site, "Location_Reference", location.name, Location_ID=location.key)
        text(site, "Name", location.name)
        address = add(site, "Address_Data")
        reference(address, "Country_Reference", **{"ISO_3166-1_Alpha-2_Code": location.country})
        text(address, "Municipality", location.city)
        text(address, "Country_Region_Descriptor", location.region)

    def _since(self, worker: Worker, employment: EmploymentAt, assignment: AssignmentAt) -> date:
        histories = (
            each.positions
            for work in worker.employments
            if work.number == employment.number
            for each in work.assignments
            if each.number == assignment.number
        )
        return next(
            each.first
            for history in histories
            for each in history.slices(self.known)
            if each.first <= self.day and (each.last is None or self.day <= each.last)
        )

    def _organizations(self, data: etree._Element, employment: EmploymentAt, position: Position) -> None:
        found = add(data, "Organization_Data")
        self._organization(found, position.unit)
        employer = employment.stay.legal_employer
        code = "".join(each for each in employer.upper() if each.isalnum())
        _organization(found, f"COMPANY-{code}", code, employer, "COMPANY")
        _organization(found, f"CC-{position.unit}", position.unit, f"CC {position.unit}", "COST_CENTER")

    def _organization(self, found: etree._Element, unit: str) -> None:
        kind = self._population.unit_by_key[unit].kind.title()
        _organization(found, unit, unit, self._name_of(unit), "SUPERVISORY", kind)

    def _chain(self, data: etree._Element, position: Position) -> None:
        chain = add(add(data, "Management_Chain_Data"), "Worker_Supervisory_Management_Chain_Data")
        path = self._population.path(position.unit, self.day, self.known)
        for unit in path:
            link = add(chain, "Management_Chain_Data")
            reference(link, "Organization_Reference", self._name_of(unit), Organization_Reference_ID=unit)
            state = self._population.unit_by_key[unit].states.at(self.day, self.known)
            number = position.manager if unit == path[-1] else (state.head if state is not None else "")
            if number:
                manager = self._population.worker_by_number[number]
                reference(link, "Manager_Reference", WID=manager.wid, Employee_ID=number)

    def _name_of(self, unit: str) -> str:
        state = self._population.unit_by_key[unit].states.at(self.day, self.known)
        return state.name if state is not None else unit

    def row(self, at: WorkerAt) -> dict[str, str]:
        """Return a worker as a row of the report; columns without a value are left out."""
        employment = at.current
        stay, worker = employment.stay, at.worker
        row = {
            "Employee_ID": worker.number,
            "WID": worker.wid,
            "User_Name": worker.user_name,
            "First_Name": at.name.given,
            "Last_Name": at.name.family,
            "Preferred_Name": at.name.preferred,
            "Work_Email": at.email,
            "Worker_Type": stay.worker_type.title(),
            "Worker_Status": {"leave": "On leave"}.get(at.status, at.status.title()),
            "Hire_Date": stay.first.isoformat(),
            "Original_Hire_Date": stay.original_hire_date.isoformat(),
            "Termination_Date": stay.last.isoformat() if stay.last is not None else "",
            "Termination_Reason": stay.end_reason,
            "Company": stay.legal_employer,
        }
        if employment.primary is not None and stay.first <= self.day:
            row |= self._row_of(worker, employment, employment.primary)
        return {name: value for name, value in row.items() if value}

    def _row_of(self, worker: Worker, employment: EmploymentAt, assignment: AssignmentAt) -> dict[str, str]:
        position, population = assignment.position, self._population
        job, location = population.job_by_key[position.job], population.location_by_key[position.location]
        state = population.unit_by_key[position.unit].states.at(self.day, self.known)
        return {
            "Effective_Date": self._since(worker, employment, assignment).isoformat(),
            "Position_ID": position.position,
            "Business_Title": position.title,
            "Job_Code": job.key,
            "Job_Profile": job.title,
            "Job_Family": job.family,
            "Job_Classifications": "; ".join((*job.regulatory_classes, *position.regulatory_classes)),
            "Organization_ID": position.unit,
            "Organization": self._name_of(position.unit),
            "Superior_Organization_ID": state.parent if state is not None else "",
            "Location_ID": location.key,
            "Location": location.name,
            "City": location.city,
            "Country": location.country,
            "Manager_ID": position.manager,
        }


def add(parent: etree._Element, name: str) -> etree._Element:
    """Add an element."""
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")


def text(parent: etree._Element, name: str, *values: str) -> None:
    """Add an element with the first value, if there is one."""
    if values and values[0]:
        add(parent, name).text = values[0]


def reference(parent: etree._Element, name: str, descriptor: str = "", /, **ids: str) -> None:
    """Add a reference with IDs by their types."""
    found = add(parent, name)
    if descriptor:
        found.set(f"{{{NAMESPACE}}}Descriptor", descriptor)
    for type_, value in ids.items():
        if value:
            each = add(found, "ID")
            each.set(f"{{{NAMESPACE}}}type", type_)
            each.text = value


def _ids(worker: Worker, employment: EmploymentAt | None) -> dict[str, str]:
    if employment is not None and employment.stay.worker_type != "employee":
        return {"Contingent_Worker_ID": f"C{worker.number}"}
    return {"Employee_ID": worker.number}


def _email(contact: etree._Element, address: str, usage: str, *, public: bool) -> None:
    found = add(contact, "Email_Address_Data")
    text(found, "Email_Address", address)
    used = add(found, "Usage_Data")
    used.set(f"{{{NAMESPACE}}}Public", "1" if public else "0")
    kind = add(used, "Type_Data")
    kind.set(f"{{{NAMESPACE}}}Primary", "1")
    reference(kind, "Type_Reference", Communication_Usage_Type_ID=usage)


def _organization(
    found: etree._Element, key: str, code: str, name: str, type_: str, subtype: str = ""
) -> None:
    outer = add(found, "Worker_Organization_Data")
    reference(outer, "Organization_Reference", name, Organization_Reference_ID=key)
    inner = add(outer, "Organization_Data")
    text(inner, "Organization_Reference_ID", key)
    text(inner, "Organization_Code", code)
    text(inner, "Organization_Name", name)
    reference(inner, "Organization_Type_Reference", Organization_Type_ID=type_)
    if subtype:
        reference(inner, "Organization_Subtype_Reference", Organization_Subtype_ID=subtype)


def _log(data: etree._Element, log: list[Event]) -> None:
    found = add(data, "Transaction_Log_Entry_Data")
    for event in log:
        entry = add(add(found, "Transaction_Log_Entry"), "Transaction_Log_Data")
        text(entry, "Transaction_Log_Description", event.type)
        moment = datetime.combine(event.effective, datetime.min.time(), UTC)
        text(entry, "Transaction_Effective_Moment", moment.isoformat())
        text(entry, "Transaction_Entry_Moment", event.entered.isoformat())
        reference(entry, "Transaction_Log_Type_Reference", Business_Process_Type=event.type)
        text(entry, "Is_Rescind_Or_Rescinded", "1" if event.rescind else "0")
