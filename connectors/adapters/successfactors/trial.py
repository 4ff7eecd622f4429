"""Trying a SuccessFactors connection: can we get there, are we let in, and may each thing be read?

In: a `Reading`. Out: findings, in the order a person would check. One entry of each entity is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connectors.adapters import Finding, Reading
from connectors.adapters.successfactors import query
from connectors.adapters.successfactors.client import Client
from connectors.adapters.successfactors.options import Options, options
from connectors.errors import CannotConnect, ConnectorError, NotAuthorized

#: Somebody waits for the answer.
_ATTEMPTS = 2
_ONE = {"$format": "json", "$top": "1"}


def tried(reading: Reading) -> list[Finding]:
    """Return what was tried and how it went."""
    try:
        chosen = options(reading.settings)
    except ConnectorError as error:
        return [Finding("Settings", False, _told(error))]
    with Client(chosen, reading.secrets, attempts=_ATTEMPTS) as client:
        found = _let_in(client)
        if all(each.ok for each in found):
            found += [_finding(f"Read {each}", _entity(client, each)) for each in chosen.organization]
            found += [
                _finding(f"Read {path}", _expanded(client, path)) for path in query.expanded(chosen.expand)
            ]
            found.append(_finding("Find whose employment a userId is", _employments(client)))
            found.append(_finding("Count people", _counted(client)))
    return found


def _let_in(client: Client) -> list[Finding]:
    chosen = client.chosen
    reached = Finding(f"Reach {chosen.url}", True)
    try:
        client.get(query.address(chosen, query.PEOPLE, _ONE))
    except NotAuthorized as error:
        return [reached, Finding(f"Log in as {_who(chosen)}", False, _told(error))]
    except CannotConnect as error:
        return [Finding(f"Reach {chosen.url}", False, _told(error))]
    except ConnectorError as error:
        return [reached, Finding(f"Read {query.PEOPLE}", False, _told(error))]
    return [reached, Finding(f"Log in as {_who(chosen)}", True), Finding(f"Read {query.PEOPLE}", True)]


def _who(chosen: Options) -> str:
    return f"{chosen.user}@{chosen.company}"


def _finding(what: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, ask())
    except ConnectorError as error:
        return Finding(what, False, _told(error))


def _entity(client: Client, entity: str) -> Callable[[], str]:
    return lambda: _none_left(client.get(query.address(client.chosen, entity, _ONE)))


def _expanded(client: Client, path: str) -> Callable[[], str]:
    asked = {**_ONE, "$expand": ",".join(query.expanded([path]))}
    return lambda: _none_left(client.get(query.address(client.chosen, query.PEOPLE, asked)))


def _employments(client: Client) -> Callable[[], str]:
    asked = {**_ONE, "$select": "userId,personIdExternal"}
    return lambda: _none_left(client.get(query.address(client.chosen, "EmpEmployment", asked)))


def _counted(client: Client) -> Callable[[], str]:
    asked = {**_ONE, "$select": "personIdExternal", "$inlinecount": "allpages"}
    if client.chosen.filter:
        asked["$filter"] = client.chosen.filter

    def count() -> str:
        found = str(client.get(query.address(client.chosen, query.PEOPLE, asked)).get("__count") or "")
        return f"{int(found):,} people." if found.isdigit() else "The service does not count."

    return count


def _none_left(answer: dict[str, Any]) -> str:
    return "" if answer.get("results") else "It may be read, but there is none."


def _told(error: ConnectorError) -> str:
    return f"{error.reason} {error.suggestion}".strip()
