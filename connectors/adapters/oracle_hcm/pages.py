"""All rows of a resource, page after page, none lost although rows come and go meanwhile.

In: a resource and the attribute that tells its rows apart, by which Oracle is asked to order them. Out: pages
of rows nobody saw before. Offsets count rows that are there now: where some before the offset went away, the
next page starts too far behind. So each page begins with the last row of the one before; where that row is
not there, it is gone back until nothing can have been skipped. Where Oracle has more rows in the end than it
gave, some came in between those read: all is read again, and only what was not seen is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.adapters.oracle_hcm.client import Client, Json
from connectors.errors import SourceChanged

#: Pages without an end: more than any company has. How often all is read again.
_PAGES_MOST, _ROUNDS_MOST = 100_000, 3


@dataclass(frozen=True, slots=True)
class Place:
    """How far a resource was read."""

    offset: int = 0
    #: The id of the last row.
    after: str = ""
    #: Rows given so far.
    given: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows, and where to go on."""

    rows: tuple[Json, ...]
    place: Place
    #: Rows of the resource altogether, where Oracle tells.
    total: int | None


@dataclass(frozen=True, slots=True)
class Resource:
    """What is read, and how."""

    name: str
    #: The attribute that tells rows apart.
    key: str
    parameters: Mapping[str, str | int]
    #: Rows in a page.
    limit: int


def pages(client: Client, resource: Resource, place: Place) -> Iterator[Rows]:
    """Yield the rows behind a place."""
    seen: set[str] = set()
    for _ in range(_ROUNDS_MOST):
        total = None
        for found in _round(client, resource, place):
            fresh = tuple(each for each in found.rows if _id(each, resource.key) not in seen)
            seen |= {own for each in fresh if (own := _id(each, resource.key))}
            place = Place(found.place.offset, found.place.after, place.given + len(fresh))
            total = found.total
            yield Rows(fresh, place, total)
        if total is None or place.given >= total:
            return
        place = Place(given=place.given)


def _round(client: Client, resource: Resource, place: Place) -> Iterator[Rows]:
    offset, after, key = place.offset, place.after, resource.key
    back = 1 if after else 0
    for _ in range(_PAGES_MOST):
        start = max(0, offset - back)
        asked: dict[str, str | int] = {
            "orderBy": key, "offset": start, "limit": resource.limit, "totalResults": "true",
        }  # fmt: skip
        found = client.rows(resource.name, {**resource.parameters, **asked})
        items, more = found["items"], found.get("hasMore") is True
        if more and not items:
            raise SourceChanged(f"{resource.name} says that it has more rows and gives none.")
        ids = _ordered(items, resource)
        told = [each for each in ids if each]
        if after and start and (not told or _order(told[0]) > _order(after)):
            # Rows before this page went away: the one seen last stands further in front.
            back += resource.limit
            continue
        fresh = tuple(
            each
            for at, (each, own) in enumerate(zip(items, ids, strict=True), start)
            if (_order(own) > _order(after) if own else at >= offset)
        )
        offset, back = start + len(items), 1
        after = max((after, *told), key=_order)
        yield Rows(fresh, Place(offset, after), _total(found))
        if not more:
            return
    raise SourceChanged(f"{resource.name} has no end.")


def _ordered(items: list[Any], resource: Resource) -> list[str]:
    """Return the ids of rows, which must rise."""
    ids = [_id(each, resource.key) for each in items]
    told = [each for each in ids if each]
    if told != sorted(told, key=_order):
        raise SourceChanged(
            f"{resource.name} does not come in the order of {resource.key}, so rows could be lost between "
            "pages."
        )
    return ids


def _id(row: Any, key: str) -> str:
    """Return the id of a row; nothing for a row that is damaged, which is told of by its place alone."""
    found = row.get(key) if isinstance(row, dict) else None
    return found if isinstance(found, str) else ""


def _order(own: str) -> tuple[int, str]:
    """Return what puts ids in the order of their numbers; nothing comes first."""
    return (len(own), own)


def _total(found: Json) -> int | None:
    total = found.get("totalResults")
    return total if isinstance(total, int) else None
