"""The two roles a hub starts with: who looks, and who also connects LMSs and clears the inbox.

Made after migrations where a group of that name is missing; a group that is there is never touched, so what
an administrator changed stays. Superusers need no role.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

LOOKS, INTEGRATES = "Record store: look", "Record store: integrate"

_SEEN = (
    "store",
    "source",
    "credential",
    "statement",
    "document",
    "entity",
    "attachment",
    "inboxentry",
    "feedcursor",
)
_CHANGED = (
    "add_store",
    "change_store",
    "add_source",
    "change_source",
    "add_credential",
    "change_credential",
    "change_inboxentry",
    "change_feedcursor",
)


def make_roles(**_: Any) -> None:
    """Make the roles that are missing (a receiver of post_migrate)."""
    looking = [f"view_{name}" for name in _SEEN]
    for role, codenames in ((LOOKS, looking), (INTEGRATES, [*looking, *_CHANGED])):
        group, new = Group.objects.get_or_create(name=role)
        if new:
            group.permissions.set(
                Permission.objects.filter(content_type__app_label="lrs", codename__in=codenames)
            )
