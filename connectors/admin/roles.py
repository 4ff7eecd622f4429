"""The roles the connectors start with: who looks, who also connects and repairs, who decides about people.

Made after migrations where a group of that name is missing; a group that is there is never touched, so what
an administrator changed stays. Superusers need no role.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group, Permission

LOOKS, INTEGRATES = "Connections: look", "Connections: integrate"
SEES_PEOPLE, DECIDES = "People: look", "People: decide"


def _views(*names: str) -> tuple[str, ...]:
    return tuple(f"view_{name}" for name in names)


_CONNECTIONS = _views(
    "system", "fieldmapping", "syncrun", "syncexception", "driftfinding", "changenote", "scimtoken",
    "sourcerhythm", "alert", "alertchannel", "alertdelivery", "reconciliation", "provisioninggap",
)  # fmt: skip
_INTEGRATING = (
    "add_system", "change_system", "add_fieldmapping", "change_fieldmapping", "add_syncrun", "change_syncrun",
    "change_syncexception", "change_driftfinding", "add_scimtoken", "change_scimtoken", "change_alert",
    "add_alertchannel", "change_alertchannel", "change_alertdelivery", "add_reconciliation",
)  # fmt: skip
_PEOPLE = _views(
    "person", "organizationunit", "actor", "identityreview", "identityrule", "coverageday", "provisioninggap"
)
_DECIDING = ("add_person", "change_person", "change_identityreview", "change_identityrule")

#: Role → codenames of its permissions.
ROLES: Mapping[str, Sequence[str]] = {
    LOOKS: _CONNECTIONS,
    INTEGRATES: (*_CONNECTIONS, *_INTEGRATING),
    SEES_PEOPLE: _PEOPLE,
    DECIDES: (*_PEOPLE, *_DECIDING),
}


def make_roles(**_: Any) -> None:
    """Make the roles that are missing (a receiver of post_migrate)."""
    for role, codenames in ROLES.items():
        group, new = Group.objects.get_or_create(name=role)
        if new:
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="connectors", codename__in=codenames)
            )
