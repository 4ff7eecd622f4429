"""The table of what happens at the doors: sign-ins, refusals, locks, exports, looks.

In: what happened, and the request it happened in. Out: one row. Never a password, code, key or token.
Where the row cannot be written, what it tells of must not go on: errors are raised.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest

from compliance.models import AccessEvent
from lrs.auth.address import address_of

_SECRET = frozenset({"password", "code", "secret", "token", "key", "csrfmiddlewaretoken"})


def record(
    kind: str,
    *,
    request: HttpRequest | None = None,
    user: User | AnonymousUser | None = None,
    user_name: str = "",
    what: str = "",
    **detail: Any,
) -> AccessEvent:
    """Write one event. `user` is who is signed in with the request where it is not given."""
    whose = user if user is not None else getattr(request, "user", None)
    known = whose if isinstance(whose, User) and whose.pk is not None else None
    if wrong := _SECRET & detail.keys():
        raise ValueError(f"an event never holds {', '.join(sorted(wrong))}")
    return AccessEvent.objects.create(
        kind=kind,
        user=known,
        user_name=_text(user_name or (known.get_username() if known is not None else ""), 150),
        what=_text(what, 300),
        address=address_in(request),
        user_agent=_text(request.headers.get("User-Agent", ""), 300) if request is not None else "",
        request_id=request_id(request),
        detail=detail,
    )


def address_in(request: HttpRequest | None) -> str:
    """Return where a request came from; empty where there is none."""
    return _text(address_of(request), 64) if request is not None else ""


def request_id(request: HttpRequest | None) -> str:
    """Return the id of a request; empty where there is none."""
    return _text(request.headers.get("X-Request-ID", ""), 64) if request is not None else ""


def _text(value: str, most: int) -> str:
    # NUL is the one character PostgreSQL's text cannot hold.
    return value.replace("\0", "")[:most]
