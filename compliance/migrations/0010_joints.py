"""Signatures say which transaction wrote them, so that the proof log comes to each of them; equivalences of
courses can be proposed, to be signed."""

import django.db.models.deletion
import django.db.models.functions.comparison
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0009_retention"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="signature",
            name="xid",
            field=models.BigIntegerField(
                db_default=django.db.models.functions.comparison.Cast(
                    django.db.models.functions.comparison.Cast(
                        models.Func(function="pg_current_xact_id", output_field=models.TextField()),
                        models.TextField(),
                    ),
                    models.BigIntegerField(),
                ),
                editable=False,
            ),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(fields=["xid", "position"], name="compliance_signature_feed"),
        ),
        migrations.CreateModel(
            name="EquivalenceProposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mutual", models.BooleanField(default=False, help_text="The other way round as well.")),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("reason", models.TextField(help_text="Why the two are held to be equal.")),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("signature_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "counts_as",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.course"
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.course"
                    ),
                ),
                (
                    "equivalence",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposal",
                        to="compliance.courseequivalence",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "compliance_equivalence_proposal"},
        ),
        migrations.AlterField(
            model_name="accessevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("login", "Signed in"),
                    ("logout", "Signed out"),
                    ("refused", "Refused"),
                    ("locked", "Locked after failures"),
                    ("password_changed", "Password changed"),
                    ("reset_asked", "Password reset asked for"),
                    ("reset_approved", "Password reset approved"),
                    ("mfa_changed", "Second factors changed"),
                    ("signing_refused", "Signing refused"),
                    ("session_ended", "Session ended by the hub"),
                    ("concurrent", "Signed in on several devices"),
                    ("loss", "Access taken away after a loss"),
                    ("disabled", "Disabled as nobody used it"),
                    ("export", "Exported"),
                    ("view", "Looked at"),
                ],
                max_length=20,
            ),
        ),
    ]
