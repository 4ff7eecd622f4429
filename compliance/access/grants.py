"""Roles given to people for a part of the organization and a time.

In: who gets what, from whom, why. Out: `Grant` rows that stand now. A grant ends by its own clock or is
revoked; either bites at the next request, because nothing is remembered between two.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from compliance.models import Grant


def standing_grants(user: Any, at: datetime | None = None) -> QuerySet[Grant]:
    """Return the grants of a user that stand now."""
    now = at or timezone.now()
    return Grant.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=now), user_id=user.pk, starts__lte=now, revoked_at__isnull=True
    )


def revoke(grant: Grant, *, by: User, why: str) -> None:
    """End a grant now; one that is ended stays as it was ended."""
    Grant.objects.filter(pk=grant.pk, revoked_at__isnull=True).update(
        revoked_at=timezone.now(), revoked_by=by, revoked_why=why[:300]
    )
    grant.refresh_from_db()
