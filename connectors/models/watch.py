"""What the hub watches: reconciliations, provisioning gaps, rhythms of LMSs, and the alerts that follow."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Reconciliation(models.Model):
    """A comparison of a source with the hub, both ways: counts and field values.

    The counts of columns are of workers; those of units, jobs and locations are in `things`.
    """

    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="reconciliations")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    started = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)
    state = models.CharField(
        max_length=10,
        choices=[("running", "Running"), ("succeeded", "Succeeded"), ("failed", "Failed")],
        default="running",
    )
    in_source = models.PositiveIntegerField(default=0)
    in_hub = models.PositiveIntegerField(default=0)
    matching = models.PositiveIntegerField(default=0)
    differing = models.PositiveIntegerField(default=0)
    only_in_source = models.PositiveIntegerField(default=0)
    only_in_hub = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(
        default=0, help_text="Records of the source the mapping refused; never compared."
    )
    outside = models.PositiveIntegerField(default=0, help_text="Workers the pilot leaves out.")
    things = models.JSONField(
        default=dict, help_text="unit, job and location → the same counts, under the names of the columns."
    )
    by_field = models.JSONField(default=dict, help_text="Canonical field → differing records.")
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.system} reconciliation {self.pk}"

    def count(self, record: str, name: str) -> int:
        """Return one count of workers, units, jobs or locations; 0 where they were not compared."""
        found: int = getattr(self, name) if record == "worker" else self.things.get(record, {}).get(name, 0)
        return found

    def total(self, name: str) -> int:
        """Return one count of all kinds of records together."""
        return sum(self.count(record, name) for record in ("worker", *self.things))

    @property
    def differs(self) -> bool:
        """Whether anything of any kind is not the same on both sides."""
        return any(self.total(name) for name in ("differing", "only_in_source", "only_in_hub"))


class ReconciliationDifference(models.Model):
    """One record that differs."""

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="differences")
    record = models.CharField(max_length=10, default="worker", help_text="worker, unit, job or location.")
    kind = models.CharField(max_length=20, help_text="differs, only_in_source or only_in_hub.")
    key = models.CharField(max_length=200)
    fields = models.JSONField(default=dict, help_text="Canonical field → [source, hub].")

    class Meta:
        db_table = "connectors_reconciliation_difference"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.key


class ProvisioningGap(models.Model):
    """How long a hire took from the effective date to being known here to the first LMS account seen."""

    relationship = models.OneToOneField(
        "connectors.WorkRelationship", on_delete=models.PROTECT, related_name="provisioning"
    )
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="+")
    effective = models.DateTimeField()
    known = models.DateTimeField()
    account_seen = models.DateTimeField(null=True, blank=True)
    evidence = models.CharField(max_length=300, blank=True, help_text="What showed the account.")
    over = models.DateTimeField(null=True, blank=True, help_text="The end of the engagement.")
    alerted = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "connectors_provisioning_gap"
        indexes = [
            models.Index(fields=["store", "effective"], name="connectors_gap_effective"),
            models.Index(
                fields=["system", "effective"],
                name="connectors_gap_without",
                condition=models.Q(account_seen__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"hire {self.relationship_id}"


class SourceRhythm(models.Model):
    """How many statements a source usually posts in one hour of the week, learned from the past."""

    source_id = models.BigIntegerField()
    hour_of_week = models.PositiveSmallIntegerField(help_text="0 is Monday 00:00 UTC.")
    weeks = models.PositiveSmallIntegerField(help_text="Weeks learned from.")
    active_weeks = models.PositiveSmallIntegerField(help_text="Weeks with any statement in this hour.")
    median = models.FloatField()
    learned = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "connectors_source_rhythm"
        constraints = [
            models.UniqueConstraint(fields=["source_id", "hour_of_week"], name="connectors_rhythm_once")
        ]

    def __str__(self) -> str:
        return f"source {self.source_id}, hour {self.hour_of_week}"


class SourceHabit(models.Model):
    """How long a source may be quiet before it counts as silent, learned with its rhythm."""

    source_id = models.BigIntegerField(unique=True)
    weeks = models.PositiveSmallIntegerField(help_text="Weeks learned from.")
    usual_hours = models.FloatField(help_text="Hours of a week in which it usually posts.")
    patience = models.FloatField(help_text="Usual hours it may miss.")
    judged = models.BooleanField(default=False, help_text="Known well enough to be called silent.")
    learned = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "connectors_source_habit"

    def __str__(self) -> str:
        return f"source {self.source_id}"


class AlertKind(models.TextChoices):
    STALE = "stale", "Data is stale"
    FAILING = "failing", "Runs fail"
    ASKING = "asking", "A run waits for approval"
    DRIFT = "drift", "The source changed its shape"
    EXCEPTIONS = "exceptions", "Records are refused"
    RECONCILIATION = "reconciliation", "Source and hub differ"
    PROVISIONING = "provisioning", "A hire has no LMS account yet"
    SILENT = "silent", "An LMS has gone silent"
    CIRCUIT = "circuit", "A system is left alone for a while"
    PROOF = "proof", "The proof log deviates"
    SECURITY = "security", "Access may be misused"


class Alert(models.Model):
    """Something that needs somebody, once while it lasts."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    system = models.ForeignKey(
        "connectors.System", on_delete=models.PROTECT, null=True, blank=True, related_name="alerts"
    )
    source_id = models.BigIntegerField(null=True, blank=True)
    key = models.CharField(max_length=200, help_text="What it is about; one open alert for each.")
    text = models.TextField()
    detail = models.JSONField(default=dict, blank=True)
    raised = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    cleared = models.DateTimeField(null=True, blank=True)
    acknowledged = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-raised"]
        constraints = [
            models.UniqueConstraint(
                fields=["store", "kind", "key"],
                condition=models.Q(cleared__isnull=True),
                name="connectors_alert_once",
            )
        ]

    def __str__(self) -> str:
        return self.text


class AlertChannel(models.Model):
    """Where alerts go: e-mail addresses, or a webhook signed as Standard Webhooks says."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=[("email", "E-mail"), ("webhook", "Webhook")])
    target = models.CharField(max_length=500, help_text="Addresses, separated by commas; or a URL.")
    encrypted_secret = models.BinaryField(null=True, blank=True)
    kinds = models.JSONField(default=list, blank=True, help_text="Alert kinds; empty: all.")
    allow_private = models.BooleanField(
        default=False, help_text="Whether the URL may be in a private network."
    )
    active = models.BooleanField(default=True)
    stopped = models.CharField(max_length=300, blank=True, help_text="Why the hub turned it off.")

    class Meta:
        db_table = "connectors_alert_channel"
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class AlertDelivery(models.Model):
    """One alert to one channel, tried until it arrived or was given up."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(AlertChannel, on_delete=models.PROTECT, related_name="deliveries")
    event = models.CharField(max_length=10, help_text="raised or cleared.")
    webhook_id = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now)
    next_attempt = models.DateTimeField(default=timezone.now)
    delivered = models.DateTimeField(null=True, blank=True)
    given_up = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "connectors_alert_delivery"
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel", "event"], name="connectors_delivery_once")
        ]
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_attempt"],
                name="connectors_delivery_due",
                condition=models.Q(delivered__isnull=True, given_up__isnull=True),
            )
        ]
        verbose_name_plural = "alert deliveries"

    def __str__(self) -> str:
        return self.webhook_id
