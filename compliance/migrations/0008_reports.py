"""Reports that were made, and saved ones."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0007_audit_trail"),
        ("connectors", "0012_security_alerts"),
        ("lrs", "0003_store_and_learn"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("report", models.CharField(max_length=40)),
                ("output", models.CharField(max_length=10)),
                ("filters", models.JSONField(default=dict)),
                (
                    "rhythm",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("daily", "Every day"),
                            ("weekly", "Every Monday"),
                            ("monthly", "On the first of the month"),
                        ],
                        max_length=10,
                    ),
                ),
                ("next_run", models.DateTimeField(blank=True, null=True)),
                ("active", models.BooleanField(default=True)),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="connectors.alertchannel",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "compliance_saved_report",
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="ReportRun",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "credential_id",
                    models.BigIntegerField(
                        blank=True, help_text="The key of a system that asked.", null=True
                    ),
                ),
                ("report", models.CharField(max_length=40)),
                ("output", models.CharField(max_length=10)),
                ("filters", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("started", models.DateTimeField(blank=True, null=True)),
                ("ended", models.DateTimeField(blank=True, null=True)),
                ("bytes", models.BigIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                (
                    "file",
                    models.CharField(
                        blank=True, help_text="Name in the storage; empty once it is gone.", max_length=200
                    ),
                ),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("expires", models.DateTimeField(blank=True, null=True)),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="lrs.store",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "saved",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="compliance.savedreport",
                    ),
                ),
            ],
            options={
                "db_table": "compliance_report_run",
            },
        ),
        migrations.AddConstraint(
            model_name="savedreport",
            constraint=models.UniqueConstraint(
                fields=("user", "store", "name"), name="compliance_saved_report_once"
            ),
        ),
        migrations.AddIndex(
            model_name="reportrun",
            index=models.Index(fields=["user", "-id"], name="compliance_report_run_mine"),
        ),
        migrations.AddIndex(
            model_name="reportrun",
            index=models.Index(fields=["store", "id"], name="compliance_report_run_list"),
        ),
    ]
