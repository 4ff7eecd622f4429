"""What keeps both times whole, and the questions "as of then, as known then"."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql"
_PARTS = ("bitemporal", "as_of", "enrichment")


def _text(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("connectors", "0002_tables")]

    operations = [
        migrations.RunSQL(
            sql=[_text(name) for name in _PARTS],
            reverse_sql=migrations.RunSQL.noop,
            elidable=False,
        )
    ]
