"""Signatures as they stand, the policies for them, the letter, the accountability policy, identities."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.admin.kept import KeptAdmin, WrittenByTheHub
from compliance.models import (
    AccountabilityPolicy,
    CertificationLetter,
    IdentityVerification,
    Signature,
    SignaturePolicy,
)
from compliance.signing import manifested, registered
from lrs.admin.base import ThemedAdmin
from lrs.admin.reason import AsksForReason

#: Bytes of a letter that is kept with its record.
_LETTER_BYTES = 5 * 1024 * 1024


@admin.register(Signature)
class SignatureAdmin(WrittenByTheHub):
    """Every signature, with whether it is valid."""

    list_display = ("position", "printed_name", "meaning", "title", "signed_at", "standing")
    list_filter = ("kind", "meaning")
    search_fields = ("=record_key", "printed_name")
    fields = (
        "position", "kind", "record_key", "version", "title", "meaning", "printed_name", "user_name",
        "when", "components", "reason", "shown_hash", "shown", "standing", "seal",
    )  # fmt: skip
    list_per_page = 50

    @admin.display(description="Standing")
    def standing(self, signature: Signature) -> SafeString:
        """Return whether it is valid, in words."""
        said = manifested(signature)
        return format_html("<span>{}</span>" if said.valid else "<strong>{}</strong>", said.standing)

    @admin.display(description="Signed")
    def when(self, signature: Signature) -> str:
        """Return when it was given, in the signer's zone."""
        return manifested(signature).when


class _PolicyForm(forms.ModelForm[SignaturePolicy]):
    class Meta:
        model = SignaturePolicy
        fields = ("kind", "step", "meaning", "signers", "role", "not_own", "repeatable")

    def clean_kind(self) -> str:
        """Refuse kinds nobody signs."""
        kind: str = self.cleaned_data["kind"]
        known = [each.kind for each in registered()]
        if kind not in known:
            raise ValidationError(f"There is no such kind. There are: {', '.join(known) or 'none'}.")
        return kind


@admin.register(SignaturePolicy)
class SignaturePolicyAdmin(AsksForReason, ThemedAdmin):
    """What each kind of record has to be signed with."""

    form = _PolicyForm
    list_display = ("kind", "step", "meaning", "signers", "role", "not_own", "repeatable")
    list_filter = ("kind",)


class _LetterForm(forms.ModelForm[CertificationLetter]):
    copy = forms.FileField(required=False, help_text="The letter as it was sent, 5 MB at most.")

    class Meta:
        model = CertificationLetter
        fields = ("organization", "signed_by", "sent_on", "sent_how", "reference")

    def clean_copy(self) -> Any:
        """Refuse a copy that is too large."""
        copy = self.cleaned_data["copy"]
        if copy is not None and copy.size > _LETTER_BYTES:
            raise ValidationError("The copy is larger than 5 MB.")
        return copy


@admin.register(CertificationLetter)
class CertificationLetterAdmin(KeptAdmin):
    """The organization's certification to FDA (21 CFR 11.100(c)); signing is off until one stands."""

    form = _LetterForm
    list_display = ("organization", "sent_on", "sent_how", "reference", "recorded_by", "withdrawn_at")
    actions = ("withdraw",)

    def save_model(self, request: HttpRequest, obj: CertificationLetter, form: Any, change: bool) -> None:
        """Keep who recorded it, and the copy with its hash."""
        obj.recorded_by = request.user  # type: ignore[assignment]  # a member of staff
        copy = form.cleaned_data.get("copy")
        if copy is not None:
            obj.document = copy.read()
            obj.document_name = copy.name[:200]
            obj.document_hash = sha256(obj.document).hexdigest()
        super().save_model(request, obj, form, change)

    @admin.action(description="Withdraw: nobody signs any more", permissions=["add"])
    def withdraw(self, _request: HttpRequest, chosen: QuerySet[CertificationLetter]) -> None:
        """Withdraw letters."""
        chosen.filter(withdrawn_at__isnull=True).update(withdrawn_at=timezone.now())


@admin.register(AccountabilityPolicy)
class AccountabilityPolicyAdmin(KeptAdmin):
    """Versions of the accountability policy; a newer one has to be acknowledged anew."""

    list_display = ("title", "version", "effective_on", "written_by")
    fields = ("version", "title", "text", "effective_on")

    def save_model(self, request: HttpRequest, obj: AccountabilityPolicy, form: Any, change: bool) -> None:
        """Keep who wrote it."""
        obj.written_by = request.user  # type: ignore[assignment]  # a member of staff
        super().save_model(request, obj, form, change)


@admin.register(IdentityVerification)
class IdentityVerificationAdmin(WrittenByTheHub):
    """Whose identity was verified, by whom, how; added in the list of users."""

    list_display = ("user", "method", "verified_by", "verified_at", "revoked_at")
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[IdentityVerification]) -> None:
        """Take verifications back."""
        chosen.filter(revoked_at__isnull=True).update(
            revoked_at=timezone.now(), revoked_by=request.user, revoked_why="revoked in the administration"
        )

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may verify identities may take that back."""
        return request.user.has_perm("compliance.verify_identity")
