"""Access in the administration: grants and their review, accounts, devices, events, disclosures."""

from __future__ import annotations

from compliance.admin.access import accounts, grants, log

__all__ = ["GROUP", "MENU", "accounts", "grants", "log"]

GROUP = "Access"
MENU = [
    ("Grants", "vpn_key", "admin:compliance_grant_changelist", "compliance.view_grant"),
    (
        "Access review",
        "fact_check",
        "admin:compliance_recertificationitem_changelist",
        "compliance.view_recertification",
    ),
    ("Resets", "lock_reset", "admin:compliance_passwordreset_changelist", "compliance.reset_password"),
    ("Devices", "devices", "admin:compliance_device_changelist", "compliance.view_device"),
    ("Access events", "policy", "admin:compliance_accessevent_changelist", "compliance.view_accessevent"),
    ("Disclosures", "visibility", "admin:compliance_disclosure_changelist", "compliance.view_disclosure"),
]
