"""The link table, the append-only triggers and the functions of the statement store and of what is learned."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"
_PARTS = ("statement_tables", "append_only", "functions", "learned")


def _text(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("lrs", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=[_text(name) for name in _PARTS],
            reverse_sql=migrations.RunSQL.noop,
            elidable=False,
        )
    ]
