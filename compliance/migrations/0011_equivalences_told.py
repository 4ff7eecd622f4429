"""The status of everybody follows a course that counts as another, or does not any more."""

from pathlib import Path

from django.db import migrations

_SQL = Path(__file__).parent / "sql" / "equivalences_told.sql"


class Migration(migrations.Migration):
    dependencies = [("compliance", "0010_joints")]

    operations = [
        migrations.RunSQL(
            sql=_SQL.read_text(encoding="utf-8"),
            reverse_sql="DROP TRIGGER compliance_equivalence_told ON compliance_course_equivalence;"
            " DROP FUNCTION compliance_equivalence_changed();",
            elidable=False,
        )
    ]
