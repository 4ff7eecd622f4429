"""Whose employment a userId is: job information names managers by it, the hub knows people by another key.

In: pages of people. Out: for a userId the person's key, asked of the service once for each that no page told
of before. A userId nobody has, or whose person the API user may not see, is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connectors.adapters.successfactors import query, records
from connectors.adapters.successfactors.client import Client

#: UserIds in one question: addresses must not grow too long.
_AT_ONCE = 60


class Managers:
    """Keys of people by their employments' userIds, as far as they were needed in a run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._people: dict[str, str] = {}

    def meet(self, entries: Iterable[Any]) -> None:
        """Know the people of a page and everybody who manages one of them."""
        wanted: set[str] = set()
        for entry in entries:
            if isinstance(entry, dict) and entry.get("personIdExternal"):
                for user_id in records.employments_of(entry):
                    self._people[user_id] = str(entry["personIdExternal"]).strip()
                wanted.update(records.managers_of(entry))
        missing = sorted(wanted - self._people.keys())
        for at in range(0, len(missing), _AT_ONCE):
            self._ask(missing[at : at + _AT_ONCE])

    def person_of(self, user_id: str) -> str:
        """Return the key of whoever has an employment; empty: nobody we know."""
        return self._people.get(user_id, "")

    def _ask(self, user_ids: list[str]) -> None:
        self._people.update(dict.fromkeys(user_ids, ""))
        url: Any = query.employments(self._client.chosen, user_ids)
        while url:
            answer = self._client.get(url)
            for each in answer.get("results") or ():
                if isinstance(each, dict) and each.get("userId") and each.get("personIdExternal"):
                    self._people[str(each["userId"])] = str(each["personIdExternal"]).strip()
            url = answer.get("__next")
