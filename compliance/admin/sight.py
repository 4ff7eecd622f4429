"""Pages about people's records, cut to the part of the organization whoever looks was given.

In: rows that belong to people, under the limit of the request (compliance.access.middleware sets it). Out:
those that may be seen, or a refusal. Where there is no limit everything passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet

from connectors import visible

Row = TypeVar("Row", bound=Model)


def within(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return the rows whose person may be seen, and those that are about nobody in particular."""
    if visible.LIMIT.get() is None:
        return rows
    person = f'"{rows.model._meta.db_table}"."person_id"'  # noqa: SLF001  Django's way to ask
    in_sight = f"({person} IS NULL OR {visible.condition(person)})"
    return rows.extra(where=[in_sight])  # noqa: S610  words of ours


def must_see(people: Iterable[int]) -> None:
    """Raise PermissionDenied unless everybody may be seen."""
    asked = set(people)
    if not asked <= visible.only(asked):
        raise PermissionDenied("This is outside the part of the organization you look after.")
