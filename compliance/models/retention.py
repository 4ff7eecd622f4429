"""How long records are kept, what stops their disposition, and what was disposed of.

Fields and constraints only. Schedules, events and holds are ended, never changed; items of a disposition are
frozen once made. The triggers stand in migration 0009.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class RecordClass(models.TextChoices):
    """What a schedule is about. Signatures and audit entries go with their record, never before it."""

    STATEMENT = "statement", "Training statement"
    COMPLETION = "completion", "Completion"
    TRAINING_RECORD = "training_record", "Training told by hand"
    HR = "hr", "HR record"


class Starts(models.TextChoices):
    """The event a period begins with."""

    TRAINING_DATE = "training_date", "Training date"
    COMPLETION = "completion", "Completion"
    SUPERSEDED = "superseded", "Superseded by a later completion"
    EMPLOYMENT_END = "employment_end", "End of employment"
    CALENDAR_YEAR_END = "calendar_year_end", "End of the calendar year"
    EVENT = "event", "An event told by hand"


class PeriodUnit(models.TextChoices):
    DAYS = "days", "Days"
    MONTHS = "months", "Months"
    YEARS = "years", "Years"


class Behaviour(models.TextChoices):
    """What happens when the period is over."""

    REVIEW = "review", "Disposition after a signed approval"
    DELETE = "delete", "Disposition without review"


class LegalBasis(models.TextChoices):
    """Why it is kept; only the first two stand against erasure (GDPR 17(3)(b) and (e))."""

    OBLIGATION = "obligation", "Legal obligation"
    CLAIMS = "claims", "Legal claims"
    POLICY = "policy", "Policy"


class RetentionSchedule(models.Model):
    """One version of a rule: records of a class are kept for a period from an event."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=100)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=300)
    record_class = models.CharField(max_length=20, choices=RecordClass.choices)
    course = models.ForeignKey(
        "compliance.Course",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Only records of this course; empty: of every course and of none.",
    )
    starts = models.CharField(max_length=20, choices=Starts.choices)
    event_name = models.CharField(max_length=100, blank=True, help_text="Of an event told by hand.")
    period = models.PositiveIntegerField(help_text="0: it may go the day after the event.")
    unit = models.CharField(max_length=10, choices=PeriodUnit.choices, default=PeriodUnit.YEARS)
    behaviour = models.CharField(max_length=10, choices=Behaviour.choices, default=Behaviour.REVIEW)
    legal_basis = models.CharField(max_length=20, choices=LegalBasis.choices)
    citation = models.CharField(max_length=300, help_text="Section of the law, or of the policy.")
    jurisdiction = models.CharField(max_length=50, blank=True)
    verified = models.BooleanField(default=False, help_text="Somebody compared it with the text of the law.")
    note = models.TextField(blank=True)
    effective_from = models.DateField(default=timezone.now)
    retired_on = models.DateField(null=True, blank=True, help_text="Counts no more from this day on.")
    created = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "compliance_retention_schedule"
        ordering = ["store", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["store", "code", "version"], name="compliance_schedule_once"),
            models.UniqueConstraint(
                fields=["store", "code"],
                condition=models.Q(retired_on__isnull=True),
                name="compliance_schedule_one_in_force",
            ),
            models.CheckConstraint(
                condition=~models.Q(starts="event") | ~models.Q(event_name=""),
                name="compliance_schedule_event_named",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} (version {self.version})"


class RetentionEvent(models.Model):
    """That something happened from which a period runs, as somebody told it."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    course = models.ForeignKey(
        "compliance.Course", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    occurred_on = models.DateField()
    note = models.TextField(blank=True)
    recorded = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "compliance_retention_event"
        indexes = [models.Index(fields=["store", "name"], name="compliance_event_named")]

    def __str__(self) -> str:
        return f"{self.name} {self.occurred_on}"


class LegalHold(models.Model):
    """That nothing within it may be disposed of; all it names must fit (person, unit, course, period)."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    matter = models.CharField(max_length=300)
    custodian = models.CharField(max_length=300, help_text="Who answers for what is held.")
    reason = models.TextField()
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit = models.ForeignKey(
        "connectors.OrganizationUnit",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="With all that stood below it: who was there on `as_of`, or when the record was made.",
    )
    as_of = models.DateField(default=timezone.now)
    course = models.ForeignKey(
        "compliance.Course", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    period_from = models.DateField(null=True, blank=True)
    period_to = models.DateField(null=True, blank=True, help_text="The last day.")
    restricted = models.BooleanField(
        default=False, help_text="Seen only by who placed it and who may see restricted holds."
    )
    placed = models.DateTimeField(default=timezone.now, editable=False)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_why = models.TextField(blank=True)

    class Meta:
        db_table = "compliance_legal_hold"
        ordering = ["-id"]
        permissions = [("view_restricted_hold", "Can see restricted legal holds")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=False)
                | models.Q(unit__isnull=False)
                | models.Q(course__isnull=False)
                | models.Q(period_from__isnull=False)
                | models.Q(period_to__isnull=False),
                name="compliance_hold_of_something",
            ),
        ]

    def __str__(self) -> str:
        return self.matter


class DispositionBasis(models.TextChoices):
    SCHEDULE = "schedule", "Retention ended"
    ERASURE = "erasure", "Erasure asked for by the person"


class DispositionState(models.TextChoices):
    PREVIEW = "preview", "Preview"
    REVIEW = "review", "Waits for approval"
    APPROVED = "approved", "Approved"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


class Disposition(models.Model):
    """A list of records to be disposed of, from preview to certificate."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    basis = models.CharField(max_length=10, choices=DispositionBasis.choices)
    title = models.CharField(max_length=300)
    as_of = models.DateField(help_text="What was due on this day.")
    state = models.CharField(
        max_length=10, choices=DispositionState.choices, default=DispositionState.PREVIEW
    )
    scope_sha256 = models.CharField(max_length=64, help_text="Over all items (compliance_scope_sha256).")
    records = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True, help_text="What the reviewer says of it.")
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"disposition {self.pk}"


class DispositionItem(models.Model):
    """One record of a disposition, as it was when the list was made."""

    id = models.BigAutoField(primary_key=True)
    disposition = models.ForeignKey(
        Disposition, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    record_class = models.CharField(max_length=20, choices=RecordClass.choices)
    key = models.BigIntegerField()
    due_on = models.DateField(null=True)
    sha256 = models.CharField(max_length=64, help_text="Of the record as it was.")
    chain = models.JSONField(default=list, help_text="Why it is due: rules, events, dates.")

    class Meta:
        db_table = "compliance_disposition_item"
        constraints = [
            models.UniqueConstraint(
                fields=["disposition", "record_class", "key"], name="compliance_disposition_item_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.record_class} {self.key}"


class DispositionOutcome(models.TextChoices):
    DESTROYED = "destroyed", "Destroyed"
    HELD = "held", "Kept: a legal hold covers it"
    NOT_DUE = "not_due", "Kept: it is not due any more"
    CHANGED = "changed", "Kept: it changed since the list was made"
    GONE = "gone", "Was gone already"


class DispositionResult(models.Model):
    """What became of an item, written in the transaction that destroyed it, by the database alone."""

    item = models.OneToOneField(
        DispositionItem, primary_key=True, on_delete=models.PROTECT, related_name="result"
    )
    outcome = models.CharField(max_length=10, choices=DispositionOutcome.choices)
    at = models.DateTimeField()
    holds = models.JSONField(default=list)

    class Meta:
        db_table = "compliance_disposition_result"

    def __str__(self) -> str:
        return self.outcome


class DispositionCertificate(models.Model):
    """That records were disposed of: by which rules, on whose word, which, when. Kept for ever."""

    disposition = models.OneToOneField(Disposition, on_delete=models.PROTECT, related_name="certificate")
    at = models.DateTimeField(default=timezone.now)
    content = models.JSONField(help_text="compliance.retention.certificate says what stands in it.")
    sha256 = models.CharField(max_length=64, help_text="Of the canonical content (RFC 8785).")

    class Meta:
        db_table = "compliance_disposition_certificate"

    def __str__(self) -> str:
        return f"certificate {self.pk}"


class RequestKind(models.TextChoices):
    ACCESS = "access", "Export of one's data"
    RESTRICTION = "restriction", "Restriction"
    ERASURE = "erasure", "Erasure"


class DataRequest(models.Model):
    """What a person asked for of their data, and what was answered (GDPR 12(3): within a month)."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("connectors.Person", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=RequestKind.choices)
    received_on = models.DateField()
    due_on = models.DateField()
    reference = models.CharField(max_length=200, blank=True, help_text="A ticket; no name.")
    recorded = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.CharField(max_length=10, blank=True, help_text="granted, partial or refused.")
    answer_detail = models.JSONField(default=dict, blank=True)
    answered = models.DateTimeField(null=True, blank=True)
    lifted = models.DateTimeField(null=True, blank=True, help_text="Since when a restriction counts no more.")
    disposition = models.ForeignKey(
        Disposition, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "compliance_data_request"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"data request {self.pk}"
