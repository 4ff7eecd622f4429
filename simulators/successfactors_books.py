"""What a SuccessFactors tenant of the made-up company holds at a moment, as entries of its OData entities.

In: the population, a moment, and the days slices are asked for. Out: entries with navigations inside, in the
order in which nobody may trust: the newest slices first, employments of every other person backwards.
Employee Central keeps no address history; people have the address of the day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, TypeVar

from simulators.odata import Entry, Model, Navigation, midnight, moment
from simulators.population import Assignment, Employment, History, Population, Position, Slice, Stay, Worker

Value = TypeVar("Value")

MODEL: Model = {
    "PerPerson": {
        "personalInfoNav": Navigation("PerPersonal"),
        "emailNav": Navigation("PerEmail"),
        "personEmpTerminationInfoNav": Navigation("PersonEmpTerminationInfo", many=False),
        "employmentNav": Navigation("EmpEmployment"),
    },
    "PerPersonal": {},
    "PerEmail": {"emailTypeNav": Navigation("PicklistOption", many=False)},
    "PersonEmpTerminationInfo": {},
    "EmpEmployment": {
        "jobInfoNav": Navigation("EmpJob"),
        "userNav": Navigation("User", many=False),
    },
    "EmpJob": {
        "emplStatusNav": Navigation("PicklistOption", many=False),
        "departmentNav": Navigation("FODepartment", many=False),
        "jobCodeNav": Navigation("FOJobCode", many=False),
        "locationNav": Navigation("FOLocation", many=False),
    },
    "User": {},
    "PicklistOption": {},
    "FODepartment": {},
    "FOJobCode": {},
    "FOLocation": {"addressNavDEFLT": Navigation("FOCorporateAddressDEFLT", many=False)},
    "FOCorporateAddressDEFLT": {},
}
NO_MANAGER = "NO_MANAGER"

_DAY = timedelta(days=1)
_FOREVER = date(9999, 12, 31)
#: When foundation objects without a history begin; a date before 1970 has negative milliseconds.
_SINCE = date(1900, 1, 1)
_SET_UP = datetime(2015, 1, 1, tzinfo=UTC)
#: Codes of the picklist employee-status, and the numbers of its options.
_STATUS = {"active": "A", "leave": "U", "suspended": "S", "terminated": "T", "retired": "R"}
_OPTIONS = {"A": "3638", "U": "3640", "S": "3639", "T": "3642", "R": "3643", "B": "8448", "P": "8449"}
_CLASS = {"employee": "1", "contractor": "2", "partner": "3"}
_COUNTRIES = {
    "US": "USA", "CA": "CAN", "MX": "MEX", "ES": "ESP", "AR": "ARG", "GB": "GBR", "IE": "IRL",
    "DE": "DEU", "AT": "AUT", "CH": "CHE", "FR": "FRA", "BE": "BEL", "PL": "POL", "CZ": "CZE",
    "GR": "GRC", "KZ": "KAZ", "RS": "SRB", "IL": "ISR", "AE": "ARE", "EG": "EGY", "IN": "IND",
    "TH": "THA", "VN": "VNM", "CN": "CHN", "JP": "JPN", "KR": "KOR",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """The days of which slices are asked for."""

    first: date
    last: date

    def has(self, first: date, last: date | None) -> bool:
        """Tell whether a slice has one of them."""
        return first <= self.last and (last is None or self.first <= last)


@dataclass(frozen=True)
class Books:
    """The tenant at a moment."""

    population: Population
    known: datetime

    @property
    def today(self) -> date:
        """The day of the moment."""
        return self.known.date()

    @cached_property
    def people(self) -> list[str]:
        """Keys of everybody there is a record of."""
        return [each.number for each in self.population.workers if self._stays(each)]

    # People

    def person(self, number: str, window: Window) -> Entry:
        """Return a PerPerson with all it leads to."""
        worker = self.population.worker_by_number[number]
        employments = list(self.employments(worker, window))
        ends = [stay.last for _, stay in self._stays(worker)]
        working = sum(
            stay.first <= self.today and (stay.last is None or self.today <= stay.last)
            for _, stay in self._stays(worker)
        )
        entered = min(entry.entered for each in worker.employments for entry in each.stays.entries)
        return {
            "__key": number,
            "personIdExternal": number,
            "perPersonUuid": worker.wid.upper(),
            "createdDateTime": moment(entered),
            "lastModifiedDateTime": moment(entered),
            "personalInfoNav": [
                {
                    "__key": number,
                    "personIdExternal": number,
                    "startDate": midnight(each.first),
                    "endDate": midnight(each.last or _FOREVER),
                    "firstName": each.value.given,
                    "lastName": each.value.family,
                    "preferredName": each.value.preferred,
                    "displayName": each.value.formatted,
                    "lastModifiedDateTime": moment(self._modified(worker.names, each)),
                }
                for each in reversed(worker.names.slices(self.known))
                if window.has(each.first, each.last)
            ],
            "emailNav": list(self._emails(worker)),
            "personEmpTerminationInfoNav": {
                "__key": number,
                "personIdExternal": number,
                "activeEmploymentsCount": working,
                "latestTerminationDate": midnight(
                    None if None in ends else max(end for end in ends if end is not None)
                ),
            },
            "employmentNav": employments if int(number) % 2 else employments[::-1],
        }

    def employments(self, worker: Worker, window: Window, *, deep: bool = True) -> Iterator[Entry]:
        """Yield the EmpEmployments of a person; concurrent assignments are employments of class GA."""
        stays = self._stays(worker)
        for nth, (employment, stay) in enumerate(stays):
            for assignment in employment.assignments:
                slices = assignment.positions.slices(self.known)
                if slices:
                    last_one = nth == len(stays) - 1 and assignment.primary
                    name = worker.user_name if last_one else f"{worker.user_name}.{nth}{assignment.number}"
                    yield self._employment(worker, employment, stay, assignment, name, window, deep=deep)

    def _employment(
        self,
        worker: Worker,
        employment: Employment,
        stay: Stay,
        assignment: Assignment,
        user_name: str,
        window: Window,
        *,
        deep: bool,
    ) -> Entry:
        slices = assignment.positions.slices(self.known)
        user_id = employment.number if assignment.primary else assignment.number
        first = stay.first if assignment.primary else slices[0].first
        last = stay.last if assignment.primary else slices[-1].last
        history: History[Any] = employment.stays if assignment.primary else assignment.positions
        modified = moment(self._touched(history))
        gone = last is not None and last < self.today
        return {
            "__key": user_id,
            "personIdExternal": worker.number,
            "userId": user_id,
            "startDate": midnight(first),
            "endDate": midnight(last),
            "originalStartDate": midnight(stay.original_hire_date),
            "isContingentWorker": stay.worker_type != "employee",
            "assignmentClass": "ST" if assignment.primary else "GA",
            "okToRehire": None if last is None else True,
            "lastModifiedDateTime": modified,
            "userNav": {
                "__key": user_id,
                "userId": user_id,
                "username": user_name,
                "status": "f" if gone else "t",
                "lastModifiedDateTime": modified,
            },
            "jobInfoNav": self._jobs(assignment, user_id, stay, window) if deep else [],
        }

    def _jobs(self, assignment: Assignment, user_id: str, stay: Stay, window: Window) -> list[Entry]:
        """Return the job information, the newest first; a day that was entered twice has two rows."""
        found: list[Entry] = []
        slices = assignment.positions.slices(self.known)
        for each in slices:
            before = [
                entry
                for entry in assignment.positions.entries
                if entry.effective == each.first and entry.value is not None and not entry.known(self.known)
                if entry.entered < each.entered
            ]
            rows = [(entry.value, each.first, entry.entered) for entry in before if entry.value is not None]
            rows.append((each.value, each.last or _FOREVER, self._modified(assignment.positions, each)))
            found += [
                self._job(user_id, number, value, each.first, last, stay, modified)
                for number, (value, last, modified) in enumerate(rows, 1)
                if window.has(each.first, last)
            ]
        if slices and assignment.primary and stay.last is not None:
            over = stay.last + _DAY
            if window.has(over, None):
                entered = moment(self._touched(self._stays_of(user_id)))
                row = self._job(user_id, 1, slices[-1].value, over, _FOREVER, stay, self.known)
                code = "R" if stay.end_reason == "RET" else "T"
                found.append(
                    row | _picked("emplStatus", code)
                    | {"event": "26", "eventReason": stay.end_reason, "lastModifiedDateTime": entered}
                )  # fmt: skip
        return found[::-1]

    def _job(
        self, user_id: str, number: int, position: Position, first: date, last: date, stay: Stay, at: datetime
    ) -> Entry:
        job = self.population.job_by_key[position.job]
        return {
            "__key": f"{user_id}/{first.isoformat()}/{number}",
            "seqNumber": str(number),
            "userId": user_id,
            "startDate": midnight(first),
            "endDate": midnight(last),
            "event": "5" if first == stay.first else "16",
            "eventReason": "HIRNEW" if first == stay.first else "DATACHG",
            **_picked("emplStatus", _STATUS[position.status]),
            "jobCode": position.job,
            "jobTitle": position.title,
            "department": position.unit,
            "location": position.location,
            "company": stay.legal_employer,
            "position": position.position,
            "managerId": self.user_of(position.manager, first),
            "fte": position.percent / 100,
            "employeeClass": _CLASS[stay.worker_type],
            "flsaStatus": "N" if job.level <= 2 else "E",
            "lastModifiedDateTime": moment(at),
            "departmentNav": {"__key": position.unit, "externalCode": position.unit},
            "jobCodeNav": {"__key": job.key, "externalCode": job.key, "name": job.title},
            "locationNav": {"__key": position.location, "externalCode": position.location},
        }

    def user_of(self, number: str, day: date) -> str:
        """Return the userId of the employment somebody has, or had last, on a day."""
        worker = self.population.worker_by_number.get(number)
        stays = self._stays(worker) if worker is not None else []
        if not stays:
            return NO_MANAGER
        begun = [employment.number for employment, stay in stays if stay.first <= day]
        return begun[-1] if begun else stays[0][0].number

    def _emails(self, worker: Worker) -> Iterator[Entry]:
        address = worker.emails.at(self.today, self.known)
        private = f"{worker.user_name}@home.example"
        turned = [
            e.effective for e in worker.emails.entries if e.effective <= self.today and e.known(self.known)
        ]
        since = datetime.combine(max(turned, default=_SINCE), time(), UTC)
        modified = max(self._touched(worker.emails), since)
        for code, text in (("P", private if int(worker.number) % 3 == 0 else None), ("B", address)):
            if text:
                yield {
                    "__key": f"{worker.number}/{code}",
                    "personIdExternal": worker.number,
                    "emailAddress": text,
                    "isPrimary": code == "B",
                    **_picked("emailType", code),
                    "lastModifiedDateTime": moment(modified),
                }

    def _stays(self, worker: Worker) -> list[tuple[Employment, Stay]]:
        found = [(each, each.stay(self.known)) for each in worker.employments]
        return sorted(
            ((each, stay) for each, stay in found if stay is not None), key=lambda pair: pair[1].first
        )

    def _stays_of(self, user_id: str) -> History[Stay]:
        worker = self.population.worker_by_employment[user_id]
        return next(each.stays for each in worker.employments if each.number == user_id)

    # The organization

    def departments(self, window: Window) -> Iterator[Entry]:
        """Yield the slices of FODepartment."""
        for unit in self.population.units:
            for each in unit.states.slices(self.known):
                if window.has(each.first, each.last):
                    yield {
                        "__key": f"{unit.key}/{each.first.isoformat()}",
                        "externalCode": unit.key,
                        "startDate": midnight(each.first),
                        "endDate": midnight(each.last or _FOREVER),
                        "name": each.value.name,
                        "description": unit.kind,
                        "parent": each.value.parent or None,
                        "headOfUnit": self.user_of(each.value.head, each.first),
                        "status": "A",
                        "lastModifiedDateTime": moment(self._modified(unit.states, each)),
                    }

    def jobs(self, window: Window) -> Iterator[Entry]:
        """Yield the slices of FOJobCode."""
        for job in self.population.jobs:
            if window.has(_SINCE, None):
                yield _fixed(job.key) | {
                    "name": job.title,
                    "jobFunction": job.family,
                    "jobLevel": str(job.level),
                    "cust_regulatoryClasses": ";".join(job.regulatory_classes),
                }

    def locations(self, window: Window) -> Iterator[Entry]:
        """Yield the slices of FOLocation."""
        for site in self.population.locations:
            if window.has(_SINCE, None):
                yield _fixed(site.key) | {
                    "name": site.name,
                    "addressNavDEFLT": {
                        "__key": site.key,
                        "country": _COUNTRIES[site.country],
                        "state": site.region,
                        "city": site.city,
                    },
                }

    # When rows changed last

    def _modified(self, history: History[Value], each: Slice[Value]) -> datetime:
        """Return when a slice changed last: entered, or its end moved by what was entered behind it."""
        later = [entry.effective for entry in history.entries if entry.effective > each.first]
        follows = [day for day in later if each.last is None or day <= each.last + _DAY]
        moved = [
            at
            for entry in history.entries
            if entry.effective in follows
            for at in (entry.entered, entry.withdrawn)
            if at is not None and at <= self.known
        ]
        return max([each.entered, *moved])

    def _touched(self, history: History[Value]) -> datetime:
        """Return when something was entered or taken back last."""
        moments = [at for entry in history.entries for at in (entry.entered, entry.withdrawn)]
        return max([at for at in moments if at is not None and at <= self.known], default=_SET_UP)


def _picked(name: str, code: str) -> Entry:
    """Return a picklist value: the number of its option, and the option."""
    option = _OPTIONS[code]
    return {name: option, f"{name}Nav": {"__key": option, "id": option, "externalCode": code}}


def _fixed(key: str) -> Entry:
    """Return what slices have in common that were never changed."""
    return {
        "__key": key,
        "externalCode": key,
        "startDate": midnight(_SINCE),
        "endDate": midnight(_FOREVER),
        "status": "A",
        "lastModifiedDateTime": moment(_SET_UP),
    }
