"""Guessing the password of one account from many addresses (NIST SP 800-53 AC-7; 21 CFR 11.300(d)).

In: refused sign-ins. Out: the account is locked, whoever asks and from wherever, for a while, with an event
and an alert. django-axes locks an address that keeps failing for an account, after fewer failures; this is
for those who come with another address each time. Failures while it is locked do not make it longer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from compliance import conf
from compliance.access import events
from compliance.models import AccessEvent, EventKind

#: Failures of so long ago do not count any more.
WINDOW = timedelta(hours=1)
GUESSED = "guessed from many addresses"


class GuessingBackend:
    """Refuses accounts that are locked, before any password is looked at; lets nobody in.

    It knows no users (no `get_user`), so that no session is ever of this backend.
    """

    def authenticate(self, _request: HttpRequest | None, username: str | None = None, **_: Any) -> None:
        """Raise PermissionDenied for an account that is locked."""
        whose = User.objects.filter(username__iexact=username).first() if username else None
        if whose is not None and is_locked(whose):
            raise PermissionDenied("This account is locked for now.")


def is_locked(user: User) -> bool:
    """Whether an account is locked now, by guesses from many addresses."""
    last = _last_lock(user)
    return last is not None and last + _lock() > timezone.now()


def lock_if_guessed(user: User, request: HttpRequest | None) -> bool:
    """Lock an account where the failures of the last hour are too many; return whether it was locked now."""
    most, now = conf.account_lock_failures(), timezone.now()
    last = _last_lock(user)
    if not most or (last is not None and last + _lock() > now):
        return False
    since = now - WINDOW if last is None else max(now - WINDOW, last + _lock())
    failures = AccessEvent.objects.filter(user=user, kind=EventKind.REFUSED, at__gt=since)
    if failures.count() < most:
        return False
    addresses = failures.order_by().values("address").distinct().count()
    events.record(EventKind.LOCKED, request=request, user=user, what=GUESSED, addresses=addresses)
    return True


def _last_lock(user: User) -> datetime | None:
    rows = AccessEvent.objects.filter(user=user, kind=EventKind.LOCKED, what=GUESSED).order_by("-id")
    return rows.values_list("at", flat=True).first()


def _lock() -> timedelta:
    return timedelta(seconds=conf.account_lock_seconds())
