"""HTTP Basic: the key and secret of a credential (RFC 7617).

In: the Authorization header. Out: `Access`, or Unauthenticated. An unknown key costs what a wrong secret
costs and is refused in the same words. The secret is never logged, kept or part of a message; only who
knew it is told that the credential has expired, was revoked or belongs to an inactive source.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime
from hmac import compare_digest
from typing import Any

from django.utils import timezone

from lrs import conf
from lrs.auth import last_used
from lrs.auth.access import Access
from lrs.auth.authority import of_key
from lrs.auth.keyed_hash import keyed_hashes
from lrs.auth.remembered import REMEMBERED, Remembered
from lrs.errors import Unauthenticated
from lrs.models import Credential, CredentialSecret

#: No header of ours is longer; a longer one is not worth hashing.
HEADER_CHARACTERS = 1024
#: Compared against where there is no such key.
NO_HASH = bytes(32)

COLUMNS = (
    "id",
    "scopes",
    "authority",
    "requests_per_minute",
    "body_bytes",
    "expires",
    "revoked",
    "last_used",
    "source_id",
    "source__name",
    "source__store_id",
    "source__active",
    "source__may_void",
    "secrets__id",
    "secrets__keyed_hash",
    "secrets__expires",
)


def authenticate(header: str, *, remembered: Remembered = REMEMBERED, now: datetime | None = None) -> Access:
    """Return what the credential in `header` may do; `now` is for callers with a clock of their own."""
    known = remembered.get(header)
    if known is not None:
        return known
    now = now or timezone.now()
    key, secret = key_and_secret(header)
    row, secret_expires = _matching_row(key, secret, now)
    expires = row["expires"]
    refuse_unusable(expires=expires, revoked=row["revoked"], source_active=row["source__active"], now=now)
    access = Access(
        store_id=row["source__store_id"],
        source_id=row["source_id"],
        credential_id=row["id"],
        authority=of_key(key=key, source_name=row["source__name"], authority=row["authority"]),
        scopes=frozenset(row["scopes"]),
        may_void=row["source__may_void"],
        body_bytes=row["body_bytes"] if row["body_bytes"] is not None else conf.body_bytes(),
        requests_per_minute=(
            row["requests_per_minute"]
            if row["requests_per_minute"] is not None
            else conf.requests_per_minute()
        ),
    )
    last_used.note(access.credential_id, noted=row["last_used"], now=now)
    ends = min((moment for moment in (expires, secret_expires) if moment is not None), default=None)
    remembered.put(header, access, seconds_left=(ends - now).total_seconds() if ends else None)
    return access


def key_and_secret(header: str) -> tuple[str, str]:
    """Return the two parts of a Basic header; Unauthenticated where it is not one."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(header) > HEADER_CHARACTERS:
        raise Unauthenticated("The Authorization header is not HTTP Basic.", rule="credential.malformed")
    try:
        key, colon, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        # `from None`: the cause would carry the bytes of the header into a traceback.
        raise Unauthenticated(
            "The Authorization header is not HTTP Basic: base64 of key:secret in UTF-8.",
            rule="credential.malformed",
        ) from None
    if not colon:
        raise Unauthenticated(
            "The Authorization header holds no colon after the key.", rule="credential.malformed"
        )
    return key, secret


def refuse_unusable(
    *, expires: datetime | None, revoked: datetime | None, source_active: bool, now: datetime
) -> None:
    """Raise Unauthenticated for a credential that was proved but is not valid now."""
    if revoked is not None and revoked <= now:
        raise Unauthenticated(
            f"The credential was revoked at {revoked.isoformat()}.", rule="credential.revoked"
        )
    if expires is not None and expires <= now:
        raise Unauthenticated(f"The credential expired at {expires.isoformat()}.", rule="credential.expired")
    if not source_active:
        raise Unauthenticated("The credential's source is not active.", rule="credential.source-inactive")


def _matching_row(key: str, secret: str, now: datetime) -> tuple[dict[str, Any], datetime | None]:
    """Return the credential's row and when the secret that matched ends.

    Every secret under every key of the hub is compared, whether or not one matched before, and a dummy
    where there is none: how long it takes tells nothing.
    """
    candidates = keyed_hashes(key, secret)
    # PostgreSQL takes no NUL in text; no key has one.
    rows = [] if "\0" in key else list(Credential.objects.filter(key=key).values(*COLUMNS))
    found: tuple[dict[str, Any], datetime | None] | None = None
    for row in rows or [{"secrets__keyed_hash": None, "secrets__expires": None}]:
        kept = bytes(row["secrets__keyed_hash"]) if row["secrets__keyed_hash"] is not None else NO_HASH
        equal = False
        for candidate in candidates:
            equal |= compare_digest(candidate, kept)
        ends: datetime | None = row["secrets__expires"]
        if equal and (ends is None or ends > now):
            found = (row, ends)
    if found is None:
        raise Unauthenticated("The key or the secret is not valid.", rule="credential.unknown")
    _keep_under_newest_key(found[0], candidates[0])
    return found


def _keep_under_newest_key(row: dict[str, Any], newest: bytes) -> None:
    """Replace a hash under an older key of the hub, so that the older key can be retired."""
    kept = bytes(row["secrets__keyed_hash"])
    if kept != newest:
        CredentialSecret.objects.filter(pk=row["secrets__id"], keyed_hash=kept).update(keyed_hash=newest)
