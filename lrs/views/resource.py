"""What every xAPI resource does alike: from a Django request to a `Call`, and from a result to a response.

In: HTTP requests. Out: responses with the version, consistency and CORS headers. A resource subclasses
`Resource` and writes `get`, `put`, `post` or `delete`; each takes a `Call`. Errors are raised, and become
responses in `lrs.views.http_errors` alone.

Order: preflight → alternate request syntax → version → credential → rate limit → scope → parameters → body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from lrs import conf
from lrs.auth.access import Access
from lrs.auth.address import address_in
from lrs.auth.authenticate import authenticate, limit
from lrs.auth.rules import action_of, permit
from lrs.errors import BadRequest, MethodNotAllowed, TooLarge
from lrs.views import cors
from lrs.views.http_errors import error_response
from lrs.wire import alternate, content_encoding, parameters
from lrs.wire.version import Version, header_value, negotiate

VERSION_HEADER = "X-Experience-API-Version"
CONSISTENT_THROUGH_HEADER = "X-Experience-API-Consistent-Through"
#: The version before the header existed (xAPI 0.95 brought it).
VERSION_WITHOUT_HEADER = "0.9"
_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request to a resource."""

    method: str
    path: str
    #: Decoded, each once, only those the resource takes.
    parameters: Mapping[str, str]
    #: Names in lower case.
    headers: Mapping[str, str]
    version: Version
    access: Access
    content_type: str
    #: Whole and content-decoded; empty for GET, HEAD and DELETE.
    body: bytes = b""


Handler = Callable[[Any, Call], HttpResponseBase]


#: Who calls a public resource.
ANYONE = Access(
    store_id=0,
    source_id=0,
    credential_id=0,
    authority={},
    scopes=frozenset(),
    body_bytes=0,
    requests_per_minute=0,
)


class Resource:
    """A resource of the xAPI; its `name` finds the scopes it needs (lrs.auth.rules)."""

    name: ClassVar[str]
    #: Query parameters by method.
    parameters: ClassVar[Mapping[str, frozenset[str]]] = {}
    #: About answers without a version header and without a credential.
    public: ClassVar[bool] = False

    @classmethod
    def as_view(cls) -> Callable[..., HttpResponseBase]:
        """Return the view function for `path()`."""

        def view(request: HttpRequest, **captured: str) -> HttpResponseBase:
            return cls().respond(request, **captured)

        view.csrf_exempt = True  # type: ignore[attr-defined]  # Django's way to mark a view
        return view

    def respond(self, request: HttpRequest, **captured: str) -> HttpResponseBase:
        """Answer `request`, whatever happens."""
        if request.method == "OPTIONS":
            return cors.preflight(request.headers.get("Origin"))
        exchange = Exchange(request)
        try:
            response = self._answer(exchange, captured)
        except Exception as error:  # noqa: BLE001  http_errors is where every error becomes a response
            response = error_response(error, exchange, self.name)
        return self.finish(response, exchange)

    def finish(self, response: HttpResponseBase, exchange: Exchange) -> HttpResponseBase:
        """Give an answer the headers every one has, and HEAD's no body."""
        self.add_headers(response, exchange)
        if isinstance(response, HttpResponse):
            response.headers["Content-Length"] = str(len(response.content))
        if exchange.method == "HEAD":
            _drop_content(response)
        response.headers.setdefault(VERSION_HEADER, _answered_version(exchange))
        cors.allow(response, exchange.request.META.get("HTTP_ORIGIN"))
        return response

    def add_headers(self, response: HttpResponseBase, exchange: Exchange) -> None:
        """Add what every answer of this resource carries, refusals too."""

    def _answer(self, exchange: Exchange, captured: Mapping[str, str]) -> HttpResponseBase:
        call = self.understand(exchange)
        handler = self._handler(call.method)
        return handler(self, replace(call, parameters={**call.parameters, **captured}) if captured else call)

    def understand(self, exchange: Exchange) -> Call:
        """Return what is asked, by whom, or raise why it cannot be answered."""
        exchange.unwrap_alternate_syntax()
        exchange.version = self._version(exchange)
        self._handler(exchange.method)
        access = ANYONE if self.public else self._authenticated(exchange)
        return Call(
            method=exchange.method,
            path=exchange.path,
            parameters=parameters.parse_query(exchange.query, allowed=self._allowed(exchange.method)),
            headers=exchange.headers,
            version=exchange.version,
            access=access,
            content_type=exchange.headers.get("content-type", ""),
            body=b"" if exchange.method in _READING else exchange.read_body(access.body_bytes),
        )

    def _authenticated(self, exchange: Exchange) -> Access:
        # A caller known already is not looked up again.
        access = exchange.access or authenticate(exchange.headers, exchange.remote_address)
        exchange.access = access
        limit(access)
        permit(access, self.name, action_of(exchange.method))
        return access

    def _version(self, exchange: Exchange) -> Version:
        header = exchange.headers.get("x-experience-api-version")
        if self.public:
            # About answers whatever version the client asks for (Communication 2.8).
            with suppress(BadRequest):
                return negotiate(header)
            return Version.V2
        return negotiate(header)

    def _allowed(self, method: str) -> frozenset[str]:
        return self.parameters.get("GET" if method == "HEAD" else method, frozenset())

    def _handler(self, method: str) -> Handler:
        name = "get" if method == "HEAD" else method.lower()
        handler: Handler | None = getattr(type(self), name, None) if name in _METHODS else None
        if handler is None:
            allowed = sorted(found.upper() for found in _METHODS if hasattr(self, found))
            if "GET" in allowed:
                allowed.append("HEAD")
            raise MethodNotAllowed(f"{method} is not a method of this resource.", allowed=allowed)
        return handler


_METHODS = ("get", "put", "post", "delete")


class Exchange:
    """A request while it is being understood."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.method: str = request.method or "GET"
        self.path: str = request.path
        self.query: str = request.META.get("QUERY_STRING", "")
        self.headers: Mapping[str, str] = _lower_case_headers(request.META)
        self.remote_address: str = address_in(request.META)
        self.version: Version | None = None
        self.access: Access | None = None
        self.body: bytes | None = None
        self.request_id: str = request.META.get("HTTP_X_REQUEST_ID", "")

    @property
    def names_version(self) -> bool:
        """Whether the request has a version header."""
        return "x-experience-api-version" in self.headers

    @property
    def path_and_query(self) -> str:
        """The path with the query string, where there is one."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def unwrap_alternate_syntax(self) -> None:
        """Put what a form carries (xAPI 1.0.3, Communication 1.3) where it would stand otherwise."""
        if "method=" not in self.query:
            return
        query = dict(parameters.decode_pairs(self.query))
        if "method" not in query:
            return
        if self.method != "POST":
            raise BadRequest("Only a POST may carry the parameter method.", rule="alternate.method")
        self._refuse_alternate_in_v2()
        found = alternate.decode(query["method"], query, self.headers, self.read_body(conf.body_bytes()))
        self.method, self.headers, self.body = found.method, found.headers, found.body
        self.query = urlencode(found.parameters)
        self._refuse_alternate_in_v2()

    def _refuse_alternate_in_v2(self) -> None:
        header = self.headers.get("x-experience-api-version")
        if header is not None and negotiate(header) is not Version.V1:
            raise BadRequest(
                "xAPI 2.0 has no alternate request syntax.", rule="alternate.version", value=header
            )

    def read_body(self, most: int) -> bytes:
        """Return the body, read and content-decoded once. Raises TooLarge, BadRequest."""
        if self.body is None:
            self.body = _read(self.request, most)
            encoding = self.headers.get("content-encoding")
            if encoding:
                self.body = content_encoding.decode(self.body, encoding, most=most)
        return self.body


def _answered_version(exchange: Exchange) -> str:
    """Return the version an answer is in.

    A request that names none is one of version 0.9, which had no such header: it is refused, and as that.
    """
    if exchange.version is not None:
        return header_value(exchange.version)
    return VERSION_WITHOUT_HEADER if not exchange.names_version else header_value(Version.V2)


def _read(request: HttpRequest, most: int) -> bytes:
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdigit():
        length = int(announced)
        if length > most:
            raise TooLarge(f"The body has {length} bytes; at most {most} are taken.", rule="body.size")
        body = request.META["wsgi.input"].read(length) if length else b""
        if len(body) < length:
            raise BadRequest("The body ended before its announced length.", rule="body.truncated")
        return bytes(body)
    if request.META.get("HTTP_TRANSFER_ENCODING", "").lower() != "chunked":
        return b""
    body = request.META["wsgi.input"].read(most + 1)
    if len(body) > most:
        raise TooLarge(f"The body has more than {most} bytes.", rule="body.size")
    return bytes(body)


def _lower_case_headers(meta: Mapping[str, Any]) -> dict[str, str]:
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in meta.items() if name.startswith("HTTP_")
    }
    if content_type := meta.get("CONTENT_TYPE"):
        headers["content-type"] = content_type
    return headers


def _drop_content(response: HttpResponseBase) -> None:
    if isinstance(response, HttpResponse):
        response.content = b""
    else:
        response.streaming_content = iter(())  # type: ignore[attr-defined]  # only streams come here
