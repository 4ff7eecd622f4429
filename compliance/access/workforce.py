"""Which people of the workforce record a user is.

In: a user. Out: people, at most one in each store, found by the e-mail address of the account, which only
whoever manages accounts changes. An address that several people of a store have names none of them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from connectors.identity.normal import normal
from connectors.models import Identifier, IdentifierType


def people_of(user: Any) -> set[int]:
    """Return the keys of the people a user is, in whatever store."""
    return set(by_store(user).values())


def person_in(user: Any, store_id: int) -> int | None:
    """Return the person a user is in a store; None where that is nobody, or not sure."""
    return by_store(user).get(store_id)


def by_store(user: Any) -> dict[int, int]:
    """Return store → person of a user."""
    address = normal(user.email or "")
    if not address:
        return {}
    found: dict[int, set[int]] = defaultdict(set)
    rows = Identifier.objects.filter(
        type=IdentifierType.EMAIL, normal=address, recorded__upper_inf=True
    ).values_list("person__store_id", "person_id", "person__merged_into_id")
    for store_id, person_id, merged_into_id in rows:
        found[store_id].add(merged_into_id or person_id)
    return {store_id: people.pop() for store_id, people in found.items() if len(people) == 1}
