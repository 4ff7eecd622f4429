"""A Worker element as a raw record: JSON values under the names Workday gives them.

In: the elements of an answer. Out: for each worker its raw record, its key and what the queries need to know
of it. Pure. An element becomes an object of its children, a leaf its text, an attribute @name; the IDs of a
reference stand by their type (`Worker_Reference.ID.WID`). Elements there may be several of are lists even if
there is one. Empty elements are left out; true and false are 1 and 0.

Two members are added: `Superior_Organization_Reference` in each element of the management chain, the
organization above; and, in a record read as of another day than that of the run, `As_Of_Effective_Date`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

#: Elements a worker may have several of.
SEVERAL = frozenset(
    {
        "Email_Address_Data",
        "Usage_Data",
        "Type_Data",
        "Worker_Job_Data",
        "Job_Family_Reference",
        "Job_Classification_Summary_Data",
        "Leave_Status_Data",
        "Worker_Organization_Data",
        "Worker_Supervisory_Management_Chain_Data",
        "Transaction_Log_Entry",
        "Transaction_Log_Type_Reference",
    }
)
_WORDS = {"true": "1", "false": "0"}
_CHAIN = "Worker_Supervisory_Management_Chain_Data"
_LINK = "Management_Chain_Data"

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Transaction:
    """An entry of the transaction log."""

    effective: date | None
    entered: datetime | None
    #: Whether it took another one back, or was taken back.
    rescind: bool


@dataclass(frozen=True, slots=True)
class Read:
    """A worker that was read."""

    wid: str
    raw: Raw
    #: First day of the current engagement, where it is told and is a day.
    hired: date | None
    #: The transactions that were asked for.
    log: tuple[Transaction, ...] = ()
    #: Why it cannot be used.
    broken: str = ""

    @property
    def taken_back(self) -> bool:
        """Whether somebody took back one of the transactions."""
        return any(each.rescind for each in self.log)

    def touched(self, since: datetime) -> date | None:
        """Return the first day something is about that was entered, or became so, since a moment."""
        days = [
            each.effective
            for each in self.log
            if each.effective is not None
            and (each.effective >= since.date() or (each.entered is not None and each.entered >= since))
        ]
        return min(days, default=None)


def workers(response: etree._Element) -> Iterator[Read]:
    """Yield the workers of a Get_Workers_Response."""
    for number, element in enumerate(response.iterfind("{*}Response_Data/{*}Worker"), start=1):
        yield worker(element, number)


def worker(element: etree._Element, number: int = 1) -> Read:
    """Return one worker."""
    found = value(element)
    raw: Raw = found if isinstance(found, dict) else {}
    log = inside(raw, "Worker_Data").pop("Transaction_Log_Entry_Data", {})
    _with_superiors(raw)
    wid = inside(raw, "Worker_Reference", "ID").get("WID", "")
    broken = "" if wid else f"Worker {number} of the page has no WID."
    return Read(wid, raw, day_of(status(raw).get("Hire_Date")), tuple(_log(log)), broken)


def status(raw: Raw) -> Raw:
    """Return Worker_Status_Data, empty where it is not told."""
    return inside(raw, "Worker_Data", "Employment_Data", "Worker_Status_Data")


def jobs(raw: Raw) -> list[Raw]:
    """Return the elements of Worker_Job_Data."""
    found = inside(raw, "Worker_Data", "Employment_Data").get("Worker_Job_Data", [])
    return [each for each in found if isinstance(each, dict)]


def primary(raw: Raw) -> Raw | None:
    """Return the primary job, where there is one with a position."""
    return next(
        (each for each in jobs(raw) if each.get("@Primary_Job") == "1" and inside(each, "Position_Data")),
        None,
    )


def value(element: etree._Element) -> Any:
    """Return an element as JSON values; None where it is empty."""
    found: dict[str, Any] = {
        f"@{_local(name)}": _WORDS.get(str(text), str(text)) for name, text in element.attrib.items() if text
    }
    for child in element:
        name = _local(child.tag)
        if name == "ID" and (type_ := _attribute(child, "type")):
            found.setdefault("ID", {}).setdefault(type_, (child.text or "").strip())
            continue
        part = value(child)
        if part is not None:
            _put(found, name, part, several=_is_several(element, name))
    if found:
        return found
    text = (element.text or "").strip() if not len(element) else ""
    return _WORDS.get(text, text) or None


def _put(found: dict[str, Any], name: str, part: Any, *, several: bool) -> None:
    if name not in found:
        found[name] = [part] if several else part
    elif isinstance(found[name], list):
        found[name].append(part)
    else:
        found[name] = [found[name], part]


def _is_several(parent: etree._Element, name: str) -> bool:
    # The chain and its links have the same name.
    return name in SEVERAL or (name == _LINK and _local(parent.tag) == _CHAIN)


def _with_superiors(raw: Raw) -> None:
    for chain in inside(raw, "Worker_Data", _LINK).get(_CHAIN, ()):
        above = None
        for link in chain.get(_LINK, ()) if isinstance(chain, dict) else ():
            if above is not None:
                link["Superior_Organization_Reference"] = above
            above = link.get("Organization_Reference")


def _log(log: Any) -> Iterator[Transaction]:
    for each in log.get("Transaction_Log_Entry", ()) if isinstance(log, dict) else ():
        data = inside(each, "Transaction_Log_Data") if isinstance(each, dict) else {}
        yield Transaction(
            day_of(data.get("Transaction_Effective_Moment")),
            _moment(data.get("Transaction_Entry_Moment")),
            data.get("Is_Rescind_Or_Rescinded") == "1",
        )


def inside(raw: Raw, *names: str) -> Raw:
    """Return an object within a record, empty where there is none."""
    found: Any = raw
    for name in names:
        found = found.get(name)
        if not isinstance(found, dict):
            return {}
    return found if isinstance(found, dict) else {}


def day_of(text: Any) -> date | None:
    """Return the day a text begins with; None where it does not."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _local(tag: Any) -> str:
    return str(tag).rpartition("}")[2]


def _attribute(element: etree._Element, name: str) -> str:
    return next((str(text) for each, text in element.attrib.items() if _local(each) == name), "")
