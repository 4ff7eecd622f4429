"""Refused requests, kept for an administrator to read, correct and replay."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from lrs.models.tenancy import Credential, Source


class InboxState(models.TextChoices):
    OPEN = "open", "Open"
    REPLAYED = "replayed", "Replayed"
    DISMISSED = "dismissed", "Dismissed"


class InboxEntry(models.Model):
    """One refused request of one source."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="inbox")
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="+")
    received = models.DateTimeField(default=timezone.now)
    request_id = models.CharField(max_length=64, blank=True)
    method = models.CharField(max_length=10)
    path = models.TextField(help_text="Path and query string.")
    version = models.CharField(max_length=20, blank=True)
    content_type = models.TextField(blank=True)
    authority = models.JSONField(
        null=True, help_text="Who the caller was; where it is empty, the credential's own."
    )
    status = models.SmallIntegerField(help_text="The HTTP status the source was given.")
    rule = models.CharField(max_length=100, help_text="The rule of the first reason, for grouping.")
    body = models.BinaryField(null=True, help_text="The body, up to the source's limit.")
    body_size = models.BigIntegerField(default=0)
    body_truncated = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=InboxState.choices, default=InboxState.OPEN)
    closed = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(blank=True)

    class Meta:
        db_table = "lrs_inbox_entry"
        verbose_name_plural = "inbox entries"
        indexes = [
            models.Index(fields=["source", "received"], name="lrs_inbox_by_source"),
            models.Index(fields=["state", "rule", "received"], name="lrs_inbox_by_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} at {self.received:%Y-%m-%d %H:%M:%S}"


class InboxReason(models.Model):
    """Why: one broken rule of one statement of a refused request."""

    entry = models.ForeignKey(InboxEntry, on_delete=models.CASCADE, related_name="reasons")
    index = models.IntegerField(null=True, help_text="The statement's place in its batch.")
    pointer = models.TextField(blank=True)
    rule = models.CharField(max_length=100)
    message = models.TextField()
    value = models.TextField(blank=True)

    class Meta:
        db_table = "lrs_inbox_reason"
        ordering = ["id"]
