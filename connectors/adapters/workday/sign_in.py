"""Signing in to RaaS: basic authentication, or an access token made of a refresh token and made anew once it
is not taken any more.

In: options and secrets. Out: what httpx asks to authenticate a request. Never shows a token or a secret.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

import httpx
import orjson

from connectors.adapters.workday.options import Options
from connectors.errors import CannotConnect, NotAuthorized

_UNAUTHORIZED = 401
#: Answers of a token endpoint by which it refuses us, rather than being in trouble.
_REFUSED = frozenset({400, 401, 403})
_OK = 200


def sign_in(options: Options, secrets: Mapping[str, str]) -> httpx.Auth:
    """Return how requests for reports are signed in."""
    if options.sign_in == "oauth":
        return Bearer(
            options.token_address,
            options.client_id,
            secrets.get("client_secret", ""),
            secrets.get("refresh_token", ""),
        )
    return httpx.BasicAuth(options.account, secrets.get("password", ""))


class Bearer(httpx.Auth):
    """An access token, asked for when it is needed."""

    def __init__(self, address: str, client_id: str, client_secret: str, refresh_token: str) -> None:
        self._address = address
        self._client = httpx.BasicAuth(client_id, client_secret)
        self._refresh_token = refresh_token
        self._token = ""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token; with a new one if that is refused."""
        fresh = not self._token
        if fresh:
            yield from self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == _UNAUTHORIZED and not fresh:
            yield from self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        asked = httpx.Request(
            "POST",
            self._address,
            data={"grant_type": "refresh_token", "refresh_token": self._refresh_token},
        )
        response = yield next(self._client.auth_flow(asked))
        body = response.read()
        if response.status_code in _REFUSED:
            raise NotAuthorized(
                f"{response.url.host} gives no access token (status {response.status_code}).",
                suggestion="Check client ID, client secret and refresh token of the API client.",
            )
        if response.status_code != _OK:
            raise CannotConnect(f"{response.url.host} is in trouble (status {response.status_code}).")
        self._token = _token(body)
        if not self._token:
            raise CannotConnect(f"{response.url.host} answers without an access token.")


def _token(body: bytes) -> str:
    try:
        found = orjson.loads(body).get("access_token")
    except (orjson.JSONDecodeError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""
