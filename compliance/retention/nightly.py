"""Every night: what falls due is put on a list for review, and what was approved goes on.

In: the day. Out: a preview for each store where something is due and none waits yet; approved dispositions
carried on; those gone of which every rule says that they need no review. Nothing else is ever destroyed by
itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.apps import apps
from django.db import IntegrityError

from compliance.errors import ComplianceError
from compliance.models import Disposition, DispositionBasis, DispositionState
from compliance.retention import disposition, files

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Done:
    """What a night did."""

    listed: int = 0
    carried_on: int = 0
    waiting: int = 0


def run() -> Done:
    """Do the night's work; a disposition the proof log is not ready for waits for the next run."""
    done = Done()
    stores = list(apps.get_model("lrs", "Store").objects.order_by("pk"))
    for store in stores:
        _without_review(store.pk)
    for each in Disposition.objects.filter(state=DispositionState.APPROVED).order_by("pk"):
        try:
            disposition.carry_on(each)
            done.carried_on += 1
        except disposition.LogBusy as busy:
            done.waiting += 1
            logger.warning("disposition_waits", disposition=each.pk, reason=busy.reason)
        except IntegrityError as refusal:
            # The database refuses what nobody signed for; the others go on.
            logger.error("disposition_refused", disposition=each.pk, reason=str(refusal))  # noqa: TRY400
    for store in stores:
        done.listed += _listed(store.pk)
    files.remove()
    return done


def _listed(store_id: int) -> int:
    waiting = Disposition.objects.filter(
        store=store_id,
        basis=DispositionBasis.SCHEDULE,
        state__in=(DispositionState.PREVIEW, DispositionState.REVIEW, DispositionState.APPROVED),
    )
    if waiting.exists():
        return 0
    try:
        disposition.preview(store_id, by=None)
    except ComplianceError:
        return 0  # nothing is due
    return 1


def _without_review(store_id: int) -> None:
    try:
        made = disposition.preview(store_id, by=None, without_review=True)
    except ComplianceError:
        return  # nothing is due
    disposition.approve_without_review(made)
