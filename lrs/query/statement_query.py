"""What a client may ask of the statements resource, as one frozen value.

In: request parameters. Out: `StatementQuery`. Never a database query. Source: xAPI 1.0.3, Communication
2.1.3 (2.0: 4.1.6.1): filters are joined by AND; `since` is exclusive, `until` inclusive, both on `stored`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lrs.identity import EntityKey, activity_key, agent_key, registration_key, verb_key
from lrs.ingest.clock import HIGHEST, LOWEST, last_key
from lrs.ingest.links import (
    DIRECT_ROLES,
    OWN_ROLES,
    RELATED_ACTIVITY_ROLES,
    RELATED_AGENT_ROLES,
    Role,
    with_inherited,
)
from lrs.validation.statements import check_agent
from lrs.wire import parameters as read
from lrs.wire.version import Version

FILTERS = frozenset(
    {
        "agent",
        "verb",
        "activity",
        "registration",
        "related_activities",
        "related_agents",
        "since",
        "until",
        "limit",
        "ascending",
    }
)

#: An entity and the roles (own or inherited) in which it must stand.
Filter = tuple[EntityKey, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementQuery:
    """Statements of one store that meet every filter, with keys in [after + 1, before - 1]."""

    store_id: int
    filters: tuple[Filter, ...] = ()
    #: Statements stored after this key …
    after: int = LOWEST
    #: … and before this one.
    before: int = HIGHEST
    limit: int
    ascending: bool = False
    #: Only what this source posted; no parameter of the xAPI, no index: give a short span of keys with it.
    source_id: int | None = None
    #: Whether voided statements are given too; never to a client of the xAPI.
    with_voided: bool = False


def from_parameters(
    store_id: int,
    parameters: Mapping[str, str],
    *,
    version: Version = Version.V2,
    page: int,
    most: int,
    mine: Sequence[EntityKey] = (),
) -> StatementQuery:
    """Return the query that request parameters describe; `version` says what a sound agent is.

    `page` is the page size where none (or 0) is asked, `most` the largest given. `mine` limits the answer
    to statements of that authority, all of its agents (scope statements/read/mine). Raises BadRequest.
    """
    filters = _filters(parameters, version)
    if mine:
        # What a statement took over from one the reader may not see would tell about that one.
        filters = [(key, roles & OWN_ROLES) for key, roles in filters]
    filters.extend((key, int(Role.AUTHORITY)) for key in mine)
    since, until = read.timestamp(parameters, "since"), read.timestamp(parameters, "until")
    asked = read.whole_number(parameters, "limit") or 0
    return StatementQuery(
        store_id=store_id,
        filters=tuple(filters),
        after=LOWEST if since is None else last_key(since),
        before=HIGHEST if until is None else min(HIGHEST, last_key(until) + 1),
        limit=min(asked or page, most),
        ascending=read.boolean(parameters, "ascending") or False,
    )


def _filters(parameters: Mapping[str, str], version: Version) -> list[Filter]:
    filters: list[Filter] = []
    related_agents = read.boolean(parameters, "related_agents")
    related_activities = read.boolean(parameters, "related_activities")
    agent = read.agent(parameters, "agent")
    if agent is not None:
        check_agent(agent, version)
        key = agent_key(agent)
        if key is not None:
            roles = RELATED_AGENT_ROLES if related_agents else DIRECT_ROLES
            filters.append((key, with_inherited(roles)))
    if (verb := read.absolute_iri(parameters, "verb")) is not None:
        filters.append((verb_key(verb), with_inherited(Role.VERB)))
    if (activity := read.absolute_iri(parameters, "activity")) is not None:
        roles = RELATED_ACTIVITY_ROLES if related_activities else DIRECT_ROLES
        filters.append((activity_key(activity), with_inherited(roles)))
    if (registration := read.uuid(parameters, "registration")) is not None:
        filters.append((registration_key(str(registration)), with_inherited(Role.REGISTRATION)))
    return filters


def narrowed(query: StatementQuery, *, after: int = LOWEST, before: int = HIGHEST) -> StatementQuery:
    """Return the query limited to keys between `after` and `before` as well."""
    return replace(query, after=max(query.after, after), before=min(query.before, before))
