"""One call that stores a batch and learns what it says of activities and agents."""

from pathlib import Path

from django.db import migrations

_SQL = (Path(__file__).parent / "sql" / "store_and_learn.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("lrs", "0002_statement_tables")]

    operations = [migrations.RunSQL(_SQL, "DROP FUNCTION lrs_store_and_learn")]
