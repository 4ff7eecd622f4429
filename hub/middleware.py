"""The middleware chain: one that watches every request, and the website's, which does nothing for the xAPI.

In: requests. Out: responses, each with X-Request-ID. Under /xapi/, and for probes, no session, cookie, CSRF
token or message is ever looked at: the record store answers thousands of requests a second and knows none
of these; probes come with host names nobody can list.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from structlog.contextvars import bind_contextvars, clear_contextvars
from whitenoise.middleware import WhiteNoiseMiddleware

from hub import logs
from lrs import acting, metrics
from lrs.auth.address import address_in

#: What the website's middleware leaves alone.
APART = ("/xapi/", "/healthz", "/readyz", "/metrics")
_PROBES = APART[1:]
#: An id a client or proxy may hand us; anything else could forge log lines or fill columns.
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,63}\Z")

if TYPE_CHECKING:
    from django.utils.deprecation import MiddlewareMixin as _Middleware
else:
    _Middleware = object  # the middleware it is mixed into comes with the rest

_GetResponse = Callable[[HttpRequest], HttpResponseBase]


def request_id(offered: str) -> str:
    """Return the id a client offered where it is sane, else a new one."""
    return offered if _SANE_ID.match(offered) else token_hex(16)


def identify(meta: dict[str, Any]) -> str:
    """Give the request of `meta` (a WSGI environment) its id; the one it has, if that is sane."""
    identifier: str = request_id(meta.get("HTTP_X_REQUEST_ID", ""))
    meta["HTTP_X_REQUEST_ID"] = identifier
    return identifier


def bind(identifier: str) -> None:
    """Have every line logged in this context carry the request's id."""
    clear_contextvars()
    bind_contextvars(request_id=identifier)


def conclude(request: HttpRequest, path: str, response: HttpResponseBase, *, began: float) -> None:
    """Complete the headers of the answer, measure the request and log its line.

    `began` is the perf_counter of its start, `path` what was asked before anything rewrote it.
    """
    headers, status = response.headers, response.status_code
    identifier = request.META["HTTP_X_REQUEST_ID"]
    headers["X-Request-ID"] = identifier
    seconds = perf_counter() - began
    if path.startswith("/xapi/"):
        # Documents and attachments come back with the type a client gave them: never a page of ours.
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
        metrics.observe_request(method=request.method or "", path=path, status=status, seconds=seconds)
    elif path in _PROBES and status < 400:
        return
    if status >= 400 or settings.HUB_LOG_REQUESTS == "all":
        log = logs.lines()
        (log.error if status >= 500 else log.info)(
            "request",
            request_id=identifier,
            method=request.method,
            path=path,
            status=status,
            ms=round(seconds * 1000, 1),
            address=request.META.get("REMOTE_ADDR", ""),
        )


class RequestLog:
    """Gives each request its id, measures it and logs a line: what was asked, how it ended, how long it took.

    The id stands in `request.headers["X-Request-ID"]` for whoever needs it, in every log line written
    meanwhile and in the response.
    """

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        path = request.path_info
        bind(identify(request.META))
        response = self.get_response(request)
        conclude(request, path, response, began=began)
        return response


class _WebsiteOnly(_Middleware):
    """Steps aside for the xAPI and for probes."""

    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(APART):
            return cast("_GetResponse", self.get_response)(request)
        return cast("HttpResponseBase", super().__call__(request))


class WebsiteSecurity(_WebsiteOnly, SecurityMiddleware):
    """HTTPS redirect and security headers."""


class WebsiteStatic(_WebsiteOnly, WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise is untyped
    """Static files."""


class WebsiteSession(_WebsiteOnly, SessionMiddleware):
    """Sessions."""


class WebsiteCommon(_WebsiteOnly, CommonMiddleware):
    """Slashes, host names and content length."""


class WebsiteCsrf(_WebsiteOnly, CsrfViewMiddleware):
    """Cross-site request forgery."""

    def process_view(self, request: HttpRequest, *arguments: Any) -> Any:
        if request.path_info.startswith(APART):
            return None
        return super().process_view(request, *arguments)


class WebsiteAuthentication(_WebsiteOnly, AuthenticationMiddleware):
    """Who is signed in."""


class WebsiteActing:
    """Who is acting, for the audit trail: whoever is signed in, until a view knows better.

    The reason for a change comes in the header X-Change-Reason, or in a form's field `change_reason`.
    """

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(APART):
            return self.get_response(request)
        acts = acting.Acting(
            actor=lambda: _signed_in(request),
            process="web",
            request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
            address=address_in(request.META),
            reason=lambda: _reason(request),
        )
        with acting.on_behalf_of(acts):
            return self.get_response(request)


def _signed_in(request: HttpRequest) -> acting.Actor:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return acting.NOBODY
    full = user.get_full_name()
    name = f"{full} ({user.get_username()})" if full else user.get_username()
    return acting.Actor(kind="person", id=str(user.pk), name=name)


def _reason(request: HttpRequest) -> str:
    told = request.headers.get("X-Change-Reason", "")
    if told or request.method != "POST" or not request.path_info.startswith("/admin/"):
        # A header's bytes come as Latin-1; people write UTF-8.
        return told.encode("latin-1", "replace").decode("utf-8", "replace").strip()
    return request.POST.get("change_reason", "").strip()


class WebsiteMessages(_WebsiteOnly, MessageMiddleware):
    """One-time messages."""


def _website_only(made: Callable[[_GetResponse], Any], get_response: _GetResponse) -> Any:
    """Return middleware made when there are models, which steps aside as the others do."""
    inner = made(get_response)

    def run(request: HttpRequest) -> HttpResponseBase:
        passes = get_response if request.path_info.startswith(APART) else inner
        return cast("HttpResponseBase", passes(request))

    for hook in ("process_view", "process_exception", "process_template_response"):
        if hasattr(inner, hook):
            setattr(run, hook, getattr(inner, hook))
    return run


def WebsiteAccounts(get_response: _GetResponse) -> Any:  # noqa: N802  named as the others
    """Time-outs, second factors shown, old passwords, devices."""
    from compliance.accounts.middleware import AccountsMiddleware

    return _website_only(AccountsMiddleware, get_response)


def WebsiteDisclosures(get_response: _GetResponse) -> Any:  # noqa: N802  named as the others
    """The log of who looks at people, and the part of the organization they may see."""
    from compliance.access.middleware import DisclosuresMiddleware

    return _website_only(DisclosuresMiddleware, get_response)


class WebsiteFrames(_WebsiteOnly, XFrameOptionsMiddleware):
    """No framing."""
