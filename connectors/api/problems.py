"""The one place where errors of `/api/v1/` become responses: problem details (RFC 9457).

In: whatever a resource raised. Out: application/problem+json with the rule and, for each fault, the query
parameter or the JSON pointer it is about. What a stranger sees of an unexpected error is its request id; the
log has the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions

from connectors.errors import ConnectorError
from lrs import database
from lrs.errors import LrsError, RateLimited, Unauthenticated, Unavailable, shortened

logger = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
_CHALLENGE = 'Basic realm="LRS Hub", charset="UTF-8"'
#: Seconds after which asking again is worth it while the database is away.
_RETRY_SECONDS = 5


class Problem(Exception):
    """A request that is refused."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        rule: str,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.rule = rule
        #: Each with `detail` and either `parameter` or `pointer` (RFC 6901, into the body).
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def wrong_parameter(name: str, detail: str, *, rule: str = "parameter.value", value: object = "") -> Problem:
    """Return the refusal of a query parameter."""
    error = {"parameter": name, "detail": detail}
    if value != "":
        error["value"] = shortened(value)
    return Problem(400, detail, rule=rule, errors=[error])


def wrong_body(errors: Sequence[Mapping[str, Any]], *, rule: str = "body.value") -> Problem:
    """Return the refusal of a body that is sound JSON and cannot be taken."""
    return Problem(422, str(errors[0]["detail"]), rule=rule, errors=errors)


def not_found(what: str) -> Problem:
    """Return the refusal of an address behind which there is nothing."""
    return Problem(404, f"This store has no such {what}.", rule="not-found")


def respond(error: Exception, request: HttpRequest) -> HttpResponse:
    """Return the response that tells `error` to the client."""
    problem = _as_problem(error, request)
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "rule": problem.rule,
    }
    if problem.errors:
        document["errors"] = [dict(each) for each in problem.errors]
    if identifier := request.headers.get("X-Request-ID", ""):
        document["requestId"] = identifier
    response = HttpResponse(orjson.dumps(document), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def _as_problem(error: Exception, request: HttpRequest) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, LrsError):
        return _of_lrs(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error, request)
    if isinstance(error, Http404):
        return Problem(404, "There is nothing at this address.", rule="not-found")
    if isinstance(error, PermissionDenied):
        return Problem(403, "This user may not do that.", rule="permission")
    if isinstance(error, ConnectorError):
        return Problem(409, error.reason, rule="conflict")
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("database_unavailable", path=request.path, reason=type(error).__name__)
        database.forget_connection()
        return Problem(
            503,
            "The database cannot be reached, or was asked for too much; nothing was changed.",
            rule="database.unavailable",
            headers={"Retry-After": str(_RETRY_SECONDS)},
        )
    logger.error("unexpected_error", path=request.path, exc_info=error)
    if isinstance(error, DatabaseError):
        database.forget_connection()
    return Problem(
        500, "Something unexpected went wrong; the log tells what, under the request id.", rule="unexpected"
    )


def _of_lrs(error: LrsError) -> Problem:
    headers = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = _CHALLENGE
    if isinstance(error, RateLimited | Unavailable):
        headers["Retry-After"] = str(error.retry_after_seconds)
    return Problem(error.status, error.message, rule=error.rule or "request", headers=headers)


def _of_framework(error: exceptions.APIException, request: HttpRequest) -> Problem:
    if isinstance(error, exceptions.ValidationError):
        return wrong_body(list(_faults(error.detail, "")))
    if isinstance(error, exceptions.NotAcceptable):
        return Problem(
            406, f"This address does not answer as {request.headers.get('Accept', '')}.", rule="accept"
        )
    if isinstance(error, exceptions.UnsupportedMediaType):
        return Problem(415, "A body here is application/json.", rule="content-type")
    if isinstance(error, exceptions.ParseError):
        return Problem(400, "The body is not JSON.", rule="body.json")
    return Problem(error.status_code, str(error.detail), rule=error.default_code)


def _faults(detail: Any, pointer: str) -> Any:
    """Yield what a serializer found wrong, each with the JSON pointer of the value."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "non_field_errors"
            yield from _faults(inner, pointer if name == own else f"{pointer}/{_escaped(str(name))}")
    elif isinstance(detail, list) and all(isinstance(each, str) for each in detail):
        for each in detail:
            yield {"pointer": pointer, "detail": str(each)}
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            if inner:
                yield from _faults(inner, f"{pointer}/{position}")
    else:
        yield {"pointer": pointer, "detail": str(detail)}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
