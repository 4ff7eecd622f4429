"""What stands in for training: waivers and equivalencies, and sign-offs of what was shown in practice.

None of them is ever a completion. A row says what was decided; taking it back is noted beside it, with the
moment it became known, and changes nothing of what was so before.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.utils import timezone


class WaiverKind(models.TextChoices):
    """Why somebody need not be trained for a while."""

    WAIVER = "waiver", "Waiver"
    EQUIVALENCY = "equivalency", "Equivalency"


class Waiver(models.Model):
    """That a person, or everybody a rule is about, is freed from a requirement until a day."""

    requirement = models.ForeignKey(
        "compliance.Requirement", on_delete=models.PROTECT, related_name="waivers"
    )
    kind = models.CharField(max_length=12, choices=WaiverKind.choices, default=WaiverKind.WAIVER)
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rule = models.JSONField(null=True, blank=True, help_text="A group: as `for` of a definition.")
    reason = models.TextField()
    evidence = models.TextField(blank=True, help_text="Where the proof lies; what else was accepted.")
    valid_from = models.DateField()
    valid_to = models.DateField(help_text="The last day.")
    created = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Key of the signature in compliance.signing.
    signature_id = models.BigIntegerField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="When that became known.")
    revoked_from = models.DateField(null=True, blank=True, help_text="First day it does not hold.")
    revoked_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False, rule__isnull=True)
                | models.Q(person__isnull=True, rule__isnull=False),
                name="compliance_waiver_person_or_rule",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__gte=models.F("valid_from")), name="compliance_waiver_ends"
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_from__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_from__isnull=False),
                name="compliance_waiver_revoked_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class PracticalSignOff(models.Model):
    """That a qualified evaluator saw somebody do it."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("connectors.Person", on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey("compliance.Course", on_delete=models.PROTECT, related_name="+")
    evaluator = models.ForeignKey("connectors.Person", on_delete=models.PROTECT, related_name="+")
    done_on = models.DateField(help_text="The day it was shown.")
    remarks = models.TextField(blank=True)
    #: Why the evaluator was qualified that day, as known then: requirement, version, until.
    qualification = models.JSONField(default=dict, blank=True)
    #: Key of the signature in compliance.signing.
    signature_id = models.BigIntegerField(null=True, blank=True)
    recorded = DateTimeRangeField(help_text="When the hub knew it so; open while it is what is known.")
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        db_table = "compliance_practical_sign_off"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(person=models.F("evaluator")), name="compliance_sign_off_not_own"
            )
        ]

    def __str__(self) -> str:
        return f"sign-off {self.pk}"
