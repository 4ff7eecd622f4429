"""How django-allauth behaves here: nobody signs up, secrets are encrypted, mail is best effort.

In: what allauth asks of its adapters. Out: answers. Who has no mail server still signs in.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from lrs.auth.address import address_of
from lrs.auth.keyed_hash import derived

logger = structlog.get_logger(__name__)
_PURPOSE = b"compliance.accounts.factors.v1"


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Accounts are made by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        """Nobody signs up."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that is believed everywhere else."""
        return address_of(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where who signed in goes on."""
        user: Any = request.user
        return reverse("admin:index") if user.is_staff else reverse("hub_account")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  allauth's signature
        """Return where who changed their password goes on."""
        return reverse("hub_account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a notice; without a mail server, or where that fails, the log says so and life goes on."""
        if not settings.EMAIL_HOST:
            return
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as error:
            logger.warning("notice_not_sent", notice=template_prefix, reason=type(error).__name__)


class Factors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Secrets of time-based codes and seeds of recovery codes are encrypted at rest."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is kept."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret as it is used; one that cannot be read is as good as wrong."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""


def _cipher() -> MultiFernet:
    return _cipher_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _cipher_of(masters: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(derived(each, _PURPOSE))) for each in masters])
