"""Forms about credentials: what administrators fill in before a key is issued, rotated or changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from lrs.auth.access import SCOPES
from lrs.errors import BadRequest
from lrs.models import Credential, Source, Store
from lrs.models.tenancy import SourceKind
from lrs.validation.statements import check_agent
from lrs.wire.version import Version

#: What an LMS needs, and no more.
USUAL_SCOPES = ("statements/write", "statements/read/mine", "state", "define", "profile")

BASIC, APPLICATION, APPLICATION_OF_USERS = "basic", "application", "users"
WAYS = (
    (BASIC, "Key and secret (HTTP Basic), as Moodle and most tools want it"),
    (APPLICATION, "OAuth 2 application that acts for itself (client credentials)"),
    (APPLICATION_OF_USERS, "OAuth 2 application that signs users in (authorization code with PKCE)"),
)
OVERLAPS = (
    (0, "at once"),
    (3600, "in an hour"),
    (86_400, "in a day"),
    (7 * 86_400, "in a week"),
    (30 * 86_400, "in 30 days"),
)


class ScopeBoxes(forms.MultipleChoiceField):
    """The scopes of the xAPI as check boxes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=[
                (scope, f"{scope} – {meaning[0].lower()}{meaning[1:]}") for scope, meaning in SCOPES.items()
            ],
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": "Choose at least one."},
            **options,
        )


class _Issued(forms.Form):
    """What every new credential is asked."""

    scopes = ScopeBoxes(initial=USUAL_SCOPES, label="It may")
    label = forms.CharField(
        max_length=100,
        required=False,
        help_text="To tell this source's keys apart, such as “live” and “test”.",
    )
    expires = forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="UTC. Empty: it does not expire.",
    )

    def clean_expires(self) -> datetime | None:
        """Refuse an end that lies behind us."""
        expires: datetime | None = self.cleaned_data["expires"]
        if expires is not None and expires <= timezone.now():
            raise forms.ValidationError("That time has passed already.")
        return expires


class ConnectForm(_Issued):
    """Which LMS is connected."""

    store = forms.CharField(
        max_length=100,
        help_text="Where its statements go: an existing record store, or the name of a new one.",
        widget=forms.TextInput(attrs={"list": "lrs-stores", "autocomplete": "off"}),
    )
    source = forms.CharField(
        max_length=100,
        label="Name of the LMS",
        help_text="Such as “Moodle Berlin”. An existing one gets one more key.",
        widget=forms.TextInput(attrs={"list": "lrs-sources", "autocomplete": "off"}),
    )
    kind = forms.ChoiceField(choices=SourceKind.choices, initial=SourceKind.MOODLE, label="Kind")

    field_order = ("store", "source", "kind", "scopes", "label", "expires")


class IssueForm(_Issued):
    """A further credential of a source."""

    source = forms.ModelChoiceField(
        queryset=Source.objects.filter(active=True).select_related("store"), empty_label=None
    )
    way = forms.ChoiceField(choices=WAYS, initial=BASIC, widget=forms.RadioSelect, label="It signs in with")
    redirect_uris = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Addresses to come back to",
        help_text="Only for applications that sign users in; one on each line.",
    )
    public = forms.BooleanField(
        required=False,
        label="It cannot keep a secret",
        help_text="Only for applications that sign users in and run in browsers or on phones.",
    )

    field_order = ("source", "way", "scopes", "label", "expires", "redirect_uris", "public")

    def clean_redirect_uris(self) -> list[str]:
        """Return one address for each line."""
        return [line.strip() for line in self.cleaned_data["redirect_uris"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        """Refuse an application of users that has nowhere to send them back to."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("way") == APPLICATION_OF_USERS and not cleaned.get("redirect_uris"):
            self.add_error("redirect_uris", "Users must be sent back somewhere.")
        return cleaned


class RotateForm(forms.Form):
    """How long the old secret goes on working."""

    overlap = forms.TypedChoiceField(
        choices=OVERLAPS, coerce=int, initial=86_400, label="The old secret stops working"
    )

    def span(self) -> timedelta:
        """Return the overlap."""
        return timedelta(seconds=self.cleaned_data["overlap"])


class CredentialForm(forms.ModelForm[Credential]):
    """What may be changed of a credential."""

    scopes = ScopeBoxes(label="It may")

    class Meta:
        model = Credential
        fields = ("label", "scopes", "expires", "requests_per_minute", "body_bytes", "authority")

    def clean_authority(self) -> dict[str, Any] | None:
        """Refuse what is no agent of the xAPI."""
        authority = self.cleaned_data["authority"]
        if not authority:
            return None
        try:
            check_agent(authority, Version.V1)
        except BadRequest as refusal:
            raise forms.ValidationError(
                f"{refusal.message} ({refusal.pointer or 'whole value'})"
            ) from refusal
        if authority.get("objectType", "Agent") != "Agent":
            raise forms.ValidationError("An authority is an Agent, not a Group.")
        found: dict[str, Any] = authority
        return found


def known_stores() -> list[str]:
    """Return the names of stores to choose from."""
    return list(Store.objects.order_by("name").values_list("name", flat=True)[:200])


def known_sources() -> list[str]:
    """Return the names of sources to choose from."""
    return sorted(set(Source.objects.order_by("name").values_list("name", flat=True)[:500]))
