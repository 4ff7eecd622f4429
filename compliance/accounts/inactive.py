"""Accounts nobody uses are disabled (NIST SP 800-53 AC-2(3)).

In: the clock, and when each account was last signed in with, made or enabled again. Out: accounts that are
not active any more, an event for each. Never the last account that may do everything: somebody has to be able
to enable the others again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from compliance import conf
from compliance.access import events
from compliance.models import AuditEntry, EventKind
from lrs import acting


def disable(now: datetime | None = None) -> list[User]:
    """Disable every account that was not used for COMPLIANCE_INACTIVE_DAYS; return those that were."""
    days = conf.inactive_days()
    if not days:
        return []
    before = (now or timezone.now()) - timedelta(days=days)
    unused = User.objects.filter(
        Q(last_login__lt=before) | Q(last_login__isnull=True), is_active=True, date_joined__lt=before
    )
    return [each for each in unused.order_by("pk") if _disabled(each.pk, before, days)]


@transaction.atomic
def _disabled(user_id: int, before: datetime, days: int) -> bool:
    # Both of two that are the last would else be disabled at once.
    rows = User.objects.select_for_update().filter(_kept_for_last(user_id)).order_by("pk")
    held = {each.pk: each for each in rows}
    user = held[user_id]
    if not user.is_active or (user.last_login and user.last_login >= before) or _enabled_since(user, before):
        return False
    others = [each for each in held.values() if each.pk != user.pk and each.is_superuser and each.is_active]
    if user.is_superuser and not others:
        return False
    acting.amend(reason=f"Nobody signed in with it for {days} days.")
    user.is_active = False
    user.save(update_fields=["is_active"])
    events.record(EventKind.DISABLED, user=user, what=f"not used for {days} days")
    return True


def _kept_for_last(user_id: int) -> Q:
    return Q(pk=user_id) | Q(is_superuser=True, is_active=True)


def _enabled_since(user: User, moment: datetime) -> bool:
    """Whether somebody enabled the account again after a moment."""
    return AuditEntry.objects.filter(
        table_name="auth_user", row_key=str(user.pk), at__gt=moment,
        before__is_active=False, after__is_active=True,
    ).exists()  # fmt: skip
