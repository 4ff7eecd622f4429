"""Everything the record store can refuse, as one tree of exceptions.

    LrsError
    ├── BadRequest                400  a request that is wrong in itself
    │   └── StatementsRejected    400  statements that break a rule, each with where and why
    ├── Unauthenticated           401  no credential, or one that is not valid now
    ├── Forbidden                 403  a valid credential without the scope
    ├── NotFound                  404
    ├── MethodNotAllowed          405
    ├── Conflict                  409  same identifier, other content; or a write without a precondition
    ├── PreconditionFailed        412  If-Match or If-None-Match did not hold
    ├── TooLarge                  413
    ├── UnsupportedMediaType      415
    ├── RateLimited               429  with the seconds to wait
    └── Unavailable               503  database, broker or disk away; try again

Nothing here knows Django. `lrs.views.http_errors` is the one place where these become responses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: How much of an offending value a rejection repeats.
SHORTENED_VALUE_CHARACTERS = 120


def shortened(value: object) -> str:
    """Return `value` as text of at most SHORTENED_VALUE_CHARACTERS characters."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) <= SHORTENED_VALUE_CHARACTERS:
        return text
    return text[: SHORTENED_VALUE_CHARACTERS - 1] + "…"


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """One broken rule: where, which rule, what was found.

    `pointer` is an RFC 6901 JSON pointer into the single statement, `index` the statement's place in
    its batch (None for a single statement or a fault of the request as a whole).
    """

    rule: str
    message: str
    pointer: str = ""
    value: str = ""
    index: int | None = None


class LrsError(Exception):
    """The record store refused a request."""

    status = 500
    title = "Internal error"

    def __init__(self, message: str, *, rule: str = "", pointer: str = "", value: object = "") -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.pointer = pointer
        self.value = shortened(value) if value != "" else ""


class BadRequest(LrsError):
    """The request is wrong in itself; sending it again unchanged will fail again."""

    status = 400
    title = "Bad request"


class StatementsRejected(BadRequest):
    """One or more statements break a rule; nothing of the batch was stored."""

    title = "Statements rejected"

    def __init__(self, rejections: Sequence[Rejection]) -> None:
        first = rejections[0]
        super().__init__(first.message, rule=first.rule, pointer=first.pointer, value=first.value)
        self.rejections = tuple(rejections)


class Unauthenticated(LrsError):
    """No credential, or one that is unknown, expired or revoked."""

    status = 401
    title = "Not authenticated"


class Forbidden(LrsError):
    """The credential is valid but does not carry the scope."""

    status = 403
    title = "Forbidden"


class NotFound(LrsError):
    """Nothing is stored under that identifier for this store."""

    status = 404
    title = "Not found"


class MethodNotAllowed(LrsError):
    """The resource has no such method."""

    status = 405
    title = "Method not allowed"

    def __init__(self, message: str, *, allowed: Sequence[str]) -> None:
        super().__init__(message, rule="method")
        self.allowed = tuple(allowed)


class Conflict(LrsError):
    """Something else is stored under that identifier."""

    status = 409
    title = "Conflict"


class PreconditionFailed(LrsError):
    """If-Match or If-None-Match did not hold."""

    status = 412
    title = "Precondition failed"


class TooLarge(LrsError):
    """The body, a part of it or a batch is over its limit."""

    status = 413
    title = "Too large"


class UnsupportedMediaType(LrsError):
    """The content type or content encoding is not one the resource takes."""

    status = 415
    title = "Unsupported media type"


class RateLimited(LrsError):
    """The credential, or the address, has used up its requests for now."""

    status = 429
    title = "Too many requests"

    def __init__(self, message: str, *, retry_after_seconds: int, rule: str = "rate") -> None:
        super().__init__(message, rule=rule)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(LrsError):
    """The database, broker or disk is away; nothing was stored, try again."""

    status = 503
    title = "Unavailable"

    def __init__(self, message: str, *, rule: str = "unavailable", retry_after_seconds: int = 5) -> None:
        super().__init__(message, rule=rule)
        self.retry_after_seconds = retry_after_seconds
