"""Stored statements as they are served: exact, ids only, or canonical.

In: payloads as stored. Out: JSON bytes. Exact parses nothing. Source: xAPI 1.0.3, Communication 2.1.3,
parameter `format`; what is canonical comes from `lrs.activities`, one language of each map by
Accept-Language.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from lrs import activities, conf
from lrs.bodies import bodies
from lrs.wire import language, strict_json

EXACT, IDS, CANONICAL = "exact", "ids", "canonical"
FORMATS = frozenset({EXACT, IDS, CANONICAL})

_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
_COMPONENTS = ("choices", "scale", "source", "target", "steps")


def render(payloads: Sequence[str], format_: str, *, store_id: int, accept_language: str = "") -> list[bytes]:
    """Return each payload in the format asked for."""
    if format_ == EXACT:
        return [payload.encode() for payload in payloads]
    statements = [_parsed(payload) for payload in payloads]
    if format_ == IDS:
        return [orjson.dumps(_ids(statement)) for statement in statements]
    found = {activity["id"] for statement in statements for activity in _activities_in(statement)}
    known = activities.canonical(store_id, found) if found else {}
    for statement in statements:
        for activity in _activities_in(statement):
            definition = known.get(activity["id"], activity.get("definition"))
            if definition:
                activity["definition"] = in_one_language(definition, accept_language)
        for body in bodies(statement):
            if "display" in body["verb"]:
                body["verb"]["display"] = _one(body["verb"]["display"], accept_language)
    return [orjson.dumps(statement) for statement in statements]


def statement_result(statements: Sequence[bytes], more: str) -> bytes:
    """Return a StatementResult object."""
    return b'{"statements":[' + b",".join(statements) + b'],"more":' + orjson.dumps(more) + b"}"


def in_one_language(definition: dict[str, Any], accept_language: str) -> dict[str, Any]:
    """Return an activity definition with one language left in each of its maps."""
    found = dict(definition)
    for name in ("name", "description"):
        if name in found:
            found[name] = _one(found[name], accept_language)
    for name in _COMPONENTS:
        if name in found:
            found[name] = [
                {**component, "description": _one(component["description"], accept_language)}
                if "description" in component
                else component
                for component in found[name]
            ]
    return found


def _one(map_: dict[str, str], accept_language: str) -> dict[str, str]:
    chosen = language.best(list(map_), accept_language or None)
    return map_ if chosen is None else {chosen: map_[chosen]}


def _parsed(payload: str) -> dict[str, Any]:
    exact: dict[str, Any] = strict_json.parse(payload.encode(), depth=conf.json_depth() + 2).exact
    return exact


def _activities_in(statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for body in bodies(statement):
        if body["object"].get("objectType", "Activity") == "Activity":
            yield body["object"]
        for found in body.get("context", {}).get("contextActivities", {}).values():
            yield from found


def _ids(statement: dict[str, Any]) -> dict[str, Any]:
    """Reduce agents, groups, activities and verbs to what identifies them."""
    for body in bodies(statement):
        body["actor"] = _identified(body["actor"])
        body["verb"] = {"id": body["verb"]["id"]}
        kind = body["object"].get("objectType", "Activity")
        if kind == "Activity":
            body["object"] = _identified_activity(body["object"])
        elif kind in ("Agent", "Group"):
            body["object"] = _identified(body["object"])
        if "context" in body:
            body["context"] = _ids_of_context(body["context"])
    if "authority" in statement:
        statement["authority"] = _identified(statement["authority"])
    return statement


def _ids_of_context(context: dict[str, Any]) -> dict[str, Any]:
    found = dict(context)
    for property_ in ("instructor", "team"):
        if property_ in found:
            found[property_] = _identified(found[property_])
    if "contextActivities" in found:
        found["contextActivities"] = {
            position: [_identified_activity(activity) for activity in listed]
            for position, listed in found["contextActivities"].items()
        }
    for listing, property_ in (("contextAgents", "agent"), ("contextGroups", "group")):
        if listing in found:
            found[listing] = [{**entry, property_: _identified(entry[property_])} for entry in found[listing]]
    return found


def _identified_activity(activity: dict[str, Any]) -> dict[str, Any]:
    return {"id": activity["id"]}


def _identified(agent: dict[str, Any]) -> dict[str, Any]:
    """An anonymous group is identified by its members only."""
    found = {name: agent[name] for name in ("objectType", *_IDENTIFIERS) if name in agent}
    if "member" in agent and not any(name in agent for name in _IDENTIFIERS):
        found["member"] = [_identified(member) for member in agent["member"]]
    return found
