"""Who completed what, when, and on which statements it stands.

A completion is never edited: what changes it (a voided statement, a correction, a merge of people) closes
`recorded` of the row and adds another where there is something left to say. So what was known at any moment
can be told.
"""

from __future__ import annotations

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from compliance.models.catalogue import CourseKind


class Completion(models.Model):
    """That a person completed a course, as the hub knew it for a period."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    course = models.ForeignKey("compliance.Course", on_delete=models.PROTECT, related_name="completions")
    version = models.ForeignKey(
        "compliance.CourseVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=CourseKind.choices, default=CourseKind.ONLINE)
    completed_at = models.DateTimeField(help_text="Business time: when it was completed.")
    passed = models.BooleanField(null=True, help_text="Whether it was passed, where anything was said of it.")
    score = models.FloatField(null=True, help_text="The scaled score, -1 to 1.")
    credit_hours = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    recorded = DateTimeRangeField(help_text="When the hub knew it so; open while it is what is known.")
    withdrawn_why = models.TextField(blank=True, help_text="Why it ended, where it did.")

    class Meta:
        indexes = [
            models.Index(fields=["person", "course", "completed_at"], name="compliance_completion_of"),
        ]

    def __str__(self) -> str:
        return f"completion {self.pk}"


class CompletionEvidence(models.Model):
    """A statement a completion stands on."""

    completion = models.ForeignKey(
        Completion, on_delete=models.PROTECT, related_name="evidence", db_index=False
    )
    #: `seq` of the statement in the record store.
    seq = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "compliance_completion_evidence"
        constraints = [models.UniqueConstraint(fields=["completion", "seq"], name="compliance_evidence_once")]

    def __str__(self) -> str:
        return str(self.seq)
