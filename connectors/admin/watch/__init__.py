"""What the hub watches, as administrators see it: freshness, alerts, reconciliations, provisioning."""

from connectors.admin.watch import (
    alerts,
    channels,
    connections,
    deliveries,
    overview,
    provisioning,
    reconciliations,
)

__all__ = ["alerts", "channels", "connections", "deliveries", "overview", "provisioning", "reconciliations"]

MENU = [
    ("Freshness", "speed", "admin:connectors_sourcerhythm_changelist", "connectors.view_sourcerhythm"),
    ("Alerts", "notifications", "admin:connectors_alert_changelist", "connectors.view_alert"),
    (
        "Alert channels",
        "campaign",
        "admin:connectors_alertchannel_changelist",
        "connectors.view_alertchannel",
    ),
    (
        "Deliveries of alerts",
        "outgoing_mail",
        "admin:connectors_alertdelivery_changelist",
        "connectors.view_alertdelivery",
    ),
    (
        "Reconciliation",
        "compare_arrows",
        "admin:connectors_reconciliation_changelist",
        "connectors.view_reconciliation",
    ),
    (
        "Provisioning gap",
        "person_add",
        "admin:connectors_provisioninggap_changelist",
        "connectors.view_provisioninggap",
    ),
]
