"""Celery tasks of compliance: each wakes one function, and may run twice or never without harm."""

from __future__ import annotations

from celery import shared_task

from compliance.completions import follow, rework


@shared_task(name="compliance.follow_completions", soft_time_limit=290, time_limit=300, ignore_result=True)
def follow_completions() -> int:
    """Have completions follow identities, the catalogue and the rules; return how much was looked at."""
    return follow.carry_on(seconds=20) + rework.carry_on(seconds=20)
