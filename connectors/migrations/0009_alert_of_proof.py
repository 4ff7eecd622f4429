"""Alerts may be of the proof log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0008_applied_as_of"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[
                    ("stale", "Data is stale"),
                    ("failing", "Runs fail"),
                    ("asking", "A run waits for approval"),
                    ("drift", "The source changed its shape"),
                    ("exceptions", "Records are refused"),
                    ("reconciliation", "Source and hub differ"),
                    ("provisioning", "A hire has no LMS account yet"),
                    ("silent", "An LMS has gone silent"),
                    ("circuit", "A system is left alone for a while"),
                    ("proof", "The proof log deviates"),
                ],
                max_length=20,
            ),
        ),
    ]
