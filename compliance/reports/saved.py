"""Reports kept under a name, to be made when somebody asks, or by themselves.

    of(who)              those of whoever asks, by name
    save(who, …)         keep one, or keep another under the same name
    make(who, saved)     make it now
    stop, resume         …being made by itself

In: whoever asks, a person or the key of a program. Out: rows. What may be seen is found anew each time one is
made (compliance.reports.runs); one that goes beyond it by then is stopped by its schedule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from compliance.errors import ComplianceError
from compliance.models import ReportRun, Rhythm, SavedReport
from compliance.reports import filters, runs, schedules

_NAME_MOST = 100


def of(who: runs.Who) -> QuerySet[SavedReport]:
    """Return what somebody saved in a store, by name."""
    return SavedReport.objects.filter(store_id=who.store_id, **_whose(who))


def save(
    who: runs.Who, *, name: str, report: str, output: str, given: Mapping[str, Any], rhythm: str = ""
) -> SavedReport:
    """Keep a report under a name. Raises ComplianceError where it could not be made."""
    name = name.strip()
    if not name or len(name) > _NAME_MOST or "\0" in name:
        raise ComplianceError(f"A name has 1 to {_NAME_MOST} characters.", field="name")
    if output not in runs.OUTPUTS:
        raise ComplianceError(f"A report comes as {', '.join(runs.OUTPUTS)}.", field="output")
    if rhythm not in ("", *Rhythm.values):
        raise ComplianceError(f"A rhythm is {', '.join(Rhythm.values)}, or none.", field="rhythm")
    runs.question(who, report, given)
    found, _ = SavedReport.objects.update_or_create(
        store_id=who.store_id,
        name=name,
        **_whose(who),
        defaults={
            "report": report,
            "output": output,
            "filters": filters.kept(given),
            "rhythm": rhythm,
            "next_run": schedules.following(rhythm, timezone.now()),
            "active": True,
        },
    )
    return found


def make(who: runs.Who, saved: SavedReport) -> ReportRun:
    """Make it now. Raises ComplianceError where that goes beyond what may be seen."""
    return runs.start(who, saved.report, saved.output, saved.filters)


def stop(saved: SavedReport) -> None:
    """Have it made by itself no more."""
    SavedReport.objects.filter(pk=saved.pk).update(active=False)


def resume(saved: SavedReport) -> None:
    """Have it made by itself again, from its next moment on."""
    following = schedules.following(saved.rhythm, timezone.now())
    SavedReport.objects.filter(pk=saved.pk).update(active=True, next_run=following)


def _whose(who: runs.Who) -> dict[str, Any]:
    return {"user": who.user, "credential_id": None if who.user is not None else who.credential_id}
