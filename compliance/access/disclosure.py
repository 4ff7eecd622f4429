"""The disclosure log: every look at people's records, who took it and why.

In: a request that shows records of people, by a page, a report or the API. Out: one append-only row. Where it
cannot be written nothing is shown: errors are raised before the answer goes out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from compliance.access.events import address_in, request_id
from compliance.models import Disclosure

#: Where a browser session keeps what its user said they look for.
PURPOSE_KEY = "hub_purpose"
_TEXT = 300


def disclosed(
    request: HttpRequest,
    kind: str,
    people: Iterable[int] = (),
    *,
    purpose: str = "",
    asked: Mapping[str, Any] | None = None,
    user: Any = None,
    store_id: int | None = None,
    credential_id: int | None = None,
) -> Disclosure:
    """Write down that records were shown.

    `kind` names the page, report or resource; `people` are the ids of those shown; `asked` is the filter they
    were found by (default: the request's query). Where no purpose is given, the one said for the session
    counts. `user` is who is signed in with the request where it is not given.
    """
    whose = user if user is not None or credential_id is not None else getattr(request, "user", None)
    said = purpose or purpose_of(request)
    return Disclosure.objects.create(
        user=whose if isinstance(whose, User) else None,
        credential_id=credential_id,
        store_id=store_id,
        kind=kind[:100],
        people=sorted(set(people)),
        filter=dict(asked) if asked is not None else query_of(request),
        purpose=said[:_TEXT],
        request_id=request_id(request),
        address=address_in(request),
    )


def purpose_of(request: HttpRequest) -> str:
    """Return why records are looked at: said with the request (X-Purpose), or for the session."""
    with_request = request.headers.get("X-Purpose", "").replace("\0", "").strip()
    session = getattr(request, "session", None)
    return with_request or (str(session.get(PURPOSE_KEY, "")) if session is not None else "")


def ask_purpose(request: HttpRequest) -> HttpResponseBase:
    """Send on to where a purpose is said; the API takes it in a header."""
    if request.path_info.startswith("/api/"):
        body = {"status": 403, "detail": "Say why in the header X-Purpose.", "rule": "purpose"}
        return JsonResponse(body, status=403, content_type="application/problem+json")
    messages.info(request, "Say first why you look at people's records.")
    return HttpResponseRedirect(f"{reverse('hub_account')}?{urlencode({'next': request.get_full_path()})}")


def query_of(request: HttpRequest) -> dict[str, Any]:
    """Return the query of a request, shortened."""
    return {
        name.replace("\0", ""): str(value).replace("\0", "")[:_TEXT]
        for name, value in list(request.GET.items())[:50]
    }
