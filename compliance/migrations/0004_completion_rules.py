"""By which rules statements become completions, what those stand on, and training told by hand."""

import uuid
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

_SQL = Path(__file__).parent / "sql" / "completions.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0003_proof_log"),
        ("connectors", "0008_applied_as_of"),
        ("lrs", "0002_statement_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CompletionChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("recorded", models.DateTimeField()),
                (
                    "xid",
                    models.BigIntegerField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.comparison.Cast(
                                models.Func(function="pg_current_xact_id", output_field=models.TextField()),
                                models.TextField(),
                            ),
                            models.BigIntegerField(),
                        )
                    ),
                ),
            ],
            options={
                "db_table": "compliance_completion_change",
            },
        ),
        migrations.CreateModel(
            name="CompletionRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(help_text="By it everybody speaks of it.", max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("order", models.PositiveIntegerField(default=100, help_text="Lower comes first.")),
                ("active", models.BooleanField(default=True)),
            ],
            options={
                "db_table": "compliance_completion_rule",
                "ordering": ["order", "id"],
            },
        ),
        migrations.CreateModel(
            name="CompletionRuleVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                (
                    "effective_from",
                    models.DateField(blank=True, help_text="First day; empty: always.", null=True),
                ),
                (
                    "effective_to",
                    models.DateField(blank=True, help_text="Last day; empty: no end.", null=True),
                ),
                ("note", models.TextField(blank=True, help_text="Why it is changed.")),
                ("published", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "db_table": "compliance_completion_rule_version",
                "ordering": ["rule", "-number"],
            },
        ),
        migrations.CreateModel(
            name="CourseEquivalence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mutual", models.BooleanField(default=False, help_text="The other way round as well.")),
                (
                    "valid_from",
                    models.DateField(blank=True, help_text="First day; empty: always.", null=True),
                ),
                (
                    "valid_to",
                    models.DateField(blank=True, help_text="Last day; empty: until it is ended.", null=True),
                ),
                ("reason", models.TextField(help_text="Why the two are held to be equal.")),
                ("approved_as", models.CharField(max_length=300)),
                ("recorded_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("recorded_to", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "compliance_course_equivalence",
            },
        ),
        migrations.CreateModel(
            name="IdentityCursor",
            fields=[
                (
                    "store",
                    models.OneToOneField(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="lrs.store",
                    ),
                ),
                ("xid", models.BigIntegerField(default=0)),
                ("seq", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "compliance_identity_cursor",
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "seq", "actor", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("actor", models.UUIDField(help_text="Digest of the actor (connectors.Actor).")),
                ("store_id", models.IntegerField()),
                ("source_id", models.IntegerField()),
                ("statement_id", models.UUIDField()),
                ("moment", models.DateTimeField(help_text="The statement's timestamp.")),
                ("verb", models.TextField()),
                ("activity", models.UUIDField(help_text="As CourseActivity.digest.")),
                ("registration", models.UUIDField(null=True)),
                (
                    "said",
                    models.TextField(help_text="JSON: what rules look at (compliance.completions.facts)."),
                ),
                ("person_id", models.BigIntegerField(help_text="Who it was, as known now.", null=True)),
            ],
            options={
                "db_table": "compliance_outcome",
            },
        ),
        migrations.CreateModel(
            name="Rework",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("course_id", models.BigIntegerField(null=True)),
                ("activity", models.UUIDField(null=True)),
                ("verb", models.TextField(db_default="")),
                ("why", models.CharField(max_length=300)),
                ("requested", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "after",
                    models.BigIntegerField(db_default=0, help_text="The last person, or statement, done."),
                ),
                (
                    "derived",
                    models.BigIntegerField(db_default=0, help_text="People, or statements, done so far."),
                ),
                ("finished", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "compliance_rework",
            },
        ),
        migrations.CreateModel(
            name="SeenActivity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.UUIDField(help_text="As CourseActivity has it.")),
                ("iri", models.TextField()),
                ("activity_type", models.TextField(blank=True)),
                (
                    "outcomes",
                    models.BigIntegerField(default=0, help_text="Statements that could make a completion."),
                ),
                ("last_seen", models.DateTimeField()),
                (
                    "set_aside",
                    models.BooleanField(default=False, help_text="It is not a course; do not offer it."),
                ),
            ],
            options={
                "verbose_name_plural": "seen activities",
                "db_table": "compliance_seen_activity",
            },
        ),
        migrations.CreateModel(
            name="TrainingEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("content_type", models.CharField(max_length=255)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(help_text="Lower-case hexadecimal.", max_length=64)),
                ("is_certificate", models.BooleanField(default=False)),
                ("added", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                "db_table": "compliance_training_evidence",
            },
        ),
        migrations.CreateModel(
            name="TrainingRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("online", "Online"),
                            ("instructor_led", "Instructor-led"),
                            ("practical", "Practical, on the job"),
                            ("read", "Read and understood"),
                            ("external", "External"),
                        ],
                        default="instructor_led",
                        max_length=20,
                    ),
                ),
                ("completed_at", models.DateTimeField(help_text="When the training was completed.")),
                ("hours", models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True)),
                ("passed", models.BooleanField(blank=True, help_text="Empty: nobody was tested.", null=True)),
                ("score", models.FloatField(blank=True, help_text="Scaled, from -1 to 1.", null=True)),
                ("trainer_name", models.CharField(max_length=300)),
                ("trainer_qualification", models.CharField(blank=True, max_length=500)),
                (
                    "trainer_address",
                    models.CharField(blank=True, help_text="49 CFR 172.704(d)(4).", max_length=500),
                ),
                (
                    "provider",
                    models.CharField(
                        blank=True, help_text="Who gave it, where not ourselves.", max_length=300
                    ),
                ),
                ("location", models.CharField(blank=True, max_length=500)),
                (
                    "materials",
                    models.TextField(
                        blank=True, help_text="What was taught from: title, revision, where it is."
                    ),
                ),
                (
                    "content",
                    models.TextField(
                        blank=True, help_text="Contents or a summary; 29 CFR 1910.1030(h)(2)(i)(B)."
                    ),
                ),
                (
                    "understanding",
                    models.TextField(
                        blank=True,
                        help_text="How it was verified that it was understood; 29 CFR 1910.119(g)(3).",
                    ),
                ),
                (
                    "equipment",
                    models.CharField(
                        blank=True, help_text="What was trained on, as a truck.", max_length=300
                    ),
                ),
                ("evaluated_on", models.DateField(blank=True, help_text="29 CFR 1910.178(l)(6).", null=True)),
                (
                    "evaluator_name",
                    models.CharField(blank=True, help_text="29 CFR 1910.178(l)(6).", max_length=300),
                ),
                ("certification", models.TextField(blank=True, help_text="The words of the certification.")),
                (
                    "job_title",
                    models.CharField(
                        blank=True,
                        help_text="Then; taken from the workforce record where left empty.",
                        max_length=300,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("signed", "Signed"),
                            ("posted", "Posted"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("signature_id", models.BigIntegerField(blank=True, editable=False, null=True)),
                ("statement_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("withdrawn_why", models.TextField(blank=True, editable=False)),
                ("created", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("posted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("reference", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "db_table": "compliance_training_record",
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="course",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="compliance.course",
            ),
        ),
        migrations.AddField(
            model_name="course",
            name="same_within_hours",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Reports of one version within so many hours are one completion; empty: the hub's default.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="courseversion",
            name="credit_hours",
            field=models.DecimalField(
                blank=True, decimal_places=2, help_text="Empty: those of the course.", max_digits=6, null=True
            ),
        ),
        migrations.AddField(
            model_name="completionchange",
            name="course",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="compliance.course",
            ),
        ),
        migrations.AddField(
            model_name="completionchange",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="connectors.person",
            ),
        ),
        migrations.AddField(
            model_name="completionchange",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
            ),
        ),
        migrations.AddField(
            model_name="completionrule",
            name="store",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: of every store.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="lrs.store",
            ),
        ),
        migrations.AddField(
            model_name="completionruleversion",
            name="published_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="completionruleversion",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="compliance.completionrule",
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="rule_version",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The rule that said so.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="compliance.completionruleversion",
            ),
        ),
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(fields=["store", "id"], name="compliance_completion_list"),
        ),
        migrations.AddField(
            model_name="courseequivalence",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="courseequivalence",
            name="counts_as",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="met_by_others",
                to="compliance.course",
            ),
        ),
        migrations.AddField(
            model_name="courseequivalence",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="counts_as_others",
                to="compliance.course",
            ),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["activity", "person_id"], name="compliance_outcome_at"),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["actor", "moment"], name="compliance_outcome_of"),
        ),
        migrations.AddField(
            model_name="rework",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
            ),
        ),
        migrations.AddField(
            model_name="seenactivity",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
            ),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="course",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="records", to="compliance.course"
            ),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="connectors.person"
            ),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="store",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
            ),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="trainer_person",
            field=models.ForeignKey(
                blank=True,
                help_text="Where the trainer is one of ours.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="connectors.person",
            ),
        ),
        migrations.AddField(
            model_name="trainingrecord",
            name="version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="compliance.courseversion",
            ),
        ),
        migrations.AddField(
            model_name="trainingevidence",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="compliance.trainingrecord",
            ),
        ),
        migrations.AddIndex(
            model_name="completionchange",
            index=models.Index(fields=["xid", "id"], name="compliance_completion_log"),
        ),
        migrations.AddConstraint(
            model_name="completionrule",
            constraint=models.UniqueConstraint(
                fields=("store", "code"), name="compliance_rule_code_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="completionruleversion",
            constraint=models.UniqueConstraint(
                fields=("rule", "number"), name="compliance_rule_version_once"
            ),
        ),
        migrations.AddField(
            model_name="courseactivity",
            name="digest",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.comparison.Cast(
                    models.Func("iri", function="md5"), models.UUIDField()
                ),
                output_field=models.UUIDField(),
            ),
        ),
        migrations.AddConstraint(
            model_name="courseequivalence",
            constraint=models.UniqueConstraint(
                condition=models.Q(("recorded_to__isnull", True)),
                fields=("course", "counts_as"),
                name="compliance_equivalence_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="courseequivalence",
            constraint=models.CheckConstraint(
                condition=models.Q(("course", models.F("counts_as")), _negated=True),
                name="compliance_equivalence_of_two",
            ),
        ),
        migrations.AddIndex(
            model_name="rework",
            index=models.Index(
                condition=models.Q(("finished__isnull", True)), fields=["id"], name="compliance_rework_open"
            ),
        ),
        migrations.AddIndex(
            model_name="seenactivity",
            index=models.Index(fields=["store", "-outcomes", "id"], name="compliance_seen_by_use"),
        ),
        migrations.AddConstraint(
            model_name="seenactivity",
            constraint=models.UniqueConstraint(fields=("store", "digest"), name="compliance_seen_once"),
        ),
        migrations.AddIndex(
            model_name="trainingrecord",
            index=models.Index(fields=["store", "id"], name="compliance_record_list"),
        ),
        migrations.AddConstraint(
            model_name="trainingrecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("store", "reference"),
                name="compliance_record_reference_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingevidence",
            constraint=models.UniqueConstraint(
                fields=("record", "sha256"), name="compliance_record_evidence_once"
            ),
        ),
        migrations.AddIndex(
            model_name="courseactivity",
            index=models.Index(fields=["digest", "store"], name="compliance_course_digest"),
        ),
        migrations.RunSQL(
            sql=_SQL.read_text(encoding="utf-8"), reverse_sql=migrations.RunSQL.noop, elidable=False
        ),
    ]
