"""Passwords over time: how old one is, and that none of before is taken again (21 CFR 11.300(a), (b)).

In: what Django tells its password validators. Out: a history of hashes and the age of the password that
counts. A hub that is new, or had no history yet, counts from the day it is first asked: nobody is shut out
by an upgrade. An expired password still signs in, to be changed and for nothing else; it signs no record.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from compliance import conf
from compliance.models import Account, EventKind, PasswordUsed


def account_of(user: User) -> Account:
    """Return how an account stands; begins its record where there is none."""
    found, _ = Account.objects.get_or_create(user=user)
    return found


def is_expired(user: User) -> bool:
    """Whether the password has to be changed before anything else is done."""
    if not user.has_usable_password():
        return False
    account = account_of(user)
    days = conf.password_days()
    too_old = days > 0 and account.password_changed <= timezone.now() - timedelta(days=days)
    return account.must_change or too_old


class NotUsedBefore:
    """A validator for AUTH_PASSWORD_VALIDATORS: refuses passwords of before.

    The history is kept by a trigger on the table of users: no way to set a password goes past it.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for one of the last passwords of this user."""
        if user is None or user.pk is None:
            return
        most = conf.password_history()
        before = PasswordUsed.objects.filter(user_id=user.pk).order_by("-pk")
        known = [*before.values_list("encoded", flat=True)[:most]]
        current = User.objects.filter(pk=user.pk).values_list("password", flat=True).first()
        if current and current not in known:
            known.append(current)
        if any(check_password(password, each) for each in known):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def password_changed(self, password: str, user: Any = None) -> None:  # noqa: ARG002  Django's signature
        """Note when it was set (Django calls this when a user with a new password is saved)."""
        from compliance.access import events

        if user is None or user.pk is None:
            return
        Account.objects.update_or_create(
            user_id=user.pk, defaults={"password_changed": timezone.now(), "must_change": False}
        )
        events.record(EventKind.PASSWORD_CHANGED, user=user)

    def get_help_text(self) -> str:
        """Return the rule in a sentence."""
        return f"The password must be none of your last {conf.password_history()}."
