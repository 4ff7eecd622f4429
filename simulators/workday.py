"""Workday, simulated: Get_Workers over SOAP and a custom report (RaaS) over a made-up workforce.

In: requests as any client makes them. Out: what Workday would answer. WS-Security is checked, wrong requests
get a validation fault, answers are held to As_Of_Entry_DateTime and As_Of_Effective_Date;
without the former the rows are those of the moment, so pages move when something is entered in between. What
somebody took back comes only where its transaction type is asked for by name.

Faults beside those every simulator has (`Server.faults.arm`): "shift" (a page begins a row late), "repeat"
(a page is the one before), "malformed worker" (a date that is none), "nameless worker" (no WID).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

from simulators.population import Population, Worker
from simulators.server import Answer, Request, Server, basic, json_answer, same, xml_answer
from simulators.workday_records import NAMESPACE, Event, Shown, add, events, text

TITLE = "Workday"
ADAPTER = "workday"
TENANT, USER, PASSWORD = "northwind", "ISU_LRS_Hub", "simulated-workday-password"
OWNER, REPORT = "ISU_LRS_Hub", "LRS_Workers"
CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "lrs-hub", "simulated-client-secret", "simulated-refresh-token"
COUNT, COUNT_MOST = 100, 999
#: Seconds an access token is good for.
TOKEN_SECONDS = 900

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_REPORT_NAMESPACE = f"urn:com.workday.report/{REPORT}"
_KEPT_RESULTS = 8


def _now() -> datetime:
    return datetime.now(UTC)


def settings(url: str) -> dict[str, Any]:
    """Return the settings of a connection to it."""
    return {
        "interface": "soap",
        "url": url,
        "tenant": TENANT,
        "username": USER,
        "count": 500,
        "allow_private": True,
    }


def secrets() -> dict[str, str]:
    """Return the secrets of a connection to it."""
    return {"password": PASSWORD}


def report_settings(url: str) -> dict[str, Any]:
    """Return the settings of a connection that reads the report."""
    return {
        "interface": "raas",
        "url": url,
        "tenant": TENANT,
        "username": USER,
        "report": f"{OWNER}/{REPORT}",
        "allow_private": True,
    }


def report_secrets() -> dict[str, str]:
    """Return the secrets of a connection that signs in to the report with OAuth."""
    return {"client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}


class Refusal(Exception):
    """A request Workday does not accept."""

    def __init__(self, message: str, xpath: str) -> None:
        super().__init__(message)
        self.message, self.xpath = message, xpath


@dataclass(frozen=True, slots=True)
class Range:
    """Criteria on the transaction log."""

    updated: tuple[datetime, datetime] | None
    effective: tuple[date, date] | None
    types: frozenset[str]

    def has(self, event: Event, known: datetime) -> bool:
        """Tell whether a transaction is among those asked for."""
        if event.entered > known or (event.rescind and not self.types):
            return False
        if self.types and event.type not in self.types:
            return False
        if self.updated is not None and not self.updated[0] <= event.entered <= self.updated[1]:
            return False
        if self.effective is None:
            return True
        return event.known(known) and self.effective[0] <= event.effective <= self.effective[1]


@dataclass(frozen=True, slots=True)
class Asked:
    """A Get_Workers request."""

    day: date
    known: datetime
    page: int
    count: int
    wids: frozenset[str] | None
    ranges: tuple[Range, ...]
    exclude_inactive: bool
    with_log: bool

    @property
    def about(self) -> str:
        """What tells it apart from others, whichever page it asks for."""
        return repr((self.day, self.known, self.wids, self.ranges, self.exclude_inactive))


class Workday(Server):
    """Workday with the workers of a population."""

    def __init__(self, population: Population, now: Callable[[], datetime], **where: Any) -> None:
        super().__init__(**where)
        self.population = population
        self.now = now
        #: Names of elements nobody gets to see, as if a right were missing.
        self.withheld: set[str] = set()
        self._by_wid = {each.wid: each for each in population.workers}
        self._events: dict[str, list[Event]] = {}
        self._found: dict[str, list[Worker]] = {}
        self.route("POST", f"/ccx/service/{TENANT}/Human_Resources/{{version}}")(self._soap)
        self.route("GET", f"/ccx/service/customreport2/{TENANT}/{OWNER}/{REPORT}")(self._report)
        self.route("POST", f"/ccx/oauth2/{TENANT}/token")(self._token)

    # SOAP

    def _soap(self, request: Request) -> Answer:
        try:
            envelope = etree.fromstring(request.body, _parser())
        except etree.XMLSyntaxError:
            return _fault("Client.validationError", "The envelope is no XML.")
        if not _signed(envelope):
            return _fault("Client.authenticationError", "invalid username or password")
        body = envelope.find(f"{{{_ENVELOPE}}}Body/{{{NAMESPACE}}}Get_Workers_Request")
        if body is None:
            return _fault("Client.validationError", "There is no such operation.")
        try:
            asked = _asked(body, self.now())
        except Refusal as refusal:
            return _fault("Client.validationError", "Validation error occurred.", refusal)
        return _enveloped(self._response(asked, request.path["version"]))

    def _response(self, asked: Asked, version: str) -> etree._Element:
        found = self._matching(asked)
        start = (asked.page - 1) * asked.count
        if asked.page > 1:
            if self.faults.take("shift") is not None:
                start += 1
            if self.faults.take("repeat") is not None:
                start -= asked.count
        shown = Shown(self.population, asked.day, asked.known)
        response = etree.Element(f"{{{NAMESPACE}}}Get_Workers_Response", nsmap={"wd": NAMESPACE})
        response.set(f"{{{NAMESPACE}}}version", version)
        page = found[start : start + asked.count]
        results = add(response, "Response_Results")
        text(results, "Total_Results", str(len(found)))
        text(results, "Total_Pages", str(-(-len(found) // asked.count)))
        text(results, "Page_Results", str(len(page)))
        text(results, "Page", str(asked.page))
        data = add(response, "Response_Data")
        for worker in page:
            log = self._log(worker, asked) if asked.with_log else None
            data.append(self._harmed(shown.element(worker, log=log)))
        return response

    def _matching(self, asked: Asked) -> list[Worker]:
        """Return the workers a request is about, in the order of their WIDs."""
        found = self._found.get(asked.about)
        if found is None:
            if len(self._found) >= _KEPT_RESULTS:
                self._found.clear()
            among = self.population.workers if asked.wids is None else map(self._by_wid.get, asked.wids)
            some = [each for each in among if each is not None and self._matches(each, asked)]
            found = self._found[asked.about] = sorted(some, key=lambda worker: worker.wid)
        return found

    def _matches(self, worker: Worker, asked: Asked) -> bool:
        at = worker.at(asked.day, asked.known)
        if asked.wids is not None:
            return at is not None
        if asked.exclude_inactive and (at is None or at.status == "terminated"):
            return False
        if not asked.ranges:
            return at is not None and at.current.stay.first <= asked.day
        by_name = any(each.types for each in asked.ranges)
        return bool(self._log(worker, asked)) and (at is not None or by_name)

    def _log(self, worker: Worker, asked: Asked) -> list[Event]:
        """Return the transactions of a worker a request asks for."""
        if worker.wid not in self._events:
            self._events[worker.wid] = list(events(worker))
        return [
            event
            for event in self._events[worker.wid]
            if any(each.has(event, asked.known) for each in asked.ranges)
        ]

    def _harmed(self, worker: etree._Element) -> etree._Element:
        """Return a worker as a missing right or a fault leaves it."""
        for name in self.withheld:
            for each in list(worker.iter(f"{{{NAMESPACE}}}{name}")):
                parent = each.getparent()
                if parent is not None:
                    parent.remove(each)
        if self.faults.take("malformed worker") is not None:
            for each in worker.iter(f"{{{NAMESPACE}}}Hire_Date"):
                each.text = "2026-02-30"
        if self.faults.take("nameless worker") is not None:
            worker.remove(worker[0])
        return worker

    # Reports

    def _token(self, request: Request) -> Answer:
        client, form = basic(request), request.form()
        known = client is not None and client[0] == CLIENT_ID and same(client[1], CLIENT_SECRET)
        if not known:
            return json_answer({"error": "invalid_client"}, 401)
        if not same(form.get("refresh_token", ""), REFRESH_TOKEN):
            return json_answer({"error": "invalid_grant"}, 400)
        token = self.tokens.issue(TOKEN_SECONDS)
        return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    def _report(self, request: Request) -> Answer:
        account = basic(request)
        isu = account is not None and account[0] == f"{USER}@{TENANT}" and same(account[1], PASSWORD)
        if not isu and not self.tokens.bearer(request):
            return json_answer({"error": "invalid username or password"}, 401)
        known = self.now()
        try:
            since = request.query.get("Changed_Since")
            changed = datetime.fromisoformat(since) if since else None
            day = date.fromisoformat(request.query.get("Effective_Date", known.date().isoformat()))
        except ValueError:
            return json_answer({"error": "A prompt is no date."}, 400)
        shown = Shown(self.population, day, known)
        rows = [
            shown.row(at)
            for worker in self.population.workers
            if (at := shown.at(worker)) is not None
            and (changed is None or self._changed(worker, changed, known))
        ]
        return _FORMATS[request.query.get("format", "xml")](rows)

    def _changed(self, worker: Worker, since: datetime, known: datetime) -> bool:
        """Tell whether the report's "functionally updated" is within the time asked for."""
        return worker.touched(since, known) or worker.turns(since.date(), known.date(), known)


def simulate(
    population: Population, *, host: str = "127.0.0.1", port: int = 0, now: Callable[[], datetime] = _now
) -> Workday:
    """Return the server, which listens once it is started."""
    return Workday(population, now, host=host, port=port)


def _signed(envelope: etree._Element) -> bool:
    """Tell whether a request carries the integration system user's name and password."""
    token = envelope.find(f"{{{_ENVELOPE}}}Header/{{{_WSSE}}}Security/{{{_WSSE}}}UsernameToken")
    if token is None:
        return False
    name, password = (token.findtext(f"{{{_WSSE}}}{each}") or "" for each in ("Username", "Password"))
    return name == f"{USER}@{TENANT}" and same(password, PASSWORD)


def _asked(body: etree._Element, now: datetime) -> Asked:
    page, count = _number(body, "Page", 1), _number(body, "Count", COUNT)
    if page < 1:
        raise Refusal("Page must be 1 or greater.", "/Response_Filter/Page")
    if not 1 <= count <= COUNT_MOST:
        raise Refusal(f"Count must be between 1 and {COUNT_MOST}.", "/Response_Filter/Count")
    references = body.find(f"{{{NAMESPACE}}}Request_References")
    wids = None
    if references is not None:
        wids = frozenset(
            each.text or ""
            for each in references.iter(f"{{{NAMESPACE}}}ID")
            if each.get(f"{{{NAMESPACE}}}type") == "WID"
        )
        if not wids:
            raise Refusal("A reference has no WID.", "/Request_References")
    entry = _moment(body, "As_Of_Entry_DateTime")
    day = _said(body, "As_Of_Effective_Date")
    return Asked(
        date.fromisoformat(day[:10]) if day else now.date(),
        min(now, entry) if entry is not None else now,
        page,
        count,
        wids,
        tuple(map(_range, body.iter(f"{{{NAMESPACE}}}Transaction_Log_Criteria_Data"))),
        _said(body, "Exclude_Inactive_Workers") in ("1", "true"),
        _said(body, "Include_Transaction_Log_Data") in ("1", "true"),
    )


def _range(criteria: etree._Element) -> Range:
    pairs = []
    for name in ("Updated", "Effective"):
        start, end = _moment(criteria, f"{name}_From"), _moment(criteria, f"{name}_Through")
        if (start is None) is not (end is None):
            raise Refusal(
                f"{name}_From and {name}_Through must be given together.",
                f"/Transaction_Date_Range_Data/{name}_From",
            )
        pairs.append((start, end) if start is not None and end is not None else None)
    updated, effective = pairs
    types = frozenset(
        each.text or ""
        for each in criteria.iter(f"{{{NAMESPACE}}}ID")
        if each.get(f"{{{NAMESPACE}}}type") == "Business_Process_Type"
    )
    days = (effective[0].date(), effective[1].date()) if effective is not None else None
    return Range(updated, days, types)


def _said(element: etree._Element, name: str) -> str:
    found = next(element.iter(f"{{{NAMESPACE}}}{name}"), None)
    return (found.text or "").strip() if found is not None else ""


def _number(element: etree._Element, name: str, usual: int) -> int:
    said = _said(element, name)
    try:
        return int(said) if said else usual
    except ValueError as error:
        raise Refusal(f"{name} is no number.", f"/Response_Filter/{name}") from error


def _moment(element: etree._Element, name: str) -> datetime | None:
    said = _said(element, name)
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError as error:
        raise Refusal(f"{name} is no moment.", f"//{name}") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def _enveloped(content: etree._Element, status: int = 200) -> Answer:
    envelope = etree.Element(f"{{{_ENVELOPE}}}Envelope", nsmap={"env": _ENVELOPE})
    etree.SubElement(envelope, f"{{{_ENVELOPE}}}Body").append(content)
    return xml_answer(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"), status)


def _fault(code: str, message: str, refusal: Refusal | None = None) -> Answer:
    fault = etree.Element(f"{{{_ENVELOPE}}}Fault", nsmap={"SOAP-ENV": _ENVELOPE, "wd": NAMESPACE})
    etree.SubElement(fault, "faultcode").text = f"SOAP-ENV:{code}"
    etree.SubElement(fault, "faultstring").text = refusal.message if refusal is not None else message
    if refusal is not None:
        detail = add(etree.SubElement(fault, "detail"), "Validation_Fault")
        error = add(detail, "Validation_Error")
        text(error, "Message", refusal.message)
        text(error, "Detail_Message", refusal.message)
        text(error, "Xpath", f"/wd:Get_Workers_Request{refusal.xpath}")
    return _enveloped(fault, 500)


Rows = list[dict[str, str]]


def _json(rows: Rows) -> Answer:
    return json_answer({"Report_Entry": rows})


def _csv(rows: Rows) -> Answer:
    written = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["Employee_ID"]
    writer = csv.DictWriter(written, names)
    writer.writeheader()
    writer.writerows(rows)
    return Answer(200, written.getvalue().encode(), "text/csv; charset=utf-8")


def _xml(rows: Rows) -> Answer:
    root = etree.Element(f"{{{_REPORT_NAMESPACE}}}Report_Data", nsmap={"wd": _REPORT_NAMESPACE})
    for row in rows:
        entry = etree.SubElement(root, f"{{{_REPORT_NAMESPACE}}}Report_Entry")
        for name, value in row.items():
            etree.SubElement(entry, f"{{{_REPORT_NAMESPACE}}}{name}").text = value
    return xml_answer(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


_FORMATS: dict[str, Callable[[Rows], Answer]] = {
    "json": _json,
    "csv": _csv,
    "xml": _xml,
    "simplexml": _xml,
}
