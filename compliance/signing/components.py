"""The components by which a signer shows to be who they say (21 CFR 11.200(a)).

In: a signer and what they gave. Out: the names of the components that were right. The user name and the
password are checked as at a sign-in, so that failures count towards the same lock; codes and passkeys are
those of django-allauth. Being signed in, by whatever way, is no component.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed

from compliance import conf
from compliance.signing.errors import WrongComponents
from compliance.signing.signer import Signer

PASSWORD, TOTP_CODE, PASSKEY = "password", "totp", "passkey"
USER_NAME = "user name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a signer gave; empty is not given."""

    user_name: str = ""
    password: str = field(default="", repr=False)
    #: A time-based code of six digits.
    code: str = field(default="", repr=False)
    #: What navigator.credentials.get answered.
    passkey: Mapping[str, Any] | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        return bool(self.password or self.code or self.passkey)


def second_factors(user: Any) -> list[str]:
    """Return which second factors somebody has enrolled: totp, passkey."""
    names = {Authenticator.Type.TOTP: TOTP_CODE, Authenticator.Type.WEBAUTHN: PASSKEY}
    types = set(Authenticator.objects.filter(user=user, type__in=names).values_list("type", flat=True))
    return [name for kind, name in names.items() if kind in types]


def verify(signer: Signer, given: Given, *, every: bool) -> list[str]:
    """Return the components shown. Raises WrongComponents.

    With `every`, all that the signer has: user name, password and, where enrolled, a second factor; else at
    least one that only the signer can use.
    """
    enrolled = second_factors(signer.user)
    if every:
        _demand_all(given, enrolled)
    elif not given:
        raise WrongComponents(
            "Give your password, or a code or passkey of your second factor.", rule="components"
        )
    shown = []
    if given.password:
        _check_password(signer, given, named=every)
        shown += [USER_NAME, PASSWORD] if every else [PASSWORD]
    if given.code:
        _check_code(signer, given.code)
        shown.append(TOTP_CODE)
    if given.passkey:
        _check_passkey(signer, given.passkey)
        shown.append(PASSKEY)
    return shown


def _demand_all(given: Given, enrolled: list[str]) -> None:
    if not given.user_name or not given.password:
        raise WrongComponents(
            "The first signature of a session takes your user name and your password.", rule="components"
        )
    if enrolled and not (given.code or given.passkey):
        raise WrongComponents("It takes your second factor, too.", rule="components")
    if not enrolled and conf.signing_second_factor() == "always":
        raise WrongComponents("Signing takes a second factor: enrol one first.", rule="second-factor")


def _check_password(signer: Signer, given: Given, *, named: bool) -> None:
    user = signer.user
    if named and given.user_name.casefold() != user.get_username().casefold():
        _failed(signer)
    found = authenticate(signer.request, username=user.get_username(), password=given.password)
    if found is None or found.pk != user.pk:
        # authenticate() has told the lock-out already.
        raise _wrong()


def _check_code(signer: Signer, code: str) -> None:
    authenticator = Authenticator.objects.filter(user=signer.user, type=Authenticator.Type.TOTP).first()
    if authenticator is None or not TOTP(authenticator).validate_code(code.replace(" ", "")):
        _failed(signer)


def _check_passkey(signer: Signer, passkey: Mapping[str, Any]) -> None:
    try:
        credential = webauthn.parse_authentication_response(dict(passkey))
        authenticator = webauthn.complete_authentication(signer.user, credential)
    except Exception:  # noqa: BLE001  the library raises many kinds for what a browser may send
        authenticator = None
    if authenticator is None or authenticator.user_id != signer.user.pk:
        _failed(signer)


def _failed(signer: Signer) -> None:
    """Count a failure as a failed sign-in, and refuse."""
    user_login_failed.send(
        sender=__name__,
        credentials={"username": signer.user.get_username()},
        request=signer.request,
    )
    raise _wrong()


def _wrong() -> WrongComponents:
    # The same words for each: which one was wrong helps only who guesses.
    return WrongComponents("That is not right. Nothing was signed.", rule="components")
