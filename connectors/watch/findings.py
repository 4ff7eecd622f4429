"""What needs somebody now, an evaluator for each kind of alert.

In: the time. Out: findings (connectors.watch.alerts.Finding), found by a few queries over everything, however
many systems there are. Written is only which hires were told of and who of them has an account by now
(connectors.watch.provisioning). Systems that are being set up or paused give no alerts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery

from connectors.models import (
    AlertKind,
    DriftFinding,
    DriftKind,
    DriftState,
    ExceptionState,
    Reconciliation,
    RunMode,
    RunState,
    SyncException,
    SyncRun,
    System,
)
from connectors.watch import freshness, provisioning, silence
from connectors.watch.alerts import Evaluator, Finding
from connectors.watch.freshness import IN_USE

#: Refused records may wait this long before somebody is told.
EXCEPTIONS_AGE = timedelta(hours=24)
#: Names listed in the detail of an alert.
LISTED = 20


def stale(now: datetime) -> Iterator[Finding]:
    """Systems whose data is older than their target."""
    for each in freshness.systems(now, runs=False):
        if each.light == "stale" and each.age is not None:
            text = (
                f"The data of {each.system} is {_span(each.age)} old; the target is {_span(each.target)}."
                if each.read_as_of is not None
                else f"{each.system} has never been read completely; its target is {_span(each.target)}."
            )
            yield _of(each.system, AlertKind.STALE, text, age_seconds=round(each.age))


def failing(_: datetime) -> Iterator[Finding]:
    """Systems whose last run failed."""
    for run in _last(SyncRun.objects.filter(state__in=(RunState.SUCCEEDED, RunState.FAILED))):
        if run.state == RunState.FAILED:
            yield _of(
                run.system,
                AlertKind.FAILING,
                f"The last run of {run.system} failed: {_short(run.message)}",
                run=run.pk,
            )


def asking(_: datetime) -> Iterator[Finding]:
    """Runs that wait for approval."""
    for run in SyncRun.objects.filter(state=RunState.ASKING).select_related("system"):
        yield _of(
            run.system,
            AlertKind.ASKING,
            f"Run {run.pk} of {run.system} waits for approval: {_short(run.message)}",
            key=f"run:{run.pk}",
            run=run.pk,
        )


def drift(_: datetime) -> Iterator[Finding]:
    """Systems whose records are not what their mappings were made for; new fields harm nothing."""
    found = DriftFinding.objects.filter(state=DriftState.OPEN, system__state__in=IN_USE)
    by_system: dict[System, list[DriftFinding]] = {}
    for each in found.exclude(kind=DriftKind.APPEARED).select_related("system").order_by("system_id", "pk"):
        by_system.setdefault(each.system, []).append(each)
    for system, several in by_system.items():
        fields = [f"{each.path} → {each.proposal}" if each.proposal else each.path for each in several]
        fields = [each for each in fields if each]
        named = ", ".join(fields[:5]) + (" and more" if len(fields) > 5 else "")
        what = f"{system} changed its shape in {_count(len(several), 'way')}"
        stops = _stops(several)
        yield _of(
            system,
            AlertKind.DRIFT,
            # What must be read first comes first: lists show the beginning.
            f"{what}. {stops} Changed: {named}."
            if stops
            else f"{what}{f': {named}' if named else ''}.{_held(several)}",
            findings=[
                {"kind": each.kind, "path": each.path, "proposal": each.proposal} for each in several[:LISTED]
            ],
        )


def _stops(several: list[DriftFinding]) -> str:
    stopping = [each.path for each in several if each.detail.get("stops")]
    if not stopping:
        return ""
    return (
        f"The key of its records, or what they are selected by, is among them ({', '.join(stopping)}): "
        "no record is taken and nobody is ended until the mapping is repaired."
    )


def _held(several: list[DriftFinding]) -> str:
    held = any(each.detail.get("held") for each in several)
    return " What these fields feed is kept as it is known until somebody decides." if held else ""


def exceptions(now: datetime) -> Iterator[Finding]:
    """Systems with refused records nobody has dealt with for a day."""
    waiting = SyncException.objects.filter(
        state=ExceptionState.OPEN, first_seen__lte=now - EXCEPTIONS_AGE, system__state__in=IN_USE
    )
    counted = {
        system: (count, oldest)
        for system, count, oldest in waiting.order_by()
        .values_list("system_id")
        .annotate(Count("pk"), Min("first_seen"))
    }
    for system in System.objects.filter(pk__in=counted).order_by("pk"):
        count, oldest = counted[system.pk]
        yield _of(
            system,
            AlertKind.EXCEPTIONS,
            f"{_count(count, 'refused record')} of {system} wait for somebody, the oldest for "
            f"{_span((now - oldest).total_seconds())}.",
            open=count,
            oldest=oldest.isoformat(),
        )


def reconciliation(_: datetime) -> Iterator[Finding]:
    """Systems whose last reconciliation found differences, or failed."""
    for each in _last(Reconciliation.objects.exclude(state="running")):
        if each.state == "failed":
            text = f"The last reconciliation of {each.system} failed: {_short(each.message)}"
        elif each.differs:
            text = f"{each.system} and the hub differ: {'; '.join(_differing(each))}."
        else:
            continue
        yield _of(each.system, AlertKind.RECONCILIATION, text, reconciliation=each.pk, by_field=each.by_field)


def _differing(found: Reconciliation) -> Iterator[str]:
    for record in ("worker", *found.things):
        values, source, hub = (
            found.count(record, name) for name in ("differing", "only_in_source", "only_in_hub")
        )
        if values or source or hub:
            yield (
                f"{_count(values, record)} with other values, {source:,} only in the source, "
                f"{hub:,} only in the hub"
            )


def without_account(now: datetime) -> Iterator[Finding]:
    """Hires whose time for an LMS account is over; an alert for each system and day on which it ended."""
    for late in provisioning.late(now):
        hours = _count(late.system.provisioning_hours, "hour")
        yield Finding(
            store_id=late.system.store_id,
            kind=AlertKind.PROVISIONING,
            key=f"system:{late.system.pk}:{late.day.isoformat()}",
            text=f"{_count(len(late.hires), 'hire')} of {late.system} had no LMS account {hours} after "
            f"the effective date (due {late.day.isoformat()}).",
            system_id=late.system.pk,
            detail={"hires": [each.told() for each in late.hires[:LISTED]], "count": len(late.hires)},
        )


def silent(now: datetime) -> Iterator[Finding]:
    """LMSs that usually post and do not."""
    for each in silence.heard(now):
        seen, quiet = each.standing, each.quiet
        if not each.silent or quiet is None or seen.last_seen is None:
            continue
        refused = f" It sent {seen.refused:,} requests that were refused." if seen.refused else ""
        yield Finding(
            store_id=seen.store_id,
            kind=AlertKind.SILENT,
            key=f"source:{seen.source_id}",
            text=f"{seen.name} has posted nothing for {_span((now - seen.last_seen).total_seconds())}, and "
            f"usually would have in {quiet.missed:.0f} hours of these.{refused}",
            source_id=seen.source_id,
            detail={"last_seen": seen.last_seen.isoformat(), "usual_hours_missed": round(quiet.missed, 1)},
        )


def circuit(now: datetime) -> Iterator[Finding]:
    """Systems that are left alone for a while because they failed again and again."""
    for system in System.objects.filter(circuit_open_until__gt=now, state__in=IN_USE).order_by("pk"):
        until = system.circuit_open_until
        yield _of(
            system,
            AlertKind.CIRCUIT,
            f"{system} could not be reached {system.circuit_failures} times in a row and is left alone for "
            "a while.",
            until=until.isoformat() if until else "",
        )


EVALUATORS: dict[str, Evaluator] = {
    AlertKind.STALE: stale,
    AlertKind.FAILING: failing,
    AlertKind.ASKING: asking,
    AlertKind.DRIFT: drift,
    AlertKind.EXCEPTIONS: exceptions,
    AlertKind.RECONCILIATION: reconciliation,
    AlertKind.PROVISIONING: without_account,
    AlertKind.SILENT: silent,
    AlertKind.CIRCUIT: circuit,
}


def _of(system: System, kind: str, text: str, *, key: str = "", **detail: Any) -> Finding:
    return Finding(
        store_id=system.store_id,
        kind=kind,
        key=key or f"system:{system.pk}",
        text=text,
        system_id=system.pk,
        detail=detail,
    )


def _last(ended: QuerySet[Any]) -> QuerySet[Any]:
    """Return the last of each system in use: of runs that are not dry, and of reconciliations."""
    of_system = ended.filter(system=OuterRef("pk"))
    if ended.model is SyncRun:
        of_system = of_system.exclude(mode=RunMode.DRY)
    last = System.objects.filter(state__in=IN_USE).annotate(
        last=Subquery(of_system.order_by("-pk").values("pk")[:1])
    )
    ids = [each for each in last.values_list("last", flat=True) if each is not None]
    found: QuerySet[Any] = ended.model._default_manager.filter(pk__in=ids)  # noqa: SLF001  Django's own name
    return found.select_related("system").order_by("system_id")


def _short(text: str, most: int = 500) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 3 * size:
            return f"{seconds / size:.0f} {unit}s"
    return f"{seconds:.0f} seconds"
