"""Saved reports that are made by themselves: daily, on Mondays, on the first of a month, at 06:00 UTC.

In: the clock. Out: runs that wait. Each moment is taken by whoever moves it on first, so that no report is
made twice for one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from compliance.errors import ComplianceError
from compliance.models import Rhythm, SavedReport
from compliance.reports import runs

_HOUR = 6


def following(rhythm: str, after: datetime) -> datetime | None:
    """Return the next moment of a rhythm; None where there is none."""
    day = after.astimezone(UTC).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    if rhythm == Rhythm.DAILY:
        return day if day > after else day + timedelta(days=1)
    if rhythm == Rhythm.WEEKLY:
        day -= timedelta(days=day.weekday())
        return day if day > after else day + timedelta(days=7)
    if rhythm == Rhythm.MONTHLY:
        day = day.replace(day=1)
        return day if day > after else (day + timedelta(days=32)).replace(day=1)
    return None


def ask_due(now: datetime | None = None) -> int:
    """Ask for every saved report that is due; return how many."""
    moment = now or timezone.now()
    asked = 0
    due = SavedReport.objects.filter(active=True, next_run__lte=moment).select_related("user")
    for saved in due[:100]:
        with transaction.atomic():
            moved = SavedReport.objects.filter(pk=saved.pk, next_run=saved.next_run).update(
                next_run=following(saved.rhythm, moment)
            )
            if not moved:
                continue
            who = runs.Who(user=saved.user, credential_id=saved.credential_id, store_id=saved.store_id)
            try:
                runs.start(who, saved.report, saved.output, saved.filters, saved=saved)
                asked += 1
            except ComplianceError:
                # Access that ended, or a person who is gone: it is not tried again.
                SavedReport.objects.filter(pk=saved.pk).update(active=False)
    return asked
