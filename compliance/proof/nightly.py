"""The nightly self-check, and what is told of it.

In: the log. Out: a `LogCheck` row with what deviates; findings for alerts, which go out as all alerts do
(connectors.watch). What concerns one store is told there; what concerns the log as a whole, in every store.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.apps import apps
from django.utils import timezone

from compliance.models import LogCheck
from compliance.proof.verify.report import Report
from compliance.proof.verify.run import verify
from connectors.models import AlertKind
from connectors.watch.alerts import Finding

logger = structlog.get_logger(__name__)

#: Deviations that stand in an alert.
_TOLD = 20
#: A check this old is no check any more.
_MISSED = timedelta(hours=50)


def check() -> LogCheck:
    """Check everything, and keep what was found."""
    row = LogCheck.objects.create()
    try:
        report = verify()
    except Exception as error:
        row.error = f"{type(error).__name__}: {error}"[:1000]
        row.ended = timezone.now()
        row.save()
        raise
    return _kept(row, report)


def refused(reason: str) -> None:
    """Keep that the log does not go on, once while it lasts."""
    last = LogCheck.objects.order_by("-pk").first()
    if last is None or last.error != reason:
        LogCheck.objects.create(error=reason, ended=timezone.now())


def _kept(row: LogCheck, report: Report) -> LogCheck:
    row.size, row.records = report.size, report.records
    row.waiting, row.erased, row.deviations = report.waiting, report.erased, report.count
    row.found = [each.told() for each in report.deviations]
    row.ended = timezone.now()
    row.save()
    level = logger.info if report.sound else logger.error
    level("log_checked", size=report.size, records=report.records, deviations=report.count)
    for each in report.deviations[:_TOLD]:
        logger.error("log_deviates", **each.told())
    return row


def findings(now: datetime) -> Iterator[Finding]:
    """Yield what the last check has to tell, for each store it concerns."""
    last = LogCheck.objects.exclude(ended=None).order_by("-pk").first()
    if last is None or not (last.deviations or last.error or _late(last, now)):
        return
    for store_id in apps.get_model("lrs", "Store").objects.order_by("pk").values_list("pk", flat=True):
        told = [each for each in last.found if each.get("store_id", store_id) == store_id]
        if last.found and not told:
            continue
        yield Finding(
            store_id=store_id,
            kind=AlertKind.PROOF,
            key="proof",
            text=_text(last, told, now),
            detail={"check": last.pk, "deviations": told[:_TOLD], "count": last.deviations},
        )


def _late(last: LogCheck, now: datetime) -> bool:
    return now - last.began > _MISSED


def _text(last: LogCheck, told: list[dict[str, object]], now: datetime) -> str:
    if last.error:
        return f"The proof log does not go on, or could not be checked: {last.error[:300]}"
    if last.deviations:
        first = f" First: {told[0]['text']}" if told else ""
        where = f" ({told[0].get('source', 'leaf')} {told[0].get('name', '')})" if told else ""
        things = "thing is" if last.deviations == 1 else "things are"
        return f"{last.deviations:,} {things} not as logged.{first}{where}"
    return f"The proof log was last checked {(now - last.began).days} days ago."
