"""Lists that page by key, so that the thousandth page costs what the first one does.

In: a query set with a unique, indexed key, and the parameters `before` and `after` of the address. Out: one
`Listing`. Never a COUNT or an OFFSET.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, newest first."""

    rows: Sequence[Any]
    #: Query strings of the pages beside this one; empty where there is none.
    newer: str
    older: str
    #: The query string of the first page; empty on it.
    first: str


def key_in(request: HttpRequest, name: str) -> int | None:
    """Return the key a parameter carries; None where it is absent or no key."""
    text = request.GET.get(name, "")
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= 19 else None


def listing(request: HttpRequest, rows: QuerySet[Any], *, key: str = "pk", page: int = PAGE) -> Listing:
    """Return the page of `rows` that the request asks for."""
    before, after = key_in(request, "before"), key_in(request, "after")
    if after is not None:
        found = list(rows.filter(**{f"{key}__gt": after}).order_by(key)[: page + 1])
        has_newer, has_older = len(found) > page, True
        found = found[:page][::-1]
    else:
        older = rows.filter(**{f"{key}__lt": before}) if before is not None else rows
        found = list(older.order_by(f"-{key}")[: page + 1])
        has_newer, has_older = before is not None, len(found) > page
        found = found[:page]
    if not found:
        return Listing(rows=(), newer="", older="", first=link(request) if after or before else "")
    return Listing(
        rows=found,
        newer=link(request, after=getattr(found[0], key)) if has_newer else "",
        older=link(request, before=getattr(found[-1], key)) if has_older else "",
        first=link(request) if has_newer else "",
    )


def link(request: HttpRequest, **position: object) -> str:
    """Return the query string of this list at another position."""
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        if name not in ("before", "after")
        for value in values
        if value
    ]
    return "?" + urlencode([*kept, *((name, str(value)) for name, value in position.items())])
