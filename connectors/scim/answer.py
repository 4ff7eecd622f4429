"""Results and errors as HTTP: the one place where either meets a response.

In: JSON values, or what was raised. Out: responses in `application/scim+json`; every error has the body of
RFC 7644, 3.12. Never a word of an error nobody foresaw: those are logged by kind and answered with 500.
"""

from __future__ import annotations

import traceback
from typing import Any

import orjson
import structlog
from django.db import OperationalError
from django.http import HttpResponse
from pydantic import ValidationError
from scim2_models import Error, SCIMException, UnauthorizedException

from connectors.scim.live import NotReady
from connectors.scim.tokens import TooMany, Unauthorized

logger = structlog.get_logger(__name__)

TYPE = "application/scim+json"
#: Seconds after which a connection that takes nothing may be asked again.
NOT_READY_SECONDS = 300
_DETAIL_MOST = 1_000


class MethodNotAllowed(Exception):
    """The address knows other methods."""

    def __init__(self, *allowed: str) -> None:
        super().__init__(f"Here are {', '.join(allowed)}.")
        self.allowed = allowed


def reply(values: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return JSON values as a response; None has no body."""
    content = b"" if values is None else orjson.dumps(values, default=str)
    response = HttpResponse(content, status=status, content_type=TYPE, headers=headers or {})
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def refusal(error: Exception) -> HttpResponse:
    """Return what was raised as a response."""
    status, body = problem(error)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="scim"'
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.seconds)
    if isinstance(error, (NotReady, OperationalError)):
        headers["Retry-After"] = str(NOT_READY_SECONDS)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    return reply(body, status=status, headers=headers)


def problem(error: Exception) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of an error."""
    found = _said(error)
    found.detail = (found.detail or "")[:_DETAIL_MOST]
    return found.status or 500, found.model_dump()


def _said(error: Exception) -> Error:
    if isinstance(error, SCIMException):
        return error.to_error()
    if isinstance(error, ValidationError):
        return Error.from_validation_errors(error)[0]
    if isinstance(error, Unauthorized):
        return UnauthorizedException(detail=str(error)).to_error()
    if isinstance(error, TooMany):
        return Error(status=429, detail=str(error))
    if isinstance(error, NotReady):
        return Error(status=503, detail=str(error))
    if isinstance(error, OperationalError):
        logger.warning("scim_request_not_served", reason=type(error).__name__)
        return Error(status=503, detail="The hub is busy; nothing was changed.")
    if isinstance(error, MethodNotAllowed):
        return Error(status=405, detail=str(error))
    last = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("scim_request_failed", reason=type(error).__name__, where=f"{last.name}:{last.lineno}")
    return Error(status=500, detail="Something unexpected went wrong; nothing was changed.")
