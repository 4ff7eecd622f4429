"""Questions to the OData service as the API user: login, session, and what its refusals mean.

In: addresses of the service. Out: the `d` of its answers. Logs in once and keeps the session (cookies and
X-CSRF-Token); a token that ran out is renewed once for each question. Raises NotAuthorized, Throttled,
CannotConnect, and Declined for a refusal with a code. Never follows a link to another server, and no
password, key, token or assertion is in any message.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
import orjson

from connectors.adapters.successfactors.assertion import Claims, signed
from connectors.adapters.successfactors.options import Options
from connectors.errors import CannotConnect, NotAuthorized, SourceChanged
from connectors.outbound.http import ATTEMPTS, Caller

_GRANT = "urn:ietf:params:oauth:grant-type:saml2-bearer"
#: Answers with a meaning of their own; the rest is connectors.outbound.http's.
_TOLD = frozenset({200, 400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 414, 415, 422, 501})
#: How often an answer that breaks off is asked for again.
_BROKEN_MOST = 3


class Declined(SourceChanged):
    """The service refuses a question, with its own code for why."""

    def __init__(self, reason: str, *, status: int, code: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


class Client:
    """One session. A context manager."""

    def __init__(self, chosen: Options, secrets: Mapping[str, str], *, attempts: int = ATTEMPTS) -> None:
        self.chosen = chosen
        self._secrets = secrets
        self._caller = Caller(
            allow_private=chosen.allow_private, headers={"Accept": "application/json"}, attempts=attempts
        )
        self._authorization = ""
        self._csrf = "Fetch"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close()

    def get(self, url: str) -> dict[str, Any]:
        """Return the `d` of an answer."""
        url = urljoin(f"{self.chosen.service}/", url)
        self._check(url)
        for _ in range(_BROKEN_MOST):
            answer = self._asked(url)
            try:
                values = orjson.loads(answer.content)
            except orjson.JSONDecodeError:
                continue
            found = values.get("d") if isinstance(values, dict) else None
            if not isinstance(found, dict):
                raise SourceChanged("The answer of SuccessFactors is not OData v2: it has no “d”.")
            return found
        raise CannotConnect("SuccessFactors answers with JSON that breaks off.")

    def _check(self, url: str) -> None:
        mine, theirs = urlsplit(self.chosen.service), urlsplit(url)
        if (mine.scheme, mine.netloc.lower()) != (theirs.scheme, theirs.netloc.lower()):
            raise SourceChanged(
                f"SuccessFactors says to go on at {theirs.netloc[:200]}, which is another server.",
                suggestion="Enter the API server that answers as the address of the connection.",
            )

    def _asked(self, url: str) -> httpx.Response:
        answer = self._once(url)
        if answer.status_code == 401 and self.chosen.login == "oauth":
            # The token ran out; what refuses a new one too means it.
            self._authorization = ""
            answer = self._once(url)
        if answer.status_code != 200:
            raise _refusal(answer)
        return answer

    def _once(self, url: str) -> httpx.Response:
        if not self._authorization:
            self._authorization = self._logged_in()
        headers = {"Authorization": self._authorization, "X-CSRF-Token": self._csrf}
        answer = self._caller.send("GET", url, headers=headers, fine=_TOLD)
        self._csrf = answer.headers.get("x-csrf-token") or self._csrf
        return answer

    def _logged_in(self) -> str:
        """Return the header that says who we are."""
        chosen = self.chosen
        if chosen.login == "oauth":
            return f"Bearer {self._token()}"
        password = self._secret("password")
        name = f"{chosen.user}@{chosen.company}:{password}"
        return f"Basic {b64encode(name.encode()).decode()}"

    def _token(self) -> str:
        chosen = self.chosen
        claims = Claims(
            issuer=chosen.issuer,
            subject=chosen.user,
            audience=chosen.audience,
            recipient=chosen.token_url,
            api_key=chosen.client_id,
            use_username=chosen.use_username,
        )
        answer = self._caller.send(
            "POST",
            chosen.token_url,
            data={
                "client_id": chosen.client_id,
                "company_id": chosen.company,
                "grant_type": _GRANT,
                "assertion": signed(claims, self._secret("private_key"), datetime.now(UTC)),
            },
            fine=_TOLD,
            safe=True,
        )
        try:
            values = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            values = None
        said = values if isinstance(values, dict) else {}
        token = said.get("access_token")
        if answer.status_code == 200 and isinstance(token, str) and token:
            return token
        why = said.get("error_description") or said.get("errorMessage") or said.get("error") or ""
        raise NotAuthorized(
            f"SuccessFactors gives no token (status {answer.status_code}): {str(why)[:300]}",
            suggestion="Compare API key, company ID, API user and certificate with the OAuth client.",
        )

    def _secret(self, name: str) -> str:
        found = self._secrets.get(name)
        if not found:
            raise NotAuthorized(
                f"The connection has no {name.replace('_', ' ')}.", suggestion="Enter it among the secrets."
            )
        return found


def _refusal(answer: httpx.Response) -> Exception:
    code, message = _told(answer)
    status = answer.status_code
    said = ": ".join(each for each in (code, message) if each)[:400]
    if status == 401:
        return NotAuthorized(
            f"SuccessFactors does not let the API user in. {said}".strip(),
            suggestion="Check user, company ID and password or key, and whether its address is allowed.",
        )
    if status == 403:
        return NotAuthorized(
            f"The API user may not read this. {said}".strip(),
            suggestion="Compare its permission role with the least rights of the connection.",
        )
    return Declined(f"SuccessFactors refuses (status {status}): {said}", status=status, code=code)


def _told(answer: httpx.Response) -> tuple[str, str]:
    """Return the code and the message of the error envelope; empty where there is none."""
    try:
        values = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return "", ""
    error = values.get("error") if isinstance(values, dict) else None
    if not isinstance(error, dict):
        return "", ""
    message = error.get("message")
    text = message.get("value") if isinstance(message, dict) else message
    return str(error.get("code") or ""), str(text or "")
