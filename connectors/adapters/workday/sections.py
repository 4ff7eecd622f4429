"""Which sections of a worker Workday keeps from the hub, for want of a right of its user.

In: the raw records of a page. Out: for each the paths of sections that are not there although they should be.
What a mapping reads there is left as it is known (connectors.adapters.WITHHELD): a missing right never ends
or blanks anything. Pure.

Some sections every worker at work has; one without them shows a missing right by itself, or has left, and
what is known of the time before is kept as well. Others a worker may lack; these are taken for withheld where
nobody on the page has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.adapters.workday.worker_xml import Raw
from connectors.mapping.paths import Path, listed, parse, read

_JOB = "Worker_Data.Employment_Data.Worker_Job_Data"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a worker, and the security domain that opens it."""

    path: str
    title: str
    domain: str
    #: Whether each worker at work has it.
    everybody: bool = False


SECTIONS = (
    Section(
        "Worker_Data.Personal_Data.Name_Data",
        "names",
        "Person Data: Name",
        everybody=True,
    ),
    Section("Worker_Data.Personal_Data.Contact_Data", "work e-mail", "Person Data: Work Email"),
    Section(
        "Worker_Data.Employment_Data",
        "status and dates",
        "Worker Data: Current Staffing Information",
        everybody=True,
    ),
    Section(f"{_JOB}.Position_Data", "position", "Worker Data: Current Staffing Information", everybody=True),
    Section(f"{_JOB}.Position_Data.Job_Profile_Summary_Data", "job profile", "Worker Data: Job Details"),
    Section(
        f"{_JOB}.Position_Data.Job_Classification_Summary_Data",
        "job classifications (regulatory classes)",
        "Worker Data: Job Details",
    ),
    Section(f"{_JOB}.Position_Data.Business_Site_Summary_Data", "location", "Worker Data: Business Site"),
    Section(
        "Worker_Data.Organization_Data",
        "organizations",
        "Worker Data: Organization Information",
        everybody=True,
    ),
    Section(
        "Worker_Data.Management_Chain_Data",
        "management chain",
        "Worker Data: Public Worker Reports",
    ),
)
_PATHS: dict[str, Path] = {
    each.path: parse(each.path.replace("Worker_Job_Data.", "Worker_Job_Data[*].")) for each in SECTIONS
}


def withheld(raws: Sequence[Raw]) -> list[list[str]]:
    """Return for each record of a page the paths of sections that are kept from the hub."""
    have = {each.path: [_has(each, raw) for raw in raws] for each in SECTIONS}
    found: list[list[str]] = []
    for place in range(len(raws)):
        missing = []
        for each in SECTIONS:
            if have[each.path][place]:
                continue
            if each.everybody or not any(have[each.path]):
                missing.append(each.path)
        found.append(missing)
    return found


def _has(section: Section, raw: Raw) -> bool:
    found: Any = read(_PATHS[section.path], raw, raw)
    return bool(listed(found)) and found != {}
