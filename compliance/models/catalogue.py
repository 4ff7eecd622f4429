"""What can be learned, across learning management systems: courses, their versions, and the IRIs by which
statements name them.
"""

from __future__ import annotations

from django.db import models
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

    class Meta:
        db_table = "compliance_course_activity"
        verbose_name_plural = "course activities"
        constraints = [models.UniqueConstraint(fields=["store", "iri"], name="compliance_course_iri_once")]

    def __str__(self) -> str:
        return self.iri
