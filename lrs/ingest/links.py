"""Which entities a statement points at, and from which positions.

In: a validated statement. Out: entity key → bitmap of roles. Never a database query.
The positions are those the filters of xAPI 1.0.3, Communication 2.1.3 (2.0: 4.1.6.1) speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntFlag
from typing import Any

from lrs.identity import EntityKey, activity_key, agent_key, registration_key, verb_key


class Role(IntFlag):
    """Where in a statement an entity stands. Fifteen bits; those taken over from a StatementRef's
    target stand fifteen bits higher."""

    ACTOR = 1 << 0
    OBJECT = 1 << 1
    VERB = 1 << 2
    REGISTRATION = 1 << 3
    AUTHORITY = 1 << 4
    INSTRUCTOR = 1 << 5
    TEAM = 1 << 6
    CONTEXT_AGENT = 1 << 7
    CONTEXT_GROUP = 1 << 8
    PARENT = 1 << 9
    GROUPING = 1 << 10
    CATEGORY = 1 << 11
    OTHER = 1 << 12
    SUB_STATEMENT = 1 << 13
    #: Set beside the position: the agent stands there as a member of a group.
    MEMBER = 1 << 14


OWN_ROLES = (1 << 15) - 1
INHERITED_SHIFT = 15

#: What the filters agent and activity look at unless told to look at related positions too; an activity is
#: never an actor, so one mask serves both, and one partial index (lrs_statement_entity_direct).
DIRECT_ROLES = int(Role.ACTOR | Role.OBJECT)
RELATED_AGENT_ROLES = int(
    DIRECT_ROLES
    | Role.AUTHORITY
    | Role.INSTRUCTOR
    | Role.TEAM
    | Role.CONTEXT_AGENT
    | Role.CONTEXT_GROUP
    | Role.SUB_STATEMENT
)
RELATED_ACTIVITY_ROLES = int(
    Role.OBJECT | Role.PARENT | Role.GROUPING | Role.CATEGORY | Role.OTHER | Role.SUB_STATEMENT
)

Links = dict[EntityKey, int]

_ACTOR, _OBJECT, _VERB = int(Role.ACTOR), int(Role.OBJECT), int(Role.VERB)
_REGISTRATION, _AUTHORITY = int(Role.REGISTRATION), int(Role.AUTHORITY)
_INSTRUCTOR, _TEAM, _MEMBER = int(Role.INSTRUCTOR), int(Role.TEAM), int(Role.MEMBER)
_SUB_STATEMENT = int(Role.SUB_STATEMENT)
_CONTEXT_AGENT, _CONTEXT_GROUP = int(Role.CONTEXT_AGENT), int(Role.CONTEXT_GROUP)
_POSITIONS = {
    "parent": int(Role.PARENT),
    "grouping": int(Role.GROUPING),
    "category": int(Role.CATEGORY),
    "other": int(Role.OTHER),
}


def with_inherited(roles: int) -> int:
    """Return the mask that finds `roles` in a statement itself and in the statements it refers to."""
    return roles | roles << INHERITED_SHIFT


def inherited(roles: int) -> int:
    """Return a target's own roles as its referrer takes them over."""
    return (roles & OWN_ROLES) << INHERITED_SHIFT


def links_of(statement: Mapping[str, Any]) -> Links:
    """Return every entity `statement` points at, with the roles it has there.

    Its authority is left out: what a client sends as one is replaced (see `authority_links`).
    """
    links: Links = {verb_key(statement["verb"]["id"]): _VERB}
    _add_agent(links, statement["actor"], _ACTOR)
    _add_object(links, statement["object"])
    if (context := statement.get("context")) is not None:
        if (registration := context.get("registration")) is not None:
            _add(links, registration_key(registration), _REGISTRATION)
        _add_context(links, context)
    return links


def _add(links: Links, key: EntityKey | None, roles: int) -> None:
    if key is not None:
        links[key] = links.get(key, 0) | roles


def _add_agent(links: Links, agent: Mapping[str, Any], roles: int) -> None:
    _add(links, agent_key(agent), roles)
    for member in agent.get("member", ()):
        _add(links, agent_key(member), roles | _MEMBER)


def _add_object(links: Links, found: Mapping[str, Any]) -> None:
    kind = found.get("objectType", "Activity")
    if kind == "Activity":
        _add(links, activity_key(found["id"]), _OBJECT)
    elif kind in {"Agent", "Group"}:
        _add_agent(links, found, _OBJECT)
    elif kind == "SubStatement":
        for key in _sub_statement_keys(found):
            _add(links, key, _SUB_STATEMENT)


def _sub_statement_keys(sub_statement: Mapping[str, Any]) -> Iterable[EntityKey]:
    """Agents and activities anywhere in a sub-statement; its verb and registration answer no filter."""
    inner: Links = {}
    _add_agent(inner, sub_statement["actor"], _ACTOR)
    _add_object(inner, sub_statement["object"])
    if (context := sub_statement.get("context")) is not None:
        _add_context(inner, context)
    return inner


def _add_context(links: Links, context: Mapping[str, Any]) -> None:
    if (instructor := context.get("instructor")) is not None:
        _add_agent(links, instructor, _INSTRUCTOR)
    if (team := context.get("team")) is not None:
        _add_agent(links, team, _TEAM)
    for position, activities in context.get("contextActivities", {}).items():
        roles = _POSITIONS[position]
        for activity in activities if isinstance(activities, list) else (activities,):
            _add(links, activity_key(activity["id"]), roles)
    for entry in context.get("contextAgents", ()):
        _add_agent(links, entry["agent"], _CONTEXT_AGENT)
    for entry in context.get("contextGroups", ()):
        _add_agent(links, entry["group"], _CONTEXT_GROUP)


def authority_links(authority: Mapping[str, Any]) -> Links:
    """Return what an authority (an agent, or a group of two for three-legged OAuth) adds to the links."""
    links: Links = {}
    _add_agent(links, authority, _AUTHORITY)
    return links
