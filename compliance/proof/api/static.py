"""The log as static files: checkpoint, tiles, entry bundles (C2SP tlog-tiles).

In: paths of the layout. Out: the published file, or the same bytes out of the database where this machine has
no such file; never a part that no checkpoint covers. Tiles never change, so they may be kept for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import quote_etag
from django.views.decorators.csrf import csrf_exempt

from compliance.proof import folder, publish, stored, tiles, witnesses
from compliance.proof.api.resource import caller
from compliance.proof.errors import NoteRefused
from compliance.proof.tiles import Name
from compliance.proof.tree import TILE_WIDTH
from connectors.api import problems
from connectors.api.access import Caller
from connectors.api.problems import Problem

#: Bytes of a note that is brought, at most.
NOTE_MOST = 100_000
_YEAR = 31_536_000

View = Callable[..., HttpResponseBase]


def _guarded(*methods: str, writing: bool = False) -> Callable[[View], View]:
    """Have a view answer refusals as all of the API does, after who asks is known."""

    def guard(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, **parts: str) -> HttpResponseBase:
            try:
                _one_of(methods, request)
                asks = caller(request, writing=writing, open_to_all=not writing)
                return view(request, asks, **parts)
            except Exception as error:  # noqa: BLE001  every error becomes a response in one place
                return problems.respond(error, request)

        return csrf_exempt(answer)

    return guard


def _one_of(methods: tuple[str, ...], request: HttpRequest) -> None:
    if request.method not in methods:
        raise Problem(
            405,
            f"This address takes {' and '.join(methods)}.",
            rule="method_not_allowed",
            headers={"Allow": ", ".join(methods)},
        )


@_guarded("GET", "HEAD")
def checkpoint(_: HttpRequest, asks: Caller) -> HttpResponseBase:
    """The last checkpoint with every signature."""
    made = publish.latest()
    if made is None:
        raise Problem(404, "Nothing has been published yet.", rule="not-found")
    response = HttpResponse(publish.full_note(made), content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = f"{_audience(asks)}, max-age=2"
    return response


@_guarded("GET", "HEAD")
def tile(request: HttpRequest, asks: Caller, path: str) -> HttpResponseBase:
    """A tile of hashes, or a bundle of entries."""
    name = tiles.named(f"tile/{path}")
    content = None if name is None else _content(name)
    if content is None or name is None:
        raise Problem(404, "The log has published no such tile.", rule="not-found")
    etag = quote_etag(f"{name.level}-{name.number}-{name.width}")
    lasting = f"{_audience(asks)}, max-age={_YEAR}, immutable"
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Cache-Control"] = lasting
    response.headers["ETag"] = etag
    return response


@_guarded("POST", writing=True)
def cosignatures(request: HttpRequest, _: Caller) -> HttpResponseBase:
    """Take a checkpoint with co-signatures of known witnesses."""
    content = request.read(NOTE_MOST + 1)
    if len(content) > NOTE_MOST:
        raise Problem(413, f"A note has at most {NOTE_MOST:,} bytes.", rule="body.size")
    try:
        kept = witnesses.record(content.decode())
    except UnicodeDecodeError as error:
        raise Problem(400, "The body is not UTF-8.", rule="body.note") from error
    except NoteRefused as error:
        raise Problem(
            422, str(error), rule="body.note", errors=[{"pointer": "", "detail": str(error)}]
        ) from error
    if not kept:
        said = "No witness this log knows of co-signed it."
        raise Problem(422, said, rule="body.witness", errors=[{"pointer": "", "detail": said}])
    return HttpResponse("".join(f"{each.line}\n" for each in kept), content_type="text/plain; charset=utf-8")


def _content(name: Name) -> bytes | None:
    """Return a tile under the last checkpoint; the part of a full one where that is what is left of it."""
    made = publish.latest()
    if made is None or not name.within(made.size):
        return None
    found = folder.content(name.path)
    if found is None and name.level is not None and name.width < TILE_WIDTH:
        whole = folder.content(Name(name.level, name.number).path)
        found = None if whole is None else whole[: name.width * 32]
    return found if found is not None else stored.tile_content(name)


def _audience(asks: Caller) -> str:
    """Who may keep an answer: everybody where everybody may ask."""
    return "public" if asks.credential_id == 0 else "private"
