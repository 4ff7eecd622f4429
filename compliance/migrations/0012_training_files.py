"""Training records that came in a file are signed as one; what was signed of a record that is disposed of goes with it."""

from pathlib import Path

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

_SQL = Path(__file__).parent / "sql" / "training_files.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0011_equivalences_told"),
        ("lrs", "0004_disposed_statements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="trainingrecord",
            name="file_line",
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="held_up",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="said",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.CreateModel(
            name="TrainingFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                (
                    "sha256",
                    models.CharField(
                        help_text="Of the file as it was sent; lower-case hexadecimal.", max_length=64
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("lines", models.PositiveIntegerField()),
                (
                    "repeated",
                    models.PositiveIntegerField(
                        default=0, help_text="Lines whose reference was known before."
                    ),
                ),
                (
                    "refused",
                    models.JSONField(
                        default=list, help_text="[line, why not] of each line that was not kept."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("kept", "Kept as drafts"),
                            ("signed", "Signed, being posted"),
                            ("posted", "Posted"),
                        ],
                        default="kept",
                        max_length=10,
                    ),
                ),
                ("signature_id", models.BigIntegerField(blank=True, editable=False, null=True)),
                ("created", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lrs.store",
                    ),
                ),
            ],
            options={
                "db_table": "compliance_training_file",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="file",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="records",
                to="compliance.trainingfile",
            ),
        ),
        migrations.AddIndex(
            model_name="trainingrecord",
            index=models.Index(
                condition=models.Q(("file__isnull", False)),
                fields=["file", "file_line"],
                name="compliance_record_of_file",
            ),
        ),
        migrations.AddIndex(
            model_name="trainingfile",
            index=models.Index(fields=["store", "id"], name="compliance_training_file_list"),
        ),
        migrations.RunSQL(_SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
