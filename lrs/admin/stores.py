"""Stores: each a record store of its own."""

from __future__ import annotations

from django.contrib import admin

from lrs.admin.base import HubAdmin
from lrs.admin.reason import AsksForReason
from lrs.models import Store


@admin.register(Store)
class StoreAdmin(AsksForReason, HubAdmin):
    """Stores can be made and described; nothing takes one away."""

    list_display = ("name", "description", "created")
    search_fields = ("name",)
    fields = ("name", "description", "created")
    readonly_fields = ("created",)
    list_per_page = 50
