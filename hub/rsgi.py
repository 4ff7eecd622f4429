"""The web entry: `granian --interface rsgi hub.rsgi:application`.

In: requests as granian hands them over (RSGI). Out: responses of Django's WSGI handler, which runs in a
bounded pool of threads, each with its database connection.

A thread is taken when the body has arrived, not before: a client that dribbles, stops or hangs up costs a
coroutine and no thread, so it never keeps others waiting. Bodies beyond SPOOLED_BYTES wait in a file. A body
that ends before its announced length, or whose chunks stop before the last, never reaches a view whole.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Protocol, cast
from urllib.parse import unquote_to_bytes

import structlog
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # its stub leaves the alias out

from hub.embedded import launch

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")

if os.environ.get("HUB_SUPERVISED"):
    # A web process whose server was killed would go on holding the port.
    launch.end_with_parent(signal.SIGKILL)

#: Bytes of a body kept in memory while it arrives.
SPOOLED_BYTES = 2 * 1024 * 1024
#: Threads that send files and attachments to clients that take their time.
STREAMING_THREADS = 16

_TIMED_OUT = (
    b'{"type":"about:blank","title":"Request timeout","status":408,"rule":"body.timeout",'
    b'"detail":"The body stopped arriving before its end; nothing was stored. Send the request again."}'
)

logger = structlog.get_logger(__name__)

Headers = list[tuple[str, str]]
Environ = dict[str, Any]


class _Transport(Protocol):
    async def send_bytes(self, data: bytes) -> None: ...


class _Exchange(Protocol):
    """What granian offers for one request (RSGI 1.x, HTTPProtocol)."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> Any: ...
    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: Headers) -> _Transport: ...


class _Answer:
    """What a WSGI application said: status and headers, then a body whole or in pieces."""

    status: int = 500
    headers: Headers

    def __init__(self) -> None:
        self.headers = []
        self.body: bytes = b""
        self.pieces: Iterator[bytes] | None = None
        self.close: Callable[[], None] | None = None

    def start(self, status: str, headers: Headers, _exc_info: object = None, /) -> Callable[[bytes], object]:
        """WSGI's start_response; Django never uses the writer it returns."""
        self.status = int(status[:3])
        self.headers = [(name.lower(), value) for name, value in headers]
        return _write


def _answer_of(response: HttpResponseBase) -> _Answer:
    """Return what Django's handler would make of a response that is there whole and sets no cookie."""
    answer = _Answer()
    answer.status = response.status_code
    answer.headers = [(name.lower(), value) for name, value in response.items()]
    answer.body = cast("HttpResponse", response).content
    return answer


def _write(_piece: bytes) -> object:
    """WSGI's older way to answer, which Django never takes."""
    raise RuntimeError("Django answers through its response alone")


def _collect_garbage_rarely() -> None:
    """Leave what was imported out of every collection, and collect after more allocations.

    A batch of statements is tens of thousands of small objects without a cycle, gone when it is stored. With
    Python's defaults, looking for cycles among them costs more than parsing them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class BodyTimeout(Exception):
    """The client stopped sending."""


class ClientGone(Exception):
    """The client hung up before the last chunk."""


class Application:
    """Django behind RSGI."""

    def __init__(self) -> None:
        self._handle = get_wsgi_application()
        # It imports models, which are there only now.
        from hub.plain_posts import PlainPosts

        self._threads = ThreadPoolExecutor(settings.HUB_WEB_THREADS, thread_name_prefix="web")
        self._streaming = ThreadPoolExecutor(STREAMING_THREADS, thread_name_prefix="web-stream")
        self._plain_posts = PlainPosts(self._threads)
        self._body_bytes = int(settings.HUB_BODY_BYTES)
        self._idle_seconds = float(settings.HUB_BODY_IDLE_SECONDS)
        _collect_garbage_rarely()

    async def __rsgi__(self, scope: Any, exchange: _Exchange) -> None:
        """Answer one request."""
        if scope.proto != "http":
            return
        environ = environ_of(scope)
        try:
            body = await self._receive(environ, exchange)
        except BodyTimeout:
            exchange.response_bytes(
                408, [("connection", "close"), ("content-type", "application/problem+json")], _TIMED_OUT
            )
            return
        except ClientGone:
            exchange.response_bytes(400, [("connection", "close")], b"")
            return
        loop = asyncio.get_running_loop()
        try:
            plain = await self._plain_posts.answer(environ, body)
            if plain is not None:
                answer = _answer_of(plain)
            else:
                answer = await loop.run_in_executor(self._threads, partial(self._run, environ, body))
        finally:
            body.close()
        if answer.pieces is None:
            exchange.response_bytes(answer.status, answer.headers, answer.body)
            return
        transport = exchange.response_stream(answer.status, answer.headers)
        await loop.run_in_executor(self._streaming, partial(_send, answer, transport, loop))

    async def _receive(self, environ: Environ, exchange: _Exchange) -> IO[bytes]:
        """Return the body, read to its end or to the first byte too many."""
        chunked = "chunked" in environ.pop("HTTP_TRANSFER_ENCODING", "").lower()
        announced = int(environ["CONTENT_LENGTH"]) if environ.get("CONTENT_LENGTH", "").isdigit() else 0
        if not chunked and (announced == 0 or announced > self._body_bytes):
            # What is announced as too large is refused by the view without a byte of it being read.
            return BytesIO()
        if not chunked and announced <= SPOOLED_BYTES:
            return await self._receive_small(exchange)
        return await self._receive_large(environ, exchange, announced=None if chunked else announced)

    async def _receive_small(self, exchange: _Exchange) -> IO[bytes]:
        try:
            async with asyncio.timeout(self._idle_seconds):
                return BytesIO(await exchange())
        except TimeoutError as error:
            raise BodyTimeout from error
        except ProtocolClosed as error:
            raise ClientGone from error

    async def _receive_large(
        self, environ: Environ, exchange: _Exchange, *, announced: int | None
    ) -> IO[bytes]:
        # The caller closes it.
        body = cast("IO[bytes]", SpooledTemporaryFile(max_size=SPOOLED_BYTES))  # noqa: SIM115
        size = empty_pieces = 0
        pieces = exchange.__aiter__()
        try:
            while size <= self._body_bytes and (announced is None or size < announced):
                async with asyncio.timeout(self._idle_seconds):
                    piece = await anext(pieces)
                body.write(piece)
                size += len(piece)
                # granian ends a whole body with one empty piece and a broken one with two: its only sign.
                empty_pieces += not piece
        except StopAsyncIteration:
            pass
        except TimeoutError as error:
            body.close()
            raise BodyTimeout from error
        if announced is None:
            if empty_pieces > 1:
                body.close()
                raise ClientGone
            environ["CONTENT_LENGTH"] = str(size)
        body.seek(0)
        return body

    def _run(self, environ: Environ, body: IO[bytes]) -> _Answer:
        environ["wsgi.input"] = body
        answer = _Answer()
        response = self._handle(environ, answer.start)
        if getattr(response, "streaming", False):
            answer.pieces = iter(cast("Iterable[bytes]", response))
            answer.close = getattr(response, "close", None)
            return answer
        try:
            answer.body = b"".join(response)
        finally:
            response.close()
        return answer


def _send(answer: _Answer, transport: _Transport, loop: asyncio.AbstractEventLoop) -> None:
    """Send the pieces of an answer as fast as the client takes them."""
    try:
        for piece in answer.pieces or ():
            if piece:
                asyncio.run_coroutine_threadsafe(_pass_on(transport, piece), loop).result()
    except Exception as error:  # noqa: BLE001  the client is gone, or the file; the answer has begun, so it can only end
        logger.warning("answer_cut_short", reason=type(error).__name__)
    finally:
        if answer.close is not None:
            answer.close()


async def _pass_on(transport: _Transport, piece: bytes) -> None:
    """Send a piece; what granian returns can be awaited, but is no coroutine, so it cannot be handed over."""
    await transport.send_bytes(piece)


def environ_of(scope: Any) -> Environ:
    """Return the WSGI environment of an RSGI scope (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope.path).decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        # A name with an underscore would pass for the one with a hyphen.
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        environ[key] = f"{environ[key]}, {value}" if key in environ else value
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    return environ


application = Application()
