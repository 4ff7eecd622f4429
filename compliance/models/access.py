"""Who was given which access, and everything that was done with it that changes no row of its own.

Events and disclosures are append-only by trigger; grants are revoked, never removed.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class EventKind(models.TextChoices):
    """What can happen at the doors."""

    LOGIN = "login", "Signed in"
    LOGOUT = "logout", "Signed out"
    REFUSED = "refused", "Refused"
    LOCKED = "locked", "Locked after failures"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    RESET_ASKED = "reset_asked", "Password reset asked for"
    RESET_APPROVED = "reset_approved", "Password reset approved"
    MFA_CHANGED = "mfa_changed", "Second factors changed"
    SIGNING_REFUSED = "signing_refused", "Signing refused"
    SESSION_ENDED = "session_ended", "Session ended by the hub"
    CONCURRENT = "concurrent", "Signed in on several devices"
    LOSS = "loss", "Access taken away after a loss"
    DISABLED = "disabled", "Disabled as nobody used it"
    EXPORT = "export", "Exported"
    VIEW = "view", "Looked at"


class AccessEvent(models.Model):
    """One thing that happened: who, what, when, from where, how it ended (NIST 800-53 AU-3)."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=20, choices=EventKind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    user_name = models.CharField(max_length=150, blank=True, help_text="As it was given or stood then.")
    what = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "compliance_access_event"
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"], name="compliance_event_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.user_name}"


class Disclosure(models.Model):
    """One look at personal records."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    credential_id = models.BigIntegerField(null=True, blank=True, help_text="The key of a system that asked.")
    store_id = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=100, help_text="Which page, report or resource.")
    people = ArrayField(models.BigIntegerField(), default=list, help_text="Whose records were shown.")
    filter = models.JSONField(default=dict, blank=True, help_text="What was asked for.")
    purpose = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"], name="compliance_disclosure_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Grant(models.Model):
    """That somebody has a role, in a part of the organization, for a time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="grants")
    role = models.ForeignKey("auth.Group", on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(
        "connectors.OrganizationUnit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="With everything below it; empty: the whole store.",
    )
    starts = models.DateTimeField(default=timezone.now)
    ends = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=300)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["user"], name="compliance_grant_open", condition=models.Q(revoked_at__isnull=True)
            )
        ]
        permissions = [
            ("pull_reports", "Can pull reports and bundles"),
            ("evaluate_practice", "Can evaluate practice, where qualified"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(user=models.F("granted_by")), name="compliance_grant_not_own"
            ),
            models.CheckConstraint(
                condition=models.Q(ends__isnull=True) | models.Q(ends__gt=models.F("starts")),
                name="compliance_grant_period",
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id}: role {self.role_id}"


class Recertification(models.Model):
    """One periodic look at all grants: are they still needed? (21 CFR 11.300(b), NIST 800-53 AC-2(j))"""

    started = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField()
    closed = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"recertification due {self.due_on}"


class RecertificationItem(models.Model):
    """What was decided about one grant; nothing yet where `decided` is empty."""

    round = models.ForeignKey(Recertification, on_delete=models.PROTECT, related_name="items")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="recertifications")
    keep = models.BooleanField(null=True)
    decided = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "compliance_recertification_item"
        constraints = [models.UniqueConstraint(fields=["round", "grant"], name="compliance_recertified_once")]

    def __str__(self) -> str:
        return f"grant {self.grant_id}"
