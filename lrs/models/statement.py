"""Statements and the narrow tables around them.

`seq` is the time of storing in microseconds since 2020 shifted left by twelve bits, plus a tie-breaker
(docs/decisions/0001): ordering by it is ordering by `stored`, and a span of time is a span of keys.
The tables are append-only by trigger (migration 0002), whoever asks.
"""

from __future__ import annotations

from django.db import models

from lrs.models.entity import Entity
from lrs.models.fields import Xid8Field
from lrs.models.tenancy import Credential, Source, Store


class Statement(models.Model):
    """An xAPI statement exactly as it is served."""

    seq = models.BigIntegerField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    statement_id = models.UUIDField()
    stored = models.DateTimeField()
    timestamp = models.DateTimeField()
    xid = Xid8Field(help_text="The transaction that stored it.")
    version = models.SmallIntegerField(help_text="1 for xAPI 1.0.x, 2 for 2.0.x.")
    flags = models.SmallIntegerField(help_text="Bits of lrs.ingest.batch.Flag.")
    fingerprint = models.UUIDField(help_text="Digest of the canonical immutable part.")
    payload = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "statement_id"], name="lrs_statement_id_in_store")
        ]
        indexes = [
            models.Index(fields=["store", "seq"], name="lrs_statement_in_store"),
            models.Index(fields=["xid", "seq"], name="lrs_statement_feed"),
        ]

    def __str__(self) -> str:
        return str(self.statement_id)


class StatementEntity(models.Model):
    """One row for each thing a statement points at, with a bitmap of positions (lrs.ingest.links.Role)."""

    pk = models.CompositePrimaryKey("entity_id", "seq")
    entity = models.ForeignKey(Entity, on_delete=models.DO_NOTHING, db_constraint=False)
    seq = models.BigIntegerField()
    roles = models.IntegerField()

    class Meta:
        managed = False
        db_table = "lrs_statement_entity"


class StatementReference(models.Model):
    """A statement whose object is a StatementRef: who refers to which statement id."""

    seq = models.BigIntegerField(primary_key=True, help_text="The referring statement.")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    target = models.UUIDField(help_text="The statement id referred to, stored or not yet.")

    class Meta:
        db_table = "lrs_statement_reference"
        indexes = [models.Index(fields=["store", "target"], name="lrs_reference_target")]


class VoidedStatement(models.Model):
    """A statement id named by a voiding statement; counts unless that statement is itself a voiding one."""

    seq = models.BigIntegerField(primary_key=True, help_text="The voiding statement.")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    statement_id = models.UUIDField()

    class Meta:
        db_table = "lrs_voided_statement"
        indexes = [models.Index(fields=["store", "statement_id"], name="lrs_voided_target")]


class Attachment(models.Model):
    """The content of an attachment, kept once for each store and SHA-256."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="attachments")
    sha256 = models.CharField(max_length=64, help_text="Lower-case hexadecimal SHA-256 of the content.")
    size = models.BigIntegerField()
    content_type = models.CharField(max_length=255)
    stored = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "sha256"], name="lrs_attachment_once_in_store")
        ]

    def __str__(self) -> str:
        return self.sha256


class StatementAttachment(models.Model):
    """Which attachment content a statement carries."""

    pk = models.CompositePrimaryKey("seq", "attachment_id")
    seq = models.BigIntegerField()
    attachment = models.ForeignKey(Attachment, on_delete=models.PROTECT, related_name="uses")
    sha2 = models.CharField(max_length=128, help_text="SHA-2 by which the statement names the content.")

    class Meta:
        db_table = "lrs_statement_attachment"


class SignatureFinding(models.Model):
    """What verifying a signed statement's JWS found (xAPI 1.0.3, Data 2.6)."""

    seq = models.BigIntegerField(primary_key=True)
    verified = models.BooleanField(help_text="The signature was checked against a key and holds.")
    algorithm = models.CharField(max_length=20)
    finding = models.JSONField(help_text="Key, certificate chain and what was compared.")
    checked = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "lrs_signature_finding"
