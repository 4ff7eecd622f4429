"""Filtering, sorting and paging of what is kept.

In: a search as a client sent it. Out: a page of resources and how many there are. What an index answers
(id, externalId, userName, a group's displayName with eq; meta.lastModified with gt, ge, lt, le) narrows the
rows; each of those is then asked the whole filter by scim2-models, so that the answer is the standard's
whatever the database did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from scim2_models import Context, InvalidSyntaxException, Resource, SearchRequest
from scim2_models.path import Comparison, FilterNode, LogicalExpr, LogicalOperator

from connectors.models import ScimResource
from connectors.scim import kept
from connectors.scim.kept import Space
from connectors.scim.resources import MODELS, PAGE, PAGE_MOST, POLICY, of

_CHUNK = 500
_ORDER = {"gt": "gt", "ge": "gte", "lt": "lt", "le": "lte"}


@dataclass(frozen=True, slots=True)
class Found:
    """A page of an answer."""

    total: int
    start: int
    resources: Sequence[Resource[Any]]


def request_of(kinds: Sequence[str], values: Any) -> SearchRequest[Any]:
    """Return a search over these kinds; raise ValidationError or a SCIMException for what is none."""
    if not isinstance(values, Mapping):
        raise InvalidSyntaxException(detail="The body must be a JSON object.")
    model: Any = reduce(or_, (MODELS[each] for each in kinds))
    request: SearchRequest[Any] = of(SearchRequest, model).model_validate(
        values, scim_ctx=Context.SEARCH_REQUEST, scim_policy=POLICY
    )
    return request


def find(space: Space, kinds: Sequence[str], request: SearchRequest[Any]) -> Found:
    """Return the page a search asks for."""
    start = request.start_index or 1
    count = PAGE if request.count is None else min(request.count, PAGE_MOST)
    by_id = request.sort_by is not None and str(request.sort_by).lower() == "id"
    rows = space.rows().filter(kind__in=kinds).order_by(_by_id(request) if by_id else "pk")
    if request.filter is None and (request.sort_by is None or by_id):
        page = list(rows[start - 1 : start - 1 + count])
        return Found(rows.count(), start, kept.read(space, page))
    if request.filter is not None:
        rows = rows.filter(narrowed(request.filter.ast))
    matching: Iterator[Resource[Any]] = (
        each for each in _read(space, rows) if request.filter is None or request.filter.match(each)
    )
    if request.sort_by is not None:
        matching = iter(request.sort(list(matching)))
    before = sum(1 for _ in islice(matching, start - 1))
    page_of = list(islice(matching, count))
    total = before + len(page_of) + sum(1 for _ in matching)
    return Found(total, start, page_of)


def _by_id(request: SearchRequest[Any]) -> str:
    """Return the order of ids; in the database it is that of their text."""
    return "-uid" if request.sort_order == SearchRequest.SortOrder.descending else "uid"


def narrowed(node: FilterNode) -> Q:
    """Return a condition that holds for every row the filter can match; it may hold for others."""
    if isinstance(node, Comparison):
        return _compared(node)
    if isinstance(node, LogicalExpr):
        parts = [narrowed(each) for each in node.terms]
        if node.op == LogicalOperator.and_:
            return reduce(lambda one, other: one & other, parts)
        # Where one of them may be anything, so may all.
        return reduce(or_, parts) if all(parts) else Q()
    return Q()


def _compared(node: Comparison) -> Q:
    path, value = node.attr_path, node.value
    name = f"{path.attr}.{path.sub_attr}".lower() if path.sub_attr else path.attr.lower()
    if path.uri is not None or not isinstance(value, str) or "\0" in value:
        return Q()
    if name == "meta.lastmodified" and node.op.value in _ORDER:
        moment = parse_datetime(value) if len(value) > len("2026-01-01") else None
        if moment is None or moment.tzinfo is None:
            return Q()
        return Q(**{f"last_modified__{_ORDER[node.op.value]}": moment})
    if node.op.value != "eq":
        return Q()
    if name == "id":
        return Q(uid=uid) if (uid := kept.as_uid(value)) is not None else Q(pk__in=[])
    if name == "externalid":
        return Q(external_id=kept.exact(value))
    if name == "username":
        return Q(kind="User", name=kept.comparable("User", value))
    if name == "displayname":
        return Q(kind="Group", name=kept.comparable("Group", value)) | Q(kind="User")
    return Q()


def _read(space: Space, rows: QuerySet[ScimResource]) -> Iterator[Resource[Any]]:
    last, rows = 0, rows.order_by("pk")
    while True:
        chunk = list(rows.filter(pk__gt=last)[:_CHUNK])
        if not chunk:
            return
        yield from kept.read(space, chunk)
        if len(chunk) < _CHUNK:
            return
        last = chunk[-1].pk
