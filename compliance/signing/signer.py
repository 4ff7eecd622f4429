"""Who signs, from where: taken from a request, never from a form.

In: a request. Out: `Signer`. Whether it is a continuous session (21 CFR 11.200(a)(1)(i)) is told here: the
same person, the same browser session, the same device, no long pause, not for too long, and not on a kiosk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from compliance import conf
from compliance.access.events import address_in, request_id
from compliance.accounts import devices
from compliance.accounts.sessions import browser_digest
from compliance.models import SigningSession
from compliance.signing.errors import NotAllowed

#: What packages that let one person act as another leave in the session.
_IMPERSONATING = ("impersonator", "hijack_history", "_impersonate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody signed in, and the browser session and device they sign from."""

    request: HttpRequest
    user: User
    browser: str
    device: str
    kiosk: bool

    @property
    def address(self) -> str:
        """Where the request came from."""
        return address_in(self.request)

    @property
    def request_id(self) -> str:
        """The request's id."""
        return request_id(self.request)


def signer_of(request: HttpRequest) -> Signer:
    """Return who signs with a request. Raises NotAllowed for strangers, other people's hands and devices."""
    user: Any = request.user
    if not isinstance(user, User) or not user.is_active or not request.session.session_key:
        raise NotAllowed("Sign in first.", rule="signed-in")
    if is_impersonating(request):
        raise NotAllowed("Nobody signs while acting as somebody else.", rule="impersonating")
    if not devices.may_sign(request):
        raise NotAllowed("Signatures are taken from registered devices only.", rule="device")
    here = devices.registered(request)
    return Signer(
        request=request,
        user=user,
        browser=browser_digest(request.session.session_key),
        device=devices.digest(request),
        kiosk=here is not None and here.kiosk,
    )


def is_impersonating(request: HttpRequest) -> bool:
    """Whether somebody else acts through this session."""
    user: Any = request.user
    marked = getattr(user, "is_hijacked", False) or getattr(user, "is_impersonate", False)
    return bool(marked) or any(name in request.session for name in _IMPERSONATING)


def continuing(signer: Signer) -> SigningSession | None:
    """Return the signing session that goes on; None where all components are due."""
    if signer.kiosk:
        return None
    now = timezone.now()
    return (
        SigningSession.objects.filter(
            user=signer.user,
            browser=signer.browser,
            device=signer.device,
            ended__isnull=True,
            last_signed__gt=now - timedelta(seconds=conf.signing_idle_seconds()),
            started__gt=now - timedelta(seconds=conf.signing_seconds()),
        )
        .order_by("-pk")
        .first()
    )


def begin(signer: Signer) -> SigningSession:
    """Begin a signing session, all components having been shown; end what was before."""
    end_sessions(signer.user, why="another began", browser=signer.browser)
    return SigningSession.objects.create(
        user=signer.user, browser=signer.browser, device=signer.device, address=signer.address
    )


def end_sessions(user: User, *, why: str, browser: str = "") -> int:
    """End the open signing sessions of somebody, or only those of one browser session; return how many."""
    running = SigningSession.objects.filter(user=user, ended__isnull=True)
    if browser:
        running = running.filter(browser=browser)
    return running.update(ended=timezone.now(), ended_why=why[:100])
