"""Who is calling: the door every xAPI request comes through.

In: request headers (lower-case names) and the caller's address. Out: `Access`; or Unauthenticated, or
RateLimited after too many wrong guesses. A caller known from a moment ago costs no query and no round trip.
Never a secret in a message, a log or a cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lrs.auth import basic, oauth
from lrs.auth.access import Access
from lrs.auth.rate import LIMITER, RateLimiter
from lrs.auth.remembered import REMEMBERED, Remembered
from lrs.auth.throttle import THROTTLE, Throttle
from lrs.errors import RateLimited, Unauthenticated


def authenticate(
    headers: Mapping[str, str],
    remote_address: str,
    *,
    remembered: Remembered = REMEMBERED,
    throttle: Throttle = THROTTLE,
    now: datetime | None = None,
) -> Access:
    """Return what the caller may do."""
    header = headers.get("authorization", "")
    known = remembered.get(header) if header else None
    if known is not None:
        return known
    scheme = header.strip().partition(" ")[0].lower()
    if scheme == "basic":
        prove, key = basic.authenticate, basic.key_and_secret(header)[0]
    elif scheme == "bearer":
        oauth.token_in(header)
        # Wrong tokens name no key: they count for the address alone.
        prove, key = oauth.authenticate, ""
    else:
        raise Unauthenticated(
            "This needs an Authorization header: Basic with key and secret, or Bearer with a token.",
            rule="credential.missing",
        )
    standing = throttle.standing(key, remote_address)
    if standing.wait_seconds and not standing.trusted:
        raise _too_many(standing.wait_seconds)
    try:
        access = prove(header, remembered=remembered, now=now)
    except Unauthenticated as refusal:
        if refusal.rule == "credential.unknown":
            throttle.failed(key, remote_address)
            if standing.wait_seconds:
                raise _too_many(standing.wait_seconds) from None
        raise
    if not standing.trusted:
        throttle.succeeded(key, remote_address)
    return access


def limit(access: Access, *, limiter: RateLimiter = LIMITER) -> None:
    """Count one request of `access`; RateLimited where its minute is used up."""
    limiter.limit(access)


def _too_many(wait_seconds: int) -> RateLimited:
    return RateLimited("Too many failed sign-ins.", retry_after_seconds=wait_seconds)
