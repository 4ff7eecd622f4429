"""What finding statements by their context, and exporting them by position, need: an order and indexes."""

import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models.functions import Cast, Lower


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0005_watched"),
        ("lrs", "0002_statement_tables"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="statementcontext",
            name="connectors_context_current",
        ),
        migrations.AddField(
            model_name="statementcontext",
            name="xid",
            field=models.BigIntegerField(
                db_default=Cast(
                    Cast(
                        models.Func(function="pg_current_xact_id", output_field=models.TextField()),
                        models.TextField(),
                    ),
                    models.BigIntegerField(),
                ),
                help_text="The transaction that derived it.",
            ),
        ),
        migrations.AddIndex(
            model_name="context",
            index=models.Index(fields=["store", "worker_type", "status"], name="connectors_context_standing"),
        ),
        migrations.AddIndex(
            model_name="context",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["path"], name="connectors_context_path"
            ),
        ),
        migrations.AddIndex(
            model_name="context",
            index=django.contrib.postgres.indexes.GinIndex(
                fastupdate=False, fields=["regulatory_classes"], name="connectors_context_regulated"
            ),
        ),
        migrations.AddIndex(
            model_name="personversion",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(Lower("formatted_name"), name="text_pattern_ops"),
                name="connectors_person_formatted",
            ),
        ),
        migrations.AddIndex(
            model_name="personversion",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(Lower("family_name"), name="text_pattern_ops"),
                name="connectors_person_family",
            ),
        ),
        migrations.AddIndex(
            model_name="statementcontext",
            index=models.Index(
                condition=models.Q(("recorded_to__isnull", True)),
                fields=["context_id", "moment", "seq"],
                name="connectors_context_in_time",
            ),
        ),
        migrations.AddIndex(
            model_name="statementcontext",
            index=models.Index(
                condition=models.Q(("recorded_to__isnull", True)),
                fields=["store_id", "moment", "seq"],
                name="connectors_context_by_moment",
            ),
        ),
        migrations.AddIndex(
            model_name="statementcontext",
            index=models.Index(
                condition=models.Q(("recorded_to__isnull", True)),
                fields=["store_id", "xid", "seq"],
                name="connectors_context_log",
            ),
        ),
    ]
