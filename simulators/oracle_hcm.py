"""A simulated Oracle HCM Cloud: workers and work structures over REST, Atom feeds, Basic and OAuth 2.

In: a population, and what time it is. Out: a server that answers as a pod does: framework 4 collections of at
most 500 rows (25 unless asked otherwise, also inside children), `q`, `effectiveDate`, `expand`, `fields`,
`orderBy`, links unless only data is asked for; feeds that repeat and lose entries on demand.

Faults beyond those of every server, by `faults.arm`: "shift" (a row before the next page goes away), "repeat"
(a feed gives its entries twice), "lag" (entries were put into the feed a day late); and what `Pod` has:
workers that are hidden or spoiled, entries that were purged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from urllib.parse import urlencode

from simulators import oracle_feeds
from simulators.oracle_feeds import Feeds
from simulators.oracle_records import Json, Records, person_id
from simulators.population import Population, Worker
from simulators.server import Answer, Request, Server, basic, json_answer, same, xml_answer

TITLE = "Oracle HCM Cloud"
ADAPTER = "oracle_hcm"

_USER, _PASSWORD = "HUB.INTEGRATION", "welcome-to-the-simulator"
_CLIENT, _SECRET = "hub", "not-a-secret-of-anybody"
_REST = "/hcmRestApi/resources/{version}"
_LIMIT, _LIMIT_MOST = 25, 500
_CHILDREN = frozenset({"names", "emails", "workRelationships", "assignments", "managers", "assignmentsDFF"})
_KEYS = {
    "names": "PersonNameId",
    "emails": "EmailAddressId",
    "workRelationships": "PeriodOfServiceId",
    "assignments": "AssignmentId",
    "managers": "ManagerAssignmentNumber",
    "assignmentsDFF": "regulatoryClasses",
}
_ONE = re.compile(r"(?P<field>[\w.]+)\s*=\s*'?(?P<value>[^']*?)'?$")
_SOME = re.compile(r"(?P<field>[\w.]+)\s+IN\s*\((?P<values>.*)\)$", re.IGNORECASE)


class Wrong(Exception):
    """A request Oracle would refuse with status 400."""


def settings(url: str) -> dict[str, Any]:
    """Return the settings of a connection to a simulator at an address."""
    return {
        "url": url,
        "auth": "basic",
        "username": _USER,
        "allow_private": True,
        "organizations": "organizations",
        "jobs": "jobs",
        "locations": "locations",
        "expand": "workRelationships.assignments.assignmentsDFF",
    }


def oauth_settings(url: str) -> dict[str, Any]:
    """Return the settings of a connection that lets itself in by OAuth 2."""
    rest = {name: value for name, value in settings(url).items() if name != "username"}
    return {**rest, "auth": "oauth2", "token_url": f"{url}/oauth2/v1/token", "client_id": _CLIENT}


def secrets() -> dict[str, str]:
    """Return the secrets of a connection."""
    return {"password": _PASSWORD, "client_secret": _SECRET}


class Pod(Server):
    """The simulated pod."""

    def __init__(
        self,
        population: Population,
        now: Callable[[], datetime],
        *,
        host: str,
        port: int,
        child_limit: int,
    ) -> None:
        super().__init__(host=host, port=port)
        self.now = now
        self.child_limit = child_limit
        #: Numbers of workers nobody is shown.
        self.hidden: set[str] = set()
        #: Numbers of workers that come damaged.
        self.spoiled: set[str] = set()
        #: Entries of feeds before it are gone.
        self.purged_before: datetime | None = None
        self.records = Records(population)
        self.feeds = Feeds(population)

    # Rows

    def workers(self, asked: Mapping[str, str], day: date) -> list[Worker]:
        """Return the workers a request asks for, in the order it asks for."""
        known = self.now()
        found = [
            each
            for each in self._candidates(asked.get("q", ""))
            if each.number not in self.hidden and _there(each, day, known)
        ]
        return _in_order(found, asked.get("orderBy", ""))

    def _candidates(self, q: str) -> Iterable[Worker]:
        people = self.records.population
        if not q:
            return people.workers
        field, values = _condition(q)
        by: Mapping[Any, Worker]
        if field == "PersonId":
            by, keys = self.records.worker_by_id, [int(each) for each in values]
            return {each.number: each for key in keys if (each := by.get(key))}.values()
        if field == "PersonNumber":
            by = people.worker_by_number
        elif field == "workRelationships.assignments.AssignmentNumber":
            by = self.records.worker_by_assignment
        else:
            raise Wrong(f"The attribute {field} in the query parameter is not valid.")
        return {each.number: each for value in values if (each := by.get(value))}.values()

    def shown(self, worker: Worker, day: date) -> Json:
        """Return a worker as JSON, damaged where that is asked for."""
        found = self.records.worker(worker, day, self.now())
        if found is None:
            raise AssertionError("only workers who are there are shown")
        if worker.number in self.spoiled:
            found["workRelationships"][0]["StartDate"] = "2020-13-45"
        return found


def simulate(
    population: Population,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    child_limit: int = _LIMIT,
) -> Pod:
    """Return a pod with a population in it; `now` is the moment up to which things were entered."""
    pod = Pod(population, now, host=host, port=port, child_limit=child_limit)
    pod.before(lambda request: _let_in(pod, request))
    pod.route("POST", "/oauth2/v1/token")(lambda request: _token(pod, request))
    pod.route("GET", f"{_REST}/workers")(lambda request: _answered(_workers, pod, request))
    inside = ""
    for _ in range(3):
        inside += "/{key" + str(inside.count("/")) + "}/child/{name" + str(inside.count("/")) + "}"
        pod.route("GET", f"{_REST}/workers{inside}")(lambda request: _answered(_child, pod, request))
    for name in ("organizations", "jobs", "locations"):
        pod.route("GET", f"{_REST}/{name}")(partial(_answered, _structure(name), pod))
    pod.route("GET", "/hcmRestApi/atomservlet/{workspace}/{collection}")(lambda request: _feed(pod, request))
    return pod


def _let_in(pod: Pod, request: Request) -> Answer | None:
    if request.target.startswith("/oauth2/"):
        return None
    given = basic(request)
    if given is not None and same(given[0], _USER) and same(given[1], _PASSWORD):
        return None
    return None if pod.tokens.bearer(request) else Answer(401, b"Unauthorized")


def _token(pod: Pod, request: Request) -> Answer:
    given, form = basic(request), request.form()
    if given is None or not (same(given[0], _CLIENT) and same(given[1], _SECRET)):
        return json_answer({"error": "invalid_client"}, 401)
    if form.get("grant_type") != "client_credentials":
        return json_answer({"error": "unsupported_grant_type"}, 400)
    return json_answer({"access_token": pod.tokens.issue(), "token_type": "Bearer", "expires_in": 3600})


def _answered(do: Callable[[Pod, Request], Json], pod: Pod, request: Request) -> Answer:
    try:
        return json_answer(do(pod, request))
    except Wrong as wrong:
        return json_answer({"title": "Bad Request", "status": "400", "detail": str(wrong)}, 400)


def _workers(pod: Pod, request: Request) -> Json:
    asked, day = request.query, _day(pod, request)
    if "fields" in asked and "expand" in asked:
        raise Wrong("The parameters fields and expand exclude each other.")
    start = _number(asked, "offset", 0)
    if start > 0 and pod.faults.take("shift") is not None:
        pod.hidden.add(pod.workers({"orderBy": "PersonId"}, day)[0].number)
    found = pod.workers(asked, day)
    size = min(_number(asked, "limit", _LIMIT), _LIMIT_MOST)
    page = found[start : start + size]
    if "fields" in asked:
        items = [_only(pod.shown(each, day), asked["fields"]) for each in page]
    else:
        wrap = _Wrapping(pod, request, day)
        items = [wrap.worker(each) for each in page]
    return _collection(items, len(found), start, size, asked)


def _collection(items: list[Json], count: int, start: int, size: int, asked: Mapping[str, str]) -> Json:
    found: Json = {
        "items": items,
        "count": len(items),
        "hasMore": start + len(items) < count,
        "limit": size,
        "offset": start,
        "links": [],
    }
    if asked.get("totalResults") == "true":
        found["totalResults"] = count
    return found


class _Wrapping:
    """Makes plain lists into what a request asks for: collections, links, or neither."""

    def __init__(self, pod: Pod, request: Request, day: date) -> None:
        self._pod = pod
        self._day = day
        self._links = request.query.get("onlyData") != "true"
        self._framework = request.headers.get("rest-framework-version", "1")
        self._version = request.path["version"]
        self._expanded = _expanded(request.query.get("expand", ""))

    def worker(self, worker: Worker) -> Json:
        """Return a worker with the children that were asked for."""
        uniq = f"{worker.wid}{self._day:%Y%m%d}"
        address = f"{self._pod.url}{_REST.format(version=self._version)}/workers/{uniq}"
        return self.row(self._pod.shown(worker, self._day), address, self._expanded)

    def row(self, row: Json, address: str, expanded: Mapping[str, Any]) -> Json:
        """Return a row with the children that are named in `expanded`."""
        found: Json = {}
        for name, value in row.items():
            if name not in _CHILDREN or not isinstance(value, list):
                found[name] = value
            elif name in expanded:
                found[name] = self._child(value, f"{address}/child/{name}", name, expanded[name])
        if self._links:
            found["links"] = [{"rel": "self", "href": address, "name": "row", "kind": "item"}]
        return found

    def _child(self, rows: list[Json], address: str, name: str, expanded: Mapping[str, Any]) -> Any:
        limit = self._pod.child_limit
        items = [self.row(each, f"{address}/{each[_KEYS[name]]}", expanded) for each in rows[:limit]]
        if self._framework != "4":
            return items
        found = _collection(items, len(rows), 0, limit, {})
        found["links"] = [{"rel": "self", "href": address, "name": name, "kind": "collection"}]
        return found if self._links else {name: each for name, each in found.items() if name != "links"}


def _child(pod: Pod, request: Request) -> Json:
    """Answer for a child collection by its own address."""
    steps = request.target.partition("?")[0].split("/workers/")[1].split("/")
    uniq, day = steps[0][:32], datetime.strptime(steps[0][32:], "%Y%m%d").replace(tzinfo=UTC).date()
    worker = next((each for each in pod.records.population.workers if each.wid == uniq), None)
    if worker is None or worker.number in pod.hidden:
        raise Wrong("The worker is not there any more.")
    names, keys = steps[2::3], steps[3::3]
    rows: list[Json] = pod.shown(worker, day)[names[0]]
    for name, parent, key in zip(names[1:], names, keys, strict=False):
        rows = next(each for each in rows if str(each[_KEYS[parent]]) == key)[name]
    start = _number(request.query, "offset", 0)
    size = min(_number(request.query, "limit", _LIMIT), _LIMIT_MOST)
    wrap, address = _Wrapping(pod, request, day), f"{pod.url}{request.target.partition('?')[0]}"
    expanded = _expanded(request.query.get("expand", ""))
    items = [
        wrap.row(each, f"{address}/{each[_KEYS[names[-1]]]}", expanded) for each in rows[start : start + size]
    ]
    found = _collection(items, len(rows), start, size, request.query)
    found["links"] = [{"rel": "self", "href": address, "name": names[-1], "kind": "collection"}]
    return found


def _structure(name: str) -> Callable[[Pod, Request], Json]:
    def answer(pod: Pod, request: Request) -> Json:
        records = pod.records
        rows = {
            "organizations": lambda: records.organizations(_day(pod, request), pod.now()),
            "jobs": records.jobs,
            "locations": records.locations,
        }[name]
        found = list(rows())
        if order := request.query.get("orderBy"):
            found.sort(key=lambda each: each[order])
        start = _number(request.query, "offset", 0)
        size = min(_number(request.query, "limit", _LIMIT), _LIMIT_MOST)
        return _collection(found[start : start + size], len(found), start, size, request.query)

    return answer


def _feed(pod: Pod, request: Request) -> Answer:
    name = f"{request.path['workspace']}/{request.path['collection']}"
    asked = request.query.get("updated-min", "")
    least = datetime.fromisoformat(asked) if asked else None
    if pod.purged_before is not None:
        least = pod.purged_before if least is None else max(least, pod.purged_before)
    events = pod.feeds.since(name, least, pod.now())
    if events is None:
        return Answer(404, b"There is no such feed")
    number, size = _number(request.query, "page", 1), _number(request.query, "page-size", _LIMIT)
    some, more = oracle_feeds.page(events, number, size)
    if pod.faults.take("repeat") is not None:
        some = [*some, *some]
    lag = timedelta(days=1) if pod.faults.take("lag") is not None else timedelta()
    address = f"{pod.url}/hcmRestApi/atomservlet/{name}"
    asked_next = {"updated-min": asked, "page-size": size, "page": number + 1}
    following = f"{address}?{urlencode(asked_next)}" if more else ""
    workers = f"{pod.url}{_REST.format(version='11.13.18.05')}/workers"
    body = oracle_feeds.document(name, workers, some, following, lag=lag)
    return xml_answer(body, content_type="application/atom+xml")


def _day(pod: Pod, request: Request) -> date:
    asked = request.query.get("effectiveDate")
    try:
        return date.fromisoformat(asked) if asked else pod.now().date()
    except ValueError as error:
        raise Wrong("effectiveDate is no date.") from error


def _number(asked: Mapping[str, str], name: str, otherwise: int) -> int:
    found = asked.get(name, "")
    return int(found) if found.isdigit() else otherwise


def _there(worker: Worker, day: date, known: datetime) -> bool:
    stays = (each.stay(known) for each in worker.employments)
    return any(stay is not None and stay.first <= day for stay in stays)


def _in_order(found: list[Worker], asked: str) -> list[Worker]:
    if asked.partition(":")[0] == "PersonId":
        return sorted(found, key=person_id, reverse=asked.endswith(":desc"))
    if asked:
        raise Wrong(f"Rows cannot be ordered by {asked}.")
    # Without an order there is none, and another one each time.
    Random().shuffle(found)  # noqa: S311  nothing secret
    return found


def _condition(q: str) -> tuple[str, list[str]]:
    if found := _SOME.match(q):
        return found["field"], [each.strip().strip("'") for each in found["values"].split(",")]
    if found := _ONE.match(q):
        return found["field"], [found["value"]]
    raise Wrong(f"The query {q} cannot be read.")


def _expanded(asked: str) -> dict[str, Any]:
    """Return the children a request asks for, as a tree."""
    tree: dict[str, Any] = {}
    for path in asked.split(","):
        at = tree
        for name in path.strip().split("."):
            if name and name not in _CHILDREN:
                raise Wrong(f"There is no child {name}.")
            if name:
                at = at.setdefault(name, {})
    return tree


def _only(row: Json, fields: str) -> Json:
    """Return what `fields` names: attributes, and those of children as a.b:Attribute."""
    found: Json = {}
    for part in fields.split(";"):
        path, colon, names = part.partition(":")
        if colon:
            _put(found, row, path.split("."), names.split(","))
        else:
            found |= {name: row.get(name) for name in part.split(",")}
    return found


def _put(into: Json, row: Json, path: list[str], names: list[str]) -> None:
    first, *rest = path
    items = []
    for each in row.get(first) or []:
        made: Json = {} if rest else {name: each.get(name) for name in names}
        if rest:
            _put(made, each, rest, names)
        items.append(made)
    into[first] = _collection(items, len(items), 0, _LIMIT, {})
