"""What django-oauth-toolkit asks the record store: who may have a token, and with which scopes.

In: the toolkit's questions about an application. Out: answers from its credential. An application without a
credential, or whose credential has ended, gets no token; one never gets a scope its credential lacks.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauthlib.common import Request

from lrs.auth.access import SCOPES
from lrs.auth.basic import refuse_unusable
from lrs.auth.rules import both_grant
from lrs.errors import Unauthenticated
from lrs.models import Credential

#: What a client means that names no scope (xAPI 1.0.3, Communication 4.2).
DEFAULT_SCOPES = frozenset({"statements/write", "statements/read/mine"})


def credential_of(application: Application | None) -> Credential | None:
    """Return the application's credential where that is valid now."""
    credential = (
        Credential.objects.select_related("source").filter(application=application).first()
        if application is not None
        else None
    )
    if credential is None:
        return None
    try:
        refuse_unusable(
            expires=credential.expires,
            revoked=credential.revoked,
            source_active=credential.source.active,
            now=timezone.now(),
        )
    except Unauthenticated:
        return None
    return credential


class CredentialScopes(BaseScopes):  # type: ignore[misc]  # the toolkit is untyped
    """The scopes of the application's credential, with those they include."""

    def get_all_scopes(self) -> dict[str, str]:
        return SCOPES

    def get_available_scopes(self, application: Application | None = None, *_: Any, **__: Any) -> list[str]:
        if application is None:
            return list(SCOPES)
        credential = credential_of(application)
        return _in_order(frozenset(credential.scopes)) if credential else []

    def get_default_scopes(self, application: Application | None = None, *_: Any, **__: Any) -> list[str]:
        available = self.get_available_scopes(application)
        return [scope for scope in available if scope in DEFAULT_SCOPES] or available


class Validator(OAuth2Validator):  # type: ignore[misc]  # the toolkit is untyped
    """The toolkit's validator, for applications whose credential is valid."""

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        return bool(super().authenticate_client(request, *args, **kwargs)) and _usable(request)

    def authenticate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        return bool(super().authenticate_client_id(client_id, request, *args, **kwargs)) and _usable(request)

    def validate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        return bool(super().validate_client_id(client_id, request, *args, **kwargs)) and _usable(request)


def _usable(request: Request) -> bool:
    return credential_of(request.client) is not None


def _in_order(scopes: frozenset[str]) -> list[str]:
    granted = both_grant(scopes, frozenset(SCOPES), every=frozenset(SCOPES))
    return [scope for scope in SCOPES if scope in granted]
