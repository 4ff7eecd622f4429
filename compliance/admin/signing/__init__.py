"""Signing in the administration: signatures, policies, and what has to be there first."""

from __future__ import annotations

from compliance.admin.signing import pages

__all__ = ["GROUP", "MENU", "pages"]

GROUP = "Signatures"
MENU = [
    ("Signatures", "draw", "admin:compliance_signature_changelist", "compliance.view_signature"),
    (
        "Signature policies",
        "checklist",
        "admin:compliance_signaturepolicy_changelist",
        "compliance.view_signaturepolicy",
    ),
    (
        "Letter to FDA",
        "mail",
        "admin:compliance_certificationletter_changelist",
        "compliance.view_certificationletter",
    ),
    (
        "Accountability",
        "gavel",
        "admin:compliance_accountabilitypolicy_changelist",
        "compliance.view_accountabilitypolicy",
    ),
    (
        "Identities",
        "how_to_reg",
        "admin:compliance_identityverification_changelist",
        "compliance.view_identityverification",
    ),
]
