"""The audit trail in the administration: search it, see the history of a record, review it."""

from compliance.admin.trail import entries, reviews

__all__ = ["GROUP", "MENU", "entries", "reviews"]

GROUP = "Audit"
MENU = [
    ("Audit trail", "manage_search", "admin:compliance_auditentry_changelist", "compliance.view_auditentry"),
    (
        "Reviews of the trail",
        "fact_check",
        "admin:compliance_auditreview_changelist",
        "compliance.view_auditreview",
    ),
]
