"""Bearer tokens of SCIM connections: issued once, kept as keyed hashes, checked in constant time.

In: a system, or the Authorization header and address of a request. Out: a token this once, or the system it
opens. An unknown token costs what a wrong one costs and is refused in the same words; wrong ones count
against the key and the address they came from. Never a token in a log, a message or a representation.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db.models import Q
from django.utils import timezone

from connectors.models import ChangeNote, ScimToken, System
from lrs import acting
from lrs.auth.keyed_hash import keyed_hash, keyed_hashes
from lrs.auth.throttle import THROTTLE

#: Key of the adapter whose systems have tokens.
ADAPTER = "scim"
#: 256 random bits in a secret.
_SECRET_BYTES, _KEY_BYTES = 32, 12
_HEADER_MOST = 512
_NO_HASH = bytes(32)
#: How exactly it is known when a token was last used.
_NOTED = timedelta(minutes=1)
#: By which people and secret scanners tell what it is.
PREFIX = "scim_"


class Unauthorized(Exception):
    """There is no token, or none that opens anything."""


class TooMany(Exception):
    """Too many wrong tokens; `seconds` until the next is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many failed sign-ins.")
        self.seconds = seconds


def issue(
    system: System,
    *,
    expires: datetime | None = None,
    overlap: timedelta | None = None,
    by: int | None = None,
) -> str:
    """Make a token and return it, this once.

    With `overlap`, the tokens there were end after that time; without, they go on working.
    """
    if system.adapter != ADAPTER:
        raise ValueError(f"{system.name} is no SCIM connection.")
    key, secret = secrets.token_hex(_KEY_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    if overlap is not None:
        until = timezone.now() + overlap
        ScimToken.objects.filter(Q(expires=None) | Q(expires__gt=until), system=system).update(expires=until)
    ScimToken.objects.create(system=system, key=key, keyed_hash=keyed_hash(key, secret), expires=expires)
    ChangeNote.objects.create(
        system=system, by_id=by, kind="secret", text=f"A SCIM token was issued ({key})."
    )
    return f"{PREFIX}{key}.{secret}"


def withdraw(system: System) -> int:
    """End every token of a system at once; return how many there were."""
    count, _ = ScimToken.objects.filter(system=system).delete()
    ChangeNote.objects.create(system=system, kind="secret", text="Every SCIM token was withdrawn.")
    return count


def authenticate(header: str, address: str) -> System:
    """Return the system a token opens; raise Unauthorized or TooMany."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or len(header) > _HEADER_MOST or not token.isascii():
        raise Unauthorized("This needs an Authorization header: Bearer with a token.")
    key, _, secret = token.strip().removeprefix(PREFIX).partition(".")
    standing = THROTTLE.standing(key, address)
    if standing.wait_seconds and not standing.trusted:
        raise TooMany(standing.wait_seconds)
    found = _matching(key, secret)
    if found is None:
        THROTTLE.failed(key, address)
        if standing.wait_seconds:
            raise TooMany(standing.wait_seconds)
        raise Unauthorized("The token is not valid.")
    if not standing.trusted:
        THROTTLE.succeeded(key, address)
    _note_use(found)
    acting.amend(actor=acting.Actor(kind="scim_token", id=found.key, name=found.system.name))
    return found.system


def _matching(key: str, secret: str) -> ScimToken | None:
    token = None
    if "\0" not in key:
        token = ScimToken.objects.select_related("system").filter(key=key).first()
    kept = _NO_HASH if token is None else bytes(token.keyed_hash)
    equal = False
    for candidate in keyed_hashes(key, secret):
        equal |= compare_digest(candidate, kept)
    if token is None or not equal or token.system.adapter != ADAPTER:
        return None
    if token.expires is not None and token.expires <= timezone.now():
        return None
    return token


def _note_use(token: ScimToken) -> None:
    now = timezone.now()
    if token.last_used is None or token.last_used < now - _NOTED:
        ScimToken.objects.filter(pk=token.pk).update(last_used=now)
