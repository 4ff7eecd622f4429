"""Where each named consumer of statements stands."""

from __future__ import annotations

from django.db import models

from lrs.models.fields import Xid8Field


class FeedCursor(models.Model):
    """The last statement a consumer has dealt with, moved in the transaction of its effect."""

    name = models.CharField(max_length=100, primary_key=True)
    xid = Xid8Field(default=0)
    seq = models.BigIntegerField(default=0)
    handled = models.BigIntegerField(
        default=0, help_text="Statements handed over since the start or a replay."
    )
    moved = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    failed = models.DateTimeField(null=True)

    class Meta:
        db_table = "lrs_feed_cursor"

    def __str__(self) -> str:
        return self.name
