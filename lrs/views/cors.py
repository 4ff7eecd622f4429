"""Cross-origin requests, so that a course in a browser can report straight to the hub.

In: the Origin header. Out: the headers of the Fetch standard's CORS protocol. Credentials travel in the
Authorization header, never in cookies, so any origin may be let in without risk to a signed-in browser.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from lrs import conf

_METHODS = "GET, HEAD, PUT, POST, DELETE, OPTIONS"
_REQUEST_HEADERS = (
    "Authorization, Content-Type, Content-Length, Content-Encoding, If-Match, If-None-Match, Accept, "
    "Accept-Language, X-Experience-API-Version, X-Experience-API-Hash, X-Request-ID"
)
_EXPOSED = (
    "ETag, Last-Modified, Content-Length, Content-Type, Retry-After, WWW-Authenticate, X-Request-ID, "
    "X-Experience-API-Version, X-Experience-API-Consistent-Through, X-Experience-API-Hash"
)
_PREFLIGHT_SECONDS = 86_400


def preflight(origin: str | None) -> HttpResponse:
    """Answer an OPTIONS request."""
    response = HttpResponse(status=204)
    response.headers["Allow"] = _METHODS
    allow(response, origin)
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = _METHODS
        response.headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
    return response


def allow(response: HttpResponseBase, origin: str | None) -> None:
    """Let a page of `origin` read the response, where the hub's settings do."""
    if origin is None:
        return
    permitted = conf.cors_origins()
    if "*" in permitted:
        response.headers["Access-Control-Allow-Origin"] = "*"
    elif origin in permitted:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
    else:
        return
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
