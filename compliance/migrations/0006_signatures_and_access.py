"""Signatures, accounts, grants, events and disclosures, and the triggers that keep them as they were written."""

import uuid
from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

_SQL = Path(__file__).parent / "sql" / "signatures_and_access.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("compliance", "0005_requirements"),
        ("connectors", "0012_security_alerts"),
        ("lrs", "0002_statement_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="account",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("password_changed", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "must_change",
                    models.BooleanField(default=False, help_text="The password was set by somebody else."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccountName",
            fields=[
                ("folded", models.CharField(max_length=150, primary_key=True, serialize=False)),
                ("user_id", models.BigIntegerField()),
                ("taken_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "db_table": "compliance_account_name",
            },
        ),
        migrations.CreateModel(
            name="AccountabilityPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=50, unique=True)),
                ("title", models.CharField(max_length=300)),
                ("text", models.TextField()),
                ("effective_on", models.DateField()),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "accountability policies",
                "db_table": "compliance_accountability_policy",
            },
        ),
        migrations.CreateModel(
            name="CertificationLetter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("organization", models.CharField(max_length=300)),
                (
                    "signed_by",
                    models.CharField(help_text="Who signed the letter by hand, or for it.", max_length=200),
                ),
                ("sent_on", models.DateField()),
                (
                    "sent_how",
                    models.CharField(
                        choices=[("paper", "On paper"), ("electronic", "Electronically")],
                        default="electronic",
                        max_length=20,
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        help_text="FDA's receipt, tracking number or filing place.", max_length=200
                    ),
                ),
                ("document", models.BinaryField(blank=True, null=True)),
                ("document_name", models.CharField(blank=True, max_length=200)),
                ("document_hash", models.CharField(blank=True, max_length=64)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "compliance_certification_letter",
            },
        ),
        migrations.CreateModel(
            name="Grant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts", models.DateTimeField(default=django.utils.timezone.now)),
                ("ends", models.DateTimeField(blank=True, null=True)),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.CharField(max_length=300)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_why", models.CharField(blank=True, max_length=300)),
                (
                    "granted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="auth.group"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="lrs.store"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        help_text="With everything below it; empty: the whole store.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="connectors.organizationunit",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("pull_reports", "Can pull reports and bundles"),
                    ("evaluate_practice", "Can evaluate practice, where qualified"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityVerification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("method", models.CharField(help_text="Such as: passport seen in person.", max_length=200)),
                ("verified_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_why", models.CharField(blank=True, max_length=300)),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="identity_verifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "verified_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "compliance_identity_verification",
                "permissions": [("verify_identity", "Can verify the identity of people")],
            },
        ),
        migrations.CreateModel(
            name="PasswordReset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("refused_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "db_table": "compliance_password_reset",
                "ordering": ["-id"],
                "permissions": [
                    ("reset_password", "Can ask for and approve resets of passwords"),
                    ("report_loss", "Can take away all access of an account"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PasswordUsed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("encoded", models.CharField(max_length=256)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "compliance_password_used",
            },
        ),
        migrations.CreateModel(
            name="PolicyAcknowledgement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "text_hash",
                    models.CharField(help_text="SHA-256 of the text that was shown.", max_length=64),
                ),
                (
                    "acknowledged_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("address", models.CharField(blank=True, max_length=64)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to="compliance.accountabilitypolicy",
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
                "db_table": "compliance_policy_acknowledgement",
            },
        ),
        migrations.CreateModel(
            name="Recertification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_on", models.DateField()),
                ("closed", models.DateTimeField(blank=True, null=True)),
                (
                    "started_by",
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
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RecertificationItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("keep", models.BooleanField(null=True)),
                ("decided", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recertifications",
                        to="compliance.grant",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="compliance.recertification",
                    ),
                ),
            ],
            options={
                "db_table": "compliance_recertification_item",
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                (
                    "number",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "position",
                    models.BigIntegerField(
                        help_text="Place in the chain of all signatures, from 1.", unique=True
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("record_key", models.CharField(max_length=200)),
                ("version", models.CharField(max_length=100)),
                ("title", models.CharField(max_length=400)),
                (
                    "shown_hash",
                    models.CharField(help_text="SHA-256 of `shown`, in hexadecimal.", max_length=64),
                ),
                ("shown", models.TextField(help_text="Exactly what was shown: JSON as of RFC 8785.")),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("review", "Review"),
                            ("approval", "Approval"),
                            ("responsibility", "Responsibility"),
                            ("authorship", "Authorship"),
                            ("witnessing", "Witnessing"),
                            ("release", "Release"),
                            ("disposition", "Disposition"),
                        ],
                        max_length=20,
                    ),
                ),
                ("step", models.PositiveSmallIntegerField()),
                (
                    "steps",
                    models.JSONField(help_text="What the policy demanded when the record was first signed."),
                ),
                ("user_name", models.CharField(max_length=150)),
                ("printed_name", models.CharField(max_length=320)),
                ("signed_at", models.DateTimeField()),
                ("zone", models.CharField(help_text="IANA name of the signer's time zone.", max_length=64)),
                (
                    "components",
                    models.JSONField(help_text="How the signer was told: password, totp, passkey, …"),
                ),
                ("first_of_session", models.BooleanField()),
                ("address", models.CharField(blank=True, max_length=64)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("reason", models.TextField(blank=True)),
                (
                    "previous",
                    models.CharField(
                        help_text="Seal of the signature before; empty for the first.", max_length=64
                    ),
                ),
                ("key_id", models.CharField(help_text="Which key sealed it.", max_length=16)),
                (
                    "seal",
                    models.CharField(help_text="HMAC-SHA-256 over all of it.", max_length=64, unique=True),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "signer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("sign_review", "Can sign: review"),
                    ("sign_approval", "Can sign: approval"),
                    ("sign_responsibility", "Can sign: responsibility"),
                    ("sign_authorship", "Can sign: authorship"),
                    ("sign_witnessing", "Can sign: witnessing"),
                    ("sign_release", "Can sign: release"),
                    ("sign_disposition", "Can sign: disposition"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompletedRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("record_key", models.CharField(max_length=200)),
                ("shown_hash", models.CharField(max_length=64)),
                ("signatures", models.PositiveSmallIntegerField()),
                ("completed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "last",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.signature",
                    ),
                ),
            ],
            options={
                "db_table": "compliance_completed_record",
            },
        ),
        migrations.CreateModel(
            name="SignaturePolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                (
                    "step",
                    models.PositiveSmallIntegerField(default=1, help_text="The same number: in any order."),
                ),
                (
                    "meaning",
                    models.CharField(
                        choices=[
                            ("review", "Review"),
                            ("approval", "Approval"),
                            ("responsibility", "Responsibility"),
                            ("authorship", "Authorship"),
                            ("witnessing", "Witnessing"),
                            ("release", "Release"),
                            ("disposition", "Disposition"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "signers",
                    models.PositiveSmallIntegerField(default=1, help_text="How many different people."),
                ),
                (
                    "not_own",
                    models.BooleanField(default=True, help_text="The record's author may not give it."),
                ),
                (
                    "repeatable",
                    models.BooleanField(
                        default=False,
                        help_text="Whether somebody who signed another step of the record may give it too.",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        blank=True,
                        help_text="Only people with this role; empty: everybody who may sign with the meaning.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="auth.group",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "signature policies",
                "db_table": "compliance_signature_policy",
                "ordering": ["kind", "step", "meaning"],
            },
        ),
        migrations.CreateModel(
            name="SigningSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("browser", models.CharField(db_index=True, max_length=64)),
                ("device", models.CharField(help_text="SHA-256 of what tells the device.", max_length=64)),
                ("address", models.CharField(blank=True, max_length=64)),
                ("started", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_signed", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(blank=True, null=True)),
                ("ended_why", models.CharField(blank=True, max_length=100)),
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
                "db_table": "compliance_signing_session",
            },
        ),
        migrations.AddField(
            model_name="signature",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="signatures",
                to="compliance.signingsession",
            ),
        ),
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "kind",
                    models.CharField(
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
                            ("export", "Exported"),
                            ("view", "Looked at"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "user_name",
                    models.CharField(blank=True, help_text="As it was given or stood then.", max_length=150),
                ),
                ("what", models.CharField(blank=True, max_length=300)),
                ("address", models.CharField(blank=True, max_length=64)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("detail", models.JSONField(blank=True, default=dict)),
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
            ],
            options={
                "db_table": "compliance_access_event",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["user", "-id"], name="compliance_event_user")],
            },
        ),
        migrations.CreateModel(
            name="AccountSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("browser", models.CharField(max_length=64, unique=True)),
                ("device", models.CharField(help_text="SHA-256 of what tells the device.", max_length=64)),
                ("address", models.CharField(blank=True, max_length=64)),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("started", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_seen", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(blank=True, null=True)),
                ("ended_why", models.CharField(blank=True, max_length=100)),
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
                "db_table": "compliance_account_session",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended__isnull", True)),
                        fields=["user"],
                        name="compliance_session_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "token_hash",
                    models.CharField(
                        blank=True, help_text="Keyed hash of the browser's token.", max_length=64
                    ),
                ),
                ("network", models.CharField(blank=True, help_text="Such as 10.20.0.0/16.", max_length=64)),
                (
                    "kiosk",
                    models.BooleanField(
                        default=False, help_text="Shared by many: every signature takes all components."
                    ),
                ),
                ("registered_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "tested_on",
                    models.DateField(
                        help_text="When it was last seen to work as it should (21 CFR 11.300(e))."
                    ),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_why", models.CharField(blank=True, max_length=300)),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("network", ""), ("token_hash", ""), _negated=True),
                        name="compliance_device_told",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "credential_id",
                    models.BigIntegerField(
                        blank=True, help_text="The key of a system that asked.", null=True
                    ),
                ),
                ("store_id", models.BigIntegerField(blank=True, null=True)),
                ("kind", models.CharField(help_text="Which page, report or resource.", max_length=100)),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Whose records were shown.",
                        size=None,
                    ),
                ),
                ("filter", models.JSONField(blank=True, default=dict, help_text="What was asked for.")),
                ("purpose", models.CharField(blank=True, max_length=300)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("address", models.CharField(blank=True, max_length=64)),
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
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["user", "-id"], name="compliance_disclosure_user")],
            },
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=["user"],
                name="compliance_grant_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("user", models.F("granted_by")), _negated=True),
                name="compliance_grant_not_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends__isnull", True), ("ends__gt", models.F("starts")), _connector="OR"),
                name="compliance_grant_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="identityverification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=("user",),
                name="compliance_identity_verified_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="identityverification",
            constraint=models.CheckConstraint(
                condition=models.Q(("user", models.F("verified_by")), _negated=True),
                name="compliance_identity_not_own",
            ),
        ),
        migrations.AddConstraint(
            model_name="passwordreset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("user", models.F("asked_by")), _negated=True),
                    models.Q(
                        ("approved_by__isnull", True),
                        models.Q(
                            models.Q(("approved_by", models.F("asked_by")), _negated=True),
                            models.Q(("approved_by", models.F("user")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                ),
                name="compliance_reset_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="passwordreset",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved_at__isnull", True), ("refused_at__isnull", True)),
                fields=("user",),
                name="compliance_reset_one_open",
            ),
        ),
        migrations.AddIndex(
            model_name="passwordused",
            index=models.Index(fields=["user", "-id"], name="compliance_password_user"),
        ),
        migrations.AddConstraint(
            model_name="policyacknowledgement",
            constraint=models.UniqueConstraint(
                fields=("user", "policy"), name="compliance_acknowledged_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="recertificationitem",
            constraint=models.UniqueConstraint(fields=("round", "grant"), name="compliance_recertified_once"),
        ),
        migrations.AddConstraint(
            model_name="completedrecord",
            constraint=models.UniqueConstraint(
                fields=("kind", "record_key", "shown_hash"), name="compliance_completed_record_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="signaturepolicy",
            constraint=models.UniqueConstraint(
                fields=("kind", "step", "meaning"), name="compliance_signature_policy_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="signaturepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(("signers__gte", 1)), name="compliance_signature_policy_signers"
            ),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(fields=["kind", "record_key", "position"], name="compliance_signature_record"),
        ),
        migrations.AddIndex(
            model_name="signature",
            index=models.Index(fields=["signer", "signed_at"], name="compliance_signature_signer"),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.UniqueConstraint(
                fields=("kind", "record_key", "shown_hash", "step", "meaning", "signer"),
                name="compliance_signature_once",
            ),
        ),
        migrations.RunSQL(
            sql=_SQL.read_text(encoding="utf-8"),
            reverse_sql=migrations.RunSQL.noop,
            elidable=False,
        ),
    ]
