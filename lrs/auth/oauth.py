"""OAuth 2 at the xAPI's door: what a Bearer token may do (RFC 6750).

In: the Authorization header. Out: `Access`, or Unauthenticated. Tokens are looked up by their SHA-256; they
are nowhere kept readable. What a token may do is what both the token and its application's credential grant,
so that taking a scope from the credential takes it from every token.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from lrs import conf
from lrs.auth import last_used
from lrs.auth.access import SCOPES, Access
from lrs.auth.authority import of_application, of_application_and_user
from lrs.auth.basic import refuse_unusable
from lrs.auth.remembered import REMEMBERED, Remembered
from lrs.auth.rules import both_grant
from lrs.errors import Unauthenticated
from lrs.models import Credential

#: No token of ours is longer.
HEADER_CHARACTERS = 512


def authenticate(header: str, *, remembered: Remembered = REMEMBERED, now: datetime | None = None) -> Access:
    """Return what the token in `header` may do; `now` is for callers with a clock of their own."""
    known = remembered.get(header)
    if known is not None:
        return known
    now = now or timezone.now()
    digest = sha256(token_in(header).encode()).hexdigest()
    token = (
        get_access_token_model()
        .objects.select_related("user", "application__lrs_credential__source")
        .filter(token_checksum=digest)
        .first()
    )
    credential: Credential | None = getattr(token and token.application, "lrs_credential", None)
    if token is None or credential is None:
        raise Unauthenticated("The token is not valid.", rule="credential.unknown")
    if token.expires is None or token.expires <= now:
        raise Unauthenticated("The token has expired.", rule="credential.expired")
    if not token.allows_audience(conf.endpoint()):
        raise Unauthenticated("The token is meant for another server.", rule="credential.audience")
    if token.user is not None and not token.user.is_active:
        raise Unauthenticated("The user who gave the token is not active.", rule="credential.user-inactive")
    source = credential.source
    refuse_unusable(
        expires=credential.expires, revoked=credential.revoked, source_active=source.active, now=now
    )
    name = credential.label or source.name
    if token.user is None:
        authority = of_application(key=credential.key, name=name)
    else:
        authority = of_application_and_user(
            key=credential.key,
            name=name,
            user_name=token.user.get_username(),
            full_name=token.user.get_full_name(),
        )
    access = Access(
        store_id=source.store_id,
        source_id=source.pk,
        credential_id=credential.pk,
        authority=authority,
        scopes=both_grant(
            frozenset(token.scope.split()), frozenset(credential.scopes), every=frozenset(SCOPES)
        ),
        may_void=source.may_void,
        body_bytes=credential.body_bytes if credential.body_bytes is not None else conf.body_bytes(),
        requests_per_minute=(
            credential.requests_per_minute
            if credential.requests_per_minute is not None
            else conf.requests_per_minute()
        ),
    )
    last_used.note(credential.pk, noted=credential.last_used, now=now)
    ends = min(moment for moment in (token.expires, credential.expires) if moment is not None)
    remembered.put(header, access, seconds_left=(ends - now).total_seconds())
    return access


def token_in(header: str) -> str:
    """Return the token of a Bearer header; Unauthenticated where it is not one."""
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(header) > HEADER_CHARACTERS or not token.isascii():
        raise Unauthenticated("The Authorization header is not a Bearer token.", rule="credential.malformed")
    return token
