"""Retention in the administration.

dispositions  what falls due and why; lists from preview to certificate
schedules     rules in force, and the shipped ones to adopt
holds         legal holds: placed, lifted, reported
requests      what people ask of their data
"""

from __future__ import annotations

from compliance.admin.retention import dispositions, holds, requests, schedules

__all__ = ["GROUP", "MENU", "dispositions", "holds", "requests", "schedules"]

GROUP = "Retention"
MENU = [
    (
        "Disposition",
        "auto_delete",
        "admin:compliance_disposition_changelist",
        "compliance.view_disposition",
    ),
    (
        "Retention schedules",
        "event_repeat",
        "admin:compliance_retentionschedule_changelist",
        "compliance.view_retentionschedule",
    ),
    ("Legal holds", "gavel", "admin:compliance_legalhold_changelist", "compliance.view_legalhold"),
    (
        "Data requests",
        "privacy_tip",
        "admin:compliance_datarequest_changelist",
        "compliance.view_datarequest",
    ),
]
