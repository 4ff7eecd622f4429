"""Records of a signed file become statements, one after another.

In: records that were signed with their file. Out: their statements, each in a transaction of its own; what
cannot be posted keeps the reason and is tried again a turn later. Twice is as once.
"""

from __future__ import annotations

import time

import structlog

from compliance.errors import ComplianceError
from compliance.models import FileState, TrainingFile, TrainingRecord, TrainingState
from compliance.training import records

logger = structlog.get_logger(__name__)

TASK = "compliance.post_training_files"
_AT_ONCE = 100


def ask() -> None:
    """Have them posted in the background; where the broker is away, the sweep does."""
    from celery import current_app

    try:
        current_app.send_task(TASK, ignore_result=True, retry=False)
    except Exception as error:  # noqa: BLE001  whatever a broker library raises
        logger.warning("training_not_queued", reason=type(error).__name__)


def carry_on(*, seconds: float) -> int:
    """Post what waits, for some seconds; return how many were posted. What was held up is tried once."""
    ends = time.monotonic() + seconds
    posted = 0
    after = 0
    while time.monotonic() < ends:
        waiting = _waiting(after)
        if not waiting:
            break
        for record in waiting:
            posted += _posted(record)
            after = max(after, record.pk)
            if time.monotonic() >= ends:
                break
    _conclude()
    return posted


def _waiting(after: int) -> list[TrainingRecord]:
    rows = TrainingRecord.objects.filter(state=TrainingState.SIGNED, file__isnull=False, pk__gt=after)
    return list(rows.order_by("pk")[:_AT_ONCE])


def _posted(record: TrainingRecord) -> int:
    try:
        records.post(record)
    except ComplianceError as error:
        TrainingRecord.objects.filter(pk=record.pk).update(held_up=error.reason)
        return 0
    return 1


def _conclude() -> None:
    signed = TrainingFile.objects.filter(state=FileState.SIGNED)
    signed.exclude(records__state=TrainingState.SIGNED).update(state=FileState.POSTED)
