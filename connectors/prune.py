"""What is kept for a while only: alerts that are over, their deliveries, reconciliations, details of runs.

In: the days of connectors.conf. Out: fewer rows, in small transactions; a crash leaves the rest for the next
time. Never the workforce record, its history, an open alert, a delivery that is still tried, a run itself,
nor the last reconciliation and the last run of a system: what they say is what is so now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from connectors import conf
from connectors.models import Alert, AlertDelivery, Reconciliation, RunMode, RunState, SourceShape, SyncRun

logger = structlog.get_logger(__name__)

#: Rows of one transaction.
AT_ONCE = 500
_ENDED = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


def prune(now: datetime | None = None, *, dry_run: bool = False) -> dict[str, int]:
    """Delete what was kept long enough; return how many of each. With `dry_run` only count them."""
    at = now or timezone.now()
    found = {}
    for name, (days, outdated, drop) in _KINDS.items():
        kept = days()
        rows = outdated(at - timedelta(days=kept)) if kept else None
        found[name] = 0 if rows is None else rows.count() if dry_run else _dropped(rows, drop)
    if any(found.values()) and not dry_run:
        logger.info("pruned", **found)
    return found


def _dropped(rows: QuerySet[Any], drop: Callable[[QuerySet[Any]], object]) -> int:
    count = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        # What another process dropped meanwhile is not there any more, and what changed is asked again.
        drop(rows.filter(pk__in=keys))
        count += len(keys)
    return count


def _delete(rows: QuerySet[Any]) -> None:
    rows.order_by().delete()


def _alerts(before: datetime) -> QuerySet[Any]:
    """Those that are over; their deliveries go with them."""
    return Alert.objects.filter(cleared__lt=before)


def _deliveries(before: datetime) -> QuerySet[Any]:
    return AlertDelivery.objects.filter(Q(delivered__lt=before) | Q(given_up__lt=before))


def _reconciliations(before: datetime) -> QuerySet[Any]:
    later = Reconciliation.objects.filter(system=OuterRef("system"), pk__gt=OuterRef("pk"))
    return Reconciliation.objects.filter(Exists(later.exclude(state="running")), ended__lt=before)


def _details(before: datetime) -> QuerySet[Any]:
    """Runs that say more than their counts, and after which another one ended."""
    later = SyncRun.objects.filter(system=OuterRef("system"), state__in=_ENDED, pk__gt=OuterRef("pk"))
    shaped = SourceShape.objects.filter(run=OuterRef("pk"))
    return SyncRun.objects.filter(
        ~Q(report={}) | ~Q(checkpoint={}) | Exists(shaped),
        Exists(later.exclude(mode=RunMode.DRY)),
        state__in=_ENDED,
        ended__lt=before,
    )


def _drop_details(rows: QuerySet[Any]) -> None:
    keys = list(rows.values_list("pk", flat=True))
    SourceShape.objects.filter(run__in=keys).delete()
    SyncRun.objects.filter(pk__in=keys).update(report={}, checkpoint={})


#: What is pruned → for how many days it is kept, which rows are older, and what becomes of them.
_KINDS: Mapping[
    str, tuple[Callable[[], int], Callable[[datetime], QuerySet[Any]], Callable[[QuerySet[Any]], object]]
] = {
    "alerts": (conf.keep_alerts_days, _alerts, _delete),
    "deliveries": (conf.keep_deliveries_days, _deliveries, _delete),
    "reconciliations": (conf.keep_reconciliations_days, _reconciliations, _delete),
    "run_details": (conf.keep_run_details_days, _details, _drop_details),
}
