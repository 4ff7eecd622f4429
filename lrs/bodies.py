"""A statement and the one that may stand inside it.

In: a validated statement. Out: what has an actor, a verb and an object in it. Never a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

Body = TypeVar("Body", bound=Mapping[str, Any])


def bodies(statement: Body) -> Iterator[Body]:
    """Yield the statement and, where its object is one, its sub-statement (xAPI 1.0.3, Data 2.4.4.3)."""
    yield statement
    if statement["object"].get("objectType") == "SubStatement":
        yield statement["object"]
