"""What the pages of compliance share.

In: requests. Out: the frame of a page, uploaded files, and writes whose refusal becomes a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from compliance.errors import ComplianceError
from lrs.admin.base import HubAdmin, LookOnly, chosen_store


class Pages(HubAdmin):
    """A model with pages of our own; their templates stand in compliance/admin/."""

    templates = "compliance/admin"

    def must(self, request: HttpRequest, action: str) -> None:
        """Raise PermissionDenied unless the user has that permission."""
        if not self.may(request, action):
            raise PermissionDenied


class LookOnlyPages(Pages, LookOnly):
    """The same, where all the addresses are our own."""


def store_of(request: HttpRequest) -> dict[str, Any]:
    """Return the store at hand and those to choose from, as templates want them."""
    stores = apps.get_model("lrs", "Store").objects.order_by("name")
    return {"store": chosen_store(request), "stores": stores}


def printed_name(request: HttpRequest) -> str:
    """Return who is signed in, as it is printed."""
    user: Any = request.user
    return str(user.get_full_name() or user.get_username())


def told(request: HttpRequest, write: Callable[[], object], success: str) -> bool:
    """Do something and say how it went; return whether it was done."""
    try:
        write()
    except ComplianceError as error:
        messages.error(request, error.reason)
        return False
    messages.success(request, success)
    return True


def uploaded(request: HttpRequest, name: str) -> bytes:
    """Return the content of an uploaded file; empty where there is none."""
    found = request.FILES.get(name)
    return b"" if found is None else found.read()
