"""The two roles connections start with: who looks, and who also connects, maps, runs and repairs.

Made after migrations where a group of that name is missing; a group that is there is never touched, so what
an administrator changed stays. Superusers need no role.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

LOOKS, INTEGRATES = "Connections: look", "Connections: integrate"

_SEEN = ("system", "fieldmapping", "syncrun", "syncexception", "driftfinding", "changenote", "alert")
_CHANGED = (
    "add_system",
    "change_system",
    "add_fieldmapping",
    "change_fieldmapping",
    "add_syncrun",
    "change_syncrun",
    "change_syncexception",
    "change_driftfinding",
)


def make_roles(**_: Any) -> None:
    """Make the roles that are missing (a receiver of post_migrate)."""
    looking = [f"view_{name}" for name in _SEEN]
    for role, codenames in ((LOOKS, looking), (INTEGRATES, [*looking, *_CHANGED])):
        group, new = Group.objects.get_or_create(name=role)
        if new:
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="connectors", codename__in=codenames)
            )
