"""Precedence decides about units, jobs and locations as well: its help text."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0013_guards_always")]

    operations = [
        migrations.AlterField(
            "System",
            "precedence",
            models.PositiveSmallIntegerField(
                default=100, help_text="Where systems disagree, the lowest number is believed."
            ),
        )
    ]
