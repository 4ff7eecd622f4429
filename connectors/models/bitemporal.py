"""What every bitemporal table has: when it was true, and when we knew it.

`valid` is business time, `recorded` is system time, both half-open ranges of moments. A correction closes
`recorded` of one row and adds another; nothing is overwritten and nothing deleted, which triggers hold
(migration 0002). Two rows of one subject never overlap in both times at once: an exclusion constraint each.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models


class Version(models.Model):
    """One thing known about a subject, for a period."""

    id = models.BigAutoField(primary_key=True)
    valid = DateTimeRangeField(help_text="When it was so in the business; from inclusive, to exclusive.")
    recorded = DateTimeRangeField(help_text="When the hub knew it so; open while it is what is known.")
    #: The system that said so; empty for what the hub derived.
    system = models.ForeignKey(
        "connectors.System", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    run = models.ForeignKey(
        "connectors.SyncRun",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The run that brought it; empty for what came live or by hand.",
    )

    class Meta:
        abstract = True


def never_overlapping(name: str, *subject: str, condition: models.Q | None = None) -> ExclusionConstraint:
    """Return the constraint that rows of one `subject` (its columns) do not overlap in both times."""
    expressions: list[Any] = [(column, RangeOperators.EQUAL) for column in subject]
    expressions += [("valid", RangeOperators.OVERLAPS), ("recorded", RangeOperators.OVERLAPS)]
    return ExclusionConstraint(name=name, expressions=expressions, condition=condition)
