"""The workforce context of each statement, beside it and never in it.

A `Context` is what was so of one person at some time, in the versions it was read from: many statements share
one. A `StatementContext` ties a statement's actor to it, in recording time: a later derivation closes the
earlier row and adds another.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Cast

from connectors.models.workforce import AssignmentStatus, WorkerType


class Context(models.Model):
    """What was so of a person, by the versions it stands on. Immutable; found by digest."""

    id = models.BigAutoField(primary_key=True)
    digest = models.UUIDField(unique=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey("connectors.Person", on_delete=models.PROTECT, related_name="+")
    person_version_id = models.BigIntegerField(null=True)
    relationship_version_id = models.BigIntegerField(null=True)
    assignment_version_id = models.BigIntegerField(null=True)
    unit_path_id = models.BigIntegerField(null=True)
    unit_version_id = models.BigIntegerField(null=True)
    job_version_id = models.BigIntegerField(null=True)
    location_version_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    path = ArrayField(models.BigIntegerField(), default=list)
    job_id = models.BigIntegerField(null=True)
    location_id = models.BigIntegerField(null=True)
    manager_id = models.BigIntegerField(null=True)
    worker_type = models.CharField(max_length=20, choices=WorkerType.choices, blank=True)
    status = models.CharField(max_length=20, choices=AssignmentStatus.choices, blank=True)
    hire_date = models.DateField(null=True)
    regulatory_classes = ArrayField(models.TextField(), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["unit_id"], name="connectors_context_unit"),
            models.Index(fields=["job_id"], name="connectors_context_job"),
            models.Index(fields=["location_id"], name="connectors_context_location"),
            models.Index(fields=["manager_id"], name="connectors_context_manager"),
            models.Index(fields=["store", "worker_type", "status"], name="connectors_context_standing"),
            GinIndex(fields=["path"], name="connectors_context_path", fastupdate=False),
            GinIndex(fields=["regulatory_classes"], name="connectors_context_regulated", fastupdate=False),
        ]


class WhyNot(models.IntegerChoices):
    """Why a statement has no (whole) context."""

    NONE = 0, "It has one"
    ACTOR_UNKNOWN = 1, "Nobody is known by this actor"
    ACTOR_AMBIGUOUS = 2, "Several people may be this actor"
    NOT_HELD_THEN = 3, "Nobody held this identifier at the time"
    NO_ASSIGNMENT_THEN = 4, "The person had no assignment at the time"
    NOT_A_PERSON = 5, "The actor is no person"
    ANONYMOUS_GROUP = 6, "A group without members the hub can tell"


class StatementContext(models.Model):
    """Under which context an actor of a statement learned, and since when the hub says so."""

    pk = models.CompositePrimaryKey("seq", "actor_id", "recorded_from")
    seq = models.BigIntegerField(help_text="The statement.")
    actor_id = models.BigIntegerField()
    recorded_from = models.DateTimeField()
    recorded_to = models.DateTimeField(null=True)
    store_id = models.IntegerField()
    source_id = models.IntegerField()
    moment = models.DateTimeField(help_text="The statement's timestamp.")
    context_id = models.BigIntegerField(null=True)
    link_id = models.BigIntegerField(null=True, help_text="The ActorLink used.")
    why_not = models.SmallIntegerField(choices=WhyNot.choices, default=WhyNot.NONE)
    #: By it an export goes on safely behind what it has seen (connectors.enrichment.log).
    xid = models.BigIntegerField(
        db_default=Cast(
            Cast(
                models.Func(function="pg_current_xact_id", output_field=models.TextField()),
                models.TextField(),
            ),
            models.BigIntegerField(),
        ),
        help_text="The transaction that derived it.",
    )

    class Meta:
        db_table = "connectors_statement_context"
        indexes = [
            models.Index(fields=["actor_id", "moment"], name="connectors_context_of_actor"),
            models.Index(
                fields=["context_id", "moment", "seq"],
                name="connectors_context_in_time",
                condition=models.Q(recorded_to__isnull=True),
            ),
            models.Index(
                fields=["store_id", "moment", "seq"],
                name="connectors_context_by_moment",
                condition=models.Q(recorded_to__isnull=True),
            ),
            models.Index(
                fields=["store_id", "xid", "seq"],
                name="connectors_context_log",
                condition=models.Q(recorded_to__isnull=True),
            ),
        ]


class CoverageDay(models.Model):
    """How many learners of statements that arrived on a day have a context, and why the others have none.

    Kept by triggers on StatementContext (migration 0007), so that no page ever counts statements.
    """

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    source_id = models.IntegerField()
    day = models.DateField(help_text="The day, in UTC, on which the statements were stored.")
    why_not = models.SmallIntegerField(choices=WhyNot.choices)
    learners = models.BigIntegerField(default=0)

    class Meta:
        db_table = "connectors_coverage_day"
        verbose_name = "coverage"
        verbose_name_plural = "coverage"
        constraints = [
            models.UniqueConstraint(
                fields=["store", "day", "source_id", "why_not"], name="connectors_coverage_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} source {self.source_id}"
