"""Writes down what Django, django-axes and django-allauth tell of sign-ins, and acts on it.

In: their signals. Out: access events, account sessions begun and ended, alerts.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa import signals as factors
from axes.signals import user_locked_out
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from compliance.access import alarm, events
from compliance.accounts import guessing, passwords, sessions
from compliance.models import EventKind, SigningSession


@receiver(user_logged_in, dispatch_uid="compliance.logged_in")
def logged_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Begin a session; flag it where the same account is in use elsewhere."""
    session = sessions.begin(request, user)
    passwords.account_of(user)
    events.record(EventKind.LOGIN, request=request, user=user)
    elsewhere = sessions.others(session)
    if elsewhere:
        events.record(
            EventKind.CONCURRENT,
            request=request,
            user=user,
            what=f"{len(elsewhere)} more in use",
            addresses=sorted({each.address for each in elsewhere}),
        )
        if hasattr(request, "_messages"):
            there = ", ".join(sorted({each.address or "elsewhere" for each in elsewhere}))
            messages.warning(request, f"Your account is also signed in on another device ({there}).")


@receiver(user_logged_out, dispatch_uid="compliance.logged_out")
def logged_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """End the session and what was signed in it."""
    if user is None:
        return
    browser = sessions.browser_digest(request.session.session_key or "")
    if sessions.end(user, why="signed out", browser=browser):
        events.record(EventKind.LOGOUT, request=request, user=user)
    SigningSession.objects.filter(user=user, browser=browser, ended__isnull=True).update(
        ended=timezone.now(), ended_why="signed out"
    )


@receiver(user_login_failed, dispatch_uid="compliance.login_failed")
def login_failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Write down a refusal."""
    name = str(credentials.get("username") or "")
    whose = User.objects.filter(username__iexact=name).first() if name else None
    events.record(
        EventKind.REFUSED, request=request, user=whose, user_name=name, what="wrong user name or password"
    )
    if whose is not None and guessing.lock_if_guessed(whose, request):
        alarm.evaluate()


@receiver(user_locked_out, dispatch_uid="compliance.locked_out")
def locked_out(request: HttpRequest, username: str, **_: Any) -> None:
    """Write down a lock, and raise the alarm."""
    whose = User.objects.filter(username__iexact=username or "").first()
    events.record(EventKind.LOCKED, request=request, user=whose, user_name=username or "")
    alarm.evaluate()


@receiver(factors.authenticator_added, dispatch_uid="compliance.factor_added")
@receiver(factors.authenticator_removed, dispatch_uid="compliance.factor_removed")
@receiver(factors.authenticator_reset, dispatch_uid="compliance.factor_reset")
def factors_changed(request: HttpRequest, user: User, authenticator: Any, signal: Any, **_: Any) -> None:
    """Write down that second factors are others now."""
    did = {factors.authenticator_added: "added", factors.authenticator_removed: "removed"}
    events.record(
        EventKind.MFA_CHANGED,
        request=request,
        user=user,
        what=f"{authenticator.type} {did.get(signal, 'reset')}",
    )
