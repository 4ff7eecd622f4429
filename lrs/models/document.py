"""Documents: activity state, activity profiles and agent profiles."""

from __future__ import annotations

from django.db import models

from lrs.models.tenancy import Store


class DocumentKind(models.IntegerChoices):
    STATE = 1, "Activity state"
    ACTIVITY_PROFILE = 2, "Activity profile"
    AGENT_PROFILE = 3, "Agent profile"


class Document(models.Model):
    """One document; `key` is the digest of everything that names it, `scope` of all that but its id.

    `scope` leaves out the registration too, so that the state of every registration is one range.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="documents")
    kind = models.SmallIntegerField(choices=DocumentKind.choices)
    key = models.UUIDField(unique=True)
    scope = models.UUIDField()
    document_id = models.TextField()
    activity_id = models.TextField(blank=True)
    agent = models.TextField(blank=True, help_text="The agent's identifier as compact JSON.")
    registration = models.UUIDField(null=True, blank=True)
    content = models.BinaryField()
    content_type = models.CharField(max_length=255)
    etag = models.CharField(max_length=40, help_text="Hexadecimal SHA-1 of the content (xAPI 1.0.3, 3.1).")
    updated = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["scope", "updated"], name="lrs_document_scope"),
            models.Index(fields=["store", "kind", "id"], name="lrs_document_list"),
        ]

    def __str__(self) -> str:
        return self.document_id
