"""Counts for the dashboard, so that no page counts the statement table."""

from __future__ import annotations

from django.db import models

from lrs.models.tenancy import Source


class SourceHour(models.Model):
    """What one source did in one hour (UTC)."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    statements = models.BigIntegerField(default=0)
    payload_bytes = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0, help_text="Requests refused.")
    last_seen = models.DateTimeField(null=True)

    class Meta:
        db_table = "lrs_source_hour"
        constraints = [models.UniqueConstraint(fields=["source", "hour"], name="lrs_source_hour_once")]
        indexes = [models.Index(fields=["hour"], name="lrs_source_hour_by_hour")]
