"""The guards of the workforce record fire whatever a session says of replication."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql" / "guards_always.sql"


class Migration(migrations.Migration):
    dependencies = [("connectors", "0012_security_alerts")]

    operations = [
        migrations.RunSQL(
            sql=_SQL.read_text(encoding="utf-8"),
            reverse_sql=migrations.RunSQL.noop,
            elidable=False,
        )
    ]
