"""The periodic review of grants: is each still needed? (21 CFR 11.300(b), NIST 800-53 AC-2(j))

In: the grants that stand when a round begins. Out: a decision for each, by somebody who is not its holder;
what is not kept is revoked at once. A round is closed when nothing is left to decide.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from compliance.access import grants
from compliance.models import Grant, Recertification, RecertificationItem

#: Days in which a round is to be done, and after which another is due.
DAYS, EVERY_DAYS = 30, 180
_LOCK = 0x41_43_52_56


class NotDecided(Exception):
    """A decision that was not taken; the text says why."""


def begin(*, by: User | None = None) -> Recertification:
    """Begin a round over every grant that stands."""
    now = timezone.now()
    with transaction.atomic():
        made = Recertification.objects.create(started_by=by, due_on=now.date() + timedelta(days=DAYS))
        standing = Grant.objects.filter(
            Q(ends__isnull=True) | Q(ends__gt=now), starts__lte=now, revoked_at__isnull=True
        )
        RecertificationItem.objects.bulk_create(
            RecertificationItem(round=made, grant=each) for each in standing
        )
    return made


def begin_if_due() -> Recertification | None:
    """Begin a round where one is due; of several that ask at once, one begins it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        return begin() if is_due() else None


def is_due() -> bool:
    """Whether the last round began too long ago, and there is something to review."""
    last = Recertification.objects.order_by("-pk").first()
    if last is None:
        return Grant.objects.filter(granted_at__lt=timezone.now() - timedelta(days=EVERY_DAYS)).exists()
    return last.started < timezone.now() - timedelta(days=EVERY_DAYS)


def decide(item: RecertificationItem, *, by: User, keep: bool, note: str = "") -> None:
    """Keep a grant or revoke it. Raises NotDecided."""
    if item.grant.user_id == by.pk:
        raise NotDecided("Nobody reviews a grant of their own.")
    with transaction.atomic():
        decided = RecertificationItem.objects.filter(pk=item.pk, decided__isnull=True).update(
            keep=keep, decided=timezone.now(), decided_by=by, note=note[:300]
        )
        if not decided:
            raise NotDecided("This is decided already.")
        if not keep:
            grants.revoke(item.grant, by=by, why="not recertified")
        if not RecertificationItem.objects.filter(round=item.round_id, decided__isnull=True).exists():
            Recertification.objects.filter(pk=item.round_id).update(closed=timezone.now())
