"""Runs of a connection, what they applied, what they refused and what they saw."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class RunMode(models.TextChoices):
    FULL = "full", "Full"
    CHANGES = "changes", "Changes only"
    LIVE = "live", "Live"
    DRY = "dry", "Dry run"


class RunState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    ASKING = "asking", "Waiting for approval"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class SyncRun(models.Model):
    """One run of a connection; resumes from `checkpoint` after a kill."""

    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="runs")
    mode = models.CharField(max_length=10, choices=RunMode.choices, default=RunMode.FULL)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    mapping = models.ForeignKey(
        "connectors.FieldMapping", on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    as_of = models.DateTimeField(help_text="The moment the source is read as of; held over all pages.")
    created = models.DateTimeField(default=timezone.now)
    started = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)
    heartbeat = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="How often it was taken up; who took it up earlier writes nothing any more."
    )
    failures = models.PositiveSmallIntegerField(
        default=0, help_text="Failed attempts since a page was last applied."
    )
    next_attempt = models.DateTimeField(null=True, blank=True, help_text="Not tried again before.")
    pilot = models.JSONField(default=dict, blank=True, help_text="The pilot filter it keeps to.")
    expected = models.PositiveIntegerField(
        null=True, blank=True, help_text="Records the source said it has, where it tells."
    )
    checkpoint = models.JSONField(default=dict, blank=True, help_text="Where the adapter goes on.")
    read_completely = models.BooleanField(default=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved = models.DateTimeField(null=True, blank=True)
    records = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    changed_count = models.PositiveIntegerField(default=0)
    unchanged_count = models.PositiveIntegerField(default=0)
    ended_count = models.PositiveIntegerField(default=0)
    refused_count = models.PositiveIntegerField(default=0)
    outside_count = models.PositiveIntegerField(default=0, help_text="Left out by the pilot.")
    message = models.TextField(blank=True, help_text="Why it failed, or what it asks.")
    report = models.JSONField(
        default=dict, blank=True, help_text="What it held, and for a dry run what would change."
    )

    class Meta:
        db_table = "connectors_sync_run"
        ordering = ["-id"]
        indexes = [models.Index(fields=["system", "-id"], name="connectors_run_of_system")]
        constraints = [
            models.UniqueConstraint(
                fields=["system"],
                condition=models.Q(state="running"),
                name="connectors_one_run_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.system} run {self.pk}"


class AppliedRecord(models.Model):
    """What was last applied under a key of a system: unchanged records are told by one comparison."""

    system = models.ForeignKey(
        "connectors.System", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, help_text="worker, unit, job or location.")
    key = models.CharField(max_length=200)
    digest = models.UUIDField(help_text="Of the canonical record.")
    canonical = models.JSONField(help_text="As it was applied.")
    applied = models.DateTimeField()
    as_of = models.DateTimeField(null=True, help_text="The moment the source was read when it was applied.")
    absent = models.DateTimeField(null=True, blank=True, help_text="Since when a full extract lacks it.")
    open = models.BooleanField(default=True, help_text="For a worker: employed or to be, when applied.")
    until = models.DateTimeField(
        null=True, blank=True, help_text="For a worker: the end of the last engagement, where one is known."
    )

    class Meta:
        db_table = "connectors_applied_record"
        constraints = [
            models.UniqueConstraint(fields=["system", "kind", "key"], name="connectors_applied_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class SeenRecord(models.Model):
    """That a run met a key: absence is what no page of a complete full run had."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "connectors_seen_record"
        constraints = [models.UniqueConstraint(fields=["run", "kind", "key"], name="connectors_seen_once")]


class MappedRecord(models.Model):
    """What a mapping made of a raw record: a full run need not map again what it has met before.

    The table is UNLOGGED; nothing in it cannot be found again (connectors.sync.memory).
    """

    system = models.ForeignKey(
        "connectors.System", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=200, help_text="Of the raw record.")
    fingerprint = models.UUIDField(help_text="Of the raw record, its mapping and what was held.")
    names = models.TextField(help_text="JSON: kind, key and digest of each canonical record.")

    class Meta:
        db_table = "connectors_mapped_record"
        constraints = [
            models.UniqueConstraint(fields=["system", "kind", "key"], name="connectors_mapped_once")
        ]


class ExceptionState(models.TextChoices):
    OPEN = "open", "Open"
    REPLAYED = "replayed", "Replayed"
    DISMISSED = "dismissed", "Dismissed"
    RESOLVED = "resolved", "Resolved by a later record"


class SyncException(models.Model):
    """A record that was refused: the raw record, the field, the reason; to be fixed and replayed."""

    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="exceptions")
    run = models.ForeignKey(
        SyncRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="exceptions"
    )
    kind = models.CharField(max_length=10, default="worker")
    key = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=200, blank=True, help_text="JSON pointer into the raw record.")
    rule = models.CharField(max_length=100, help_text="What it breaks, as mapping.required.")
    reason = models.TextField()
    suggestion = models.TextField(blank=True)
    raw = models.JSONField()
    corrected = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=ExceptionState.choices, default=ExceptionState.OPEN)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    times = models.PositiveIntegerField(default=1)
    settled = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "connectors_sync_exception"
        ordering = ["-last_seen"]
        indexes = [models.Index(fields=["system", "state", "-last_seen"], name="connectors_exception_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "kind", "key", "rule", "field"],
                condition=models.Q(state="open") & ~models.Q(key=""),
                name="connectors_exception_once",
            )
        ]

    def __str__(self) -> str:
        return self.reason


class SourceShape(models.Model):
    """What the records of one run looked like: fields, types, values, null rates, volume."""

    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="shapes")
    run = models.OneToOneField(SyncRun, on_delete=models.CASCADE, related_name="shape")
    records = models.PositiveIntegerField()
    kinds = models.JSONField(
        help_text="By kind of record and field: types, share of nulls, values (where few), lengths, patterns."
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "connectors_source_shape"
        ordering = ["-id"]


class SourceBaseline(models.Model):
    """What a system's records look like when nothing is wrong: what every run is compared with."""

    system = models.OneToOneField("connectors.System", on_delete=models.PROTECT, related_name="baseline")
    kinds = models.JSONField(default=dict, help_text="By kind of record: its fields, as in a SourceShape.")
    samples = models.JSONField(
        default=dict, help_text="By kind of record, a few of the last run, on which mappings are tested."
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "connectors_source_baseline"


class DriftKind(models.TextChoices):
    VANISHED = "vanished", "Field vanished"
    RENAMED = "renamed", "Field probably renamed"
    RETYPED = "retyped", "Type changed"
    NEW_VALUES = "new_values", "Values never seen"
    NULL_RATE = "null_rate", "Far more empty values"
    VOLUME = "volume", "Far more or fewer records"
    APPEARED = "appeared", "New field"


class DriftState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    REPAIRED = "repaired", "Mapping repaired"


class DriftFinding(models.Model):
    """That a source's shape moved away from what its mapping was made for."""

    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="drift")
    run = models.ForeignKey(SyncRun, on_delete=models.SET_NULL, null=True, related_name="drift")
    kind = models.CharField(max_length=10, choices=DriftKind.choices)
    path = models.CharField(max_length=300, blank=True, help_text="The source field.")
    targets = models.JSONField(default=list, help_text="Canonical fields it feeds, held while this is open.")
    proposal = models.CharField(max_length=300, blank=True, help_text="The field it was probably renamed to.")
    confidence = models.FloatField(default=0.0)
    detail = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=DriftState.choices, default=DriftState.OPEN)
    found = models.DateTimeField(default=timezone.now)
    settled = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "connectors_drift_finding"
        ordering = ["-found"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "kind", "path"],
                condition=models.Q(state="open"),
                name="connectors_drift_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.path}"
