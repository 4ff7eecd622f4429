"""A simulated SAP SuccessFactors Employee Central: OData v2 with its logins, paging and refusals.

In: the population and a clock. Out: a server with `/oauth/token` and `/odata/v2/…`; what it holds is what was
entered by the moment it is asked. Signatures of assertions are verified. Faults of its own, besides those of
simulators.server: `arm("snapshot")` lets every snapshot run out, `arm("shift")` removes a row between two
plain pages; `broken` and `hidden` name people whose entry is malformed, and entities nobody may read.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.verifier import SignatureConfiguration, XMLVerifier

from simulators import odata
from simulators.odata import Entry, Wrong
from simulators.population import Population
from simulators.server import Answer, Request, Server, basic, json_answer, same
from simulators.successfactors_books import MODEL, Books, Window

TITLE = "SAP SuccessFactors Employee Central"
ADAPTER = "successfactors"

COMPANY, USER, PASSWORD = "NORTHWIND", "LRSHUB", "made-up-for-the-simulator"
CLIENT_ID, AUDIENCE = "NDQ0NGxyc2h1Yg", "www.successfactors.com"
GRANT = "urn:ietf:params:oauth:grant-type:saml2-bearer"
PAGE_MOST = 1000
_ENTITIES = frozenset({"PerPerson", "EmpEmployment", "EmpJob", "FODepartment", "FOJobCode", "FOLocation"})
#: MDF objects have no snapshots.
_NO_SNAPSHOT = frozenset({"FODepartment", "FOJobCode", "FOLocation"})
_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
#: How long what was issued is good.
_TOKEN_SECONDS, _SESSION_SECONDS = 86_399.0, 1800.0


def settings(url: str) -> dict[str, Any]:
    """Return the settings of a connection with user and password."""
    return {"url": url, "company": COMPANY, "user": USER, "login": "basic", "allow_private": True}


def secrets() -> dict[str, str]:
    """Return the secrets to these settings."""
    return {"password": PASSWORD}


def oauth_settings(url: str) -> dict[str, Any]:
    """Return the settings of a connection that logs in with an assertion."""
    return settings(url) | {"login": "oauth", "client_id": CLIENT_ID}


def oauth_secrets() -> dict[str, str]:
    """Return the secrets to those: a private key made for this process."""
    return {"private_key": _credentials()[0]}


def simulate(
    population: Population,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> SuccessFactors:
    """Return the server, not yet started."""
    return SuccessFactors(population, host=host, port=port, now=now)


@lru_cache(maxsize=1)
def _credentials() -> tuple[str, str]:
    """Return a private key and the certificate that is registered for it, both in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "LRS Hub")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 * 50))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), certificate.public_bytes(pem).decode()


_Row = tuple[str, Callable[[], Entry]]


@dataclass(slots=True)
class _Listing:
    """The entries a question leads to, each by its key and what makes it as it was at one moment."""

    rows: list[_Row]


@dataclass(frozen=True, slots=True)
class _Question:
    """What a request asks of an entity."""

    entity: str
    window: Window
    holds: odata.Predicate
    filter: str
    expanded: Mapping[str, Any]
    select: tuple[str, ...]
    size: int
    paging: str
    counted: bool
    skip: int
    top: int | None

    @property
    def deep(self) -> bool:
        """Whether job information is needed."""
        return self.entity != "EmpEmployment" or "jobInfoNav" in self.expanded or "jobInfoNav" in self.filter


@dataclass(frozen=True, slots=True)
class _Token:
    """A $skiptoken."""

    at: int
    snapshot: str = ""
    after: str = ""

    def __str__(self) -> str:
        return b64encode(orjson.dumps([self.at, self.snapshot, self.after]), altchars=b"-_").decode()

    @classmethod
    def of(cls, text: str) -> _Token:
        try:
            at, snapshot, after = orjson.loads(b64decode(text, altchars=b"-_", validate=True))
        except ValueError as error:
            raise Wrong("COE_GENERAL_BAD_REQUEST", "[COE0021]The skiptoken is none.") from error
        return cls(int(at), str(snapshot), str(after))


class SuccessFactors(Server):
    """The tenant."""

    def __init__(self, population: Population, *, host: str, port: int, now: Callable[[], datetime]) -> None:
        super().__init__(host=host, port=port)
        self._population = population
        self._now = now
        self._snapshots: dict[str, _Listing] = {}
        #: How often somebody logged in, instead of going on with a session.
        self.logins = 0
        #: Numbers of people whose entry cannot be read.
        self.broken: set[str] = set()
        #: Numbers of people who were deleted.
        self.gone: set[str] = set()
        #: Entities the API user may not read.
        self.hidden: set[str] = set()
        self.before(self._let_in)
        self.route("POST", "/oauth/token")(self._token)
        self.route("GET", "/odata/v2/{entity}")(self._answer)

    # Logging in

    def _let_in(self, request: Request) -> Answer | None:
        if not request.target.startswith("/odata/"):
            return None
        if not (self.tokens.bearer(request) or self._knows(basic(request))):
            return odata.refusal(
                Wrong("LOGIN_FAILED", "Login failed: check user, company and password.", 401)
            )
        return None

    @staticmethod
    def _knows(login: tuple[str, str] | None) -> bool:
        return login is not None and same(login[0], f"{USER}@{COMPANY}") and same(login[1], PASSWORD)

    def _session(self, request: Request) -> dict[str, str]:
        """Return the headers of a new session; none where the client goes on with one."""
        if self.tokens.good(request.cookies.get("JSESSIONID", "")):
            return {}
        self.logins += 1
        session = self.tokens.issue(_SESSION_SECONDS)
        return {
            "Set-Cookie": f"JSESSIONID={session}; Path=/; HttpOnly",
            "X-CSRF-Token": self.tokens.issue(_SESSION_SECONDS),
        }

    def _token(self, request: Request) -> Answer:
        form = request.form()
        why = self._against(form)
        if why:
            return json_answer({"errorHttpCode": "401", "errorMessage": why}, 401)
        token = self.tokens.issue(_TOKEN_SECONDS)
        return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": int(_TOKEN_SECONDS)})

    def _against(self, form: Mapping[str, str]) -> str:
        """Return what stands against giving a token; nothing where it may be given."""
        if form.get("grant_type") != GRANT or form.get("company_id") != COMPANY:
            return "Unknown grant type or company."
        if form.get("client_id") != CLIENT_ID:
            return "Invalid API key."
        try:
            document = b64decode(form.get("assertion", ""), validate=True)
            # Only what was signed is looked at.
            found = XMLVerifier().verify(
                document,
                x509_cert=_credentials()[1],
                id_attribute="ID",
                expect_config=SignatureConfiguration(require_x509=True, expect_references=1),
            )
        except (InvalidSignature, InvalidInput, ValueError, etree.XMLSyntaxError):
            return "Unable to verify the signature of the SAML assertion."
        assertion = (found[0] if isinstance(found, list) else found).signed_xml
        if assertion is None or assertion.tag != f"{_SAML}Assertion":
            return "The signature does not cover the assertion."
        return self._against_assertion(assertion)

    def _against_assertion(self, assertion: etree._Element) -> str:
        conditions = assertion.find(f"{_SAML}Conditions")
        confirmed = assertion.find(f".//{_SAML}SubjectConfirmationData")
        now = datetime.now(UTC)
        if conditions is None or confirmed is None:
            return "The assertion lacks conditions."
        begins = datetime.fromisoformat(conditions.get("NotBefore", ""))
        if not begins <= now < datetime.fromisoformat(conditions.get("NotOnOrAfter", "")):
            return "The assertion is not valid now."
        if assertion.findtext(f".//{_SAML}Audience") != AUDIENCE:
            return "The assertion is for another audience."
        if confirmed.get("Recipient") != f"{self.url}/oauth/token":
            return "The assertion is for another recipient."
        if assertion.findtext(f".//{_SAML}NameID") != USER:
            return "The user of the assertion is unknown."
        if assertion.findtext(f".//{_SAML}Attribute[@Name='api_key']/{_SAML}AttributeValue") != CLIENT_ID:
            return "The API key of the assertion is another."
        return ""

    # Answering

    def _answer(self, request: Request) -> Answer:
        headers = self._session(request)
        try:
            question = self._question(request)
            self._may_read(question)
            answer = json_answer({"d": self._page(request, question)})
        except Wrong as wrong:
            answer = odata.refusal(wrong)
        return replace(answer, headers=headers)

    def _question(self, request: Request) -> _Question:
        entity, query = request.path["entity"], request.query
        if entity not in _ENTITIES:
            raise Wrong("COE_RESOURCE_NOT_FOUND", f"[COE0021]There is no entity {entity}.", 404)
        if query.get("$format", "json") != "json":
            raise Wrong("COE_UNSUPPORTED_FEATURE", "[COE0017]This simulator speaks JSON.")
        paging = query.get("paging", "plain")
        if paging not in ("snapshot", "cursor", "plain") or (paging == "snapshot" and entity in _NO_SNAPSHOT):
            raise Wrong("COE_UNSUPPORTED_FEATURE", f"[COE0045]{entity} does not support paging={paging}.")
        size = _number(query.get("customPageSize"), PAGE_MOST)
        if not 1 <= size <= PAGE_MOST:
            raise Wrong("COE_GENERAL_BAD_REQUEST", "[COE0021]customPageSize is between 1 and 1000.")
        return _Question(
            entity,
            self._window(query),
            odata.holds(query.get("$filter", "")),
            query.get("$filter", ""),
            odata.tree(query.get("$expand", ""), entity, MODEL),
            tuple(filter(None, query.get("$select", "").split(","))),
            size,
            paging,
            query.get("$inlinecount") == "allpages",
            _number(query.get("$skip"), 0),
            _number(query["$top"], 0) if "$top" in query else None,
        )

    def _window(self, query: Mapping[str, str]) -> Window:
        if "asOfDate" in query and ("fromDate" in query or "toDate" in query):
            raise Wrong("COE_GENERAL_BAD_REQUEST", "[COE0021]Either asOfDate, or fromDate and toDate.")
        day = _day(query.get("asOfDate"), self._now().date())
        if "fromDate" not in query and "toDate" not in query:
            return Window(day, day)
        return Window(_day(query.get("fromDate"), date.min), _day(query.get("toDate"), date.max))

    def _may_read(self, question: _Question) -> None:
        for entity in (question.entity, *_named(question.expanded, question.entity)):
            if entity in self.hidden:
                raise Wrong("COE_FORBIDDEN", f"[COE0020]You are not authorized to access {entity}.", 403)

    def _page(self, request: Request, question: _Question) -> dict[str, Any]:
        if self.faults.take("snapshot") is not None:
            self._snapshots.clear()
        token = _Token.of(request.query["$skiptoken"]) if "$skiptoken" in request.query else None
        listing, at, snapshot = self._listing(question, token)
        end = at + question.size
        if question.top is not None:
            end = min(end, question.skip + question.top)
        rows = listing.rows[at:end]
        values: dict[str, Any] = {"results": [self._shown(make(), question) for _, make in rows]}
        if question.counted:
            values["__count"] = str(len(listing.rows))
        if end < len(listing.rows) and (question.top is None or end < question.skip + question.top):
            after = rows[-1][0] if question.paging == "cursor" and rows else ""
            values["__next"] = self._next(request, _Token(end, snapshot, after))
        return values

    def _listing(self, question: _Question, token: _Token | None) -> tuple[_Listing, int, str]:
        """Return what is listed, from where on, and the name of its snapshot if there is one."""
        if token is not None and token.snapshot:
            kept = self._snapshots.get(token.snapshot)
            if kept is None:
                raise Wrong("COE_GENERAL_BAD_REQUEST", "[COE0021]The snapshot of the skiptoken has expired.")
            return kept, token.at, token.snapshot
        if token is not None and question.paging == "plain" and self.faults.take("shift") is not None:
            self.gone.add(self._listed(question).rows[0][0])
        listing = self._listed(question)
        if token is not None and token.after:
            return listing, sum(key <= token.after for key, _ in listing.rows), ""
        at = question.skip if token is None else token.at
        if token is None and question.paging == "snapshot":
            name = self.tokens.issue()
            self._snapshots[name] = listing
            return listing, at, name
        return listing, at, ""

    def _listed(self, question: _Question) -> _Listing:
        books = Books(self._population, self._now())
        rows = [row for row in _rows(books, question) if row[0] not in self.gone]
        if question.filter:
            rows = [row for row in rows if question.holds(row[1]())]
        return _Listing(sorted(rows, key=lambda row: row[0]))

    def _shown(self, entry: Entry, question: _Question) -> Entry:
        url = f"{self.url}/odata/v2"
        found = odata.shown(entry, question.entity, MODEL, question.expanded, question.select, url)
        if question.entity == "PerPerson" and found.get("personIdExternal") in self.broken:
            for employment in found.get("employmentNav", {}).get("results", ()):
                for row in employment.get("jobInfoNav", {}).get("results", ()):
                    row["startDate"] = "/Date(yesterday)/"
        return found

    def _next(self, request: Request, token: _Token) -> str:
        query = {name: value for name, value in request.query.items() if name != "$skiptoken"}
        told = "&".join(
            f"{quote(name, safe='$')}={quote(value, safe='')}"
            for name, value in (query | {"$skiptoken": str(token)}).items()
        )
        return f"{self.url}/odata/v2/{request.path['entity']}?{told}"


def _number(text: str | None, otherwise: int) -> int:
    try:
        return otherwise if text is None else int(text)
    except ValueError as error:
        raise Wrong(
            "COE_GENERAL_BAD_REQUEST", f"[COE0021]“{text[:50] if text else ''}” is no number."
        ) from error


def _day(text: str | None, otherwise: date) -> date:
    try:
        return otherwise if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise Wrong("COE_GENERAL_BAD_REQUEST", f"[COE0021]“{(text or '')[:50]}” is no day.") from error


def _named(expanded: Mapping[str, Any], entity: str) -> Iterable[str]:
    for name, inner in expanded.items():
        to = MODEL[entity][name].entity
        yield to
        yield from _named(inner, to)


def _rows(books: Books, question: _Question) -> Iterator[_Row]:
    """Yield the key of every entry of an entity, and what makes the entry."""
    window = question.window
    if question.entity == "PerPerson":
        for number in books.people:
            yield number, partial(books.person, number, window)
        return
    for entry in _entries(books, question):
        yield entry["__key"], partial(dict, entry)


def _entries(books: Books, question: _Question) -> Iterator[Entry]:
    if question.entity == "FODepartment":
        yield from books.departments(question.window)
    elif question.entity == "FOJobCode":
        yield from books.jobs(question.window)
    elif question.entity == "FOLocation":
        yield from books.locations(question.window)
    else:
        workers = books.population.worker_by_number
        for number in books.people:
            for each in books.employments(workers[number], question.window, deep=question.deep):
                yield from [each] if question.entity == "EmpEmployment" else each["jobInfoNav"]
