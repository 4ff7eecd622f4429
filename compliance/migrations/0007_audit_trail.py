"""The audit trail and the reviews of it; the triggers that write it are made after the migrations."""

from pathlib import Path

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from lrs.append_only import triggers

_SQL = (Path(__file__).parent / "sql" / "audit_trail.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0006_signatures_and_access"),
        ("lrs", "0002_statement_tables"),
        ("connectors", "0012_security_alerts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("store_id", models.IntegerField(null=True)),
                ("table_name", models.TextField()),
                ("row_key", models.TextField()),
                (
                    "operation",
                    models.TextField(
                        choices=[("insert", "Added"), ("update", "Changed"), ("delete", "Removed")]
                    ),
                ),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("actor_kind", models.TextField()),
                ("actor_id", models.TextField()),
                ("actor_name", models.TextField()),
                ("credential_id", models.IntegerField(null=True)),
                ("process", models.TextField()),
                ("request_id", models.TextField()),
                ("address", models.TextField()),
                ("reason", models.TextField()),
                ("database_role", models.TextField()),
            ],
            options={
                "verbose_name": "audit trail entry",
                "verbose_name_plural": "audit trail",
                "db_table": "compliance_audit_entry",
                "permissions": [("export_auditentry", "Can export the audit trail")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["xid", "seq"], name="compliance_audit_in_order"),
                    models.Index(fields=["table_name", "row_key", "seq"], name="compliance_audit_of_row"),
                    models.Index(
                        condition=models.Q(("actor_kind", "person")),
                        fields=["actor_id", "seq"],
                        name="compliance_audit_by_person",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["at"], name="compliance_audit_at"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opened", models.DateTimeField(auto_now_add=True)),
                ("from_seq", models.BigIntegerField()),
                ("to_seq", models.BigIntegerField()),
                ("entries", models.BigIntegerField()),
                ("due", models.DateField()),
                ("reviewed", models.DateTimeField(blank=True, null=True)),
                ("reviewer_name", models.CharField(blank=True, max_length=300)),
                ("note", models.TextField(blank=True)),
                ("follow_up", models.BooleanField(default=False)),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "compliance_audit_review",
                "default_permissions": ("view", "change"),
                "constraints": [
                    models.UniqueConstraint(fields=("from_seq",), name="compliance_audit_review_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reviewed", None),
                            models.Q(
                                models.Q(("reviewer_name", ""), _negated=True),
                                models.Q(("note", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="compliance_audit_review_told",
                    ),
                ],
            },
        ),
        migrations.RunSQL(sql=_SQL, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(
            sql=triggers("compliance_audit_entry"), reverse_sql=migrations.RunSQL.noop, elidable=False
        ),
    ]
