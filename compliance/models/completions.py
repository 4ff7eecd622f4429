"""Who completed what, when, and on which statements it stands.

A completion is never edited: what changes it (a voided statement, a correction, a merge of people) closes
`recorded` of the row and adds another where there is something left to say. So what was known at any moment
can be told.
"""

from __future__ import annotations

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models.functions import Cast

from compliance.models.catalogue import CourseKind


class Completion(models.Model):
    """That a person completed a course, as the hub knew it for a period."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    course = models.ForeignKey("compliance.Course", on_delete=models.PROTECT, related_name="completions")
    version = models.ForeignKey(
        "compliance.CourseVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=20, choices=CourseKind.choices, default=CourseKind.ONLINE)
    completed_at = models.DateTimeField(help_text="Business time: when it was completed.")
    passed = models.BooleanField(null=True, help_text="Whether it was passed, where anything was said of it.")
    score = models.FloatField(null=True, help_text="The scaled score, -1 to 1.")
    credit_hours = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    recorded = DateTimeRangeField(help_text="When the hub knew it so; open while it is what is known.")
    withdrawn_why = models.TextField(blank=True, help_text="Why it ended, where it did.")
    rule_version = models.ForeignKey(
        "compliance.CompletionRuleVersion",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The rule that said so.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["person", "course", "completed_at"], name="compliance_completion_of"),
            models.Index(fields=["store", "id"], name="compliance_completion_list"),
        ]

    def __str__(self) -> str:
        return f"completion {self.pk}"


class CompletionEvidence(models.Model):
    """A statement a completion stands on."""

    completion = models.ForeignKey(
        Completion, on_delete=models.PROTECT, related_name="evidence", db_index=False
    )
    #: `seq` of the statement in the record store.
    seq = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "compliance_completion_evidence"
        constraints = [models.UniqueConstraint(fields=["completion", "seq"], name="compliance_evidence_once")]

    def __str__(self) -> str:
        return str(self.seq)


def this_transaction() -> Cast:
    """Return the id of the transaction that writes a row, as bigint."""
    text = Cast(
        models.Func(function="pg_current_xact_id", output_field=models.TextField()), models.TextField()
    )
    return Cast(text, models.BigIntegerField())


class CompletionChange(models.Model):
    """That other completions are known of a person and a course; what status follows."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        "connectors.Person", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    course = models.ForeignKey(
        "compliance.Course", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    recorded = models.DateTimeField()
    #: By it followers go on safely behind what they have seen (compliance.completions.changes).
    xid = models.BigIntegerField(db_default=this_transaction())

    class Meta:
        db_table = "compliance_completion_change"
        indexes = [models.Index(fields=["xid", "id"], name="compliance_completion_log")]

    def __str__(self) -> str:
        return f"person {self.person_id}, course {self.course_id}"


class Outcome(models.Model):
    """What a statement says of how somebody fared at an activity; what completions are derived from.

    Derived from statements, and from identities who the somebody is: it can be made again at any time.
    """

    pk = models.CompositePrimaryKey("seq", "actor")
    seq = models.BigIntegerField()
    actor = models.UUIDField(help_text="Digest of the actor (connectors.Actor).")
    store_id = models.IntegerField()
    source_id = models.IntegerField()
    statement_id = models.UUIDField()
    moment = models.DateTimeField(help_text="The statement's timestamp.")
    verb = models.TextField()
    activity = models.UUIDField(help_text="As CourseActivity.digest.")
    registration = models.UUIDField(null=True)
    said = models.TextField(help_text="JSON: what rules look at (compliance.completions.facts).")
    person_id = models.BigIntegerField(null=True, help_text="Who it was, as known now.")

    class Meta:
        db_table = "compliance_outcome"
        indexes = [
            models.Index(fields=["activity", "person_id"], name="compliance_outcome_at"),
            models.Index(fields=["actor", "moment"], name="compliance_outcome_of"),
        ]


class Rework(models.Model):
    """That completions are to be derived again because courses or rules changed; a walk that goes on.

    Of one course, or of the statements of one verb that became relevant.
    """

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    course_id = models.BigIntegerField(null=True)
    #: Only of people with an outcome at this activity.
    activity = models.UUIDField(null=True)
    verb = models.TextField(db_default="")
    why = models.CharField(max_length=300)
    requested = models.DateTimeField(db_default=models.functions.Now())
    after = models.BigIntegerField(db_default=0, help_text="The last person, or statement, done.")
    derived = models.BigIntegerField(db_default=0, help_text="People, or statements, done so far.")
    finished = models.DateTimeField(null=True)

    class Meta:
        db_table = "compliance_rework"
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(finished__isnull=True), name="compliance_rework_open"
            )
        ]

    def __str__(self) -> str:
        return self.why


class IdentityCursor(models.Model):
    """How far the derivations of a store's workforce contexts have been followed."""

    store = models.OneToOneField(
        "lrs.Store", on_delete=models.PROTECT, primary_key=True, related_name="+", db_index=False
    )
    xid = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)

    class Meta:
        db_table = "compliance_identity_cursor"

    def __str__(self) -> str:
        return f"{self.xid}.{self.seq}"
