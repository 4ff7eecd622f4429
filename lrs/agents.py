"""What is known of an agent: the names it was seen under, and the Person object made of them.

In: an agent as a query names it; names that lrs.learning has kept. Out: a Person (xAPI 1.0.3, Communication
2.4). Only one identifier is ever looked at: whether two identifiers are one worker is for the workforce
side to say, not for the record store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrs.identity import AGENT, agent_identifier, digest
from lrs.models import AgentName

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")

#: A longer name is kept in its statement only; an index row of PostgreSQL ends at 2,704 bytes.
NAME_BYTES_MOST = 1_000
#: Names a Person lists; some systems put a session number into each.
NAMES_MOST = 100


def person(store_id: int, agent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Person object of `agent`: its identifier, and every name it was seen under in the store.

    An agent nobody has heard of is a Person made of what the request says.
    """
    found: dict[str, Any] = {"objectType": "Person"}
    names = list(dict.fromkeys([*_names(store_id, agent), *([agent["name"]] if "name" in agent else [])]))
    if names:
        found["name"] = names
    for property_ in IDENTIFIERS:
        if property_ in agent:
            found[property_] = [agent[property_]]
    return found


def is_fit_to_keep(name: str) -> bool:
    """Whether the database can keep and index `name`."""
    # PostgreSQL keeps no NUL in text.
    return name != "" and "\0" not in name and len(name.encode()) <= NAME_BYTES_MOST


def _names(store_id: int, agent: Mapping[str, Any]) -> list[str]:
    identifier = agent_identifier(agent)
    if identifier is None:
        return []
    rows = AgentName.objects.filter(
        entity__digest=digest(store_id, AGENT, identifier), entity__store_id=store_id
    )
    return list(rows.order_by("id").values_list("name", flat=True)[:NAMES_MOST])
