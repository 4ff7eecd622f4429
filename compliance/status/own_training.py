"""Staff whose own training is overdue do not sign (21 CFR 11.10(i)).

In: a user. Out: what hinders them: requirements they are late for, in whatever store their account belongs to
somebody. People who are nobody in the workforce record are not asked for any training here.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from compliance.access.workforce import by_store
from compliance.models import Requirement
from compliance.signing.readiness import Hindrance, also_asks
from compliance.status import read
from compliance.status.standing import State


@also_asks
def overdue(user: User) -> Hindrance | None:
    """Return what somebody is late for; None where that is nothing."""
    today = timezone.now().date()
    late = {
        each.requirement_id
        for store_id, person_id in by_store(user).items()
        for each in read.statuses(store_id, today, people=[person_id])
        if each.state(today) is State.OVERDUE
    }
    if not late:
        return None
    codes = Requirement.objects.filter(pk__in=late).order_by("code").values_list("code", flat=True)
    return Hindrance("training", f"Your own training is overdue: {', '.join(codes[:5])}.")
