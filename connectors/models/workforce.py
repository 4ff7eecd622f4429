"""Who works where, as what, for whom: the workforce record in the terms of HR Open.

A subject (person, unit, job, location, relationship, assignment) is a bare row with a key; everything said of
it stands in the version table beside it, in both times (connectors.models.bitemporal). Written by
`connectors.workforce.record` alone, read by `connectors.workforce.as_of`.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from connectors.models.bitemporal import Version, never_overlapping


class WorkerType(models.TextChoices):
    EMPLOYEE = "employee", "Employee"
    CONTRACTOR = "contractor", "Contractor"
    PARTNER = "partner", "Partner"


class AssignmentStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    LEAVE = "leave", "On leave"
    SUSPENDED = "suspended", "Suspended"
    RETIRED = "retired", "Retired"
    PENDING = "pending", "Not started"
    TERMINATED = "terminated", "Terminated"


class HireKind(models.TextChoices):
    HIRE = "hire", "Hire"
    REHIRE = "rehire", "Rehire"
    CONVERSION = "conversion", "Conversion from another worker type"


class IdentifierType(models.TextChoices):
    """What kind of name a person goes by; `issuer` says under whose authority it is unique."""

    EMPLOYEE_NUMBER = "employee_number", "Employee number"
    EMAIL = "email", "E-mail address"
    USER_NAME = "user_name", "User name"
    SUBJECT = "subject", "Identity-provider subject"
    OPENID = "openid", "OpenID"
    ACCOUNT = "account", "Account in a system"
    OTHER = "other", "Other"


class Person(models.Model):
    """A human being, known by one or more systems."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField(default=timezone.now, editable=False)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        help_text="The person this one turned out to be; never itself merged into another.",
    )

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return f"person {self.pk}"


class PersonKey(models.Model):
    """By which key a system names a person."""

    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="keys")

    class Meta:
        db_table = "connectors_person_key"
        constraints = [models.UniqueConstraint(fields=["system", "key"], name="connectors_person_key_once")]

    def __str__(self) -> str:
        return self.key


class PersonVersion(Version):
    """What one system says a person is called."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="versions")
    formatted_name = models.CharField(max_length=300)
    given_name = models.CharField(max_length=150, blank=True)
    family_name = models.CharField(max_length=150, blank=True)
    preferred_name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=35, blank=True)

    class Meta:
        db_table = "connectors_person_version"
        constraints = [never_overlapping("connectors_person_no_overlap", "person", "system")]
        indexes = [
            models.Index(
                OpClass(Lower("formatted_name"), name="text_pattern_ops"), name="connectors_person_formatted"
            ),
            models.Index(
                OpClass(Lower("family_name"), name="text_pattern_ops"), name="connectors_person_family"
            ),
            # What people are called, as it is searched and compared: in lower case, as known now.
            GinIndex(
                OpClass(Lower("formatted_name"), name="gin_trgm_ops"),
                name="connectors_person_alike",
                condition=models.Q(recorded__upper_inf=True),
            ),
        ]

    def __str__(self) -> str:
        return self.formatted_name


class Identifier(Version):
    """A name by which a person is known somewhere, for a period: addresses and accounts are reused."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="identifiers")
    type = models.CharField(max_length=20, choices=IdentifierType.choices)
    issuer = models.CharField(max_length=400, blank=True, help_text="For an account, its home page.")
    value = models.CharField(max_length=400, help_text="As the source wrote it.")
    normal = models.CharField(max_length=400, help_text="As it is compared (connectors.identity.normal).")
    mbox_sha1 = models.CharField(
        max_length=40, blank=True, help_text="For an e-mail address, SHA-1 of its mailto: IRI in lower case."
    )
    mbox_sha1_written = models.CharField(
        max_length=40, blank=True, help_text="The same as the address was written, where that differs."
    )
    primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            never_overlapping(
                "connectors_identifier_no_overlap", "person", "system", "type", "issuer", "normal"
            )
        ]
        indexes = [
            models.Index(fields=["normal", "type"], name="connectors_identifier_normal"),
            models.Index(
                fields=["mbox_sha1"], name="connectors_identifier_sha1", condition=~models.Q(mbox_sha1="")
            ),
            models.Index(
                fields=["mbox_sha1_written"],
                name="connectors_identifier_written",
                condition=~models.Q(mbox_sha1_written=""),
            ),
            models.Index(
                OpClass("normal", name="text_pattern_ops"),
                name="connectors_identifier_prefix",
                condition=models.Q(recorded__upper_inf=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.value}"


class Keyed(models.Model):
    """A subject several systems may share, under a namespace of keys."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    namespace = models.CharField(max_length=100, help_text="Systems with the same namespace share keys.")
    key = models.CharField(max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


class OrganizationUnit(Keyed):
    """A department, division, company or cost center."""

    class Meta:
        db_table = "connectors_organization_unit"
        constraints = [
            models.UniqueConstraint(fields=["store", "namespace", "key"], name="connectors_unit_once")
        ]


class OrganizationUnitVersion(Version):
    unit = models.ForeignKey(OrganizationUnit, on_delete=models.PROTECT, related_name="versions")
    kind = models.CharField(max_length=30, blank=True, help_text="department, division, company, …")
    code = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=300)
    parent = models.ForeignKey(
        OrganizationUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "connectors_organization_unit_version"
        constraints = [never_overlapping("connectors_unit_no_overlap", "unit")]

    def __str__(self) -> str:
        return self.name


class UnitPath(Version):
    """The way from the root to a unit, derived from the parents (connectors.workforce.tree)."""

    unit = models.ForeignKey(OrganizationUnit, on_delete=models.PROTECT, related_name="paths")
    path = ArrayField(models.BigIntegerField(), help_text="Ids of the units from the root to this one.")

    class Meta:
        db_table = "connectors_unit_path"
        constraints = [never_overlapping("connectors_unit_path_no_overlap", "unit")]


class Job(Keyed):
    """A job or job profile."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "namespace", "key"], name="connectors_job_once")
        ]


class JobVersion(Version):
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="versions")
    title = models.CharField(max_length=300)
    family = models.CharField(max_length=200, blank=True)
    regulatory_classes = ArrayField(models.TextField(), default=list, blank=True)

    class Meta:
        db_table = "connectors_job_version"
        constraints = [never_overlapping("connectors_job_no_overlap", "job")]

    def __str__(self) -> str:
        return self.title


class Location(Keyed):
    """A site people work at."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "namespace", "key"], name="connectors_location_once")
        ]


class LocationVersion(Version):
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="versions")
    name = models.CharField(max_length=300)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2.")
    region = models.CharField(max_length=100, blank=True)
    city = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "connectors_location_version"
        constraints = [never_overlapping("connectors_location_no_overlap", "location")]

    def __str__(self) -> str:
        return self.name


class WorkRelationship(models.Model):
    """One employment or engagement: from a hire to its end. A rehire is another."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="relationships")
    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "connectors_work_relationship"
        constraints = [
            models.UniqueConstraint(fields=["person", "system", "key"], name="connectors_relationship_once")
        ]

    def __str__(self) -> str:
        return self.key


class WorkRelationshipVersion(Version):
    """Terms of an engagement; `valid` runs from the first day to the end of the last."""

    relationship = models.ForeignKey(WorkRelationship, on_delete=models.PROTECT, related_name="versions")
    worker_type = models.CharField(max_length=20, choices=WorkerType.choices)
    hire_kind = models.CharField(max_length=20, choices=HireKind.choices, default=HireKind.HIRE)
    hire_date = models.DateField()
    original_hire_date = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=100, blank=True)
    legal_employer = models.CharField(max_length=300, blank=True)
    sponsor = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who answers for a contractor or partner.",
    )

    class Meta:
        db_table = "connectors_work_relationship_version"
        constraints = [never_overlapping("connectors_relationship_no_overlap", "relationship")]


class WorkAssignment(models.Model):
    """A position within a relationship; several may run at once, one of them primary."""

    relationship = models.ForeignKey(WorkRelationship, on_delete=models.PROTECT, related_name="assignments")
    key = models.CharField(max_length=200)

    class Meta:
        db_table = "connectors_work_assignment"
        constraints = [
            models.UniqueConstraint(fields=["relationship", "key"], name="connectors_assignment_once")
        ]

    def __str__(self) -> str:
        return self.key


class WorkAssignmentVersion(Version):
    """What an assignment was: job, unit, location, manager, status."""

    assignment = models.ForeignKey(WorkAssignment, on_delete=models.PROTECT, related_name="versions")
    relationship = models.ForeignKey(
        WorkRelationship, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assignment_versions")
    worker_type = models.CharField(max_length=20, choices=WorkerType.choices)
    status = models.CharField(
        max_length=20, choices=AssignmentStatus.choices, default=AssignmentStatus.ACTIVE
    )
    primary = models.BooleanField(default=True)
    title = models.CharField(max_length=300, blank=True)
    job = models.ForeignKey(
        Job, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    unit = models.ForeignKey(
        OrganizationUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    location = models.ForeignKey(
        Location, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    manager = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.CharField(max_length=100, blank=True)
    full_time_equivalent = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    regulatory_classes = ArrayField(models.TextField(), default=list, blank=True)

    class Meta:
        db_table = "connectors_work_assignment_version"
        constraints = [
            never_overlapping("connectors_assignment_no_overlap", "assignment"),
            never_overlapping(
                "connectors_assignment_one_primary", "relationship", condition=models.Q(primary=True)
            ),
        ]


class PersonMerge(models.Model):
    """That two people are one; undone by closing `recorded`, never by deleting."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    into = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    recorded_from = models.DateTimeField(default=timezone.now)
    recorded_to = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: The merge in whose wake this one was redirected, so that undoing that one restores this.
    because_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        db_table = "connectors_person_merge"
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(recorded_to__isnull=True),
                name="connectors_person_merged_once",
            )
        ]


class ChangeSubject(models.IntegerChoices):
    PERSON = 1, "Person"
    UNIT = 2, "Organization unit"
    JOB = 3, "Job"
    LOCATION = 4, "Location"
    IDENTIFIER = 5, "Identifier of a person"
    ACTOR = 6, "Actor"


class WorkforceChange(models.Model):
    """For which period something known about a subject changed; derivations follow it."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.SmallIntegerField(choices=ChangeSubject.choices)
    subject_id = models.BigIntegerField(help_text="Person, unit, job, location or actor; by `subject`.")
    touched = DateTimeRangeField(help_text="The business time for which another answer is given now.")
    recorded = models.DateTimeField(help_text="When the hub learned it.")
    xid = models.BigIntegerField(help_text="The transaction that wrote it (pg_current_xact_id).")

    class Meta:
        db_table = "connectors_workforce_change"
        indexes = [
            models.Index(fields=["xid", "id"], name="connectors_change_order"),
            models.Index(fields=["subject", "subject_id", "recorded"], name="connectors_change_subject"),
        ]


class ChangeCursor(models.Model):
    """How far a consumer of changes has come."""

    name = models.CharField(max_length=100, primary_key=True)
    xid = models.BigIntegerField(default=0)
    change = models.BigIntegerField(default=0)
    handled = models.BigIntegerField(default=0)
    moved = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=1000, blank=True)

    class Meta:
        db_table = "connectors_change_cursor"

    def __str__(self) -> str:
        return self.name
