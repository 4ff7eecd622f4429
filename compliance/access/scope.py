"""Whose records somebody may see: by the organization's tree as it stands now.

In: a user. Out: a `Scope`: everybody, the people of whole stores, those who work in some units or below
them, or nobody. Superusers, and who was given the permission without a grant (a group of the
administration), see everybody; a grant sees the part it was given for. Somebody who moved out of a unit is
out of scope at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q

from compliance.access.grants import standing_grants

VIEW_PEOPLE = "connectors.view_person"


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the people there are."""

    everything: bool = False
    #: Stores all of whose people are in it.
    stores: tuple[int, ...] = ()
    #: Units with everything below them.
    units: tuple[int, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nobody is in it."""
        return not (self.everything or self.stores or self.units)

    def condition(self, person: str) -> str:
        """Return the SQL condition that a person is in it; `person` is an expression for the id of one.

        It holds numbers only, no parameter. Whoever is merged into another is in where the other is.
        """
        if self.everything:
            return "true"
        parts = []
        if self.stores:
            parts.append(
                f"EXISTS (SELECT FROM connectors_person scope_p WHERE scope_p.id = {person}"
                f" AND scope_p.store_id = ANY ({_array(self.stores)}))"
            )
        if self.units:
            parts.append(
                "EXISTS (SELECT FROM connectors_work_assignment_version scope_v"  # noqa: S608  numbers
                " JOIN connectors_unit_path scope_t ON scope_t.unit_id = scope_v.unit_id"
                f" WHERE scope_v.person_id IN (SELECT {person} UNION ALL SELECT scope_m.id"
                f" FROM connectors_person scope_m WHERE scope_m.merged_into_id = {person})"
                " AND scope_v.valid @> now() AND upper_inf(scope_v.recorded)"
                " AND scope_t.valid @> now() AND upper_inf(scope_t.recorded)"
                f" AND scope_t.path && {_array(self.units)})"
            )
        return f"({' OR '.join(parts)})" if parts else "false"

    def only(self, people: Iterable[int]) -> set[int]:
        """Return those of some people who are in it."""
        asked = sorted(set(people))
        if self.everything:
            return set(asked)
        if self.nothing or not asked:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT a.id FROM unnest(%s::bigint[]) AS a (id) WHERE {self.condition('a.id')}",  # noqa: S608
                [asked],
            )
            return {row[0] for row in cursor.fetchall()}

    def sees(self, person_id: int) -> bool:
        """Whether a person is in it."""
        return bool(self.only([person_id]))


def scope_of(user: Any, permission: str = VIEW_PEOPLE) -> Scope:
    """Return whom a user may do something to; by default, whose records they may see."""
    if not user.is_authenticated or not user.is_active:
        return Scope()
    app, _, codename = permission.partition(".")
    named = Q(content_type__app_label=app, codename=codename)
    holders = Q(user=user) | Q(group__user=user)
    if user.is_superuser or Permission.objects.filter(named, holders).exists():
        return Scope(everything=True)
    allowing = Permission.objects.filter(named).values("group")
    rows: list[tuple[int, int | None]] = list(
        standing_grants(user).filter(role__in=allowing).values_list("store_id", "unit_id")
    )
    return Scope(
        stores=tuple(sorted({store for store, unit in rows if unit is None})),
        units=tuple(sorted({unit for _, unit in rows if unit is not None})),
    )


def sees_all(user: Any, permission: str, people: Iterable[int]) -> bool:
    """Whether everybody of some people is in the part a user was given to look at.

    Who was given no part, and sees some of it for another reason (the authority to sign), is not limited by
    one.
    """
    scope, asked = scope_of(user, permission), set(people)
    return scope.nothing or asked <= scope.only(asked)


def require(user: Any, permission: str, *, person_id: int | None = None) -> None:
    """Raise PermissionDenied unless the user has a permission, and for one person, has it for that one."""
    if not user.is_authenticated or not user.is_active or not user.has_perm(permission):
        raise PermissionDenied(f"This takes the permission {permission}.")
    if person_id is not None and not scope_of(user, permission).sees(person_id):
        raise PermissionDenied("This person is outside the part of the organization you look after.")


def _array(numbers: Iterable[int]) -> str:
    return f"ARRAY[{', '.join(str(int(each)) for each in numbers)}]::bigint[]"
