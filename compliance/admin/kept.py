"""What the pages of access and signing share: rows that are added and ended, never changed or removed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from lrs.admin.base import ThemedAdmin


class KeptAdmin(ThemedAdmin):
    """Looked at by who may view, added by who may add; nothing else."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes what was written."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who was given the permission to view."""
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes what was written."""
        return False


class WrittenByTheHub(KeptAdmin):
    """What only the hub writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds these by hand."""
        return False
