"""Celery tasks of compliance: each wakes one function, and may run twice or never without harm."""

from __future__ import annotations

from celery import shared_task

from compliance import reminders
from compliance.status import follow


@shared_task(name="compliance.follow_status")
def follow_status() -> int:
    """Bring the status of whom something changed about up to date; return how many changes that were."""
    return follow.follow()


@shared_task(name="compliance.pass_time")
def pass_time() -> int:
    """Follow what the calendar brings; return how many."""
    return follow.pass_time()


@shared_task(name="compliance.queue_reminders")
def queue_reminders() -> int:
    """Queue the reminders that are due; return how many."""
    return reminders.queue_due()


@shared_task(name="compliance.send_reminders")
def send_reminders() -> int:
    """Send what is queued; return how many were tried."""
    return reminders.send_due()
