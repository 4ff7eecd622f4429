"""The tables of the proof log. Fields and constraints only; what is append-only is so by trigger (0003).

Nothing personal stands here but in `LogSalt`, whose rows go when a record is erased: what is left then
commits to something nobody can tell any more, and every proof stays valid.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class LogHead(models.Model):
    """The tree as it is now. One row; moved by compare-and-swap."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    origin = models.CharField(max_length=255, help_text="Name of the log, chosen once.")
    size = models.BigIntegerField(default=0)
    root = models.BinaryField()
    moved = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "compliance_log_head"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="compliance_log_head_once"),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"


class LogSource(models.Model):
    """How far a source of records has been logged, moved in the transaction that adds the leaves."""

    number = models.SmallIntegerField(primary_key=True)
    kind = models.CharField(max_length=40, unique=True)
    xid = models.BigIntegerField(default=0)
    key = models.BigIntegerField(default=0)

    class Meta:
        db_table = "compliance_log_source"

    def __str__(self) -> str:
        return self.kind


class LogEntry(models.Model):
    """A leaf: which record of which source it is for, and what of it is in the log."""

    index = models.BigIntegerField(primary_key=True)
    source = models.SmallIntegerField()
    key = models.BigIntegerField(help_text="Key of the record in its source; of a statement, its seq.")
    opaque = models.UUIDField(help_text="Random name of the entry in the log.")
    commitment = models.BinaryField(help_text="SHA-256 of salt and record.")

    class Meta:
        db_table = "compliance_log_entry"
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="compliance_log_entry_once"),
        ]

    def __str__(self) -> str:
        return str(self.index)


class LogSalt(models.Model):
    """The salt of a leaf, and what names its record; both go when the record is erased."""

    index = models.BigIntegerField(primary_key=True)
    salt = models.BinaryField()
    name = models.TextField()

    class Meta:
        db_table = "compliance_log_salt"

    def __str__(self) -> str:
        return str(self.index)


class LogTile(models.Model):
    """The hashes of a tile as far as it is filled (C2SP tlog-tiles)."""

    pk = models.CompositePrimaryKey("level", "number")
    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        db_table = "compliance_log_tile"

    def __str__(self) -> str:
        return f"{self.level}/{self.number}"


class LogKey(models.Model):
    """A key that signs checkpoints, or signed earlier ones."""

    name = models.CharField(max_length=255)
    key_id = models.CharField(max_length=8, help_text="Hexadecimal.")
    public = models.BinaryField()
    encrypted_seed = models.BinaryField(
        null=True, help_text="Kept as secrets of connections are; none where it is in a file, or retired."
    )
    made = models.DateTimeField(default=timezone.now)
    retired = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "compliance_log_key"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["name", "public"], name="compliance_log_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id}"


class LogCheckpoint(models.Model):
    """A checkpoint that was signed and published."""

    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField(help_text="The note with the signatures of the log.")
    signed = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "compliance_log_checkpoint"
        ordering = ["id"]
        indexes = [models.Index(fields=["size"], name="compliance_checkpoint_size")]

    def __str__(self) -> str:
        return str(self.size)


class LogCosignature(models.Model):
    """That a witness saw a checkpoint, and when."""

    checkpoint = models.ForeignKey(LogCheckpoint, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=255)
    line = models.TextField()
    moment = models.DateTimeField()

    class Meta:
        db_table = "compliance_log_cosignature"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="compliance_cosignature_once"),
        ]

    def __str__(self) -> str:
        return f"{self.witness} {self.checkpoint_id}"


class LogTimestamp(models.Model):
    """That a checkpoint existed at a time (RFC 3161)."""

    checkpoint = models.OneToOneField(LogCheckpoint, on_delete=models.PROTECT, related_name="timestamp")
    authority = models.CharField(max_length=500, help_text="The address that was asked.")
    response = models.BinaryField(help_text="The DER of the TimeStampResp.")
    moment = models.DateTimeField()

    class Meta:
        db_table = "compliance_log_timestamp"

    def __str__(self) -> str:
        return f"{self.authority} {self.checkpoint_id}"


class LogDisposal(models.Model):
    """That salts were forgotten, why and on whose word; itself a record of the log."""

    at = models.DateTimeField()
    why = models.TextField()
    reference = models.CharField(max_length=200, help_text="Certificate, request or ticket it rests on.")
    by = models.CharField(max_length=200)
    count = models.BigIntegerField()
    digest = models.BinaryField(help_text="SHA-256 over the indexes, ascending, 8 bytes each.")
    xid = models.BigIntegerField()

    class Meta:
        db_table = "compliance_log_disposal"
        indexes = [models.Index(fields=["xid", "id"], name="compliance_disposal_feed")]

    def __str__(self) -> str:
        return self.reference


class LogDisposed(models.Model):
    """A leaf whose salt was forgotten."""

    index = models.BigIntegerField(primary_key=True)
    disposal = models.ForeignKey(LogDisposal, on_delete=models.PROTECT, related_name="disposed")

    class Meta:
        db_table = "compliance_log_disposed"

    def __str__(self) -> str:
        return str(self.index)


class LogCheck(models.Model):
    """One run of the self-check and what it found."""

    began = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)
    size = models.BigIntegerField(default=0)
    records = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)
    erased = models.BigIntegerField(default=0)
    deviations = models.BigIntegerField(default=0)
    found = models.JSONField(default=list, help_text="The first deviations, named and located.")
    error = models.TextField(blank=True)

    class Meta:
        db_table = "compliance_log_check"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.began:%Y-%m-%d %H:%M}: {self.deviations}"
