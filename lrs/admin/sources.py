"""Sources: the systems that post, what they may do, and how long their refused requests are kept."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Max, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import URLPattern

from lrs.admin.base import HubAdmin
from lrs.admin.connect import Connect
from lrs.admin.reason import AsksForReason
from lrs.auth.remembered import REMEMBERED
from lrs.models import Source
from lrs.templatetags.lrs_admin import ago


@admin.register(Source)
class SourceAdmin(AsksForReason, HubAdmin):
    """Sources can be made, described and switched off; the guided way is "Connect an LMS"."""

    list_display = ("name", "store", "kind", "active", "seen")
    list_filter = ("store", "kind", "active")
    list_select_related = ("store",)
    search_fields = ("name", "description")
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("store", "name", "kind", "description", "active", "may_void", "created")}),
        (
            "Inbox of refused requests",
            {
                "fields": ("inbox_days", "inbox_entries", "inbox_body_bytes"),
                "description": "Days 0 keeps nothing over night, entries 0 keeps nothing at all, and bytes 0"
                " keeps the reasons but no bodies.",
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A source never moves to another store: its statements could not follow."""
        return ("created",) if obj is None else ("created", "store")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return sources with the time each was last seen."""
        sources: QuerySet[Any] = super().get_queryset(request)
        seen: QuerySet[Any] = sources.annotate(last_seen=Max("hours__last_seen"))
        return seen

    @admin.display(description="Last seen", ordering="last_seen")
    def seen(self, source: Any) -> str:
        """When it last posted something, or was refused."""
        return ago(source.last_seen)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Save, and forget what this process remembers of the source's credentials."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(REMEMBERED.clear)

    def get_urls(self) -> list[URLPattern]:
        """Return Django's addresses and the guide's."""
        return [*Connect(self).pages(), *super().get_urls()]
