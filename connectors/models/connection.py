"""The systems the hub is connected to: settings, secrets, field mappings and the story of their changes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class SystemState(models.TextChoices):
    DRAFT = "draft", "Being set up"
    PILOT = "pilot", "Pilot"
    LIVE = "live", "Live"
    PAUSED = "paused", "Paused"


class System(models.Model):
    """A connected HRIS, ERP, LMS or identity provider."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="systems")
    name = models.CharField(max_length=100)
    adapter = models.CharField(max_length=50, help_text="Key of the adapter (connectors.adapters).")
    state = models.CharField(max_length=10, choices=SystemState.choices, default=SystemState.DRAFT)
    settings = models.JSONField(default=dict, help_text="What the adapter's settings schema describes.")
    namespace = models.CharField(
        max_length=100,
        help_text="Systems with the same namespace share the keys of units, jobs and locations.",
    )
    time_zone = models.CharField(
        max_length=60, default="UTC", help_text="Where a day of this system's dates begins and ends."
    )
    precedence = models.PositiveSmallIntegerField(
        default=100, help_text="Where systems disagree, the lowest number is believed."
    )
    match_people_by = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="Identifier types by which a new record is taken for a person another system knows.",
    )
    #: Cron-like interval; live systems push.
    every_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Minutes between runs; empty: only on demand or live."
    )
    next_run = models.DateTimeField(null=True, blank=True)
    full_every_hours = models.PositiveIntegerField(
        default=24, help_text="Hours between full runs, where runs in between read changes only."
    )
    end_share_most = models.FloatField(
        default=0.05, help_text="A run that would end more than this share of workers stops and asks."
    )
    end_count_least = models.PositiveIntegerField(
        default=10, help_text="…but never for fewer workers than this."
    )
    pilot = models.JSONField(
        default=dict,
        blank=True,
        help_text="While a pilot: units, locations or worker keys to which runs are restricted.",
    )
    watermark = models.JSONField(default=dict, blank=True, help_text="Where the last complete run ended.")
    freshness_minutes = models.PositiveIntegerField(
        default=26 * 60, help_text="Target: the data may be this old."
    )
    provisioning_hours = models.PositiveIntegerField(
        default=24, help_text="Target: from the effective hire date to the first LMS account seen."
    )
    circuit_failures = models.PositiveSmallIntegerField(default=0, help_text="Failures in a row.")
    circuit_open_until = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=200, blank=True)
    architecture = models.TextField(blank=True, help_text="How it is connected; Markdown.")
    procedures = models.TextField(blank=True, help_text="What to do when; Markdown.")
    created = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["store", "name"], name="connectors_system_name")]

    def __str__(self) -> str:
        return self.name


class SystemSecret(models.Model):
    """A password, key or token of a system, encrypted (connectors.vault); never shown again."""

    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=50)
    encrypted = models.BinaryField()
    changed = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "connectors_system_secret"
        constraints = [models.UniqueConstraint(fields=["system", "name"], name="connectors_secret_once")]

    def __str__(self) -> str:
        return self.name


class MappingState(models.TextChoices):
    DRAFT = "draft", "Draft"
    TESTED = "tested", "Tested"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class FieldMapping(models.Model):
    """One version of how a system's records become canonical ones (connectors.mapping)."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="mappings")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=MappingState.choices, default=MappingState.DRAFT)
    document = models.JSONField(help_text="As connectors/mapping/schema.json describes.")
    sample = models.JSONField(default=dict, blank=True, help_text="A raw record to try it on.")
    test_result = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    created = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    activated = models.DateTimeField(null=True, blank=True)
    retired = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "connectors_field_mapping"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["system", "version"], name="connectors_mapping_version"),
            models.UniqueConstraint(
                fields=["system"], condition=models.Q(state="active"), name="connectors_mapping_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system} mapping {self.version}"


class ChangeNote(models.Model):
    """One entry in a connection's history of changes."""

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=30, help_text="settings, mapping, state, pilot, secret, note, …")
    text = models.TextField()
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        db_table = "connectors_change_note"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.text
