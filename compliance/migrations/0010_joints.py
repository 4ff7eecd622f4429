"""Signatures say which transaction wrote them, so that the proof log comes to each of them."""

import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0007_audit_trail")]

    operations = [
        migrations.AddField(
            model_name="signature",
            name="xid",
            field=models.BigIntegerField(
                db_default=django.db.models.functions.comparison.Cast(
                    django.db.models.functions.comparison.Cast(
                        models.Func(function="pg_current_xact_id", output_field=models.TextField()),
                        models.TextField(),
                    ),
                    models.BigIntegerField(),
                ),
                editable=False,
            ),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(fields=["xid", "position"], name="compliance_signature_feed"),
        ),
    ]
