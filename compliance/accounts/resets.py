"""A password set anew: asked for by one administrator, approved by another, told to the owner
(21 CFR 11.200(a)(3): misuse takes two people).

In: whose account, who asks, who approves. Out: a temporary password, shown once to the one who approves, that
opens nothing but the page to change it. That nobody does both, or either for themselves, is a constraint of
the database as well.
"""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from compliance.access import events
from compliance.accounts import notices, passwords, sessions
from compliance.models import EventKind, PasswordReset


class AlreadyAsked(Exception):
    """A reset of this account waits for approval already."""


MAY_RESET = "compliance.reset_password"


def ask(user: User, *, by: User, reason: str, request: HttpRequest | None = None) -> PasswordReset:
    """Ask for a reset. Raises PermissionDenied where `by` may not."""
    _must(by, user)
    try:
        with transaction.atomic():
            asked = PasswordReset.objects.create(user=user, asked_by=by, reason=reason[:300])
    except IntegrityError:
        raise AlreadyAsked("A reset waits for approval already.") from None
    events.record(EventKind.RESET_ASKED, request=request, user=user, what=reason, by=by.pk)
    notices.send(
        user,
        "A reset of your password was asked for",
        f"{by.get_username()} asked for a reset of your password: {reason}\n\nIf this is not what you want, "
        "tell the other administrators now.",
    )
    return asked


def approve(reset: PasswordReset, *, by: User, request: HttpRequest | None = None) -> str:
    """Approve a reset; return the temporary password. Raises PermissionDenied where `by` may not."""
    _must(by, reset.user)
    if by.pk == reset.asked_by_id:
        raise PermissionDenied("Another administrator has to approve it.")
    temporary = secrets.token_urlsafe(16)
    user = reset.user
    with transaction.atomic():
        approved = PasswordReset.objects.filter(
            pk=reset.pk, approved_at__isnull=True, refused_at__isnull=True
        ).update(approved_by=by, approved_at=timezone.now())
        if not approved:
            raise PermissionDenied("This reset is decided already.")
        user.set_password(temporary)
        user.save()
        account = passwords.account_of(user)
        account.must_change = True
        account.save(update_fields=["must_change"])
        sessions.end(user, why="password reset")
        events.record(
            EventKind.RESET_APPROVED, request=request, user=user, by=by.pk, asked_by=reset.asked_by_id
        )
    notices.send(
        user,
        "Your password was reset",
        f"{reset.asked_by.get_username()} asked for it and {by.get_username()} approved. Whoever signs in "
        "next has to choose a new password. If that is not you, tell the administrators now.",
    )
    return temporary


def refuse(reset: PasswordReset, *, by: User) -> None:
    """Refuse a reset."""
    _must(by, reset.user)
    PasswordReset.objects.filter(pk=reset.pk, approved_at__isnull=True).update(refused_at=timezone.now())


def _must(by: User, user: User) -> None:
    if by.pk == user.pk:
        raise PermissionDenied("Nobody resets their own password this way.")
    if not by.has_perm(MAY_RESET):
        raise PermissionDenied("This takes the permission to reset passwords.")
