"""Trying a connection to a pod without changing anything.

In: a `Reading`. Out: findings, in the order a person would check: let in, workers there with all that is
asked for, work structures, feeds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from connectors.adapters import Finding, Reading
from connectors.adapters.oracle_hcm.atom import entries
from connectors.adapters.oracle_hcm.client import Client, connected
from connectors.adapters.oracle_hcm.options import STRUCTURES, Options, options
from connectors.adapters.oracle_hcm.workers import KEY, RESOURCE, Workers
from connectors.errors import CannotConnect, ConnectorError

_LOOKED_AT = 5


def tried(reading: Reading) -> list[Finding]:
    """Return what was tried and how it went."""
    found: list[Finding] = []
    try:
        chosen = options(reading.settings)
        with connected(chosen, reading.secrets) as client:
            _try(client, chosen, reading, found)
    except ConnectorError as error:
        what = "Connect" if not found and isinstance(error, CannotConnect) else "Go on"
        found.append(Finding(what, False, _said(error)))
    return found


def _try(client: Client, chosen: Options, reading: Reading, found: list[Finding]) -> None:
    asked = {**Workers(client).asked(), "orderBy": KEY, "limit": _LOOKED_AT, "totalResults": "true"}
    page = client.rows(RESOURCE, asked)
    total = page.get("totalResults", len(page["items"]))
    found.append(Finding("Connect and read workers", True, f"{total:,} workers."))
    found.append(_children(page["items"]))
    for setting, resource in chosen.structures:
        key = STRUCTURES[setting][1]
        found.append(_one(f"Read {resource}", partial(_rows, client, resource, key)))
    since = reading.as_of - timedelta(days=1)
    found.extend(_one(f"Follow {feed}", partial(_entries, client, feed, since)) for feed in chosen.feeds)


def _children(items: list[object]) -> Finding:
    what = "Names, e-mail and work relationships"
    if not items:
        return Finding(what, False, "There is no worker the account may see.")
    lacking = {
        name
        for name in ("names", "emails", "workRelationships")
        if not all(isinstance(each, dict) and name in each for each in items)
    }
    if lacking:
        return Finding(what, False, f"Workers come without {', '.join(sorted(lacking))}.")
    return Finding(what, True)


def _rows(client: Client, resource: str, key: str) -> str:
    page = client.rows(resource, {"orderBy": key, "limit": 1, "totalResults": "true"})
    return f"{page.get('totalResults', len(page['items'])):,} rows."


def _entries(client: Client, feed: str, since: datetime) -> str:
    count = sum(1 for _ in entries(client, f"employee/{feed}", since))
    return f"{count:,} entries within a day."


def _one(what: str, do: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, do())
    except ConnectorError as error:
        return Finding(what, False, _said(error))


def _said(error: ConnectorError) -> str:
    return f"{error.reason} {error.suggestion}".strip()
