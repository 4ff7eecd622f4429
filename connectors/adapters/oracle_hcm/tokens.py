"""What the hub shows Oracle to be let in: user name and password, or a token that is renewed in time.

In: options and secrets. Out: an Authorization header. A token is asked for when it is needed, kept until
shortly before it ends, and asked for anew when Oracle refuses it. Never logs or returns a secret otherwise.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from time import monotonic

from connectors.adapters.oracle_hcm.options import Options
from connectors.errors import NotAuthorized, SourceChanged
from connectors.outbound.http import Caller

#: Seconds before its end from which on a token is not used any more.
_MARGIN = 60.0


class Credentials:
    """How this connection authenticates itself."""

    def __init__(self, options: Options, secrets: Mapping[str, str], caller: Caller) -> None:
        self._options = options
        self._secrets = secrets
        self._caller = caller
        self._token = ""
        self._until = 0.0

    @property
    def renewable(self) -> bool:
        """Whether there can be another token in place of one that is refused."""
        return self._options.auth == "oauth2"

    def header(self) -> str:
        """Return the value of the Authorization header."""
        if not self.renewable:
            return f"Basic {_pair(self._options.username, self._secret('password'))}"
        if not self._token or monotonic() >= self._until:
            self._ask()
        return f"Bearer {self._token}"

    def forget(self) -> None:
        """Use a token no longer that was refused."""
        self._token = ""

    def _ask(self) -> None:
        asked = {"grant_type": "client_credentials"}
        if self._options.scope:
            asked["scope"] = self._options.scope
        pair = _pair(self._options.client_id, self._secret("client_secret"))
        try:
            answer = self._caller.send(
                "POST",
                self._options.token_url,
                data=asked,
                headers={"Authorization": f"Basic {pair}", "Accept": "application/json"},
                safe=True,
                fine={200},
            )
        except SourceChanged as error:
            # RFC 6749, 5.2: a client that is not known may be told so with status 400.
            raise NotAuthorized(
                "The identity domain gives the hub no token.",
                suggestion="Check client id, client secret, scope and token address.",
            ) from error
        try:
            told = answer.json()
            self._token, seconds = str(told["access_token"]), float(told.get("expires_in", 300))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SourceChanged("The token address answers, but not with a token.") from error
        self._until = monotonic() + max(seconds - _MARGIN, seconds / 2)

    def _secret(self, name: str) -> str:
        found = self._secrets.get(name, "")
        if not found:
            raise NotAuthorized(f"The connection has no {name.replace('_', ' ')}.", suggestion="Enter it.")
        return found


def _pair(name: str, secret: str) -> str:
    return b64encode(f"{name}:{secret}".encode()).decode()
