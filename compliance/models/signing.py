"""Electronic signatures, who may give them, and what comes before (21 CFR 11 subpart C).

Signatures, acknowledgements and completed records are append-only by trigger. Policies and the standing of
signing sessions are ordinary rows.
"""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from compliance.models.completions import this_transaction


class Meaning(models.TextChoices):
    """What a signature says (21 CFR 11.50(a)(3))."""

    REVIEW = "review", "Review"
    APPROVAL = "approval", "Approval"
    RESPONSIBILITY = "responsibility", "Responsibility"
    AUTHORSHIP = "authorship", "Authorship"
    WITNESSING = "witnessing", "Witnessing"
    RELEASE = "release", "Release"
    DISPOSITION = "disposition", "Disposition"


class SignaturePolicy(models.Model):
    """One step of what a kind of record has to be signed with. Steps are taken in their order."""

    kind = models.CharField(max_length=60)
    step = models.PositiveSmallIntegerField(default=1, help_text="The same number: in any order.")
    meaning = models.CharField(max_length=20, choices=Meaning.choices)
    signers = models.PositiveSmallIntegerField(default=1, help_text="How many different people.")
    role = models.ForeignKey(
        "auth.Group",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Only people with this role; empty: everybody who may sign with the meaning.",
    )
    not_own = models.BooleanField(default=True, help_text="The record's author may not give it.")
    repeatable = models.BooleanField(
        default=False, help_text="Whether somebody who signed another step of the record may give it too."
    )

    class Meta:
        db_table = "compliance_signature_policy"
        verbose_name_plural = "signature policies"
        ordering = ["kind", "step", "meaning"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "step", "meaning"], name="compliance_signature_policy_once"
            ),
            models.CheckConstraint(
                condition=models.Q(signers__gte=1), name="compliance_signature_policy_signers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.step}: {self.signers} × {self.meaning}"


class SigningSession(models.Model):
    """A continuous, controlled period of access in which somebody signs (21 CFR 11.200(a)(1)(i))."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    #: SHA-256 of the browser session's key, never the key itself.
    browser = models.CharField(max_length=64, db_index=True)
    device = models.CharField(max_length=64, help_text="SHA-256 of what tells the device.")
    address = models.CharField(max_length=64, blank=True)
    started = models.DateTimeField(default=timezone.now)
    last_signed = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=100, blank=True)

    class Meta:
        db_table = "compliance_signing_session"

    def __str__(self) -> str:
        return f"signing session {self.pk}"


class Signature(models.Model):
    """That somebody signed exactly what was shown. Sealed over every column, and chained to the one
    before."""

    number = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    position = models.BigIntegerField(unique=True, help_text="Place in the chain of all signatures, from 1.")
    kind = models.CharField(max_length=60)
    record_key = models.CharField(max_length=200)
    version = models.CharField(max_length=100)
    title = models.CharField(max_length=400)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    shown_hash = models.CharField(max_length=64, help_text="SHA-256 of `shown`, in hexadecimal.")
    shown = models.TextField(help_text="Exactly what was shown: JSON as of RFC 8785.")
    meaning = models.CharField(max_length=20, choices=Meaning.choices)
    step = models.PositiveSmallIntegerField()
    steps = models.JSONField(help_text="What the policy demanded when the record was first signed.")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    user_name = models.CharField(max_length=150)
    printed_name = models.CharField(max_length=320)
    signed_at = models.DateTimeField()
    zone = models.CharField(max_length=64, help_text="IANA name of the signer's time zone.")
    components = models.JSONField(help_text="How the signer was told: password, totp, passkey, …")
    session = models.ForeignKey(SigningSession, on_delete=models.PROTECT, related_name="signatures")
    first_of_session = models.BooleanField()
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    previous = models.CharField(max_length=64, help_text="Seal of the signature before; empty for the first.")
    key_id = models.CharField(max_length=16, help_text="Which key sealed it.")
    seal = models.CharField(max_length=64, unique=True, help_text="HMAC-SHA-256 over all of it.")
    #: The transaction that wrote it: by this and its position the proof log comes to it.
    xid = models.BigIntegerField(db_default=this_transaction(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["xid", "position"], name="compliance_signature_feed"),
            models.Index(fields=["kind", "record_key", "position"], name="compliance_signature_record"),
            models.Index(fields=["signer", "signed_at"], name="compliance_signature_signer"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record_key", "shown_hash", "step", "meaning", "signer"],
                name="compliance_signature_once",
            )
        ]
        permissions = [
            ("sign_review", "Can sign: review"),
            ("sign_approval", "Can sign: approval"),
            ("sign_responsibility", "Can sign: responsibility"),
            ("sign_authorship", "Can sign: authorship"),
            ("sign_witnessing", "Can sign: witnessing"),
            ("sign_release", "Can sign: release"),
            ("sign_disposition", "Can sign: disposition"),
        ]

    def __str__(self) -> str:
        return f"{self.printed_name}, {self.meaning} of {self.kind} {self.record_key}"


class CompletedRecord(models.Model):
    """That a record got the last signature its policy needs, so that what follows from it happens once."""

    kind = models.CharField(max_length=60)
    record_key = models.CharField(max_length=200)
    shown_hash = models.CharField(max_length=64)
    signatures = models.PositiveSmallIntegerField()
    last = models.OneToOneField(Signature, on_delete=models.PROTECT, related_name="+")
    completed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "compliance_completed_record"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record_key", "shown_hash"], name="compliance_completed_record_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_key}"


class CertificationLetter(models.Model):
    """The organization's certification to FDA that its electronic signatures are meant to be legally binding
    (21 CFR 11.100(c))."""

    organization = models.CharField(max_length=300)
    signed_by = models.CharField(max_length=200, help_text="Who signed the letter by hand, or for it.")
    sent_on = models.DateField()
    sent_how = models.CharField(
        max_length=20, choices=[("paper", "On paper"), ("electronic", "Electronically")], default="electronic"
    )
    reference = models.CharField(max_length=200, help_text="FDA's receipt, tracking number or filing place.")
    document = models.BinaryField(null=True, blank=True, editable=False)
    document_name = models.CharField(max_length=200, blank=True)
    document_hash = models.CharField(max_length=64, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "compliance_certification_letter"

    def __str__(self) -> str:
        return f"{self.organization}, {self.sent_on}"


class AccountabilityPolicy(models.Model):
    """The written policy that holds people to what they do under their signatures (21 CFR 11.10(j))."""

    version = models.CharField(max_length=50, unique=True)
    title = models.CharField(max_length=300)
    text = models.TextField()
    effective_on = models.DateField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "compliance_accountability_policy"
        verbose_name_plural = "accountability policies"

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class PolicyAcknowledgement(models.Model):
    """That somebody read the accountability policy and accepts it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(
        AccountabilityPolicy, on_delete=models.PROTECT, related_name="acknowledgements"
    )
    text_hash = models.CharField(max_length=64, help_text="SHA-256 of the text that was shown.")
    acknowledged_at = models.DateTimeField(db_default=Now())
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        db_table = "compliance_policy_acknowledgement"
        constraints = [
            models.UniqueConstraint(fields=["user", "policy"], name="compliance_acknowledged_once")
        ]

    def __str__(self) -> str:
        return f"user {self.user_id}, policy {self.policy_id}"


class IdentityVerification(models.Model):
    """That somebody checked who the holder of an account is, before they sign (21 CFR 11.100(b))."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="identity_verifications"
    )
    method = models.CharField(max_length=200, help_text="Such as: passport seen in person.")
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_why = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "compliance_identity_verification"
        permissions = [("verify_identity", "Can verify the identity of people")]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(revoked_at__isnull=True),
                name="compliance_identity_verified_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("verified_by")), name="compliance_identity_not_own"
            ),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id}"
