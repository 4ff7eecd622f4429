"""Reminders: when who is told that training falls due, and what was sent."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Recipient(models.TextChoices):
    """Who is told."""

    PERSON = "person", "The person"
    MANAGER = "manager", "The manager"
    MANAGERS_MANAGER = "managers_manager", "The manager's manager"
    COMPLIANCE = "compliance", "Compliance managers"
    WEBHOOK = "webhook", "A webhook"


class ReminderPolicy(models.Model):
    """At which distance from the due day which of them are told."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    requirement = models.ForeignKey(
        "compliance.Requirement",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Only for this one; empty: for all.",
    )
    name = models.CharField(max_length=100)
    days = models.SmallIntegerField(help_text="Days after the due day; before it where negative.")
    to = models.CharField(max_length=20, choices=Recipient.choices)
    #: Addresses of compliance managers, or the webhook (connectors.watch).
    channel = models.ForeignKey(
        "connectors.AlertChannel", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "compliance_reminder_policy"
        verbose_name_plural = "reminder policies"
        ordering = ["days", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "requirement", "days", "to", "channel"],
                name="compliance_policy_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stage(self) -> str:
        """What tells this reminder from others of the same due day."""
        return f"{self.days:+d} {self.to}{f' {self.channel_id}' if self.channel_id else ''}"


class Reminder(models.Model):
    """One reminder: made once, sent until it arrived or was given up."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    requirement = models.ForeignKey("compliance.Requirement", on_delete=models.PROTECT, related_name="+")
    due = models.DateField()
    stage = models.CharField(max_length=40)
    policy = models.ForeignKey(ReminderPolicy, on_delete=models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=64)
    created = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt = models.DateTimeField(default=timezone.now)
    claimed = models.DateTimeField(null=True, blank=True, help_text="When its sending began, while it lasts.")
    sent = models.DateTimeField(null=True, blank=True)
    given_up = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "requirement", "due", "stage"], name="compliance_reminder_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_attempt"],
                name="compliance_reminder_due",
                condition=models.Q(sent__isnull=True, given_up__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.message_id
