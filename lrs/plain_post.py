"""A POST of statements that needs no more than its own bytes, what this process remembers, and one call to
the database.

In: a request whose body is there. Out: `PlainPost`, or None for everything else, which goes the usual way
from the start: whoever is not remembered, has a limit to be counted, or sends what is refused or out of the
ordinary. So nothing is decided here that StatementsResource would decide otherwise. Made without a query, a
file or a log line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from lrs.auth.access import Access
from lrs.auth.remembered import REMEMBERED
from lrs.ingest import door
from lrs.ingest.batch import Batch
from lrs.views.http_errors import error_response
from lrs.views.resource import CONSISTENT_THROUGH_HEADER, Exchange
from lrs.views.statements import StatementsResource, stored
from lrs.wire import timestamps

_RESOURCE = StatementsResource()


@dataclass(frozen=True, slots=True)
class PlainPost:
    """What is to be stored, for whom, and the request that waits for it."""

    exchange: Exchange
    access: Access
    batch: Batch

    def answer(self, consistent_through: datetime) -> HttpResponseBase:
        """Return the answer once everything is durable."""
        response = stored(self.batch.ids)
        response.headers[CONSISTENT_THROUGH_HEADER] = timestamps.render(consistent_through)
        return _RESOURCE.finish(response, self.exchange)

    def refuse(self, error: Exception) -> HttpResponseBase:
        """Return the answer that tells `error`; it may go to the inbox, so not in an event loop."""
        return _RESOURCE.finish(error_response(error, self.exchange, _RESOURCE.name), self.exchange)


def understand(request: HttpRequest) -> PlainPost | None:
    """Return what `request` (a POST to /xapi/statements) wants stored, if it is as plain as that."""
    exchange = Exchange(request)
    access = REMEMBERED.get(exchange.headers.get("authorization", ""))
    if access is None or access.requests_per_minute > 0 or "content-encoding" in exchange.headers:
        return None
    exchange.access = access
    try:
        call = _RESOURCE.understand(exchange)
        if call.method != "POST":
            return None
        batch = door.prepare_plain(access, call.version, call.content_type, call.body)
    except Exception:  # noqa: BLE001  the usual way finds the same, and tells it
        return None
    return None if batch is None else PlainPost(exchange, access, batch)
