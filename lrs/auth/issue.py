"""Credentials: handing out, rotating, revoking.

In: names, scopes, dates. Out: a key and a secret, the secret this once. What is kept is a keyed hash of
it (`lrs.auth.keyed_hash`); no log, message or representation ever carries a secret.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import get_application_model

from lrs.auth.access import SCOPES
from lrs.auth.keyed_hash import keyed_hash
from lrs.auth.remembered import REMEMBERED
from lrs.errors import BadRequest
from lrs.models import Credential, CredentialSecret, Source, Store
from lrs.models.tenancy import SourceKind

#: 256 random bits in a secret, 144 in a key.
SECRET_BYTES = 32
KEY_BYTES = 18

#: The longest a rotated secret may go on working.
OVERLAP_MOST = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A credential at the only moment its secret is known."""

    key: str
    secret: str = field(repr=False)
    credential: Credential


def issue(
    *,
    store: str = "default",
    source: str,
    scopes: Sequence[str],
    label: str = "",
    kind: str = SourceKind.OTHER,
    expires: datetime | None = None,
) -> Issued:
    """Make a credential for HTTP Basic, with its store and source where they are new.

    `kind` is what a new source is; an existing one keeps its own.
    """
    granted = checked_scopes(scopes)
    _refuse_past(expires)
    key, secret = f"lrs-{secrets.token_urlsafe(KEY_BYTES)}", secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        credential = Credential.objects.create(
            source=_source(store=store, source=source, kind=kind),
            key=key,
            label=_named("label", label, may_be_empty=True),
            scopes=granted,
            expires=expires,
        )
        CredentialSecret.objects.create(credential=credential, keyed_hash=keyed_hash(key, secret))
    return Issued(key=key, secret=secret, credential=credential)


def issue_application(
    *,
    store: str = "default",
    source: str,
    scopes: Sequence[str],
    label: str = "",
    kind: str = SourceKind.OTHER,
    expires: datetime | None = None,
    redirect_uris: Sequence[str] = (),
    public: bool = False,
) -> Issued:
    """Make an OAuth 2 application for a source; key and secret are its client id and client secret.

    With `redirect_uris` it signs users in (authorization code with PKCE), without it acts for itself
    (client credentials). A `public` one runs in browsers or on phones and has no secret.
    """
    granted = checked_scopes(scopes)
    _refuse_past(expires)
    for uri in redirect_uris:
        _refuse_open(uri)
    if public and not redirect_uris:
        raise BadRequest(
            "A public application cannot act for itself: name its redirect addresses.",
            rule="credential.public-application",
        )
    application_model = get_application_model()
    key, secret = f"lrs-{secrets.token_urlsafe(KEY_BYTES)}", secrets.token_urlsafe(SECRET_BYTES)
    application = application_model(
        client_id=key,
        client_secret=secret,
        client_type=application_model.CLIENT_PUBLIC if public else application_model.CLIENT_CONFIDENTIAL,
        authorization_grant_type=(
            application_model.GRANT_AUTHORIZATION_CODE
            if redirect_uris
            else application_model.GRANT_CLIENT_CREDENTIALS
        ),
        redirect_uris=" ".join(redirect_uris),
        name=label or source,
    )
    try:
        application.full_clean(exclude=["client_secret"])
    except ValidationError as error:
        raise BadRequest("; ".join(error.messages), rule="credential.application") from error
    with transaction.atomic():
        application.save()
        credential = Credential.objects.create(
            source=_source(store=store, source=source, kind=kind),
            key=key,
            label=_named("label", label, may_be_empty=True),
            application=application,
            scopes=granted,
            expires=expires,
        )
    return Issued(key=key, secret="" if public else secret, credential=credential)


def rotate(credential: Credential, *, overlap: timedelta, now: datetime | None = None) -> str:
    """Give the credential a new secret and return it; the old ones go on working for `overlap`."""
    if not timedelta(0) <= overlap <= OVERLAP_MOST:
        raise BadRequest(
            f"The overlap must be from nothing to {OVERLAP_MOST.days} days.", rule="credential.overlap"
        )
    now = now or timezone.now()
    with transaction.atomic():
        # Two rotations at once would each leave the other's secret without an end.
        held = Credential.objects.select_for_update().get(pk=credential.pk)
        if held.revoked is not None:
            raise BadRequest("The credential was revoked; make a new one.", rule="credential.revoked")
        if held.application_id is not None:
            raise BadRequest(
                "An OAuth application has one client secret; make a new application.",
                rule="credential.application",
            )
        secret = secrets.token_urlsafe(SECRET_BYTES)
        held.secrets.filter(expires__isnull=True).update(expires=now + overlap)
        held.secrets.filter(expires__gt=now + overlap).update(expires=now + overlap)
        held.secrets.filter(expires__lte=now).delete()
        CredentialSecret.objects.create(credential=held, keyed_hash=keyed_hash(held.key, secret), created=now)
        transaction.on_commit(REMEMBERED.clear)
    return secret


def revoke(credential: Credential, *, now: datetime | None = None) -> None:
    """End the credential: at once in this process, within `conf.credential_seconds()` in every other.

    The tokens of its OAuth application go; the credential stays, because statements name it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        held = Credential.objects.select_for_update().get(pk=credential.pk)
        if held.revoked is None:
            held.revoked = now
            held.save(update_fields=["revoked"])
        if held.application is not None:
            held.application.grant_set.all().delete()
            held.application.refreshtoken_set.all().delete()
            held.application.accesstoken_set.all().delete()
        transaction.on_commit(REMEMBERED.clear)
    credential.revoked = held.revoked


def checked_scopes(scopes: Iterable[str]) -> list[str]:
    """Return `scopes` once each, in the specification's order; BadRequest for none or an unknown one."""
    asked = set(scopes)
    unknown = sorted(asked - set(SCOPES))
    if unknown or not asked:
        found = f"{', '.join(unknown)} is not a scope" if unknown else "A credential needs a scope"
        raise BadRequest(f"{found}; there are {', '.join(SCOPES)}.", rule="credential.scope")
    return [scope for scope in SCOPES if scope in asked]


def _source(*, store: str, source: str, kind: str) -> Source:
    if kind not in SourceKind.values:
        raise BadRequest(
            f"{kind} is no kind of source; there are {', '.join(SourceKind.values)}.", rule="credential.kind"
        )
    its_store, _ = Store.objects.get_or_create(name=_named("store", store))
    its_source, _ = Source.objects.get_or_create(
        store=its_store, name=_named("source", source), defaults={"kind": kind}
    )
    if not its_source.active:
        raise BadRequest(f"The source {its_source} is not active.", rule="credential.source-inactive")
    return its_source


def _named(what: str, name: str, *, may_be_empty: bool = False) -> str:
    name = name.strip()
    if len(name) > 100 or "\0" in name or not (name or may_be_empty):
        raise BadRequest(f"The name of the {what} must have 1 to 100 characters.", rule="credential.name")
    return name


def _refuse_open(uri: str) -> None:
    """Refuse to send codes over http, but to a program on the user's own machine (RFC 8252, 7.3)."""
    try:
        address = urlsplit(uri)
        host = address.hostname or ""
    except ValueError:
        host = ""
    if not host or (address.scheme == "http" and host not in {"localhost", "127.0.0.1", "::1"}):
        raise BadRequest(f"{uri} is not an https address to come back to.", rule="credential.redirect")


def _refuse_past(expires: datetime | None) -> None:
    if expires is not None and expires <= timezone.now():
        raise BadRequest("The credential would have expired already.", rule="credential.expires")
