"""Who has the authority to sign (21 CFR 11.10(g)): apart from who may edit, and never by being a superuser.

In: a user. Out: yes or no, asked of the database each time, so that revoking bites at once.
"""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q

from compliance.access.grants import standing_grants


def can_sign(user: User, meaning: str) -> bool:
    """Whether somebody gave this user the permission `compliance.sign_<meaning>`."""
    if not user.is_active:
        return False
    granted = standing_grants(user).values("role")
    holders = Q(user=user) | Q(group__user=user) | Q(group__in=granted)
    return Permission.objects.filter(
        holders, content_type__app_label="compliance", codename=f"sign_{meaning}"
    ).exists()


def has_role(user: User, role: str) -> bool:
    """Whether the user is in the group, or was granted it for now."""
    granted = standing_grants(user).values("role")
    return Group.objects.filter(Q(user=user) | Q(pk__in=granted), name=role).exists()
