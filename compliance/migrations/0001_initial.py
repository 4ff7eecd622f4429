"""Compliance builds on the record store and on the workforce record."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("lrs", "0002_statement_tables"),
        ("connectors", "0008_applied_as_of"),
    ]

    operations = []
