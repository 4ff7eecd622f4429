"""Numbers of what is watched for /metrics, asked of the database as those of the connections are.

Out: families of gauges, by the numbers of systems and sources. Never a name, never a text of an alert.
"""

from __future__ import annotations

from django.db.models import Count, Q
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from connectors.models import Alert, AlertDelivery, ProvisioningGap
from connectors.watch import freshness, silence


def families() -> list[GaugeMetricFamily]:
    """Return every family."""
    return [*_ages(), _silent(), _alerts(), _deliveries(), _waiting()]


def _ages() -> list[GaugeMetricFamily]:
    age = GaugeMetricFamily(
        "connectors_data_age_seconds", "Age of what was read last from a system.", labels=["system"]
    )
    target = GaugeMetricFamily(
        "connectors_data_age_target_seconds",
        "How old it may be, of systems that are judged.",
        labels=["system"],
    )
    for each in freshness.systems(runs=False):
        if each.light == "unjudged" or each.age is None:
            continue
        age.add_metric([str(each.system.pk)], each.age)
        target.add_metric([str(each.system.pk)], each.target)
    return [age, target]


def _silent() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_source_silent", "1 while an LMS is silent that usually posts.", labels=["source"]
    )
    for each in silence.heard(timezone.now()):
        if each.rhythm is not None and each.rhythm.judged:
            family.add_metric([str(each.standing.source_id)], int(each.silent))
    return family


def _alerts() -> GaugeMetricFamily:
    family = GaugeMetricFamily("connectors_alerts_open", "Alerts that last, by kind.", labels=["kind"])
    found = Alert.objects.filter(cleared=None).order_by()
    for kind, count in found.values_list("kind").annotate(Count("pk")):
        family.add_metric([kind], count)
    return family


def _deliveries() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_alert_deliveries", "Deliveries of alerts that have not arrived.", labels=["state"]
    )
    waiting = AlertDelivery.objects.filter(delivered=None, given_up=None).count()
    family.add_metric(["waiting"], waiting)
    family.add_metric(["given up"], AlertDelivery.objects.exclude(given_up=None).count())
    return family


def _waiting() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "connectors_hires_without_account", "Hires begun without an LMS account seen yet.", labels=["system"]
    )
    now = timezone.now()
    lasting = Q(over=None) | Q(over__gt=now)
    begun = ProvisioningGap.objects.filter(lasting, account_seen=None, effective__lte=now)
    for system, count in begun.order_by().values_list("system_id").annotate(Count("pk")):
        family.add_metric([str(system)], count)
    return family
