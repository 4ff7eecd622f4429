"""Celery tasks of access: each wakes one function, and may run twice or never without harm."""

from __future__ import annotations

from celery import shared_task

from compliance.access import recertification
from compliance.accounts import inactive


@shared_task(name="compliance.begin_access_review")
def begin_access_review() -> bool:
    """Begin a review of all grants where one is due; return whether it was."""
    return recertification.begin_if_due() is not None


@shared_task(name="compliance.disable_inactive_accounts")
def disable_inactive_accounts() -> int:
    """Disable the accounts nobody has used for too long; return how many."""
    return len(inactive.disable())
