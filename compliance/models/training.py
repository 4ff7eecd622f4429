"""Training told by hand: instructor-led, practical and external, before and after it becomes a statement."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from compliance.models.catalogue import CourseKind


class TrainingState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SIGNED = "signed", "Signed"
    POSTED = "posted", "Posted"
    WITHDRAWN = "withdrawn", "Withdrawn"


class FileState(models.TextChoices):
    KEPT = "kept", "Kept as drafts"
    SIGNED = "signed", "Signed, being posted"
    POSTED = "posted", "Posted"


class TrainingFile(models.Model):
    """Training records that came in one file, and are signed as one.

    The file itself is not kept: what it said stands in the records; its SHA-256 tells which file that was.
    """

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was sent; lower-case hexadecimal.")
    size = models.BigIntegerField()
    lines = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField(default=0, help_text="Lines whose reference was known before.")
    refused = models.JSONField(default=list, help_text="[line, why not] of each line that was not kept.")
    state = models.CharField(max_length=10, choices=FileState.choices, default=FileState.KEPT)
    #: Position of the signature under which its records are posted.
    signature_id = models.BigIntegerField(null=True, blank=True, editable=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )

    class Meta:
        db_table = "compliance_training_file"
        ordering = ["-id"]
        indexes = [models.Index(fields=["store", "id"], name="compliance_training_file_list")]

    def __str__(self) -> str:
        return self.name


class TrainingRecord(models.Model):
    """That a person was trained, as somebody tells who is not a learning management system.

    What OSHA and DOT records name has a field each (29 CFR 1910.1030(h)(2), 1910.119(g)(3); 49 CFR
    172.704(d)). A draft may be changed; once posted it is a statement, which is voided to withdraw it.
    """

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("connectors.Person", on_delete=models.PROTECT, related_name="+")
    course = models.ForeignKey("compliance.Course", on_delete=models.PROTECT, related_name="records")
    version = models.ForeignKey(
        "compliance.CourseVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(
        max_length=20, choices=CourseKind.choices, default=CourseKind.INSTRUCTOR_LED, blank=True
    )
    completed_at = models.DateTimeField(help_text="When the training was completed.")
    hours = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    passed = models.BooleanField(null=True, blank=True, help_text="Empty: nobody was tested.")
    score = models.FloatField(null=True, blank=True, help_text="Scaled, from -1 to 1.")
    trainer_name = models.CharField(max_length=300)
    trainer_person = models.ForeignKey(
        "connectors.Person",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Where the trainer is one of ours.",
    )
    trainer_qualification = models.CharField(max_length=500, blank=True)
    trainer_address = models.CharField(max_length=500, blank=True, help_text="49 CFR 172.704(d)(4).")
    provider = models.CharField(max_length=300, blank=True, help_text="Who gave it, where not ourselves.")
    location = models.CharField(max_length=500, blank=True)
    materials = models.TextField(blank=True, help_text="What was taught from: title, revision, where it is.")
    content = models.TextField(blank=True, help_text="Contents or a summary; 29 CFR 1910.1030(h)(2)(i)(B).")
    understanding = models.TextField(
        blank=True, help_text="How it was verified that it was understood; 29 CFR 1910.119(g)(3)."
    )
    equipment = models.CharField(max_length=300, blank=True, help_text="What was trained on, as a truck.")
    evaluated_on = models.DateField(null=True, blank=True, help_text="29 CFR 1910.178(l)(6).")
    evaluator_name = models.CharField(max_length=300, blank=True, help_text="29 CFR 1910.178(l)(6).")
    certification = models.TextField(blank=True, help_text="The words of the certification.")
    job_title = models.CharField(
        max_length=300, blank=True, help_text="Then; taken from the workforce record where left empty."
    )
    state = models.CharField(max_length=10, choices=TrainingState.choices, default=TrainingState.DRAFT)
    #: The signature under which it was posted (compliance.signing); None where none was asked for.
    signature_id = models.BigIntegerField(null=True, blank=True, editable=False)
    statement_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    withdrawn_why = models.TextField(blank=True, editable=False)
    created = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    posted_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: What a sender calls it; sending it again is no second record.
    reference = models.CharField(max_length=200, blank=True)
    file = models.ForeignKey(
        TrainingFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        editable=False,
        db_index=False,
    )
    file_line = models.PositiveIntegerField(null=True, blank=True, editable=False)
    #: The statement as it is signed with its file, canonical (RFC 8785); empty once it is posted.
    said = models.TextField(blank=True, editable=False)
    #: Why it could not be posted when its turn came; tried again.
    held_up = models.TextField(blank=True, editable=False)

    class Meta:
        db_table = "compliance_training_record"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "reference"],
                condition=~models.Q(reference=""),
                name="compliance_record_reference_once",
            )
        ]
        indexes = [
            models.Index(fields=["store", "id"], name="compliance_record_list"),
            models.Index(
                fields=["file", "file_line"],
                condition=models.Q(file__isnull=False),
                name="compliance_record_of_file",
            ),
        ]

    def __str__(self) -> str:
        return f"training record {self.pk}"


class TrainingEvidence(models.Model):
    """A file that shows it: a sign-in sheet, a certificate, a test. Its content goes with the statement."""

    record = models.ForeignKey(TrainingRecord, on_delete=models.PROTECT, related_name="evidence")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=255)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Lower-case hexadecimal.")
    is_certificate = models.BooleanField(default=False)
    added = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "compliance_training_evidence"
        constraints = [
            models.UniqueConstraint(fields=["record", "sha256"], name="compliance_record_evidence_once")
        ]

    def __str__(self) -> str:
        return self.name
