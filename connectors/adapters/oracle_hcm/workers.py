"""Workers as records: every child whole, every row told, managers named.

In: workers as pages or look-ups have them. Out: raw records for the engine. A worker that is damaged is given
as broken, with what came; the others go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from connectors.adapters import RawRecord
from connectors.adapters.oracle_hcm import slices
from connectors.adapters.oracle_hcm.children import Damaged, whole
from connectors.adapters.oracle_hcm.client import Client, Json
from connectors.adapters.oracle_hcm.manager_numbers import Managers
from connectors.adapters.oracle_hcm.options import LIMIT_MOST
from connectors.adapters.oracle_hcm.slices import END

RESOURCE, KEY = "workers", "PersonId"


class Workers:
    """Reads workers of one pod, for one go at a run."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._managers = Managers(client)

    def asked(self, day: date = END) -> dict[str, str | int]:
        """Return what is asked for with workers."""
        return {"expand": self._client.options.expanded, "effectiveDate": day.isoformat()}

    def records(self, items: Iterable[tuple[Any, date]]) -> tuple[RawRecord, ...]:
        """Return the records of workers, each with the day from which on it is to be told."""
        made = [self._record(item, floor) for item, floor in items]
        self._managers.resolve({**each.raw} for each in made if each.kind == "worker" and not each.broken)
        return tuple(made)

    def some(self, field: str, values: Sequence[str]) -> dict[str, Json]:
        """Return workers by their PersonId or PersonNumber."""
        listed = ",".join(values if field == KEY else (f"'{each}'" for each in values))
        asked = {**self.asked(), "q": f"{field} IN ({listed})", "limit": LIMIT_MOST}
        found = self._client.rows(RESOURCE, asked)
        return {
            str(each[field]): each for each in found["items"] if isinstance(each, dict) and each.get(field)
        }

    def _record(self, item: Any, floor: date) -> RawRecord:
        if not isinstance(item, dict):
            return RawRecord("worker", "", {"worker": item}, "A worker is no object.")
        number = str(item.get("PersonNumber") or "")
        if not number or not item.get(KEY):
            return RawRecord("worker", number, item, "A worker has no PersonNumber or no PersonId.")
        try:
            worker = whole(item, self._client, lambda: self._again(item[KEY], END, linked=True))
            if not _related(worker):
                # What a cancelled hire leaves behind.
                return RawRecord("rescinded", number, worker)
            raw = slices.told(worker, floor, lambda day: self._again(item[KEY], day))
        except Damaged as damaged:
            return RawRecord("worker", number, item, str(damaged))
        return RawRecord("worker", number, raw)

    def _again(self, person: str, day: date, *, linked: bool = False) -> Json | None:
        asked = {**self.asked(day), "q": f"{KEY}={person}", "limit": 1}
        if linked:
            address = f"{self._client.options.rest}/{RESOURCE}"
            found = self._client.collection(address, asked)
        else:
            found = self._client.rows(RESOURCE, asked)
        worker = next((each for each in found["items"] if isinstance(each, dict)), None)
        if worker is None or linked:
            return worker
        return whole(worker, self._client, lambda: self._again(person, day, linked=True))


def _related(worker: Json) -> list[Any]:
    """Return the work relationships of a worker. Without any, nothing is known to have ended."""
    found = worker.get("workRelationships")
    if not isinstance(found, list):
        raise Damaged("The worker came without work relationships; may the account see them?")
    return found
