"""Whose assignment number that is: managers are told by one, people by their person number.

In: workers with assignments. Out: the same, each manager with the `ManagerPersonNumber`. Numbers are learned
from the workers that pass; those of others are looked up, many in one request, once each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from connectors.adapters.oracle_hcm.client import Client, Json
from connectors.adapters.oracle_hcm.options import LIMIT_MOST
from connectors.adapters.oracle_hcm.slices import END

#: Assignment numbers looked up in one request: an address has bounds.
_ASKED_MOST = 40
_ASSIGNMENTS = "workRelationships.assignments"


class Managers:
    """The people behind assignment numbers, as far as they are known."""

    def __init__(self, client: Client) -> None:
        self._client = client
        #: Nothing: nobody the account may see.
        self._known: dict[str, str] = {}

    def resolve(self, workers: Iterable[Json]) -> None:
        """Write into each manager of the workers who that is."""
        at_hand = list(workers)
        for worker in at_hand:
            self._learn(worker)
        managers = [each for worker in at_hand for each in _managers(worker)]
        wanted = {str(each.get("ManagerAssignmentNumber") or "") for each in managers} - {""}
        unknown = sorted(each for each in wanted if each not in self._known and "'" not in each)
        for start in range(0, len(unknown), _ASKED_MOST):
            self._look_up(unknown[start : start + _ASKED_MOST])
        for each in managers:
            if number := self._known.get(str(each.get("ManagerAssignmentNumber") or "")):
                each["ManagerPersonNumber"] = number

    def _look_up(self, numbers: list[str]) -> None:
        listed = ",".join(f"'{each}'" for each in numbers)
        found = self._client.rows(
            "workers",
            {
                "q": f"{_ASSIGNMENTS}.AssignmentNumber IN ({listed})",
                "fields": f"PersonNumber;{_ASSIGNMENTS}:AssignmentNumber",
                "effectiveDate": END.isoformat(),
                "limit": LIMIT_MOST,
            },
        )
        for worker in found["items"]:
            self._learn(worker)
        for each in numbers:
            self._known.setdefault(each, "")

    def _learn(self, worker: Json) -> None:
        person = str(worker.get("PersonNumber") or "")
        for assignment in _assignments(worker):
            number = str(assignment.get("AssignmentNumber") or "")
            if person and number:
                self._known[number] = person


def _managers(worker: Json) -> Iterator[Json]:
    for assignment in _assignments(worker):
        yield from _rows(assignment.get("managers"))


def _assignments(worker: Json) -> Iterator[Json]:
    for engaged in _rows(worker.get("workRelationships")):
        yield from _rows(engaged.get("assignments"))


def _rows(value: Any) -> list[Json]:
    """Return rows, wrapped or not."""
    items = value.get("items") if isinstance(value, dict) else value
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
