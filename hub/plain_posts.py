"""Plain POSTs of statements, answered from the event loop (docs/decisions/0006).

In: the WSGI environment and the body of a request. Out: Django's response, or None where the request has to
go the usual way through Django's handler, as if nothing had happened. What it says, logs and measures is what
the usual way says, logs and measures: both call the same functions.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from time import perf_counter
from typing import IO, Any

from django.core.handlers.wsgi import WSGIRequest
from django.http.response import HttpResponseBase

from hub import middleware
from lrs import plain_post
from lrs.ingest.together import Together

#: A body of statements up to this size is understood in the event loop, within a millisecond.
PLAIN_BYTES = 16_384
_STATEMENTS = "/xapi/statements"


class PlainPosts:
    """Answers plain POSTs of one event loop; what asks the database runs in `threads`."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._together = Together(threads)

    async def answer(self, environ: dict[str, Any], body: IO[bytes]) -> HttpResponseBase | None:
        """Store what the request carries and answer it, or leave it as it was."""
        if not _may_be_plain(environ):
            return None
        began = perf_counter()
        middleware.identify(environ)
        environ["wsgi.input"] = body
        request = WSGIRequest(environ)
        path = request.path_info
        post = plain_post.understand(request)
        if post is None:
            body.seek(0)
            return None
        outcome = await self._together.store(post.access, post.batch)
        if isinstance(outcome, Exception):
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(self._threads, _refuse, post, outcome)
        else:
            response = post.answer(outcome)
        middleware.conclude(request, path, response, began=began)
        return response


def _may_be_plain(environ: dict[str, Any]) -> bool:
    announced = environ.get("CONTENT_LENGTH", "")
    return (
        environ["REQUEST_METHOD"] == "POST"
        and environ["PATH_INFO"] == _STATEMENTS
        and announced.isdigit()
        and 0 < int(announced) <= PLAIN_BYTES
    )


def _refuse(post: plain_post.PlainPost, error: Exception) -> HttpResponseBase:
    middleware.bind(post.exchange.request_id)
    return post.refuse(error)
