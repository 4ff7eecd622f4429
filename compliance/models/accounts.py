"""What the hub knows of an account beside Django's row: its names for ever, its passwords of before, its
sessions and devices (21 CFR 11.300).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class AccountName(models.Model):
    """A user name, in lower case, and the one account it belongs to for ever; written by a trigger."""

    folded = models.CharField(max_length=150, primary_key=True)
    #: No foreign key: the name stays taken when the account is gone.
    user_id = models.BigIntegerField()
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "compliance_account_name"

    def __str__(self) -> str:
        return self.folded


class Account(models.Model):
    """How an account stands."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="account"
    )
    password_changed = models.DateTimeField(default=timezone.now)
    must_change = models.BooleanField(default=False, help_text="The password was set by somebody else.")

    def __str__(self) -> str:
        return f"account {self.pk}"


class PasswordUsed(models.Model):
    """The hash of a password an account has or had."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    encoded = models.CharField(max_length=256)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "compliance_password_used"
        indexes = [models.Index(fields=["user", "-id"], name="compliance_password_user")]

    def __str__(self) -> str:
        return f"password of user {self.user_id}"


class PasswordReset(models.Model):
    """A password set anew by two administrators, neither of whom is its owner (21 CFR 11.200(a)(3))."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "compliance_password_reset"
        ordering = ["-id"]
        permissions = [
            ("reset_password", "Can ask for and approve resets of passwords"),
            ("report_loss", "Can take away all access of an account"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(user=models.F("asked_by"))
                & (
                    models.Q(approved_by__isnull=True)
                    | (~models.Q(approved_by=models.F("asked_by")) & ~models.Q(approved_by=models.F("user")))
                ),
                name="compliance_reset_by_two",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(approved_at__isnull=True, refused_at__isnull=True),
                name="compliance_reset_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"reset of user {self.user_id}"


class AccountSession(models.Model):
    """One sign-in, from its beginning to its end."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    #: SHA-256 of the browser session's key, never the key itself.
    browser = models.CharField(max_length=64, unique=True)
    device = models.CharField(max_length=64, help_text="SHA-256 of what tells the device.")
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    started = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=100, blank=True)

    class Meta:
        db_table = "compliance_account_session"
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["user"], name="compliance_session_open", condition=models.Q(ended__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"session of user {self.user_id}"


class Device(models.Model):
    """A registered client or a kiosk: a browser with a token, or everything in a network (21 CFR
    11.10(h))."""

    name = models.CharField(max_length=100, unique=True)
    token_hash = models.CharField(max_length=64, blank=True, help_text="Keyed hash of the browser's token.")
    network = models.CharField(max_length=64, blank=True, help_text="Such as 10.20.0.0/16.")
    kiosk = models.BooleanField(
        default=False, help_text="Shared by many: every signature takes all components."
    )
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField(default=timezone.now)
    tested_on = models.DateField(help_text="When it was last seen to work as it should (21 CFR 11.300(e)).")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(token_hash="", network=""),
                name="compliance_device_told",
            )
        ]

    def __str__(self) -> str:
        return self.name
