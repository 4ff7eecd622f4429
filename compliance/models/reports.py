"""Reports that were made, with their files, and saved ones that are made again and again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class RunState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Rhythm(models.TextChoices):
    DAILY = "daily", "Every day"
    WEEKLY = "weekly", "Every Monday"
    MONTHLY = "monthly", "On the first of the month"


class SavedReport(models.Model):
    """A report with its filters under a name; made by itself where it has a rhythm."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    credential_id = models.BigIntegerField(null=True, blank=True, help_text="The key of a system that saved.")
    name = models.CharField(max_length=100)
    report = models.CharField(max_length=40)
    output = models.CharField(max_length=10)
    filters = models.JSONField(default=dict)
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices, blank=True)
    next_run = models.DateTimeField(null=True, blank=True)
    #: Who is told when it is ready, beside its owner (connectors.watch).
    channel = models.ForeignKey(
        "connectors.AlertChannel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "compliance_saved_report"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "store", "name"], name="compliance_saved_report_once"),
            models.UniqueConstraint(fields=["credential_id", "name"], name="compliance_saved_report_of_key"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, credential_id__isnull=True)
                | models.Q(user__isnull=True, credential_id__isnull=False),
                name="compliance_saved_report_of_one",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReportRun(models.Model):
    """One making of a report; its file is kept for a while, and longer where it was released."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    credential_id = models.BigIntegerField(null=True, blank=True, help_text="The key of a system that asked.")
    saved = models.ForeignKey(
        SavedReport, on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    report = models.CharField(max_length=40)
    output = models.CharField(max_length=10)
    filters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    #: Bytes written so far.
    bytes = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    file = models.CharField(
        max_length=200, blank=True, help_text="Name in the storage; empty once it is gone."
    )
    sha256 = models.CharField(max_length=64, blank=True)
    expires = models.DateTimeField(null=True, blank=True)
    offered = models.DateTimeField(null=True, blank=True, help_text="Since when it waits to be released.")
    released = models.DateTimeField(null=True, blank=True)
    signature_id = models.BigIntegerField(
        null=True, blank=True, editable=False, help_text="Position of the last signature of its release."
    )

    class Meta:
        db_table = "compliance_report_run"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(released__isnull=True)
                | models.Q(signature_id__isnull=False, offered__isnull=False),
                name="compliance_report_run_released_signed",
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="compliance_report_run_mine"),
            models.Index(fields=["store", "id"], name="compliance_report_run_list"),
            models.Index(
                fields=["store", "-offered"],
                name="compliance_report_run_offered",
                condition=models.Q(offered__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.pk}"
