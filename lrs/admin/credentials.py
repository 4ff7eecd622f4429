"""Credentials: issue, change, rotate, revoke. A secret is shown on the one page that answers its making."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lrs.admin.base import HubAdmin, new_nonce, sent_before
from lrs.admin.connect import connected
from lrs.admin.credential_forms import BASIC, CredentialForm, IssueForm, RotateForm
from lrs.admin.reason import AsksForReason
from lrs.auth.issue import Issued, issue, issue_application, revoke, rotate
from lrs.auth.remembered import REMEMBERED
from lrs.errors import LrsError
from lrs.models import Credential
from lrs.templatetags.lrs_admin import ago, moment


@admin.register(Credential)
class CredentialAdmin(AsksForReason, HubAdmin):
    """Keys of sources. Statements name them, so that none is ever deleted: it is revoked."""

    form = CredentialForm
    list_display = ("key", "label", "source", "standing", "granted", "used", "expires")
    list_filter = ("source__store", "source")
    list_select_related = ("source__store", "application")
    search_fields = ("key", "label", "source__name")
    list_per_page = 50
    change_form_template = "lrs/admin/credentials/change.html"
    readonly_fields = ("key", "source", "standing", "created", "used", "secrets_kept", "oauth")
    fieldsets = (
        (
            None,
            {"fields": ("source", "key", "label", "standing", "created", "used", "secrets_kept", "oauth")},
        ),
        ("What it may do", {"fields": ("scopes", "expires", "requests_per_minute", "body_bytes")}),
        ("Authority", {"fields": ("authority",), "classes": ("collapse",)}),
    )

    def get_urls(self) -> list[URLPattern]:
        """Return Django's addresses, issuing in place of adding, rotating and revoking."""
        return [
            self.route("add/", self.issue, "lrs_credential_add"),
            self.route("<int:pk>/rotate/", self.rotate, "lrs_credential_rotate"),
            self.route("<int:pk>/revoke/", self.revoke, "lrs_credential_revoke"),
            *super().get_urls(),
        ]

    def issue(self, request: HttpRequest) -> HttpResponse:
        """The form for a further credential, and the answer with its secret."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = IssueForm(
            request.POST if request.method == "POST" else None, initial={"source": request.GET.get("source")}
        )
        if request.method == "POST" and form.is_valid():
            if sent_before(request):
                return self._shown_already(request)
            issued = _issued(form)
            if issued is not None:
                self.log_addition(request, issued.credential, "Issued.")
                return connected(self, request, issued.credential, issued.secret)
        return self.page(
            request,
            "credentials/issue.html",
            {"form": form, "nonce": new_nonce()},
            title="New credential",
            status=400 if form.errors else 200,
        )

    def rotate(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how long the old secret lives, then show the new one."""
        self.must_change(request)
        credential = get_object_or_404(Credential.objects.select_related("source__store"), pk=pk)
        form = RotateForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            if sent_before(request):
                return self._shown_already(request)
            try:
                secret = rotate(credential, overlap=form.span())
            except LrsError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, credential, "Rotated its secret.")
                return connected(self, request, credential, secret, rotated=True)
        return self.page(
            request,
            "credentials/rotate.html",
            {"form": form, "credential": credential, "nonce": new_nonce()},
            title="Rotate the secret",
            status=400 if form.errors else 200,
        )

    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more, then end the credential."""
        self.must_change(request)
        credential = get_object_or_404(Credential.objects.select_related("source__store"), pk=pk)
        if request.method == "POST":
            revoke(credential)
            self.log_change(request, credential, "Revoked.")
            messages.success(request, f"{credential.label or credential.key} was revoked.")
            return HttpResponseRedirect(reverse("admin:lrs_credential_change", args=[pk]))
        return self.page(
            request, "credentials/revoke.html", {"credential": credential}, title="Revoke the credential"
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> Any:
        """Leave out the button that would add another."""
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Save, and forget what this process remembers of it."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(REMEMBERED.clear)

    @admin.display(description="Standing")
    def standing(self, credential: Credential) -> SafeString:
        """Whether it works now."""
        word, kind = standing(credential)
        return format_html('<span class="lrs-badge lrs-{}">{}</span>', kind, word)

    @admin.display(description="It may")
    def granted(self, credential: Credential) -> str:
        """The scopes in one line."""
        return ", ".join(credential.scopes)

    @admin.display(description="Last used", ordering="last_used")
    def used(self, credential: Credential) -> str:
        """When it was last used, to the minute."""
        return ago(credential.last_used)

    @admin.display(description="Secrets")
    def secrets_kept(self, credential: Credential) -> str:
        """Which secrets open it; never one itself."""
        if credential.application_id is not None:
            return "That of the OAuth 2 application."
        kept = [
            f"from {moment(each.created)}" + (f", until {moment(each.expires)}" if each.expires else "")
            for each in credential.secrets.all()
            if each.expires is None or each.expires > timezone.now()
        ]
        return "; ".join(kept) or "None that works."

    @admin.display(description="OAuth 2")
    def oauth(self, credential: Credential) -> str:
        """The application it is, where it is one."""
        application = credential.application
        if application is None:
            return "No: HTTP Basic."
        back = f", coming back to {application.redirect_uris}" if application.redirect_uris else ""
        return f"{application.get_authorization_grant_type_display()} ({application.client_type}){back}"

    def _shown_already(self, request: HttpRequest) -> HttpResponse:
        messages.info(request, "This was done already. A secret is shown once only; rotate it for another.")
        return HttpResponseRedirect(reverse("admin:lrs_credential_changelist"))


def standing(credential: Credential) -> tuple[str, str]:
    """Return whether a credential works now, and how that is coloured."""
    if credential.revoked is not None:
        return "revoked", "bad"
    if credential.expires is not None and credential.expires <= timezone.now():
        return "expired", "bad"
    if not credential.source.active:
        return "source switched off", "warn"
    return "works", "good"


def _issued(form: IssueForm) -> Issued | None:
    asked = form.cleaned_data
    source = asked["source"]
    common = {
        "store": source.store.name,
        "source": source.name,
        "scopes": asked["scopes"],
        "label": asked["label"],
        "expires": asked["expires"],
    }
    try:
        if asked["way"] == BASIC:
            return issue(**common)
        return issue_application(**common, redirect_uris=asked["redirect_uris"], public=asked["public"])
    except LrsError as refusal:
        form.add_error(None, refusal.message)
        return None
