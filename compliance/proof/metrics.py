"""The proof log in numbers, for Prometheus.

Out: families of gauges. Never a name of a record.
"""

from __future__ import annotations

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from compliance.models import LogCheck, LogHead
from compliance.proof import publish, sources, stored


def families() -> list[GaugeMetricFamily]:
    """Return every family."""
    return [*_tree(), *_waiting(), *_check()]


def _tree() -> list[GaugeMetricFamily]:
    size = GaugeMetricFamily("compliance_log_size", "Leaves of the proof log.")
    published = GaugeMetricFamily("compliance_log_published_size", "Leaves under the last checkpoint.")
    age = GaugeMetricFamily("compliance_log_checkpoint_age_seconds", "Since the last checkpoint was signed.")
    vouched = GaugeMetricFamily(
        "compliance_log_checkpoint_witnesses", "Witnesses that co-signed the last checkpoint."
    )
    head = LogHead.objects.first()
    size.add_metric([], 0 if head is None else head.size)
    last = publish.latest()
    published.add_metric([], 0 if last is None else last.size)
    if last is not None:
        age.add_metric([], (timezone.now() - last.signed).total_seconds())
        vouched.add_metric([], last.cosignatures.count())
    return [size, published, age, vouched]


def _waiting() -> list[GaugeMetricFamily]:
    count = GaugeMetricFamily(
        "compliance_log_lag_records", "Records that wait for their leaf.", labels=["kind"]
    )
    seconds = GaugeMetricFamily("compliance_log_lag_seconds", "Age of the oldest of them.", labels=["kind"])
    positions = stored.positions()
    for each in sources.registered():
        waiting, oldest = each.waiting(positions.get(each.number, sources.BEGINNING))
        count.add_metric([each.kind], waiting)
        seconds.add_metric([each.kind], oldest)
    return [count, seconds]


def _check() -> list[GaugeMetricFamily]:
    deviations = GaugeMetricFamily("compliance_log_deviations", "What the last self-check found.")
    age = GaugeMetricFamily("compliance_log_check_age_seconds", "Since the last self-check ended.")
    last = LogCheck.objects.exclude(ended=None).filter(error="").order_by("-pk").first()
    if last is not None and last.ended is not None:
        deviations.add_metric([], last.deviations)
        age.add_metric([], (timezone.now() - last.ended).total_seconds())
    return [deviations, age]
