"""As of which moment a record was applied: what was planned then may have come into effect since."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0007_identity_review_and_coverage"),
    ]

    operations = [
        migrations.AddField(
            model_name="appliedrecord",
            name="as_of",
            field=models.DateTimeField(
                help_text="The moment the source was read when it was applied.", null=True
            ),
        ),
    ]
