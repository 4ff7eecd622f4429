"""Permissions that come from grants: an authentication backend that signs nobody in.

In: a user. Out: the permissions of the roles granted for now. Remembered on the user object alone, which
lives as long as a request: a grant that ended is gone at the next one.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import Permission

from compliance.access.grants import standing_grants

_REMEMBERED = "_permissions_by_grant"


class GrantBackend(BaseBackend):
    """What is granted, as Django asks for it."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return `app.codename` of everything granted for now."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        found: set[str] | None = getattr(user_obj, _REMEMBERED, None)
        if found is None:
            rows = Permission.objects.filter(group__in=standing_grants(user_obj).values("role"))
            found = {f"{app}.{name}" for app, name in rows.values_list("content_type__app_label", "codename")}
            setattr(user_obj, _REMEMBERED, found)
        return found

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether anything of an application is granted."""
        return any(each.startswith(f"{app_label}.") for each in self.get_all_permissions(user_obj))
