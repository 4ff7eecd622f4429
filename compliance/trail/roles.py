"""The role that reads the trail and reviews it, made after migrations where no group has its name."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

REVIEWS = "Audit trail: review"
_GIVEN = ("view_auditentry", "export_auditentry", "view_auditreview", "change_auditreview")


def make_roles(**_: Any) -> None:
    """Make the role where it is missing (a receiver of post_migrate); one that is there is left as it is."""
    group, new = Group.objects.get_or_create(name=REVIEWS)
    if new:
        found = Permission.objects.filter(content_type__app_label="compliance", codename__in=_GIVEN)
        group.permissions.set(found)
