"""Units, jobs and locations are reconciled as workers are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0009_alert_of_proof"),
    ]

    operations = [
        migrations.AddField(
            model_name="reconciliation",
            name="things",
            field=models.JSONField(
                default=dict,
                help_text="unit, job and location → the same counts, under the names of the columns.",
            ),
        ),
        migrations.AddField(
            model_name="reconciliationdifference",
            name="record",
            field=models.CharField(
                default="worker", help_text="worker, unit, job or location.", max_length=10
            ),
        ),
    ]
