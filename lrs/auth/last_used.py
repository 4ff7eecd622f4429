"""When a credential was last used, to the minute.

In: a credential's id and what its row said. Out: at most one UPDATE a minute for each credential, however
many processes and threads ask. A row someone else holds is left alone: the next request will write it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from lrs.models import Credential

#: How old the noted time must be before it is written again.
PRECISION = timedelta(minutes=1)


def note(credential_id: int, *, noted: datetime | None, now: datetime) -> bool:
    """Write `now` unless the time noted is younger than PRECISION; return whether this call wrote it."""
    stale = now - PRECISION
    if noted is not None and noted > stale:
        return False
    with transaction.atomic():
        free = Credential.objects.filter(pk=credential_id).select_for_update(skip_locked=True, no_key=True)
        due = free.filter(Q(last_used__isnull=True) | Q(last_used__lte=stale)).values("pk")
        return Credential.objects.filter(pk__in=due).update(last_used=now) == 1
