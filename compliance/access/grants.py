"""Roles given to people for a part of the organization and a time.

In: who gets what, from whom, why. Out: `Grant` rows that stand now. A grant ends by its own clock or is
revoked; either bites at the next request, because nothing is remembered between two.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.utils import timezone

from compliance.models import Grant
from connectors.models import OrganizationUnit

AUDITOR = "Compliance: auditor"
#: An auditor's access ends by itself after this at the latest.
AUDITOR_MOST = timedelta(days=366)


class NotGranted(Exception):
    """A grant that may not be given; the text says why."""


def standing_grants(user: Any, at: datetime | None = None) -> QuerySet[Grant]:
    """Return the grants of a user that stand now."""
    now = at or timezone.now()
    return Grant.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=now), user_id=user.pk, starts__lte=now, revoked_at__isnull=True
    )


def give(
    user: User,
    role: Group,
    *,
    store_id: int,
    by: User,
    reason: str,
    unit: OrganizationUnit | None = None,
    starts: datetime | None = None,
    ends: datetime | None = None,
) -> Grant:
    """Give somebody a role. Raises NotGranted."""
    if user.pk == by.pk:
        raise NotGranted("Nobody grants themselves anything.")
    if not reason.strip():
        raise NotGranted("A grant has a reason.")
    check(role=role, store_id=store_id, unit=unit, ends=ends)
    return Grant.objects.create(
        user=user,
        role=role,
        store_id=store_id,
        unit=unit,
        starts=starts or timezone.now(),
        ends=ends,
        granted_by=by,
        reason=reason[:300],
    )


def check(
    *, role: Group | None, store_id: int | None, unit: OrganizationUnit | None, ends: datetime | None
) -> None:
    """Raise NotGranted for what no grant may be: an auditor's without an end, a unit of another store."""
    if role is not None and role.name == AUDITOR:
        if ends is None:
            raise NotGranted("An auditor's access has an end.")
        if ends > timezone.now() + AUDITOR_MOST:
            raise NotGranted("An auditor's access ends within a year.")
    if unit is not None and store_id is not None and unit.store_id != store_id:
        raise NotGranted("The unit belongs to another store.")


def revoke(grant: Grant, *, by: User, why: str) -> None:
    """End a grant now; one that is ended stays as it was ended."""
    Grant.objects.filter(pk=grant.pk, revoked_at__isnull=True).update(
        revoked_at=timezone.now(), revoked_by=by, revoked_why=why[:300]
    )
    grant.refresh_from_db()
