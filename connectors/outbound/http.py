"""HTTP calls to other systems: to checked addresses, over verified TLS, with time-outs and bounded bodies.

In: requests. Out: answers that are fine. An answer that is not, or none at all, is raised as what it means
for whoever asked: NotAuthorized, Throttled, CannotConnect, Forbidden, SourceChanged. What may pass by itself
(a connection lost, a server in trouble, a short pause asked for) is tried again with back-off and jitter.
Redirects are not followed: where they lead has not been agreed to. Never logs a header or a body.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx
import stamina

from connectors.errors import CannotConnect, NotAuthorized, SourceChanged, Throttled
from connectors.outbound.address import reachable

#: Seconds for connecting, and for each wait between two pieces of an answer.
CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
#: Bytes of an answer at most, after decompression.
BODY_MOST = 512 * 1024 * 1024
#: How often a request is tried, and the longest pause a system may ask for in between, in seconds.
ATTEMPTS, PATIENCE = 5, 60.0

_FINE = frozenset({200, 201, 202, 204})
_NOT_US = frozenset({401, 403})
_PASSING = frozenset({408, 425, 500, 502, 504})
_PAUSE = frozenset({429, 503})


class Unfinished(CannotConnect):
    """What may be otherwise the next time; `pause` seconds where the system said how long that takes."""

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class _File:
    """Where a body goes that is too large to be kept in memory."""

    path: Path
    most: int

    def take(self, response: httpx.Response) -> bytes:
        """Write the body of an answer; return what is left to keep in memory: nothing."""
        with self.path.open("wb") as target:
            written = 0
            for piece in response.iter_bytes():
                written += len(piece)
                if written > self.most:
                    raise SourceChanged(
                        f"{response.url.host} answers with more than {self.most:,} bytes.",
                        suggestion="Raise the limit of the connection if it is meant so.",
                    )
                target.write(piece)
        return b""


class Caller:
    """Calls one system. A context manager; connections are kept between requests."""

    def __init__(
        self,
        *,
        allow_private: bool,
        auth: httpx.Auth | tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        read_seconds: float = READ_SECONDS,
        attempts: int = ATTEMPTS,
        body_most: int = BODY_MOST,
    ) -> None:
        self._attempts = attempts
        self._body_most = body_most
        self._client = httpx.Client(
            auth=auth,
            headers={"User-Agent": "LRS-Hub"} | dict(headers or {}),
            timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            transport=_transport(allow_private=allow_private),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send(
        self, method: str, url: str, *, fine: Collection[int] = _FINE, safe: bool | None = None, **parts: Any
    ) -> httpx.Response:
        """Return the answer to a request whose status is among `fine`.

        `parts` are those of httpx (params, headers, json, data, content, auth). `safe` says whether the
        request may be sent twice; requests that read may. Raises CannotConnect and its kind, Forbidden, and
        SourceChanged for a refusal that trying again does not change.
        """
        again = method in ("GET", "HEAD", "OPTIONS") if safe is None else safe
        return self._tried(method, url, fine, parts, self._attempts if again else 1, None)

    def save(self, url: str, to: Path, *, most: int, **parts: Any) -> httpx.Response:
        """Write what is at a URL into a file, at most so many bytes; return the answer without its body.

        As `send` otherwise. An attempt that breaks off begins the file anew.
        """
        return self._tried("GET", url, {200}, parts, self._attempts, _File(to, most))

    def _tried(
        self,
        method: str,
        url: str,
        fine: Collection[int],
        parts: dict[str, Any],
        attempts: int,
        into: _File | None,
    ) -> httpx.Response:
        for attempt in stamina.retry_context(
            on=_pause, attempts=attempts, timeout=None, wait_initial=0.5, wait_max=20.0
        ):
            with attempt:
                return self._once(method, url, fine, parts, into)
        raise AssertionError  # stamina returns or raises

    def _once(
        self, method: str, url: str, fine: Collection[int], parts: dict[str, Any], into: _File | None
    ) -> httpx.Response:
        try:
            auth = parts.pop("auth", httpx.USE_CLIENT_DEFAULT)
            request = self._client.build_request(method, url, **parts)
            parts["auth"] = auth
            response = self._client.send(request, auth=auth, stream=True)
            try:
                if into is not None and response.status_code in fine:
                    body = into.take(response)
                else:
                    body = self._whole(response)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise Unfinished(f"{_host(url)} does not answer: {_said(error)}.") from error
        except httpx.InvalidURL as error:
            raise CannotConnect(f"{url[:200]} is no address.") from error
        answer = httpx.Response(
            response.status_code,
            headers=[
                (name, value)
                for name, value in response.headers.multi_items()
                if name not in ("content-encoding", "content-length", "transfer-encoding")
            ],
            content=body,
            request=request,
        )
        if answer.status_code not in fine:
            raise _meaning(answer)
        return answer

    def _whole(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > self._body_most:
                raise SourceChanged(
                    f"{response.url.host} answers with more than {self._body_most:,} bytes at once.",
                    suggestion="Ask it for less at a time.",
                )
        return bytes(body)


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds an answer asks to wait (RFC 9110, 10.2.3), or None."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _meaning(answer: httpx.Response) -> Exception:
    """Return what an answer that is not fine means."""
    status, host = answer.status_code, answer.request.url.host
    if status in _PAUSE:
        pause = retry_after(answer)
        if pause is not None and pause > PATIENCE:
            return Throttled(f"{host} asks to wait {pause:.0f} seconds.", retry_after=pause)
        return Unfinished(f"{host} asks for a pause (status {status}).", pause)
    if status in _NOT_US:
        return NotAuthorized(
            f"{host} refuses the hub's credentials (status {status}).",
            suggestion="Check the secrets of the connection and the rights of its account.",
        )
    if status in _PASSING:
        return Unfinished(f"{host} is in trouble (status {status}).")
    return SourceChanged(f"{host} refuses the request (status {status}): {answer.text[:300]}")


def _pause(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how many seconds where the system said so."""
    if not isinstance(error, Unfinished):
        return False
    return True if error.pause is None else error.pause


def _said(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it takes too long"
    if isinstance(error, httpx.LocalProtocolError):
        # Its text quotes the header that cannot be sent, which may be the one with the secret.
        return "what the hub was to send is not well-formed; look for blanks and line breaks in the secrets"
    return f"{type(error).__name__} {error}"[:200].strip()


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or url[:200]
    except httpx.InvalidURL:
        return url[:200]


class _Checked(httpcore.NetworkBackend):
    """Connects to addresses that were looked at, so that a name cannot lead elsewhere in between."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        found = reachable(host, port, allow_private=self._allow_private)
        for address in found[:-1]:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._inner.connect_tcp(found[-1], port, timeout, local_address, socket_options)


@cache
def _trust() -> ssl.SSLContext:
    """Return whom TLS trusts; reading that takes longer than many a call."""
    return httpx.create_ssl_context()


def _transport(*, allow_private: bool) -> httpx.HTTPTransport:
    context = _trust()
    transport = httpx.HTTPTransport(verify=context)
    # httpx has no public way to bring a network backend; the pool it would make is replaced by one that has
    # it.
    transport._pool = httpcore.ConnectionPool(  # noqa: SLF001
        ssl_context=context, network_backend=_Checked(allow_private=allow_private), keepalive_expiry=30.0
    )
    return transport
