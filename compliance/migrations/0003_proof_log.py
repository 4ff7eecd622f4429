"""The proof log: its tables, and the triggers that keep what was said."""

from pathlib import Path

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

_SQL = Path(__file__).parent / "sql" / "proof_log.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0002_courses_and_completions"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(blank=True, null=True)),
                ("size", models.BigIntegerField(default=0)),
                ("records", models.BigIntegerField(default=0)),
                ("waiting", models.BigIntegerField(default=0)),
                ("erased", models.BigIntegerField(default=0)),
                ("deviations", models.BigIntegerField(default=0)),
                (
                    "found",
                    models.JSONField(default=list, help_text="The first deviations, named and located."),
                ),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "db_table": "compliance_log_check",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="LogSalt",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("salt", models.BinaryField()),
                ("name", models.TextField()),
            ],
            options={
                "db_table": "compliance_log_salt",
            },
        ),
        migrations.CreateModel(
            name="LogSource",
            fields=[
                ("number", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40, unique=True)),
                ("xid", models.BigIntegerField(default=0)),
                ("key", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "compliance_log_source",
            },
        ),
        migrations.CreateModel(
            name="LogTile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("number", models.BigIntegerField()),
                ("hashes", models.BinaryField()),
            ],
            options={
                "db_table": "compliance_log_tile",
            },
        ),
        migrations.CreateModel(
            name="LogCheckpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("note", models.TextField(help_text="The note with the signatures of the log.")),
                ("signed", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "compliance_log_checkpoint",
                "ordering": ["id"],
                "indexes": [models.Index(fields=["size"], name="compliance_checkpoint_size")],
            },
        ),
        migrations.CreateModel(
            name="LogDisposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("why", models.TextField()),
                (
                    "reference",
                    models.CharField(help_text="Certificate, request or ticket it rests on.", max_length=200),
                ),
                ("by", models.CharField(max_length=200)),
                ("count", models.BigIntegerField()),
                (
                    "digest",
                    models.BinaryField(help_text="SHA-256 over the indexes, ascending, 8 bytes each."),
                ),
                ("xid", models.BigIntegerField()),
            ],
            options={
                "db_table": "compliance_log_disposal",
                "indexes": [models.Index(fields=["xid", "id"], name="compliance_disposal_feed")],
            },
        ),
        migrations.CreateModel(
            name="LogDisposed",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "disposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disposed",
                        to="compliance.logdisposal",
                    ),
                ),
            ],
            options={
                "db_table": "compliance_log_disposed",
            },
        ),
        migrations.CreateModel(
            name="LogEntry",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("source", models.SmallIntegerField()),
                (
                    "key",
                    models.BigIntegerField(
                        help_text="Key of the record in its source; of a statement, its seq."
                    ),
                ),
                ("opaque", models.UUIDField(help_text="Random name of the entry in the log.")),
                ("commitment", models.BinaryField(help_text="SHA-256 of salt and record.")),
            ],
            options={
                "db_table": "compliance_log_entry",
                "constraints": [
                    models.UniqueConstraint(fields=("source", "key"), name="compliance_log_entry_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LogHead",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("origin", models.CharField(help_text="Name of the log, chosen once.", max_length=255)),
                ("size", models.BigIntegerField(default=0)),
                ("root", models.BinaryField()),
                ("moved", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "compliance_log_head",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="compliance_log_head_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LogKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("key_id", models.CharField(help_text="Hexadecimal.", max_length=8)),
                ("public", models.BinaryField()),
                (
                    "encrypted_seed",
                    models.BinaryField(
                        help_text="Kept as secrets of connections are; none where it is in a file, or retired.",
                        null=True,
                    ),
                ),
                ("made", models.DateTimeField(default=django.utils.timezone.now)),
                ("retired", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "compliance_log_key",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("name", "public"), name="compliance_log_key_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LogTimestamp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("authority", models.CharField(help_text="The address that was asked.", max_length=500)),
                ("response", models.BinaryField(help_text="The DER of the TimeStampResp.")),
                ("moment", models.DateTimeField()),
                (
                    "checkpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="timestamp",
                        to="compliance.logcheckpoint",
                    ),
                ),
            ],
            options={
                "db_table": "compliance_log_timestamp",
            },
        ),
        migrations.CreateModel(
            name="LogCosignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("witness", models.CharField(max_length=255)),
                ("line", models.TextField()),
                ("moment", models.DateTimeField()),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="compliance.logcheckpoint",
                    ),
                ),
            ],
            options={
                "db_table": "compliance_log_cosignature",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("checkpoint", "witness"), name="compliance_cosignature_once"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            sql=[_SQL.read_text(encoding="utf-8")], reverse_sql=migrations.RunSQL.noop, elidable=False
        ),
    ]
