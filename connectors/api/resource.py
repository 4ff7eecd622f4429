"""What every resource of `/api/v1/` does alike.

In: HTTP requests. Out: JSON, or problem details (connectors.api.problems). A resource subclasses `Resource`,
declares its query parameters by method and writes `get`, `post`, `patch` or `delete`; a list subclasses
`Listing`, which pages by keys: a page goes on behind the last line of the one before, so nothing is skipped
or given twice while others write. What "now" means stays the same on every page.

Order: method → caller → rate limit → scope → Accept → parameters → body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from connectors.api import access, cursor, parameters, problems
from connectors.api.description import Described
from connectors.api.parameters import Parameter
from connectors.workforce.timeline import BEGINNING, FOREVER

#: Lines of a page where none are asked for, and at most.
LINES, LINES_MOST = 100, 1_000

AT = parameters.moment("at", "The day or moment to answer for; now where it is left out.")
KNOWN = parameters.moment("known", "Answer as was known then; now where it is left out.")
#: JSON Schema of the two moments an answer is for.
MOMENTS: Mapping[str, Any] = {
    "at": {"type": "string", "format": "date-time"},
    "known": {"type": "string", "format": "date-time"},
}
_STORE = parameters.identity("store", "Which store; only for people signed in to the administration.")
_CURSOR = parameters.text("cursor", "Where a page goes on; out of `next`, never made up.", most=8_000)
_READING = frozenset({"GET", "HEAD"})


class Resource(APIView):
    """One resource."""

    authentication_classes = ()
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser,)
    http_method_names: Sequence[str] = ("get", "head", "post", "patch", "delete")
    schema = Described()

    #: What a credential needs for reading and for writing, and a signed-in member of staff for looking.
    scopes: ClassVar[tuple[str, str]] = (access.READ, access.WRITE)
    permission: ClassVar[str] = access.PERMISSION
    #: Query parameters by method.
    parameters: ClassVar[Mapping[str, Sequence[Parameter]]] = {}
    #: JSON Schema of the answer, by method, for the description.
    answers: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    caller: access.Caller
    #: Values of the parameters given.
    values: Mapping[str, Any]
    #: What "now" means.
    now: datetime

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Keep Django's request, which knows who is signed in."""
        self.django_request = request
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks for what, or raise why it cannot be answered."""
        method = request.method or "GET"
        if method not in self.allowed_methods:
            raise MethodNotAllowed(method)
        self.caller = self.who_asks(writing=method not in _READING)
        # For whoever above writes down who looked.
        self.django_request.caller = self.caller  # type: ignore[attr-defined]  # ours alone
        super().initial(request, *args, **kwargs)
        self.now = timezone.now()
        self.understand("GET" if method == "HEAD" else method)

    def who_asks(self, *, writing: bool) -> access.Caller:
        """Return who asks, or raise why they may not."""
        return access.caller(
            self.django_request, writing=writing, scopes=self.scopes, permission=self.permission
        )

    def understand(self, method: str) -> None:
        """Read the query parameters."""
        allowed = self._allowed(method)
        self.values = parameters.values(parameters.given(self.django_request.GET, allowed), allowed)

    def _allowed(self, method: str) -> tuple[Parameter, ...]:
        """Return the parameters a method takes; only somebody signed in chooses the store."""
        found = tuple(self.parameters.get(method, ()))
        return found if self.caller.credential_id is not None else (*found, _STORE)

    @classmethod
    def described_parameters(cls, method: str) -> list[Parameter]:
        """Return the query parameters of a method, for the description."""
        found = list(cls.parameters.get(method, ()))
        return [*found, _STORE] if method == "GET" else found

    @classmethod
    def described_answers(cls, method: str) -> dict[str, Any]:
        """Return what a method answers, for the description."""
        schema = cls.answers[method]
        said = {"description": "It is so.", "content": {"application/json": {"schema": dict(schema)}}}
        return {"201" if method == "POST" else "200": said}

    @property
    def at(self) -> datetime:
        """The business time asked for."""
        found: datetime = self.values.get("at", self.now)
        return found

    @property
    def known(self) -> datetime:
        """The recording time asked for."""
        found: datetime = self.values.get("known", self.now)
        return found

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # a plain response
        """Every error becomes a response in one place."""
        return problems.respond(exc, self.django_request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add what every answer carries; HEAD's has no body."""
        found: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        found.headers.setdefault("Cache-Control", "private, no-store")
        if request.method == "HEAD":
            if isinstance(found, StreamingHttpResponse):
                found.streaming_content = iter(())
            elif isinstance(found, HttpResponse):
                found.content = b""
        return found


class Listing(Resource):
    """A resource that is a list given in pages."""

    #: Names the list in cursors and in the answer.
    name: ClassVar[str]
    lines: ClassVar[int] = LINES
    lines_most: ClassVar[int] = LINES_MOST

    #: What the last line of the page before is ordered by; empty for the first page.
    after: Sequence[Any]
    limit: int

    def understand(self, method: str) -> None:
        """Read the query parameters, of the first page where this is a later one."""
        if method != "GET":
            super().understand(method)
            return
        own = self._allowed(method)
        amount = parameters.amount("limit", "", most=self.lines_most, default=self.lines)
        given = parameters.given(self.django_request.GET, (*own, amount, _CURSOR))
        self.limit = parameters.values(given, (amount,)).get("limit", self.lines)
        self.after = ()
        self._texts: Mapping[str, str] = {
            name: value for name, value in given.items() if name not in {"limit", "cursor", "store"}
        }
        if "cursor" in given:
            if self._texts:
                name = next(iter(self._texts))
                raise problems.wrong_parameter(
                    name, "A cursor carries the parameters of its first page.", rule="cursor.parameters"
                )
            token = parameters.values(given, (_CURSOR,))["cursor"]
            found = cursor.read(token, self.name, self.caller.store_id)
            self._texts, self.now, self.after = found.parameters, found.began, found.last
        self.values = parameters.values(self._texts, own)

    @classmethod
    def described_parameters(cls, method: str) -> list[Parameter]:
        """Return the query parameters of a method, for the description."""
        found = super().described_parameters(method)
        if method != "GET":
            return found
        amount = parameters.amount("limit", "Lines of a page.", most=cls.lines_most, default=cls.lines)
        return [*found, amount, _CURSOR]

    @classmethod
    def described_answers(cls, method: str) -> dict[str, Any]:
        """Return what a method answers, for the description; GET in pages."""
        if method != "GET":
            return super().described_answers(method)
        page = {
            "type": "object",
            "required": [cls.name.replace("-", "_"), "next"],
            "properties": {
                cls.name.replace("-", "_"): {"type": "array", "items": dict(cls.answers["GET"])},
                **(MOMENTS if AT in cls.parameters["GET"] else {}),
                "next": {"type": ["string", "null"], "description": "Address of the page that follows."},
            },
        }
        return {"200": {"description": "A page.", "content": {"application/json": {"schema": page}}}}

    def page(self, lines: Sequence[Any], last: Sequence[Any] | None, **more: Any) -> HttpResponse:
        """Return one page; `last` is what its last line is ordered by, None where nothing follows."""
        following = None
        if last is not None:
            token = cursor.sign(
                cursor.Continuation(self.name, self.caller.store_id, self._texts, self.now, last)
            )
            query = {"cursor": token, "limit": self.limit}
            if self.caller.credential_id is None:
                query["store"] = self.caller.store_id
            following = f"{self.django_request.path}?{urlencode(query)}"
        response = answer({self.name.replace("-", "_"): lines, **more, "next": following})
        if following is not None:
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response

    @property
    def after_id(self) -> int:
        """The id of the last line of the page before, for lists in the order of ids."""
        return int(self.after[0]) if self.after else 0


def answer(values: Any, *, status: int = 200) -> HttpResponse:
    """Return JSON; what is an orjson.Fragment goes out byte for byte."""
    return HttpResponse(orjson.dumps(values), status=status, content_type="application/json")


def written(moment: datetime | None) -> str | None:
    """Return a moment with its offset; None for one that is open."""
    if moment is None or moment <= BEGINNING or moment >= FOREVER:
        return None
    return moment.astimezone(UTC).isoformat()
