"""The review queue in order of likeness, rules followed in the background, coverage kept by triggers."""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

_COVERAGE = Path(__file__).parent / "sql" / "coverage.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0006_search_and_export"),
        ("lrs", "0002_statement_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CoverageDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source_id", models.IntegerField()),
                ("day", models.DateField(help_text="The day, in UTC, on which the statements were stored.")),
                (
                    "why_not",
                    models.SmallIntegerField(
                        choices=[
                            (0, "It has one"),
                            (1, "Nobody is known by this actor"),
                            (2, "Several people may be this actor"),
                            (3, "Nobody held this identifier at the time"),
                            (4, "The person had no assignment at the time"),
                            (5, "The actor is no person"),
                            (6, "A group without members the hub can tell"),
                        ]
                    ),
                ),
                ("learners", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "coverage",
                "verbose_name_plural": "coverage",
                "db_table": "connectors_coverage_day",
            },
        ),
        migrations.CreateModel(
            name="IdentityRefresh",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12),
                        help_text="Kinds of actors the rules concern.",
                        size=None,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("requested", models.DateTimeField(default=django.utils.timezone.now)),
                ("after", models.BigIntegerField(default=0, help_text="The last actor told.")),
                ("actors", models.BigIntegerField(default=0, help_text="Actors told so far.")),
                ("changed", models.BigIntegerField(default=0, help_text="For how many the answer changed.")),
                ("finished", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "connectors_identity_refresh",
                "ordering": ["-requested", "-id"],
            },
        ),
        migrations.AddField(
            model_name="identityreview",
            name="before",
            field=models.JSONField(
                blank=True,
                help_text="Links made by hand before this was settled, to take that back.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="identityreview",
            name="best",
            field=models.FloatField(default=0.0, help_text="Score of the first candidate."),
        ),
        migrations.AddField(
            model_name="identityreview",
            name="ranked",
            field=models.DateTimeField(
                blank=True, help_text="When people were last compared with the actor.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="identityreview",
            name="candidates",
            field=models.JSONField(
                default=list, help_text="Ranked: person, score, evidence; `guess` where no rule found it."
            ),
        ),
        migrations.AddIndex(
            model_name="identifier",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass("normal", name="text_pattern_ops"),
                condition=models.Q(("recorded__upper_inf", True)),
                name="connectors_identifier_prefix",
            ),
        ),
        migrations.AddIndex(
            model_name="identityreview",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["-best", "id"], name="connectors_review_queue"
            ),
        ),
        migrations.AddIndex(
            model_name="identityreview",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["ranked"], name="connectors_review_ranked"
            ),
        ),
        migrations.AddIndex(
            model_name="identityreview",
            index=models.Index(
                condition=models.Q(("settled__isnull", False)),
                fields=["-settled"],
                name="connectors_review_settled",
            ),
        ),
        migrations.AddIndex(
            model_name="personversion",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower("formatted_name"), name="gin_trgm_ops"
                ),
                condition=models.Q(("recorded__upper_inf", True)),
                name="connectors_person_alike",
            ),
        ),
        migrations.AddField(
            model_name="coverageday",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
            ),
        ),
        migrations.AddField(
            model_name="identityrefresh",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="identityrefresh",
            name="store",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
            ),
        ),
        migrations.AddConstraint(
            model_name="coverageday",
            constraint=models.UniqueConstraint(
                fields=("store", "day", "source_id", "why_not"), name="connectors_coverage_once"
            ),
        ),
        migrations.RunSQL(
            sql=_COVERAGE.read_text(encoding="utf-8"), reverse_sql=migrations.RunSQL.noop, elidable=False
        ),
    ]
