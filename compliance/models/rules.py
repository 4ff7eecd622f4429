"""By which rules statements become completions. Rules are data; what they may say is in their JSON Schema
(compliance/completions/schema.json).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class CompletionRule(models.Model):
    """One rule; the first one, by order, that applies to a statement decides about it."""

    store = models.ForeignKey(
        "lrs.Store",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: of every store.",
    )
    code = models.CharField(max_length=100, help_text="By it everybody speaks of it.")
    name = models.CharField(max_length=200)
    order = models.PositiveIntegerField(default=100, help_text="Lower comes first.")
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "compliance_completion_rule"
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "code"], nulls_distinct=False, name="compliance_rule_code_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class CompletionRuleVersion(models.Model):
    """What a rule says. A draft may change; what is published never does.

    About a statement the newest published version decides whose period covers the statement's timestamp.
    """

    rule = models.ForeignKey(CompletionRule, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    effective_from = models.DateField(null=True, blank=True, help_text="First day; empty: always.")
    effective_to = models.DateField(null=True, blank=True, help_text="Last day; empty: no end.")
    note = models.TextField(blank=True, help_text="Why it is changed.")
    published = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )

    class Meta:
        db_table = "compliance_completion_rule_version"
        ordering = ["rule", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="compliance_rule_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule}, version {self.number}"
