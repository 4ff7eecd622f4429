"""The pages and endpoints of OAuth 2: consent, sign-in, tokens, and what a user has consented to.

In: browsers of users, and clients. Out: django-oauth-toolkit's answers in pages of our own. Wrong client
secrets are throttled like wrong API secrets. Never a code, token or secret in a log.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from typing import Any
from urllib.parse import unquote_plus

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse_lazy
from oauth2_provider import views as toolkit

from lrs.auth.address import address_of
from lrs.auth.throttle import THROTTLE

# At DEBUG both write authorization codes.
logging.getLogger("oauth2_provider").setLevel(logging.INFO)
logging.getLogger("oauthlib").setLevel(logging.INFO)

SIGN_IN = reverse_lazy("oauth2_provider:sign-in")


class SignIn(LoginView):
    """Sign-in for users who are asked for consent; the throttle of the admin's sign-in holds here too."""

    template_name = "lrs/oauth/sign_in.html"
    redirect_authenticated_user = True
    # Django takes a lazy address here; the stubs know only text.
    next_page = reverse_lazy("oauth2_provider:authorized-token-list")  # type: ignore[assignment]


class Authorize(toolkit.AuthorizationView):  # type: ignore[misc]  # the toolkit is untyped
    """Asks the user whether an application may act for them."""

    template_name = "lrs/oauth/authorize.html"
    login_url = SIGN_IN

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        # Consent must be given on our page, not under someone else's.
        response["Content-Security-Policy"] = "frame-ancestors 'none'"
        response["Cache-Control"] = "no-store"
        return response


class Token(toolkit.TokenView):  # type: ignore[misc]  # the toolkit is untyped
    """Hands out tokens, and makes wrong client secrets wait."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        client, address = _client_id(request), address_of(request)
        standing = THROTTLE.standing(client, address)
        if standing.wait_seconds and not standing.trusted:
            return _wait(standing.wait_seconds)
        response: HttpResponse = super().post(request, *args, **kwargs)
        if response.status_code == 401:
            THROTTLE.failed(client, address)
            if standing.wait_seconds:
                return _wait(standing.wait_seconds)
        elif response.status_code == 200 and not standing.trusted:
            THROTTLE.succeeded(client, address)
        return response


class AuthorizedTokens(toolkit.AuthorizedTokensListView):  # type: ignore[misc]  # the toolkit is untyped
    """What the user has allowed."""

    template_name = "lrs/oauth/tokens.html"
    login_url = SIGN_IN


class WithdrawToken(toolkit.AuthorizedTokenDeleteView):  # type: ignore[misc]  # the toolkit is untyped
    """Takes it back."""

    template_name = "lrs/oauth/withdraw.html"
    login_url = SIGN_IN


def _client_id(request: HttpRequest) -> str:
    """Return the client id a token request names, as far as it can be read."""
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return unquote_plus(b64decode(encoded).decode().partition(":")[0])[:64]
        except ValueError:
            return ""
    return request.POST.get("client_id", "")[:64]


def _wait(seconds: int) -> JsonResponse:
    return JsonResponse(
        {"error": "temporarily_unavailable", "error_description": "Too many failed attempts."},
        status=429,
        headers={"Retry-After": str(seconds), "Cache-Control": "no-store"},
    )
