"""Every address below /scim/v2/.

In: requests with a connection's token. Out: what `connectors.scim.answer` makes of results and errors. One
view takes every path, so that an address or method that is not there is answered as SCIM, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, QueryDict
from scim2_models import (
    Context,
    ForbiddenException,
    InvalidSyntaxException,
    NotFoundException,
    NotImplementedException,
    PayloadTooLargeException,
    Resource,
    ResponseParameters,
)

from connectors.models import ScimResource
from connectors.scim import answer, bulk, kept, search, tokens, write
from connectors.scim.answer import MethodNotAllowed, reply
from connectors.scim.kept import Space
from connectors.scim.resources import BODY_BYTES, ENDPOINTS, POLICY, configuration, provider
from lrs.auth.address import address_of

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_EVERYTHING = ("User", "Group")
Handler = Callable[[HttpRequest, Space, str], HttpResponse]


def scim(request: HttpRequest, path: str) -> HttpResponse:
    """Answer any request below /scim/v2/."""
    try:
        system = tokens.authenticate(request.headers.get("Authorization", ""), address_of(request))
        base = request.build_absolute_uri("/scim/v2")
        return _routed(request, Space(system, base), path)
    except Exception as error:  # noqa: BLE001  the one place where errors become answers
        return answer.refusal(error)


def _routed(request: HttpRequest, space: Space, path: str) -> HttpResponse:
    first, _, rest = path.strip("/").partition("/")
    if first in ENDPOINTS:
        return _resources(request, space, ENDPOINTS[first], rest)
    handler = _OTHERS.get(first)
    if handler is None or (rest and first not in _WITH_ID):
        raise NotFoundException(detail="There is nothing at this address.")
    return handler(request, space, rest)


def _resources(request: HttpRequest, space: Space, kind: str, uid: str) -> HttpResponse:
    if uid == ".search":
        return _search(request, space, (kind,))
    if not uid:
        if request.method == "GET":
            return _found(space, (kind,), _parameters(request.GET))
        _allow(request, "GET", "POST")
        row = write.create(space, kind, _body(request))
        return _one(request, space, row, Context.RESOURCE_CREATION_RESPONSE, status=201)
    match = request.headers.get("If-Match", "")
    if request.method == "GET":
        return _get(request, space, space.row(kind, uid))
    if request.method == "DELETE":
        write.delete(space, kind, uid, if_match=match)
        return reply(None, status=204)
    _allow(request, "GET", "PUT", "PATCH", "DELETE")
    if request.method == "PUT":
        row = write.replace(space, kind, uid, _body(request), if_match=match)
        return _one(request, space, row, Context.RESOURCE_REPLACEMENT_RESPONSE)
    row = write.patch(space, kind, uid, _body(request), if_match=match)
    return _one(request, space, row, Context.RESOURCE_PATCH_RESPONSE)


def _get(request: HttpRequest, space: Space, row: ScimResource) -> HttpResponse:
    known = request.headers.get("If-None-Match", "")
    if known and kept.matches(row, known):
        return reply(None, status=304, headers={"ETag": kept.etag(row)})
    return _one(request, space, row, Context.RESOURCE_QUERY_RESPONSE)


def _one(
    request: HttpRequest, space: Space, row: ScimResource, context: Context, *, status: int = 200
) -> HttpResponse:
    wanted = _shown((row.kind,), _parameters(request.GET))
    [resource] = kept.read(space, [row])
    headers = {"ETag": kept.etag(row), "Location": space.location(row)}
    return reply(_dumped(resource, context, wanted), status=status, headers=headers)


def _search(request: HttpRequest, space: Space, kinds: tuple[str, ...]) -> HttpResponse:
    _allow(request, "POST")
    return _found(space, kinds, _body(request))


def _found(space: Space, kinds: tuple[str, ...], values: Any) -> HttpResponse:
    wanted = search.request_of(kinds, values)
    found = search.find(space, kinds, wanted)
    shown = _shown(kinds, values)
    listed = [_dumped(each, Context.RESOURCE_QUERY_RESPONSE, shown) for each in found.resources]
    return reply(
        {
            "schemas": [_LIST],
            "totalResults": found.total,
            "startIndex": found.start,
            "itemsPerPage": len(listed),
            "Resources": listed,
        }
    )


def _shown(kinds: tuple[str, ...], values: Any) -> ResponseParameters[Any] | None:
    """Return which attributes are asked for; None: those that are returned by default."""
    named = {
        name: value
        for name, value in values.items()
        if name.lower() in ("attributes", "excludedattributes") and value
    }
    if not named:
        return None
    request: ResponseParameters[Any] = search.request_of(kinds, named)
    return request


def _dumped(
    resource: Resource[Any], context: Context, wanted: ResponseParameters[Any] | None
) -> dict[str, Any]:
    values: dict[str, Any] = resource.model_dump(
        scim_ctx=context, response_parameters=wanted, scim_policy=POLICY
    )
    return values


def _bulk(request: HttpRequest, space: Space, _: str) -> HttpResponse:
    _allow(request, "POST")
    return reply(bulk.run(space, _body(request)))


def _root(request: HttpRequest, space: Space, _: str) -> HttpResponse:
    _allow(request, "GET")
    return _found(space, _EVERYTHING, _parameters(request.GET))


def _me(_: HttpRequest, __: Space, ___: str) -> HttpResponse:
    raise NotImplementedException(detail="A connection's token stands for no user (RFC 7644, 3.11).")


def _configuration(request: HttpRequest, space: Space, _: str) -> HttpResponse:
    _describes(request)
    return reply(configuration(space.base).model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def _schemas(request: HttpRequest, space: Space, uid: str) -> HttpResponse:
    return _described(request, space, "Schemas", "Schema", provider().schemas, uid)


def _types(request: HttpRequest, space: Space, uid: str) -> HttpResponse:
    return _described(request, space, "ResourceTypes", "ResourceType", provider().resource_types, uid)


def _described(
    request: HttpRequest, space: Space, endpoint: str, kind: str, listed: Any, uid: str
) -> HttpResponse:
    _describes(request)
    found = {}
    for each in listed:
        values = each.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
        values["meta"] = {"resourceType": kind, "location": f"{space.base}/{endpoint}/{values['id']}"}
        found[values["id"]] = values
    if uid:
        if uid not in found:
            raise NotFoundException(detail=f"There is no {kind} {uid[:200]}.")
        return reply(found[uid])
    return reply(
        {
            "schemas": [_LIST],
            "totalResults": len(found),
            "startIndex": 1,
            "itemsPerPage": len(found),
            "Resources": list(found.values()),
        }
    )


def _describes(request: HttpRequest) -> None:
    """Allow what a description knows: to be read, whole."""
    _allow(request, "GET")
    if "filter" in request.GET:
        raise ForbiddenException(detail="Descriptions are not filtered (RFC 7644, 4).")


def _allow(request: HttpRequest, *methods: str) -> None:
    if request.method not in methods:
        raise MethodNotAllowed(*methods)


def _parameters(given: QueryDict) -> dict[str, Any]:
    return {name: given[name] for name in given}


def _body(request: HttpRequest) -> Any:
    announced = request.META.get("CONTENT_LENGTH") or "0"
    content = b"" if not announced.isdigit() or int(announced) > BODY_BYTES else request.read(BODY_BYTES + 1)
    if (announced.isdigit() and int(announced) > BODY_BYTES) or len(content) > BODY_BYTES:
        raise PayloadTooLargeException(detail=f"A request may have {BODY_BYTES:,} bytes at most.")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidSyntaxException(detail=f"The body is no JSON: {error}") from None


_OTHERS: dict[str, Handler] = {
    "": _root,
    ".search": lambda request, space, _: _search(request, space, _EVERYTHING),
    "Bulk": _bulk,
    "Me": _me,
    "ServiceProviderConfig": _configuration,
    "Schemas": _schemas,
    "ResourceTypes": _types,
}
_WITH_ID = frozenset({"Schemas", "ResourceTypes", "Me"})
