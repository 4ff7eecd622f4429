"""The audit trail, and the reviews of it.

Entries are written by triggers in the transaction of each change (compliance.trail), and never changed.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now


class Operation(models.TextChoices):
    """What happened to a row."""

    INSERT = "insert", "Added"
    UPDATE = "update", "Changed"
    DELETE = "delete", "Removed"


class AuditEntry(models.Model):
    """One change of one row: what it was and became, who did it, when and why."""

    #: Order of writing; a transaction that commits late may have a lower number than one already seen.
    seq = models.BigAutoField(primary_key=True)
    #: Transaction id (as in pg_current_xact_id), by which readers know what is complete.
    xid = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())
    #: The store the row belongs to; null for what belongs to the whole hub.
    store_id = models.IntegerField(null=True)
    table_name = models.TextField()
    #: The row's primary key as text; a JSON array where it has several columns.
    row_key = models.TextField()
    operation = models.TextField(choices=Operation.choices)
    #: The row before; of a changed row the columns that changed.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    #: "person", "credential", "scim_token", "sync_run", "task", "command", "process", "anonymous"; "database"
    #: for whoever changed the database by other means than this program.
    actor_kind = models.TextField()
    actor_id = models.TextField()
    #: What the actor was called then.
    actor_name = models.TextField()
    credential_id = models.IntegerField(null=True)
    process = models.TextField()
    request_id = models.TextField()
    address = models.TextField()
    reason = models.TextField()
    #: Who the database took it for.
    database_role = models.TextField()

    class Meta:
        db_table = "compliance_audit_entry"
        verbose_name = "audit trail entry"
        verbose_name_plural = "audit trail"
        default_permissions = ("view",)
        permissions = [("export_auditentry", "Can export the audit trail")]
        indexes = [
            models.Index(fields=["xid", "seq"], name="compliance_audit_in_order"),
            models.Index(fields=["table_name", "row_key", "seq"], name="compliance_audit_of_row"),
            models.Index(
                fields=["actor_id", "seq"],
                name="compliance_audit_by_person",
                condition=models.Q(actor_kind="person"),
            ),
            BrinIndex(fields=["at"], name="compliance_audit_at", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.operation} of {self.table_name} {self.row_key}"


class AuditReview(models.Model):
    """That a named person is to look, or has looked, through the trail of a period (Annex 11, section 9)."""

    opened = models.DateTimeField(auto_now_add=True)
    #: The entries under review: those after `from_seq`, up to and with `to_seq`.
    from_seq = models.BigIntegerField()
    to_seq = models.BigIntegerField()
    entries = models.BigIntegerField()
    due = models.DateField()
    reviewed = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: What the reviewer was called then.
    reviewer_name = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)
    #: Whether something was found that has to be followed up.
    follow_up = models.BooleanField(default=False)

    class Meta:
        db_table = "compliance_audit_review"
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=["from_seq"], name="compliance_audit_review_once"),
            models.CheckConstraint(
                condition=models.Q(reviewed=None) | (~models.Q(reviewer_name="") & ~models.Q(note="")),
                name="compliance_audit_review_told",
            ),
        ]

    def __str__(self) -> str:
        return f"review of entries {self.from_seq + 1} to {self.to_seq}"
