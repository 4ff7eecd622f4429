"""What two statements must share to be about the same agent, activity, verb or registration.

In: parts of statements. Out: an entity key (a small tuple, cheap to make and to hash), its identifier as
text and its 16-byte digest. Names, object types and definitions never count: xAPI 1.0.3, Communication
2.1.3 compares agents and identified groups by their inverse functional identifier alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson

AGENT, ACTIVITY, VERB, REGISTRATION = 1, 2, 3, 4

#: (kind, identifier) or, for agents, (AGENT, property, value[, account name]).
EntityKey = tuple[Any, ...]


def agent_key(agent: Mapping[str, Any]) -> EntityKey | None:
    """Return the key of an agent or identified group; None for an anonymous group."""
    if (mbox := agent.get("mbox")) is not None:
        return (AGENT, "mbox", mbox)
    if (account := agent.get("account")) is not None:
        return (AGENT, "account", account["homePage"], account["name"])
    if (sha1 := agent.get("mbox_sha1sum")) is not None:
        return (AGENT, "mbox_sha1sum", sha1.lower())
    if (openid := agent.get("openid")) is not None:
        return (AGENT, "openid", openid)
    return None


def activity_key(iri: str) -> EntityKey:
    """Return the key of an activity."""
    return (ACTIVITY, iri)


def verb_key(iri: str) -> EntityKey:
    """Return the key of a verb."""
    return (VERB, iri)


def registration_key(registration: str) -> EntityKey:
    """Return the key of a registration; upper and lower case are the same UUID."""
    return (REGISTRATION, registration.lower())


def identifier(key: EntityKey) -> str:
    """Return the identifier as text: an IRI, a UUID, or an agent's identifier as compact JSON."""
    if key[0] != AGENT:
        return str(key[1])
    if key[1] == "account":
        return orjson.dumps({"account": {"homePage": key[2], "name": key[3]}}).decode()
    return orjson.dumps({key[1]: key[2]}).decode()


def agent_identifier(agent: Mapping[str, Any]) -> str | None:
    """Return an agent's identifier as compact JSON with one property; None for an anonymous group."""
    key = agent_key(agent)
    return None if key is None else identifier(key)


def digest(store_id: int, kind: int, identifier_text: str) -> UUID:
    """Return the 16 bytes by which the dictionary finds an identifier of one store."""
    content = b"%d\x1f%d\x1f%s" % (store_id, kind, identifier_text.encode("utf-8", "surrogatepass"))
    return UUID(bytes=blake2b(content, digest_size=16).digest())
