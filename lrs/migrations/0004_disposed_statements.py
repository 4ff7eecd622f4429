"""What is left of a statement that was disposed of, and the one way past the triggers that keep statements."""

from pathlib import Path

from django.db import migrations

from lrs.append_only import triggers

_SQL = (Path(__file__).parent / "sql" / "disposed_statements.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("lrs", "0003_store_and_learn")]

    operations = [
        migrations.RunSQL(_SQL, migrations.RunSQL.noop),
        migrations.RunSQL(triggers("lrs_disposed_statement"), migrations.RunSQL.noop),
        migrations.RunSQL(triggers("lrs_disposal_permit"), migrations.RunSQL.noop),
    ]
