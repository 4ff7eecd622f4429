"""Who must be trained in what: requirements, their versions, and curricula they name.

A version is written as a draft and goes draft → review → approved → effective → retired; triggers refuse any
other way, and any change of what was approved. When it was approved and when it was retired are kept beside
the days from which that holds, so that "required on that day, as known on that one" can be told.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class VersionState(models.TextChoices):
    """Where a version of a requirement stands (21 CFR 11.10(f): permitted sequencing)."""

    DRAFT = "draft", "Draft"
    REVIEW = "review", "In review"
    APPROVED = "approved", "Approved"
    EFFECTIVE = "effective", "Effective"
    RETIRED = "retired", "Retired"


class Curriculum(models.Model):
    """Courses that belong together; a requirement takes over what it says when it goes to review."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    what = models.JSONField(help_text="A part of `what` of a requirement's definition.")

    class Meta:
        verbose_name_plural = "curricula"
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="compliance_curriculum_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Requirement(models.Model):
    """Something people have to be trained in; what it asks for stands in its versions."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=100, help_text="Unique in its store; by it everybody speaks of it.")
    title = models.CharField(max_length=300)
    template = models.CharField(max_length=100, blank=True, help_text="The template it was made from.")
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="compliance_requirement_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class RequirementVersion(models.Model):
    """What a requirement asks for, from a day until a later version takes its place or it is retired."""

    requirement = models.ForeignKey(
        Requirement, on_delete=models.PROTECT, related_name="versions", db_index=False
    )
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    definition = models.JSONField(help_text="As compliance/requirements/definition.schema.json says.")
    change_note = models.TextField(blank=True, help_text="What is new, and why.")
    effective_from = models.DateField(null=True, blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True, help_text="When it became known.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Key of the signature in compliance.signing.
    signature_id = models.BigIntegerField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, help_text="When its end became known.")
    retired_from = models.DateField(null=True, blank=True, help_text="First day it is not asked for.")
    retired_why = models.TextField(blank=True)

    class Meta:
        db_table = "compliance_requirement_version"
        ordering = ["requirement", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["requirement", "number"], name="compliance_requirement_version_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "review", "retired"])
                | models.Q(approved_at__isnull=False, effective_from__isnull=False),
                name="compliance_version_approved_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="retired")
                | models.Q(approved_at__isnull=True)
                | models.Q(retired_at__isnull=False, retired_from__isnull=False),
                name="compliance_version_retired_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement} version {self.number}"
