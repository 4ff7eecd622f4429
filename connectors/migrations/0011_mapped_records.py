"""What mappings made of raw records, so that an unchanged roster is not mapped again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0010_reconciled_things"),
    ]

    operations = [
        migrations.CreateModel(
            name="MappedRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("key", models.CharField(help_text="Of the raw record.", max_length=200)),
                (
                    "fingerprint",
                    models.UUIDField(help_text="Of the raw record, its mapping and what was held."),
                ),
                (
                    "names",
                    models.TextField(help_text="JSON: kind, key and digest of each canonical record."),
                ),
                (
                    "system",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connectors.system",
                    ),
                ),
            ],
            options={
                "db_table": "connectors_mapped_record",
                "constraints": [
                    models.UniqueConstraint(fields=("system", "kind", "key"), name="connectors_mapped_once")
                ],
            },
        ),
        # A memory: after a crash it is empty, and the next run fills it again.
        migrations.RunSQL(
            sql="ALTER TABLE connectors_mapped_record SET UNLOGGED",
            reverse_sql=migrations.RunSQL.noop,
            elidable=False,
        ),
    ]
