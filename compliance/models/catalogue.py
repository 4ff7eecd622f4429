"""What can be learned, across learning management systems: courses, their versions, and the IRIs by which
statements name them.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone


class CourseKind(models.TextChoices):
    """How a course is taken."""

    ONLINE = "online", "Online"
    INSTRUCTOR_LED = "instructor_led", "Instructor-led"
    PRACTICAL = "practical", "Practical, on the job"
    READ = "read", "Read and understood"
    EXTERNAL = "external", "External"


class Course(models.Model):
    """One thing to be trained in, whatever it is called in each system."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=100, help_text="Unique in its store; by it everybody speaks of it.")
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=CourseKind.choices, default=CourseKind.ONLINE)
    credit_hours = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    retired_on = models.DateField(null=True, blank=True)
    same_within_hours = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Reports of one version within so many hours are one completion; empty: the hub's default.",
    )
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="compliance_course_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class CourseVersion(models.Model):
    """A version of a course or of the procedure it teaches, in force from a day."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="versions", db_index=False)
    label = models.CharField(max_length=100)
    effective_on = models.DateField()
    #: Whether who completed an earlier version has to train again; what the impact assessment said.
    retraining = models.BooleanField(default=False)
    change_note = models.TextField(blank=True)
    credit_hours = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Empty: those of the course."
    )
    recorded_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When it became known."
    )

    class Meta:
        db_table = "compliance_course_version"
        constraints = [
            models.UniqueConstraint(fields=["course", "label"], name="compliance_course_version_once")
        ]

    def __str__(self) -> str:
        return self.label


class CourseActivity(models.Model):
    """That an activity of some system is a course, or a version of one."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="activities")
    version = models.ForeignKey(
        CourseVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="activities"
    )
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    #: Not longer than an index entry may be.
    iri = models.CharField(max_length=2000)
    #: By it statements are matched (compliance.completions.outcomes); kept by the database.
    digest = models.GeneratedField(
        expression=Cast(models.Func("iri", function="md5"), models.UUIDField()),
        output_field=models.UUIDField(),
        db_persist=True,
    )

    class Meta:
        db_table = "compliance_course_activity"
        verbose_name_plural = "course activities"
        constraints = [models.UniqueConstraint(fields=["store", "iri"], name="compliance_course_iri_once")]
        indexes = [models.Index(fields=["digest", "store"], name="compliance_course_digest")]

    def __str__(self) -> str:
        return self.iri


class CourseEquivalence(models.Model):
    """That having completed one course counts as having completed another, for a period, as approved.

    It counts for completions within the period. Ending one closes `recorded_to`; nothing is overwritten.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="counts_as_others")
    counts_as = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="met_by_others")
    mutual = models.BooleanField(default=False, help_text="The other way round as well.")
    valid_from = models.DateField(null=True, blank=True, help_text="First day; empty: always.")
    valid_to = models.DateField(null=True, blank=True, help_text="Last day; empty: until it is ended.")
    reason = models.TextField(help_text="Why the two are held to be equal.")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Who approved, as printed; for approvals given through the API, the credential's name.
    approved_as = models.CharField(max_length=300)
    recorded_from = models.DateTimeField(default=timezone.now)
    recorded_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "compliance_course_equivalence"
        constraints = [
            models.UniqueConstraint(
                fields=["course", "counts_as"],
                condition=models.Q(recorded_to__isnull=True),
                name="compliance_equivalence_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(course=models.F("counts_as")), name="compliance_equivalence_of_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} counts as {self.counts_as_id}"


class EquivalenceProposal(models.Model):
    """That a course should count as another, as somebody proposes it: it counts once it is signed."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    counts_as = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="+")
    mutual = models.BooleanField(default=False, help_text="The other way round as well.")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    reason = models.TextField(help_text="Why the two are held to be equal.")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    #: What came of it, and the position of the signature under which it did.
    equivalence = models.OneToOneField(
        CourseEquivalence, on_delete=models.PROTECT, null=True, blank=True, related_name="proposal"
    )
    signature_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "compliance_equivalence_proposal"

    def __str__(self) -> str:
        return f"proposal {self.pk}: {self.course_id} counts as {self.counts_as_id}"


class SeenActivity(models.Model):
    """An activity statements report results of, and how often; kept by the consumer of completions."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.UUIDField(help_text="As CourseActivity has it.")
    iri = models.TextField()
    activity_type = models.TextField(blank=True)
    outcomes = models.BigIntegerField(default=0, help_text="Statements that could make a completion.")
    last_seen = models.DateTimeField()
    set_aside = models.BooleanField(default=False, help_text="It is not a course; do not offer it.")

    class Meta:
        db_table = "compliance_seen_activity"
        verbose_name_plural = "seen activities"
        constraints = [models.UniqueConstraint(fields=["store", "digest"], name="compliance_seen_once")]
        indexes = [models.Index(fields=["store", "-outcomes", "id"], name="compliance_seen_by_use")]

    def __str__(self) -> str:
        return self.iri
