"""What the pages of connections share: their frame, who may do what, and notes in the history.

In: requests of members of staff. Out: pages below `connectors/admin/`, redirects back, ChangeNotes. Only the
addresses a class lists exist; nothing here can be deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from connectors.errors import ConnectorError
from connectors.models import ChangeNote, System
from lrs.admin.base import HubAdmin

#: The largest key PostgreSQL has; a longer number in an address is no row.
_KEY_MOST = (1 << 63) - 1


class ConnectionAdmin(HubAdmin):
    """A ModelAdmin that has the pages it lists and no others."""

    templates = "connectors/admin"

    def pages(self) -> list[URLPattern]:
        """Return the addresses; the one named `<app>_<model>_changelist` must be among them."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say which pages it has.")

    def get_urls(self) -> list[URLPattern]:
        """Return `pages` in place of Django's addresses."""
        return self.pages()


def must(request: HttpRequest, *permissions: str) -> None:
    """Raise PermissionDenied unless the user has all permissions, named without their application."""
    if not may(request, *permissions):
        raise PermissionDenied


def may(request: HttpRequest, *permissions: str) -> bool:
    """Whether the user has all permissions, named without their application."""
    return request.user.has_perms([f"connectors.{each}" for each in permissions])


def by(request: HttpRequest) -> AbstractBaseUser:
    """Return who asks; a member of staff on every page of the administration."""
    return cast("AbstractBaseUser", request.user)


def system_of(pk: int) -> System:
    """Return a connection, or say that there is none."""
    return get_object_or_404(System.objects.select_related("store"), pk=min(pk, _KEY_MOST))


def key(pk: int) -> int:
    """Return a key of an address as the database can compare it."""
    return min(pk, _KEY_MOST)


def note(system: System, request: HttpRequest, kind: str, text: str, **detail: Any) -> None:
    """Add to the history of a connection."""
    ChangeNote.objects.create(system=system, by_id=by(request).pk, kind=kind, text=text, detail=detail)


def to(name: str, *arguments: object, query: str = "") -> HttpResponseRedirect:
    """Return the way to a page of the administration."""
    return HttpResponseRedirect(reverse(f"admin:{name}", args=arguments) + query)


@contextmanager
def told(request: HttpRequest) -> Iterator[None]:
    """Tell the user why something could not be done, instead of failing."""
    try:
        yield
    except ConnectorError as error:
        messages.error(request, f"{error.reason} {error.suggestion}".strip())


def lines(text: str) -> list[str]:
    """Return what stands on the lines of a field, each once."""
    found = (each.strip() for each in text.replace("\0", "").splitlines())
    return list(dict.fromkeys(each for each in found if each))


def held(name: str) -> str:
    """Return what drift holds in words; with a question mark, only in records whose value is new."""
    return f"{name.removesuffix('?')} where its value is new" if name.endswith("?") else name
