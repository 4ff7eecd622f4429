"""What PostgreSQL must bring: exclusion over plain columns beside ranges, and likeness of names."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = [("lrs", "0002_statement_tables")]
    operations = [BtreeGistExtension(), TrigramExtension()]
