"""What stands between a session cookie and the pages: time-outs, the second factor, old passwords, devices.

In: every request of the website and the API. Out: the page; or the sign-in page, the page for the second
factor, the page to change a password, or a refusal. Never a look at the xAPI, which knows no sessions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records, perform_login
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from compliance.access import events
from compliance.accounts import devices, passwords, sessions
from compliance.models import EventKind

#: Always open to who is signed in: signing out, changing the password, and what these pages are made of.
_OPEN = ("account_logout", "account_change_password", "account_reauthenticate", "admin:logout")
_FACTORS = "hub_second_factor"


class AccountsMiddleware:
    """Sits behind authentication and django-allauth's own middleware."""

    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        unmarked = devices.recognise(request)
        # Asked before the view: the API framework puts a user of its own in its place.
        user = _user(request)
        stopped = _stopped(request, user) if user is not None else None
        response = stopped if stopped is not None else self.get_response(request)
        if unmarked and (user is not None or _user(request) is not None):
            devices.mark(request, response)
        if response.status_code == 403 and stopped is None and user is not None:
            what = f"{request.method} {request.path_info}"
            events.record(EventKind.REFUSED, request=request, user=user, what=what)
        return response


def _stopped(request: HttpRequest, user: User) -> HttpResponseBase | None:
    """Return what stands in the way of a request; None where nothing does."""
    if why := sessions.why_over(request, user):
        return _out(request, user, why)
    if not devices.may_come_in(request):
        events.record(EventKind.REFUSED, request=request, what="a device that is not registered")
        logout(request)
        return _refused(request, "Only registered devices are let in.", "device")
    if (factor := _second_factor(request, user)) is not None:
        return factor
    if _is_open(request.path_info) or not passwords.is_expired(user):
        return None
    if request.path_info.startswith("/api/"):
        return _refused(request, "The password has to be changed first.", "password")
    messages.warning(request, "Your password has to be changed before you go on.")
    there = reverse("account_change_password")
    return HttpResponseRedirect(f"{there}?{urlencode({'next': request.get_full_path()})}")


def _user(request: HttpRequest) -> User | None:
    user: Any = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _is_open(path: str) -> bool:
    return path in {reverse(name) for name in _OPEN}


def _out(request: HttpRequest, user: User, why: str) -> HttpResponseBase:
    """End a session that is over."""
    events.record(EventKind.SESSION_ENDED, request=request, user=user, what=why)
    logout(request)
    if request.path_info.startswith("/api/"):
        return _refused(request, f"The sign-in is over: {why}.", "session", status=401)
    messages.info(request, f"You were signed out: {why}.")
    name = "admin:login" if request.path_info.startswith("/admin/") else "account_login"
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': request.get_full_path()})}")


def _second_factor(request: HttpRequest, user: User) -> HttpResponseBase | None:
    """Return the way to the second factor, where one is enrolled and was not shown in this session.

    Whichever page took the password: the sign-in is taken back until the factor is there.
    """
    if request.session.get(_FACTORS) == user.pk or _is_open(request.path_info):
        return None
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    if not Authenticator.objects.filter(user=user, type__in=kinds).exists():
        return None
    if any(each["method"] == "mfa" for each in get_authentication_records(request, user)):
        request.session[_FACTORS] = user.pk
        return None
    if request.path_info.startswith("/api/"):
        return _refused(request, "The second factor was not shown yet.", "second-factor")
    # Not logout(): that would tell of somebody who has left.
    sessions.end(
        user, why="second factor due", browser=sessions.browser_digest(request.session.session_key or "")
    )
    request.session.flush()
    there = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    answer: HttpResponseBase = perform_login(request, Login(user=user, redirect_url=there))
    return answer


def _refused(request: HttpRequest, text: str, rule: str, *, status: int = 403) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        body = {"type": "about:blank", "status": status, "detail": text, "rule": rule}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return render(request, "compliance/refused.html", {"text": text}, status=status)
