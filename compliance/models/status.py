"""How everybody stands now, kept as things change; and the log of the changes it is kept by."""

from __future__ import annotations

from django.db import models


class Status(models.Model):
    """One person under one requirement: days, from which the word for any day follows."""

    id = models.BigAutoField(primary_key=True)
    # Rows are derived and can be made again; checking each reference would take most of the time.
    store = models.ForeignKey(
        "lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    requirement = models.ForeignKey(
        "compliance.Requirement",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    version = models.ForeignKey(
        "compliance.RequirementVersion",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    #: Row of the assignment it is required for (connectors_work_assignment_version).
    assignment_version_id = models.BigIntegerField()
    unit_id = models.BigIntegerField(null=True)
    job_id = models.BigIntegerField(null=True)
    manager_id = models.BigIntegerField(null=True)
    assigned = models.DateField(help_text="Since when it has been required without a break.")
    until = models.DateField(
        null=True, help_text="Last day for which what was done holds; 9999-12-31: always."
    )
    due = models.DateField(help_text="The last day to do it; 9999-12-31: never again.")
    grace_end = models.DateField()
    waived_until = models.DateField(null=True)

    class Meta:
        db_table = "compliance_status"
        verbose_name_plural = "status"
        constraints = [
            models.UniqueConstraint(fields=["person", "requirement"], name="compliance_status_once")
        ]
        indexes = [
            models.Index(fields=["store", "due"], name="compliance_status_due"),
            models.Index(fields=["requirement", "due"], name="compliance_status_requirement"),
            models.Index(fields=["manager_id"], name="compliance_status_manager"),
        ]

    def __str__(self) -> str:
        return f"person {self.person_id}, requirement {self.requirement_id}"


class StatusWake(models.Model):
    """When what is known already changes a person's status by itself, as a transfer that is still to come."""

    person = models.OneToOneField(
        "connectors.Person", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "compliance_status_wake"

    def __str__(self) -> str:
        return f"person {self.person_id}"


class StatusChange(models.Model):
    """That something a status stands on changed, of a person or of a whole store; triggers write it."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person_id = models.BigIntegerField(null=True, help_text="Empty: everybody.")
    recorded = models.DateTimeField()
    xid = models.BigIntegerField(help_text="The transaction that wrote it (pg_current_xact_id).")

    class Meta:
        db_table = "compliance_status_change"
        indexes = [models.Index(fields=["xid", "id"], name="compliance_status_change_order")]

    def __str__(self) -> str:
        return f"change {self.pk}"


class StatusCursor(models.Model):
    """How far the changes have been followed."""

    name = models.CharField(max_length=50, primary_key=True)
    xid = models.BigIntegerField(default=0)
    change = models.BigIntegerField(default=0)
    #: The last day whose beginning was followed.
    day = models.DateField(null=True)
    moved = models.DateTimeField(null=True)

    class Meta:
        db_table = "compliance_status_cursor"

    def __str__(self) -> str:
        return self.name
