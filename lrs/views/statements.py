"""The statements resource (xAPI 1.0.3, Communication 2.1; 2.0, 4.1.6.1): PUT, POST, GET, HEAD and `more`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import quote
from uuid import UUID

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import http_date

from lrs import attachments, conf
from lrs.auth.rules import only_own_statements
from lrs.errors import BadRequest, NotFound
from lrs.identity import EntityKey, agent_key
from lrs.ingest import door
from lrs.query import cursor, pages, single, statement_query
from lrs.query.statement_query import FILTERS
from lrs.render import EXACT, FORMATS, render, statement_result
from lrs.views.resource import CONSISTENT_THROUGH_HEADER, Call, Exchange, Resource
from lrs.wire import identifiers, multipart, parameters, timestamps

_JSON = "application/json"
_ONE = frozenset({"statementId", "voidedStatementId"})
_PRESENTATION = frozenset({"attachments", "format"})


class _ReadsStatements(Resource):
    """Says with every answer up to when it is complete."""

    name = "statements"

    def add_headers(self, response: HttpResponseBase, exchange: Exchange) -> None:
        """Say up to when statements are complete, whatever the method and status (xAPI 1.0.3, XAPI-00158)."""
        if (
            exchange.access is None
            or response.status_code >= 500
            or CONSISTENT_THROUGH_HEADER in response.headers
        ):
            return
        reading = exchange.method in {"GET", "HEAD"}
        moment = pages.read_consistent_through() if reading else pages.recent_consistent_through()
        response.headers[CONSISTENT_THROUGH_HEADER] = timestamps.render(moment)


class StatementsResource(_ReadsStatements):
    """`/statements`."""

    parameters: ClassVar = {
        "PUT": frozenset({"statementId"}),
        "GET": _ONE | _PRESENTATION | FILTERS,
    }

    def put(self, call: Call) -> HttpResponseBase:
        """Store one statement under the id the address names."""
        statement_id = call.parameters.get("statementId")
        if statement_id is None:
            raise BadRequest("A PUT needs the parameter statementId.", rule="parameter.statementId")
        identifiers.parse_uuid(statement_id)
        door.accept_under(call.access, call.version, call.content_type, call.body, statement_id=statement_id)
        return HttpResponse(status=204)

    def post(self, call: Call) -> HttpResponseBase:
        """Store one statement or many; answer with their ids, in order."""
        return stored(door.accept(call.access, call.version, call.content_type, call.body))

    def get(self, call: Call) -> HttpResponseBase:
        """Answer with one statement, or with the first page of a query."""
        asked = _ONE & call.parameters.keys()
        if not asked:
            return _first_page(call)
        others = sorted(call.parameters.keys() - asked - _PRESENTATION)
        if len(asked) > 1 or others:
            raise BadRequest(
                "statementId and voidedStatementId go with attachments and format only.",
                rule="parameter.combination",
                value=", ".join([*sorted(asked), *others]),
            )
        return _single(call, *asked)


def stored(ids: Sequence[UUID]) -> HttpResponse:
    """Answer a POST with the ids of what is stored."""
    return HttpResponse(orjson.dumps([str(each) for each in ids]), content_type=_JSON)


class MoreStatementsResource(_ReadsStatements):
    """`/statements/more/<token>`: the next page."""

    parameters: ClassVar = {}

    def get(self, call: Call) -> HttpResponseBase:
        """Answer with the page after the one the token was given with."""
        return _next_page(call, cursor.read(call.parameters["token"], call.access.store_id))


def _single(call: Call, name: str) -> HttpResponseBase:
    format_, with_attachments = _presentation(call.parameters)
    consistent_through = pages.read_consistent_through()
    statement_id = parameters.uuid(call.parameters, name)
    found = (
        None
        if statement_id is None
        else single.read_single(call.access.store_id, statement_id, mine=_mine(call))
    )
    if found is None or found.voided != (name == "voidedStatementId"):
        raise NotFound(
            "The store has no such statement.", rule="statement.not-found", value=statement_id or ""
        )
    [content] = render(
        [found.payload],
        format_,
        store_id=call.access.store_id,
        accept_language=call.headers.get("accept-language", ""),
    )
    response = _response(call, content, [found.seq], with_attachments=with_attachments)
    response.headers["Last-Modified"] = http_date(found.stored.timestamp())
    response.headers[CONSISTENT_THROUGH_HEADER] = timestamps.render(consistent_through)
    return response


def _first_page(call: Call) -> HttpResponseBase:
    start = cursor.Continuation(
        store_id=call.access.store_id,
        parameters=call.parameters,
        last_seq=0,
        snapshot="",
        accept_language=call.headers.get("accept-language", ""),
    )
    return _page(call, _query(call, start), start)


def _next_page(call: Call, continuation: cursor.Continuation) -> HttpResponseBase:
    query = _query(call, continuation)
    edge = "after" if query.ascending else "before"
    narrowed = statement_query.narrowed(query, **{edge: continuation.last_seq})
    return _page(call, narrowed, continuation)


def _query(call: Call, continuation: cursor.Continuation) -> statement_query.StatementQuery:
    return statement_query.from_parameters(
        call.access.store_id,
        continuation.parameters,
        version=call.version,
        page=conf.page_statements(),
        most=conf.page_statements_most(),
        mine=_mine(call),
    )


def _page(
    call: Call, query: statement_query.StatementQuery, continuation: cursor.Continuation
) -> HttpResponseBase:
    format_, with_attachments = _presentation(continuation.parameters)
    page = pages.read_page(query, continuation.snapshot or None)
    contents = render(
        [row.payload for row in page.rows],
        format_,
        store_id=call.access.store_id,
        accept_language=continuation.accept_language,
    )
    more = ""
    if page.more:
        token = cursor.sign(
            cursor.Continuation(
                store_id=call.access.store_id,
                parameters=continuation.parameters,
                last_seq=page.rows[-1].seq,
                snapshot=page.snapshot,
                accept_language=continuation.accept_language,
            )
        )
        more = reverse("lrs:more", args=[quote(token, safe=":")])
    response = _response(
        call,
        statement_result(contents, more),
        [row.seq for row in page.rows],
        with_attachments=with_attachments,
    )
    response.headers[CONSISTENT_THROUGH_HEADER] = timestamps.render(page.consistent_through)
    return response


def _mine(call: Call) -> list[EntityKey]:
    """Return the authority (both agents of a three-legged one) whose statements alone the caller may read;
    nothing where it may read all."""
    if not only_own_statements(call.access):
        return []
    authority = call.access.authority
    keys = [agent_key(agent) for agent in (authority, *authority.get("member", ()))]
    return [key for key in keys if key is not None]


def _presentation(given: Any) -> tuple[str, bool]:
    format_ = parameters.one_of(given, "format", FORMATS) or EXACT
    return format_, parameters.boolean(given, "attachments") or False


def _response(
    call: Call, content: bytes, seqs: Sequence[int], *, with_attachments: bool
) -> HttpResponse | StreamingHttpResponse:
    if not with_attachments:
        return HttpResponse(content, content_type=_JSON)
    store_id = call.access.store_id
    content_type, chunks = multipart.compose(
        content,
        [
            multipart.OutgoingAttachment(
                carried.content_type, carried.sha2, attachments.read(store_id, carried.sha256)
            )
            for carried in single.attachments_of(seqs)
        ],
    )
    return StreamingHttpResponse(chunks, content_type=content_type)
