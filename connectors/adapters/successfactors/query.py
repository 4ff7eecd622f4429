"""Addresses of questions to the OData service: which entity, which slices, what changed since when.

In: options and moments. Out: URLs and filters. Never a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode

from connectors.adapters.successfactors.options import Options

PEOPLE = "PerPerson"
#: All slices, past and to come; without it only today's come.
_ALWAYS = {"fromDate": "1900-01-01", "toDate": "9999-12-31"}
#: Navigations whose own changes make a person one to be read again.
_MODIFIED = (
    "personalInfoNav",
    "emailNav",
    "employmentNav",
    "employmentNav/jobInfoNav",
    "employmentNav/userNav",
)
#: Days that come without anybody modifying anything, by the navigation they stand in.
_TURNING = (
    ("personalInfoNav", "startDate"),
    ("employmentNav", "startDate"),
    ("employmentNav", "endDate"),
    ("employmentNav/jobInfoNav", "startDate"),
    ("personEmpTerminationInfoNav", "latestTerminationDate"),
)
#: What else a foundation object is read with.
_WITH = {"FOLocation": "addressNavDEFLT"}


def first_page(chosen: Options, entity: str, filtered: str, paging: str, *, count: bool) -> str:
    """Return the address of the first page of an entity, with every slice."""
    asked = {"$format": "json", **_ALWAYS}
    if filtered:
        asked["$filter"] = filtered
    expand = ",".join(expanded(chosen.expand)) if entity == PEOPLE else _WITH.get(entity, "")
    if expand:
        asked["$expand"] = expand
    if count:
        asked["$inlinecount"] = "allpages"
    asked["customPageSize"] = str(chosen.page_size)
    if paging != "plain":
        asked["paging"] = paging
    return address(chosen, entity, asked)


def address(chosen: Options, entity: str, asked: dict[str, str]) -> str:
    """Return the address of a question."""
    return f"{chosen.service}/{entity}?{urlencode(asked, quote_via=quote, safe='$,/')}"


def expanded(paths: Iterable[str]) -> list[str]:
    """Return navigation paths with those on the way to them, each once, the shorter first."""
    found: dict[str, None] = {}
    for path in paths:
        names = path.split("/")
        for end in range(1, len(names) + 1):
            found["/".join(names[:end])] = None
    return list(found)


def filter_of(chosen: Options, entity: str, since: datetime | None, as_of: datetime) -> str:
    """Return the filter of an entity; `since`: only what changed or came into force from then to `as_of`."""
    changed = "" if since is None else " or ".join(_changed(chosen, entity, since - chosen.overlap, as_of))
    mine = chosen.filter if entity == PEOPLE else ""
    return f"({mine}) and ({changed})" if mine and changed else mine or changed


def employments(chosen: Options, user_ids: Iterable[str]) -> str:
    """Return the address that tells whose employments these are."""
    listed = ",".join(text(each) for each in user_ids)
    return address(
        chosen,
        "EmpEmployment",
        {"$format": "json", "$select": "userId,personIdExternal", "$filter": f"userId in {listed}"},
    )


def text(value: str) -> str:
    """Return a text as a literal of OData."""
    return "'" + value.replace("'", "''") + "'"


def _changed(chosen: Options, entity: str, since: datetime, as_of: datetime) -> Iterator[str]:
    moment = f"datetimeoffset'{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
    yield f"lastModifiedDateTime ge {moment}"
    if entity != PEOPLE:
        return
    read = expanded(chosen.expand)
    for path in _MODIFIED:
        if path in read:
            yield f"{path}/lastModifiedDateTime ge {moment}"
    # A last day shows the day after it; the zone of the tenant may be ahead of ours.
    first, last = since.astimezone(UTC).date() - timedelta(days=1), as_of.astimezone(UTC).date()
    for path, name in _TURNING:
        if path in read:
            field = f"{path}/{name}"
            yield f"({field} ge {_day(first)} and {field} le {_day(last + timedelta(days=1))})"


def _day(day: date) -> str:
    return f"datetime'{day.isoformat()}T00:00:00'"
