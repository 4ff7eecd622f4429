"""SCIM tokens: issue, withdraw. A token is shown on the one page that answers its making."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field, ForeignKey, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from connectors.models import ChangeNote, ScimToken, System
from connectors.scim import tokens
from lrs.admin.base import ThemedAdmin


@admin.register(ScimToken)
class ScimTokenAdmin(ThemedAdmin):
    """Tokens by which identity providers write; never changed, only issued and withdrawn."""

    list_display = ("key", "system", "created", "last_used", "expires")
    list_filter = ("system",)
    list_select_related = ("system",)
    search_fields = ("key", "system__name")
    ordering = ("-pk",)
    fields = ("system", "expires")

    def has_change_permission(self, _: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's name
        """Return that a token is never changed."""
        return False

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any, Any], request: Any, **more: Any) -> Any:
        """Offer the connections that have tokens."""
        more["queryset"] = System.objects.filter(adapter=tokens.ADAPTER).select_related("store")
        return super().formfield_for_foreignkey(db_field, request, **more)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: Any, **more: Any) -> Any:
        """Offer connections without the links beside them: a connection is made in its own guided set-up."""
        field = super().formfield_for_dbfield(db_field, request, **more)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **more: Any) -> Any:
        """Return the form, which refuses what has ended already."""
        form = super().get_form(request, obj, change, **more)

        class Ends(form):  # type: ignore[misc,valid-type]  # made by Django
            def clean_expires(self) -> Any:
                expires = self.cleaned_data["expires"]
                if expires is not None and expires <= timezone.now():
                    raise forms.ValidationError("The token would have ended already.")
                return expires

        return Ends

    def save_model(self, request: HttpRequest, obj: ScimToken, _: ModelForm[Any], __: bool) -> None:
        """Issue the token instead of saving the row."""
        issued = tokens.issue(obj.system, expires=obj.expires, by=request.user.pk)
        kept = ScimToken.objects.get(key=issued.partition(".")[0].removeprefix(tokens.PREFIX))
        obj.pk, obj.key = kept.pk, kept.key
        # For the page that answers this request; kept nowhere.
        request.META["connectors.scim.token"] = issued

    def response_add(self, request: HttpRequest, obj: ScimToken, _: Any = None) -> HttpResponse:
        """Show the token, this once."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Token of {obj.system}",
            "endpoint": request.build_absolute_uri("/scim/v2"),
            "token": request.META.pop("connectors.scim.token"),
        }
        response = TemplateResponse(request, "connectors/admin/scim/issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def delete_model(self, request: HttpRequest, obj: ScimToken) -> None:
        """Withdraw a token, and write that down."""
        _note(request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ScimToken]) -> None:
        """Withdraw tokens, and write that down."""
        for each in queryset.select_related("system"):
            _note(request, each)
        super().delete_queryset(request, queryset)


def _note(request: HttpRequest, token: ScimToken) -> None:
    ChangeNote.objects.create(
        system=token.system,
        by_id=request.user.pk,
        kind="secret",
        text=f"The SCIM token {token.key} was withdrawn.",
    )
