"""What happened at the doors, and who looked at whom: to be read, filtered and nothing else."""

from __future__ import annotations

from django.contrib import admin

from compliance.access import looks
from compliance.admin.kept import WrittenByTheHub
from compliance.models import AccessEvent, Disclosure


@admin.register(AccessEvent)
class AccessEventAdmin(WrittenByTheHub):
    """Access events."""

    list_display = ("at", "kind", "user_name", "what", "address", "request_id")
    list_filter = ("kind",)
    search_fields = ("=user_name", "=request_id")
    show_full_result_count = False
    date_hierarchy = None


@admin.register(Disclosure)
class DisclosureAdmin(WrittenByTheHub):
    """The disclosure log."""

    list_display = ("at", "user", "credential_id", "what", "people", "filter", "purpose", "address")
    list_filter = ("kind",)
    search_fields = ("=user__username", "=request_id")
    list_select_related = ("user",)
    show_full_result_count = False

    @admin.display(description="Looked at", ordering="kind")
    def what(self, row: Disclosure) -> str:
        """Return what was looked at, in words."""
        return looks.said(row.kind)
