"""The kept SCIM client over a real connection, for the compliance tester (scim2-tester)."""

from __future__ import annotations

from typing import Any

import requests
from scim2_client import BaseSyncSCIMClient
from scim2_client.errors import RequestNetworkException


class Answered:
    """What requests answered, as scim2-client reads it."""

    def __init__(self, response: requests.Response) -> None:
        self._response = response
        self.status_code = response.status_code
        self.headers = response.headers
        self.text = response.text
        self.content = response.content

    def json(self) -> Any:
        return self._response.json()


class Peer(BaseSyncSCIMClient):
    """Asks one provider, with one token."""

    def __init__(self, base: str, token: str, **more: Any) -> None:
        super().__init__(**more)
        self._base = base.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return not endpoint.startswith("http") or endpoint.startswith(self._base)

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **more: Any) -> Any:
        """Send one request; a path is below the provider's address."""
        address = url if url.startswith("http") else f"{self._base}/{url.lstrip('/')}"
        try:
            return Answered(self._session.request(method, address, timeout=60, **more))
        except requests.RequestException as error:
            raise RequestNetworkException from error
