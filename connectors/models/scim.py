"""What identity providers write over SCIM, and the tokens they write it with."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class ScimKind(models.TextChoices):
    USER = "User", "User"
    GROUP = "Group", "Group"


class ScimResource(models.Model):
    """A user or group as an identity provider wrote it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The id of the resource.")
    system = models.ForeignKey("connectors.System", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=ScimKind.choices)
    external_id = models.CharField(max_length=400, null=True, blank=True)
    name = models.CharField(max_length=400, help_text="userName or displayName as comparisons see it.")
    resource = models.TextField(
        help_text="JSON, without what the hub adds: id, meta, groups and its own keys."
    )
    version = models.PositiveIntegerField(default=1)
    created = models.DateTimeField(default=timezone.now)
    last_modified = models.DateTimeField(default=timezone.now)
    members = ArrayField(
        models.UUIDField(), default=list, blank=True, help_text="Of a group: the ids of its members."
    )
    worker_key = models.CharField(
        max_length=200, blank=True, help_text="Of a user: the key the workforce record knows the person by."
    )
    engagement = models.PositiveIntegerField(
        default=0, help_text="Of a user: which engagement this is; 0 before the first."
    )
    engaged_since = models.DateTimeField(null=True, blank=True, help_text="When the account became active.")
    ended_before = models.DateTimeField(
        null=True, blank=True, help_text="When the engagement before this one ended."
    )

    class Meta:
        db_table = "connectors_scim_resource"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["system", "kind", "id"], name="connectors_scim_listed"),
            models.Index(fields=["system", "kind", "last_modified"], name="connectors_scim_modified"),
            models.Index(fields=["system", "kind", "name"], name="connectors_scim_name"),
            GinIndex(fields=["members"], name="connectors_scim_members"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "kind", "external_id"],
                condition=models.Q(external_id__isnull=False),
                name="connectors_scim_external_once",
            ),
            models.UniqueConstraint(
                fields=["system", "name"], condition=models.Q(kind="User"), name="connectors_scim_user_once"
            ),
            models.UniqueConstraint(
                fields=["system", "worker_key"],
                condition=models.Q(kind="User"),
                name="connectors_scim_worker_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"


class ScimToken(models.Model):
    """A bearer token of one connection; the secret part is kept as a keyed hash only."""

    system = models.ForeignKey("connectors.System", on_delete=models.CASCADE, related_name="scim_tokens")
    key = models.CharField(max_length=40, unique=True)
    keyed_hash = models.BinaryField()
    created = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "connectors_scim_token"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.key
