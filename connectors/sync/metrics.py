"""Numbers of the connections for /metrics, asked of the database: runs happen in processes nobody scrapes.

Out: families of gauges, by the system's number. Never a name, never a message.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from connectors.models import ExceptionState, RunMode, RunState, SyncException, SyncRun, System, SystemState

#: Runs and records are counted over this long.
SPAN = timedelta(hours=24)
_OUTCOMES = ("created", "changed", "unchanged", "ended", "refused", "outside")


def families() -> list[GaugeMetricFamily]:
    """Return every family."""
    return [_runs(), _records(), _since_success(), _exceptions(), _circuits()]


def _runs() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_sync_runs", "Runs begun in the last day, by state.", labels=["system", "state"]
    )
    found = SyncRun.objects.filter(created__gt=timezone.now() - SPAN).order_by()
    for system, state, count in found.values_list("system_id", "state").annotate(Count("pk")):
        family.add_metric([str(system), state], count)
    return family


def _records() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_sync_records",
        "Records of runs begun in the last day, by what became of them.",
        labels=["system", "outcome"],
    )
    found = SyncRun.objects.filter(created__gt=timezone.now() - SPAN).exclude(mode=RunMode.DRY).order_by()
    sums = {each: Sum(f"{each}_count") for each in _OUTCOMES}
    for system, *counted in found.values_list("system_id").annotate(**sums):
        for outcome, count in zip(_OUTCOMES, counted, strict=True):
            family.add_metric([str(system), outcome], count or 0)
    return family


def _since_success() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_sync_success_age_seconds",
        "Seconds since the last run that succeeded; of systems in use that are read.",
        labels=["system"],
    )
    now = timezone.now()
    succeeded = Q(runs__state=RunState.SUCCEEDED) & ~Q(runs__mode=RunMode.DRY)
    used = System.objects.filter(state__in=(SystemState.PILOT, SystemState.LIVE), every_minutes__gt=0)
    found = used.order_by().annotate(last=Max("runs__ended", filter=succeeded))
    for system, last, created in found.values_list("pk", "last", "created"):
        family.add_metric([str(system)], (now - (last or created)).total_seconds())
    return family


def _exceptions() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_sync_exceptions_open", "Refused records nobody has dealt with.", labels=["system"]
    )
    found = SyncException.objects.filter(state=ExceptionState.OPEN).order_by()
    for system, count in found.values_list("system_id").annotate(Count("pk")):
        family.add_metric([str(system)], count)
    return family


def _circuits() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_circuit_open", "1 while a failing system is left alone.", labels=["system"]
    )
    for system in System.objects.filter(circuit_open_until__gt=timezone.now()).values_list("pk", flat=True):
        family.add_metric([str(system)], 1)
    return family
