"""Who an xAPI actor is: actors, the people they are linked to, rules, and what awaits a look."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from connectors.models.bitemporal import Version, never_overlapping


class ActorKind(models.TextChoices):
    MBOX = "mbox", "E-mail address"
    MBOX_SHA1SUM = "mbox_sha1sum", "Hashed e-mail address"
    OPENID = "openid", "OpenID"
    ACCOUNT = "account", "Account"


class ActorState(models.TextChoices):
    RESOLVED = "resolved", "Resolved"
    AMBIGUOUS = "ambiguous", "Ambiguous"
    UNKNOWN = "unknown", "Unknown"
    IGNORED = "ignored", "Not a person"


class Actor(models.Model):
    """One identified agent as statements of a store name it."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.UUIDField(unique=True, help_text="As lrs.identity.digest makes it.")
    kind = models.CharField(max_length=12, choices=ActorKind.choices)
    value = models.CharField(max_length=1000, help_text="Address, hash, OpenID or account name.")
    home_page = models.CharField(max_length=1000, blank=True)
    forms = ArrayField(
        models.TextField(),
        default=list,
        help_text="Every text rules compare it by (connectors.identity.rules).",
    )
    name = models.CharField(max_length=300, blank=True, help_text="As a statement called it.")
    source_id = models.BigIntegerField(help_text="The source that named it first.")
    first_seen = models.DateTimeField(help_text="Timestamp of the first statement seen.")
    state = models.CharField(max_length=10, choices=ActorState.choices, default=ActorState.UNKNOWN)
    statements = models.PositiveBigIntegerField(default=0)
    last_seen = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["store", "state"], name="connectors_actor_state"),
            GinIndex(fields=["forms"], name="connectors_actor_forms"),
        ]

    def __str__(self) -> str:
        return f"{self.value} ({self.home_page})" if self.home_page else self.value


class IdentityRule(models.Model):
    """One way to tell who an actor is; rules are tried in order."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    order = models.PositiveSmallIntegerField(default=100)
    name = models.CharField(max_length=100)
    actor_kind = models.CharField(max_length=12, choices=ActorKind.choices)
    home_page = models.CharField(
        max_length=400, blank=True, help_text="For accounts: only of this home page; empty: of any."
    )
    source_id = models.BigIntegerField(null=True, blank=True, help_text="Only of this LMS; empty: of any.")
    identifier_type = models.CharField(max_length=20, help_text="Identifier type compared with.")
    issuer = models.CharField(max_length=400, blank=True, help_text="Only identifiers of this issuer.")
    same_issuer = models.BooleanField(
        default=False, help_text="Only identifiers whose issuer is the account's home page."
    )
    transform = models.JSONField(
        default=dict, blank=True, help_text="strip_prefix, strip_domain, pad_zeros, drop_leading_zeros."
    )
    confidence = models.FloatField(default=1.0)
    accept_from = models.FloatField(default=0.9, help_text="Below this confidence a link waits for review.")
    grace_days = models.PositiveSmallIntegerField(
        default=30,
        help_text="A sole holder also has statements this many days outside the identifier's period.",
    )
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "connectors_identity_rule"
        ordering = ["store", "order", "id"]
        constraints = [models.UniqueConstraint(fields=["store", "name"], name="connectors_rule_name")]

    def __str__(self) -> str:
        return self.name


class ActorLink(Version):
    """Who an actor is, for a period."""

    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="links")
    person = models.ForeignKey("connectors.Person", on_delete=models.PROTECT, related_name="links")
    rule = models.ForeignKey(
        IdentityRule, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    explicit = models.BooleanField(
        default=False, help_text="Made by a person or a file; rules never change it."
    )
    confidence = models.FloatField(default=1.0)
    evidence = models.TextField(default="{}", help_text="JSON: the identifiers it stands on.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "connectors_actor_link"
        constraints = [never_overlapping("connectors_actor_no_overlap", "actor")]


class ReviewState(models.TextChoices):
    OPEN = "open", "Open"
    LINKED = "linked", "Linked"
    IGNORED = "ignored", "Not a person"
    SETTLED = "settled", "Settled by new data"


class IdentityReview(models.Model):
    """An actor nobody could be told for, with the people it might be."""

    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="reviews")
    reason = models.CharField(max_length=30, help_text="unknown, ambiguous, low-confidence, conflict.")
    candidates = models.JSONField(
        default=list, help_text="Ranked: person, score, evidence; `guess` where no rule found it."
    )
    best = models.FloatField(default=0.0, help_text="Score of the first candidate.")
    ranked = models.DateTimeField(
        null=True, blank=True, help_text="When people were last compared with the actor."
    )
    before = models.JSONField(
        null=True, blank=True, help_text="Links made by hand before this was settled, to take that back."
    )
    state = models.CharField(max_length=10, choices=ReviewState.choices, default=ReviewState.OPEN)
    opened = models.DateTimeField(default=timezone.now)
    settled = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        db_table = "connectors_identity_review"
        ordering = ["-opened"]
        constraints = [
            models.UniqueConstraint(
                fields=["actor"], condition=models.Q(state="open"), name="connectors_review_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["-best", "id"], condition=models.Q(state="open"), name="connectors_review_queue"
            ),
            models.Index(
                fields=["ranked"], condition=models.Q(state="open"), name="connectors_review_ranked"
            ),
            models.Index(
                fields=["-settled"],
                condition=models.Q(settled__isnull=False),
                name="connectors_review_settled",
            ),
        ]


class IdentityRefresh(models.Model):
    """That actors are to be told anew because rules changed; a walk that goes on where it was."""

    store = models.ForeignKey("lrs.Store", on_delete=models.PROTECT, related_name="+")
    kinds = ArrayField(models.CharField(max_length=12), help_text="Kinds of actors the rules concern.")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested = models.DateTimeField(default=timezone.now)
    after = models.BigIntegerField(default=0, help_text="The last actor told.")
    actors = models.BigIntegerField(default=0, help_text="Actors told so far.")
    changed = models.BigIntegerField(default=0, help_text="For how many the answer changed.")
    finished = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "connectors_identity_refresh"
        ordering = ["-requested", "-id"]

    def __str__(self) -> str:
        return self.reason
