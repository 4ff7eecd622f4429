"""What was told of actors, for as long as it stays so: most statements of a while are of the same people.

In: an actor and a moment. Out: the context, without asking the database, where it was told before for a span
around that moment. What is remembered holds until the next change is followed: a change that is recorded but
not yet followed finds the statements tied meanwhile and ties them again (connectors.enrichment.follow).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.models import ChangeCursor

#: Spans remembered at most; beyond, everything is forgotten and begins anew.
MOST = 200_000


@dataclass(frozen=True, slots=True)
class Told:
    """What holds of an actor from `start` until `end`; None where it is open."""

    context_id: int | None
    link_id: int | None
    why_not: int
    start: datetime | None
    end: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Tell whether this holds at a moment."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


class Remembered:
    """What one process was told, as of one position in the log of changes."""

    def __init__(self) -> None:
        self._position: tuple[int, int] = (-1, -1)
        self._told: dict[int, list[Told]] = {}
        self._count = 0

    def as_of(self, consumer: str) -> Remembered:
        """Return what is remembered, without what an older position of `consumer` told.

        Must be called while no change can be followed (connectors.enrichment.derive.hold_off_changes).
        """
        row = ChangeCursor.objects.filter(name=consumer).values_list("xid", "change").first()
        position = row or (0, 0)
        if position != self._position or self._count > MOST:
            self.forget()
            self._position = position
        return self

    def find(self, actor_id: int, moment: datetime) -> Told | None:
        """Return what holds of an actor at a moment, where it is remembered."""
        return next((each for each in self._told.get(actor_id, ()) if each.holds(moment)), None)

    def keep(self, actor_id: int, told: Told) -> None:
        """Remember what holds of an actor."""
        self._told.setdefault(actor_id, []).append(told)
        self._count += 1

    def keep_all(self, others: Remembered) -> None:
        """Remember all that is in another, unless a change was followed since."""
        if others._position == self._position:
            for actor_id, told in others._told.items():
                for each in told:
                    self.keep(actor_id, each)

    def beside(self) -> Remembered:
        """Return an empty one of the same position, for what is not committed yet."""
        found = Remembered()
        found._position = self._position
        return found

    def forget(self) -> None:
        """Forget everything."""
        self._told.clear()
        self._count = 0
        self._position = (-1, -1)


REMEMBERED = Remembered()
