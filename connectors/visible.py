"""Whose records a request may see, where it may not see everybody's.

In: what somebody above the connectors sets for the time of a request. Out: an SQL condition on the id of a
person, and those of some people who may be seen. Nothing set means everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Protocol


class Limit(Protocol):
    """A part of the people there are."""

    def condition(self, person: str) -> str:
        """Return the SQL condition that a person is in it; no parameter, no percent sign."""

    def only(self, people: Iterable[int]) -> set[int]:
        """Return those of some people who are in it."""


#: Of the request this thread serves.
LIMIT: ContextVar[Limit | None] = ContextVar("connectors_visible", default=None)


def condition(person: str) -> str:
    """Return the SQL condition that a person may be seen."""
    limit = LIMIT.get()
    return "true" if limit is None else limit.condition(person)


def only(people: Iterable[int]) -> set[int]:
    """Return those of some people who may be seen."""
    limit = LIMIT.get()
    return set(people) if limit is None else limit.only(people)
