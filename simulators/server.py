"""An HTTP server to simulate systems on: routes, answers, tokens, a log of requests, and faults on demand.

In: functions from a Request to an Answer. Out: a real server with a thread for each connection, on a loopback
port, HTTP/1.1 with keep-alive and gzip, until the `with` block ends. Never anything but loopback by itself.

    server = Server()

    @server.route("GET", "/odata/v2/{entity}")
    def entity(request: Request) -> Answer:
        return json_answer({"d": {"results": rows(request.path["entity"])}})

    with server:
        httpx.get(f"{server.url}/odata/v2/PerPerson")
"""

from __future__ import annotations

import gzip
import hmac
import re
import secrets
import socket
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from simulators.faults import Faults

#: Bodies from this size on are compressed where the client takes that.
_WORTH_GZIP = 512
#: No request of a client is larger.
_BODY_MOST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked."""

    method: str
    #: Path and query as they were sent.
    target: str
    #: What stands in the path for the names in a route's braces.
    path: Mapping[str, str]
    #: Parameters of the query; of several with one name the first.
    query: Mapping[str, str]
    #: Names in lower case.
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed."""
        return orjson.loads(self.body)

    def form(self) -> dict[str, str]:
        """Return the fields of a form; of several with one name the first."""
        return _first(parse_qs(self.body.decode(), keep_blank_values=True))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies the client sent."""
        pairs = (each.strip().partition("=") for each in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs if name}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a simulator answers."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Logged:
    """A request and how it was answered, for tests."""

    request: Request
    status: int


Handler = Callable[[Request], Answer]


def json_answer(values: Any, status: int = 200, **headers: str) -> Answer:
    """Return an answer in JSON. Underscores in names of headers are hyphens."""
    return Answer(status, orjson.dumps(values), "application/json; charset=utf-8", _headers(headers))


def xml_answer(
    document: bytes | str, status: int = 200, content_type: str = "text/xml", **headers: str
) -> Answer:
    """Return an answer in XML, which is given whole."""
    body = document.encode() if isinstance(document, str) else document
    return Answer(status, body, f"{content_type}; charset=utf-8", _headers(headers))


class Tokens:
    """Tokens and sessions given out, with the moment until which each is good."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}
        self._lock = Lock()

    def issue(self, seconds: float = 3600) -> str:
        """Give out a token."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._until[token] = datetime.now(UTC) + timedelta(seconds=seconds)
        return token

    def good(self, token: str) -> bool:
        """Tell whether a token was given out and still is good."""
        with self._lock:
            until = self._until.get(token)
        return until is not None and datetime.now(UTC) < until

    def bearer(self, request: Request) -> bool:
        """Tell whether a request carries a good token as its Bearer."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.good(token.strip())

    def expire(self) -> None:
        """Have none be good any more."""
        with self._lock:
            self._until.clear()


def basic(request: Request) -> tuple[str, str] | None:
    """Return the user name and password a request carries; None: it carries none that can be read."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if colon else None


def same(given: str, expected: str) -> bool:
    """Compare secrets."""
    return hmac.compare_digest(given.encode(), expected.encode())


class Server:
    """A simulated system."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.faults = Faults()
        self.tokens = Tokens()
        #: Requests in the order in which they were answered.
        self.log: list[Logged] = []
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._before: list[Callable[[Request], Answer | None]] = []
        self._lock = Lock()
        self._address = (host, port)
        self._listening: _Listening | None = None
        self._thread: Thread | None = None

    # Being set up

    def route(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Have a function answer requests; `{name}` in the path stands for one part of it."""
        parts = re.split(r"\{(\w+)\}", path)
        pattern = "".join(
            f"(?P<{part}>[^/]+)" if nth % 2 else re.escape(part) for nth, part in enumerate(parts)
        )

        def add(handler: Handler) -> Handler:
            self._routes.append((method, re.compile(pattern), handler))
            return handler

        return add

    def before(self, check: Callable[[Request], Answer | None]) -> Callable[[Request], Answer | None]:
        """Have a function see every request first: its answer, if it gives one, is the answer."""
        self._before.append(check)
        return check

    # Running

    def start(self) -> Self:
        """Listen; port 0 takes a free one."""
        if self._listening is None:
            self._listening = _Listening(self._address, self)
            self._thread = Thread(target=self._serve, args=(self._listening,), daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Listen no more, and end every connection."""
        if self._listening is not None and self._thread is not None:
            self._listening.shutdown()
            self._thread.join()
            self._listening.server_close()
            self._listening.hang_up()
            self._listening = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        if self._listening is None:
            raise RuntimeError("The server is not running.")
        return int(self._listening.server_address[1])

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{self._address[0]}:{self.port}"

    @property
    def asked(self) -> list[str]:
        """Method and target of every request so far."""
        with self._lock:
            return [f"{each.request.method} {each.request.target}" for each in self.log]

    # Answering

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request."""
        path = unquote(urlsplit(target).path)
        query = _first(parse_qs(urlsplit(target).query, keep_blank_values=True))
        request = Request(method, target, {}, query, headers, body)
        answer = self._wrong() or self._first_answer(request) or self._routed(request, path)
        with self._lock:
            self.log.append(Logged(request, answer.status))
        return answer

    def _wrong(self) -> Answer | None:
        """What faults make of a request before anybody looks at it."""
        if self.faults.take("expire") is not None:
            self.tokens.expire()
        if (pause := self.faults.take("throttle")) is not None:
            return Answer(429, b"Too many requests", headers={"Retry-After": pause})
        if (status := self.faults.take("fail")) is not None:
            return Answer(int(status), b"Something went wrong")
        return None

    def _first_answer(self, request: Request) -> Answer | None:
        return next((found for check in self._before if (found := check(request)) is not None), None)

    def _routed(self, request: Request, path: str) -> Answer:
        allowed = []
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            if method == request.method:
                return handler(
                    Request(
                        request.method,
                        request.target,
                        found.groupdict(),
                        request.query,
                        request.headers,
                        request.body,
                    )
                )
            allowed.append(method)
        if allowed:
            return Answer(405, b"Method not allowed", headers={"Allow": ", ".join(sorted(set(allowed)))})
        return Answer(404, b"Not found")

    @staticmethod
    def _serve(listening: _Listening) -> None:
        listening.serve_forever(poll_interval=0.02)


class _Listening(ThreadingHTTPServer):
    """The socket of a Server, and the connections it accepted."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], simulated: Server) -> None:
        self.simulated = simulated
        self._open: set[socket.socket] = set()
        self._opening = Lock()
        super().__init__(address, _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._opening:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._opening:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else was answered with 500 already."""

    def hang_up(self) -> None:
        """End connections that clients keep alive."""
        with self._opening:
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class _Connection(BaseHTTPRequestHandler):
    """One connection, which may carry many requests."""

    protocol_version = "HTTP/1.1"
    # An answer of two small writes would wait for the client's acknowledgement of the first.
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: _Listening

    def __getattr__(self, name: str) -> Any:
        # BaseHTTPRequestHandler looks for do_GET, do_POST, …: every method has the same way.
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _handle(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length") or 0)
        if length > _BODY_MOST:
            self._send(Answer(413, b"Too large"), headers)
            self.close_connection = True
            return
        body = self.rfile.read(length) if length else b""
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        simulated = self.server.simulated
        try:
            answer = simulated.answer(self.command, self.path, headers, body)
        except Exception as error:  # noqa: BLE001  a simulator's mistake is to be seen by the client, whatever it is
            answer = Answer(500, f"The simulator failed: {error!r}".encode())
        self._send(answer, headers)

    def _send(self, answer: Answer, asked: Mapping[str, str]) -> None:
        faults, body = self.server.simulated.faults, answer.body
        if body and answer.status < 300 and faults.take("malform") is not None:
            body = body[: max(1, len(body) * 2 // 3)]
        packed = len(body) >= _WORTH_GZIP and "gzip" in asked.get("accept-encoding", "")
        if packed:
            body = gzip.compress(body, 1, mtime=0)
        self.send_response(answer.status)
        if body or answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        cut = bool(body) and answer.status < 300 and faults.take("truncate") is not None
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.wfile.flush()
        if cut:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as the base class names it
        """Say nothing: tests read `Server.log`."""


def _first(found: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in found.items()}


def _headers(named: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in named.items()}
