"""Whose data it is and who may post it: stores, sources (an LMS each), credentials and their secrets."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from lrs.models.defaults import all_scope


class Store(models.Model):
    """A separate record store: nothing of it is ever seen from another."""

    name = models.CharField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SourceKind(models.TextChoices):
    MOODLE = "moodle", "Moodle"
    CMI5 = "cmi5", "cmi5 / AICC launch"
    SCORM = "scorm", "SCORM engine"
    TOOL = "tool", "Authoring tool or player"
    OTHER = "other", "Other"


class Source(models.Model):
    """A system that posts into one store, usually an LMS."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="sources")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=SourceKind.choices, default=SourceKind.OTHER)
    description = models.TextField(blank=True)
    active = models.BooleanField(default=True, help_text="An inactive source can neither post nor read.")
    may_void = models.BooleanField(default=True, help_text="Whether it may void statements.")
    created = models.DateTimeField(default=timezone.now, editable=False)
    inbox_days = models.PositiveIntegerField(
        default=30, help_text="Days a refused request is kept in the inbox."
    )
    inbox_entries = models.PositiveIntegerField(
        default=10_000, help_text="Refused requests kept at most; the oldest go first."
    )
    inbox_body_bytes = models.PositiveIntegerField(
        default=1_048_576, help_text="Bytes kept of each refused body; 0 keeps no bodies."
    )

    class Meta:
        ordering = ["store__name", "name"]
        constraints = [models.UniqueConstraint(fields=["store", "name"], name="lrs_source_name_in_store")]

    def __str__(self) -> str:
        return f"{self.store} / {self.name}"


class Credential(models.Model):
    """A key a source uses: HTTP Basic (with secrets of its own) or an OAuth 2 application."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="credentials")
    key = models.CharField(max_length=64, unique=True, help_text="The user name of HTTP Basic.")
    label = models.CharField(max_length=100, blank=True)
    application = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="lrs_credential",
        help_text="The OAuth 2 application, where this credential is one.",
    )
    scopes = ArrayField(models.CharField(max_length=40), default=all_scope)
    authority = models.JSONField(
        null=True,
        blank=True,
        help_text="An xAPI Agent that stands as authority instead of the one made from the key.",
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: the hub's default."
    )
    body_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Largest body; empty: the hub's default."
    )
    created = models.DateTimeField(default=timezone.now, editable=False)
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.label or self.key} ({self.source})"


class CredentialSecret(models.Model):
    """One secret of a credential, as a keyed hash; several live at once while one is being rotated out."""

    credential = models.ForeignKey(Credential, on_delete=models.CASCADE, related_name="secrets")
    keyed_hash = models.BinaryField(max_length=32)
    created = models.DateTimeField(default=timezone.now, editable=False)
    expires = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "lrs_credential_secret"
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"secret of {self.credential_id} from {self.created:%Y-%m-%d}"
