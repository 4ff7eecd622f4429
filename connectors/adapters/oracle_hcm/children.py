"""Child collections of a worker, read to their ends and laid open as plain lists.

In: a worker as framework 4 has it (each child `{items, hasMore, …}`), or older ones (each child a list). Out:
the same worker with lists. A child stops after 25 rows like any collection; the rest is behind its own
address, which Oracle tells only where links are asked for: the worker is then read once more, with links.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.adapters.oracle_hcm.client import Client, Json
from connectors.adapters.oracle_hcm.options import LIMIT_MOST
from connectors.errors import SourceChanged

#: Rows of one child collection at most; beyond it something is wrong.
_ROWS_MOST = 100_000


class Damaged(ValueError):
    """A worker whose children are no rows."""


def whole(worker: Json, client: Client, again: Callable[[], Json | None]) -> Json:
    """Return a worker with every child whole. `again` reads the worker once more, with links.

    Raises Damaged where a child is no collection of rows.
    """
    if _stops(worker):
        linked = again()
        if linked is None:
            raise Damaged("The worker went away while it was being read.")
        worker = linked
    return _open(worker, client)


def _stops(value: Any) -> bool:
    """Whether a child collection somewhere inside has more rows than came."""
    if isinstance(value, list):
        return any(_stops(each) for each in value)
    if not isinstance(value, dict):
        return False
    return value.get("hasMore") is True or any(_stops(each) for each in value.values())


def _open(row: Json, client: Client) -> Json:
    """Return a row with lists in the place of collections, and without links."""
    return {name: _value(name, value, client) for name, value in row.items() if name != "links"}


def _value(name: str, value: Any, client: Client) -> Any:
    if isinstance(value, dict) and "items" in value:
        rows = value["items"]
        if not isinstance(rows, list):
            raise Damaged(f"“{name}” is no collection of rows.")
        return [_row(name, each, client) for each in [*rows, *_rest(name, value, client)]]
    if isinstance(value, list):
        return [_row(name, each, client) for each in value]
    return value


def _row(name: str, row: Any, client: Client) -> Json:
    if not isinstance(row, dict):
        raise Damaged(f"A row of “{name}” is no object.")
    return _open(row, client)


def _rest(name: str, collection: Json, client: Client) -> list[Any]:
    """Return the rows of a collection behind those that came with it."""
    found: list[Any] = []
    while collection.get("hasMore") is True and len(found) < _ROWS_MOST:
        came = len(collection["items"])
        if not came:
            raise SourceChanged(f"“{name}” says that it has more rows and gives none.")
        # The offset of a page counts from the beginning; one that came with its worker has none, or 0.
        offset = int(collection.get("offset") or 0) + came
        address = next(
            (each["href"] for each in collection.get("links", ()) if each.get("rel") == "self"), ""
        )
        if not address:
            raise SourceChanged(f"“{name}” has more rows, but not the address where they are.")
        address = address.partition("?")[0]
        after = {"offset": offset, "limit": LIMIT_MOST, **_within(name, client.options.expanded)}
        collection = client.collection(address, after)
        found.extend(collection["items"])
    return found


def _within(name: str, expanded: str) -> dict[str, str | int]:
    """Return what is asked for with the rows of a child: what stands behind it in a worker's children."""
    behind = [
        ".".join(parts[parts.index(name) + 1 :])
        for parts in (each.split(".") for each in expanded.split(","))
        if name in parts[:-1]
    ]
    return {"expand": ",".join(behind)} if behind else {}
