"""The dictionary of everything statements point at, and what is known of activities and agents.

An entity is a small key for an identifier of one store. Its digest (16 bytes over store, kind and the
normalised identifier) is what the ingest path looks up; see `lrs.identity`.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class EntityKind(models.IntegerChoices):
    AGENT = 1, "Agent or identified group"
    ACTIVITY = 2, "Activity"
    VERB = 3, "Verb"
    REGISTRATION = 4, "Registration"


class Entity(models.Model):
    """An identifier of one store: agent, activity, verb or registration."""

    id = models.BigAutoField(primary_key=True)
    store_id = models.IntegerField()
    kind = models.SmallIntegerField(choices=EntityKind.choices)
    digest = models.UUIDField(unique=True)
    identifier = models.TextField(
        help_text="IRI, registration, or the agent's identifier as compact JSON with one key."
    )
    first_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "entities"
        indexes = [models.Index(fields=["store_id", "kind", "id"], name="lrs_entity_by_kind")]

    def __str__(self) -> str:
        return self.identifier


class ActivityDefinition(models.Model):
    """The canonical definition of an activity, merged from the statements that carried one."""

    entity = models.OneToOneField(
        Entity, primary_key=True, on_delete=models.CASCADE, related_name="definition"
    )
    definition = models.TextField(help_text="JSON of the xAPI Activity Definition.")
    digest = models.UUIDField(help_text="16 bytes of BLAKE2b of that text.")
    name = models.TextField(blank=True, help_text="One name, for lists and search.")
    updated = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "lrs_activity_definition"

    def __str__(self) -> str:
        return self.name or str(self.entity_id)


class AgentName(models.Model):
    """A name under which an agent has been seen; several make the Person object's list."""

    # Its index is that of the constraint below.
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="names", db_index=False)
    name = models.TextField()
    first_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "lrs_agent_name"
        constraints = [models.UniqueConstraint(fields=["entity", "name"], name="lrs_agent_name_once")]

    def __str__(self) -> str:
        return self.name
