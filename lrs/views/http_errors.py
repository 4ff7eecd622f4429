"""The one place where errors become HTTP responses.

In: any exception a resource raised. Out: a problem document (RFC 9457, application/problem+json) with the
rule, the JSON pointer, the value and, for statements, every rejection. A refused write of statements also
goes to the source's inbox, which never changes the answer. What a stranger sees of an unexpected error is
its request id; the log has the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpResponse

from lrs import database, inbox
from lrs.errors import (
    LrsError,
    MethodNotAllowed,
    RateLimited,
    Rejection,
    Unauthenticated,
    Unavailable,
)

if TYPE_CHECKING:
    from lrs.views.resource import Exchange

logger = structlog.get_logger(__name__)

_CONTENT_TYPE = "application/problem+json"
_REALM = 'Basic realm="LRS Hub xAPI", charset="UTF-8"'
#: Refused writes of these methods on this resource go to the inbox.
_INBOX_RESOURCE = "statements"
_INBOX_METHODS = frozenset({"PUT", "POST"})
_INBOX_STATUSES = frozenset({400, 403, 409, 413, 415})


def error_response(error: Exception, exchange: Exchange, resource: str) -> HttpResponse:
    """Return the response that tells `error` to the client."""
    refusal = _as_refusal(error, exchange)
    if _goes_to_inbox(refusal, exchange, resource):
        _record(refusal, exchange)
    response = HttpResponse(
        orjson.dumps(problem(refusal, exchange.request_id)), status=refusal.status, content_type=_CONTENT_TYPE
    )
    if isinstance(refusal, Unauthenticated):
        response.headers["WWW-Authenticate"] = _REALM
    if isinstance(refusal, RateLimited | Unavailable):
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    if isinstance(refusal, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(refusal.allowed)
    return response


def problem(refusal: LrsError, request_id: str) -> dict[str, Any]:
    """Return the problem document of a refusal."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.message,
    }
    for name in ("rule", "pointer", "value"):
        if found := getattr(refusal, name):
            document[name] = found
    if rejections := rejections_of(refusal):
        document["errors"] = [_as_json(rejection) for rejection in rejections]
    if request_id:
        document["requestId"] = request_id
    return document


def rejections_of(refusal: LrsError) -> Sequence[Rejection]:
    """Return the single rejections of a refusal, where it has any."""
    return getattr(refusal, "rejections", ())


def _as_json(rejection: Rejection) -> dict[str, Any]:
    found: dict[str, Any] = {
        "rule": rejection.rule,
        "message": rejection.message,
        "pointer": rejection.pointer,
        "value": rejection.value,
    }
    if rejection.index is not None:
        found["index"] = rejection.index
    return found


def _as_refusal(error: Exception, exchange: Exchange) -> LrsError:
    if isinstance(error, LrsError):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        logger.warning("database_unavailable", path=exchange.path, reason=type(error).__name__)
        database.forget_connection()
        return Unavailable("The database cannot be reached; nothing was stored.", rule="database.unavailable")
    logger.error("unexpected_error", path=exchange.path, exc_info=error)
    if isinstance(error, DatabaseError):
        database.forget_connection()
    return LrsError("Something unexpected went wrong; the log tells what, under the request id.")


def _goes_to_inbox(refusal: LrsError, exchange: Exchange, resource: str) -> bool:
    return (
        resource == _INBOX_RESOURCE
        and exchange.access is not None
        and exchange.method in _INBOX_METHODS
        and refusal.status in _INBOX_STATUSES
    )


def _record(refusal: LrsError, exchange: Exchange) -> None:
    if exchange.access is None:
        return
    try:
        inbox.record(
            inbox.Refusal(
                access=exchange.access,
                request_id=exchange.request_id,
                method=exchange.method,
                path=exchange.path_and_query,
                version=exchange.headers.get("x-experience-api-version", ""),
                content_type=exchange.headers.get("content-type", ""),
                body=exchange.body or b"",
                error=refusal,
            )
        )
    except Exception:
        logger.exception("refusal_not_recorded", path=exchange.path)
