"""Entries of the OData service as raw records: lists unwrapped, rows in order, the last of a day chosen.

In: entries as they came. Out: raw records; dates stay as OData writes them. What the hub worked out itself
stands under `hub` in a row. Two answers that say the same in another order make the same record. Never a
call, never a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from connectors.adapters import RawRecord

Row = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
#: An engagement of the other kind that begins so soon after one ended is a conversion, not a rehire.
_CONVERSION = timedelta(days=31)
#: Job information that was discarded says nothing.
_DISCARDED = "O"
#: The class of assignments beside the main one.
_SECONDARY = frozenset({"GA"})
NO_MANAGER = "NO_MANAGER"


class Unreadable(Exception):
    """An entry is not what the metadata promise."""


def day(value: Any) -> date | None:
    """Return the day of `/Date(milliseconds)/`, in UTC whatever offset stands behind; None for nothing."""
    if value is None or value == "":
        return None
    text = str(value)
    inner = text[6:-2]
    if not (text.startswith("/Date(") and text.endswith(")/")):
        raise Unreadable(f"“{text[:60]}” is no date of OData.")
    sign = max(inner.rfind("+"), inner.rfind("-"))
    try:
        return (_EPOCH + timedelta(milliseconds=int(inner[:sign] if sign > 0 else inner))).date()
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"“{text[:60]}” is no date of OData.") from error


def plain(value: Any) -> Any:
    """Return an entry without OData's wrapping: lists as lists, nothing where nothing was expanded."""
    if isinstance(value, dict):
        if isinstance(results := value.get("results"), list):
            return [plain(each) for each in results]
        if "__deferred" in value:
            return None
        return {
            name: found
            for name, each in value.items()
            if name != "__metadata" and ((found := plain(each)) is not None or not isinstance(each, dict))
        }
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def foundation(kind: str, entry: Any) -> RawRecord:
    """Return one slice of a unit, job or location; its key is its code and the day it begins."""
    row = plain(entry)
    if not isinstance(row, dict):
        return RawRecord(kind, "", {"entry": row}, "The entry is no object.")
    code = str(row.get("externalCode") or "").strip()
    try:
        begins = day(row.get("startDate"))
    except Unreadable as error:
        return RawRecord(kind, code, row, str(error))
    if not code:
        return RawRecord(kind, "", row, "The entry has no externalCode.")
    return RawRecord(kind, f"{code}@{begins.isoformat()}" if begins else code, row)


def managers_of(entry: Any) -> Iterator[str]:
    """Yield the userIds of everybody who manages the person in some slice, as far as they can be read."""
    for employment in _rows_of(plain(entry), "employmentNav"):
        for row in _rows_of(employment, "jobInfoNav"):
            if manager := _manager(row):
                yield manager


def employments_of(entry: Any) -> Iterator[str]:
    """Yield the userIds of the person's own employments."""
    for employment in _rows_of(plain(entry), "employmentNav"):
        if employment.get("userId"):
            yield str(employment["userId"])


def person(entry: Any, person_of: Callable[[str], str]) -> RawRecord:
    """Return a person with all employments; `person_of` gives the key of whoever has an employment."""
    found = plain(entry)
    if not isinstance(found, dict):
        return RawRecord("worker", "", {"entry": found}, "The entry is no object.")
    key = str(found.get("personIdExternal") or "").strip()
    if not key:
        return RawRecord("worker", "", found, "The entry has no personIdExternal.")
    try:
        return RawRecord("worker", key, _person(found, person_of))
    except Unreadable as error:
        return RawRecord("worker", key, found, str(error))


def _person(found: Row, person_of: Callable[[str], str]) -> Row:
    made = dict(found)
    made["personalInfoNav"] = _latest(_list(found, "personalInfoNav"), "personalInfoNav")
    made["emailNav"] = _emails(_list(found, "emailNav"))
    if "employmentNav" not in found:
        raise Unreadable("The entry has no employmentNav; it must be expanded.")
    employments = [
        row for each in _list(found, "employmentNav") if (row := _employment(each, person_of)) is not None
    ]
    employments.sort(key=lambda row: (_begins(row, "employmentNav"), str(row.get("userId"))))
    _tell_hire_kinds(employments)
    made["employmentNav"] = employments
    return made


def _employment(row: Row, person_of: Callable[[str], str]) -> Row | None:
    """Return an employment with its slices; None: it was discarded."""
    if not row.get("userId"):
        raise Unreadable("An employment has no userId.")
    told = _list(row, "jobInfoNav")
    rows = [each for each in _latest(told, "jobInfoNav") if _status(each) != _DISCARDED]
    if told and not rows:
        return None
    main = str(row.get("assignmentClass") or "ST") not in _SECONDARY
    last = day(row.get("endDate"))
    made: list[Row] = []
    reason = ""
    for each in rows:
        begins = _begins(each, "jobInfoNav")
        if last is not None and begins == last + _DAY:
            reason = str(each.get("eventReason") or "")
        hub: Row = {"status": _status(each), "primary": main}
        if (manager := _manager(each)) and (key := person_of(manager)):
            hub["manager"] = key
        made.append({**each, "hub": hub})
    return {**row, "jobInfoNav": made, "hub": {"endReason": reason} if reason else {}}


def _tell_hire_kinds(employments: list[Row]) -> None:
    """Tell hires, rehires and conversions apart, of employments in the order in which they begin."""
    main = [each for each in employments if str(each.get("assignmentClass") or "ST") not in _SECONDARY]
    for each in employments:
        each["hub"] = {**each["hub"], "hireKind": "hire"}
    for before, after in pairwise(main):
        ended, begins = day(before.get("endDate")), _begins(after, "employmentNav")
        if ended is None or begins <= ended:
            continue
        other = bool(before.get("isContingentWorker")) is not bool(after.get("isContingentWorker"))
        converted = other and begins - ended <= _CONVERSION
        after["hub"]["hireKind"] = "conversion" if converted else "rehire"


def _emails(rows: list[Row]) -> list[Row]:
    made = [
        {**each, "hub": {"type": str(_coded(each, "emailType") or "")}}
        for each in rows
        if each.get("emailAddress")
    ]
    return sorted(made, key=lambda row: (row["hub"]["type"], str(row["emailAddress"])))


def _latest(rows: list[Row], what: str) -> list[Row]:
    """Return one row for each day on which a slice begins, that of the highest number, in their order."""
    by_day: dict[date, tuple[int, Row]] = {}
    for row in rows:
        begins, number = _begins(row, what), _number(row.get("seqNumber"))
        if begins not in by_day or number > by_day[begins][0]:
            by_day[begins] = (number, row)
    return [by_day[begins][1] for begins in sorted(by_day)]


def _number(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError) as error:
        raise Unreadable(f"“{str(value)[:60]}” is no seqNumber.") from error


def _begins(row: Mapping[str, Any], what: str) -> date:
    found = day(row.get("startDate"))
    if found is None:
        raise Unreadable(f"A row of {what} has no startDate.")
    return found


def _status(row: Mapping[str, Any]) -> str:
    return str(_coded(row, "emplStatus") or "")


def _coded(row: Mapping[str, Any], name: str) -> Any:
    """Return the external code of a picklist value; where it was not expanded, the value itself."""
    option = row.get(f"{name}Nav")
    code = option.get("externalCode") if isinstance(option, Mapping) else None
    return code or row.get(name)


def _manager(row: Mapping[str, Any]) -> str:
    found = str(row.get("managerId") or "").strip()
    return "" if found == NO_MANAGER else found


def _list(row: Mapping[str, Any], name: str) -> list[Row]:
    found = row.get(name)
    rows = found if isinstance(found, list) else [] if found is None else [found]
    if not all(isinstance(each, dict) for each in rows):
        raise Unreadable(f"{name} has something that is no row.")
    return rows


def _rows_of(row: Any, name: str) -> list[Row]:
    """Return rows as far as there are some."""
    found = row.get(name) if isinstance(row, dict) else None
    rows = found if isinstance(found, list) else [found]
    return [each for each in rows if isinstance(each, dict)]
