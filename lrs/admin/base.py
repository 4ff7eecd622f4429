"""What the pages of the record store's administration share.

Out: the themed ModelAdmin; `LookOnly` for what can never be changed; searches that end in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from lrs.admin.history import HistoryFromTrail
from lrs.models import Store

if TYPE_CHECKING:

    class ThemedAdmin(admin.ModelAdmin[Any]):
        """unfold's ModelAdmin, as the type checker may know it."""
else:
    from unfold.admin import ModelAdmin as ThemedAdmin

#: Milliseconds a search without an index may take.
SEARCH_MILLISECONDS = 3_000
#: Where the browser remembers which store is looked at, and which forms were sent.
_STORE_KEY = "lrs_admin_store"
_NONCES_KEY = "lrs_admin_sent"

View = Callable[..., HttpResponseBase]


class SearchTooLong(Exception):
    """A search was given up because there is too much to look through."""

    sentence = "There is too much to look through. Narrow the search, or give a whole identifier."


@contextmanager
def bounded(milliseconds: int = SEARCH_MILLISECONDS) -> Iterator[None]:
    """Give what is asked of the database within so many milliseconds; SearchTooLong after that."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {int(milliseconds)}")
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        # 57014: query_canceled
        if getattr(error.__cause__, "sqlstate", "") == "57014":
            raise SearchTooLong from error
        raise


class HubAdmin(HistoryFromTrail, ThemedAdmin):
    """A ModelAdmin whose own pages look like all the others."""

    #: Where the templates of its pages are.
    templates = "lrs/admin"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        """Offer rows of other models without the links beside them: many have pages of their own."""
        field: Any = super().formfield_for_dbfield(db_field, request, **more)
        if db_field.is_relation and field is not None:
            for link in ("can_add_related", "can_change_related", "can_view_related", "can_delete_related"):
                setattr(field.widget, link, False)
        return field

    def page(
        self,
        request: HttpRequest,
        template: str,
        context: Mapping[str, Any],
        *,
        title: str,
        status: int = 200,
    ) -> HttpResponse:
        """Return a page in the frame of the admin site."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"{self.templates}/{template}",
            {**self.admin_site.each_context(request), "title": title, **context},
            status=status,
        )

    def may(self, request: HttpRequest, action: str) -> bool:
        """Whether the user was given a permission on these: add, change or view."""
        return request.user.has_perm(f"{self.opts.app_label}.{action}_{self.opts.model_name}")

    def must_view(self, request: HttpRequest) -> None:
        """Raise PermissionDenied unless the user may look at these."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def must_change(self, request: HttpRequest) -> None:
        """Raise PermissionDenied unless the user may change these."""
        if not self.has_change_permission(request):
            raise PermissionDenied

    def route(self, address: str, view: View, name: str) -> URLPattern:
        """Return a page below this model's address; it needs a signed-in member of staff."""
        return path(address, self.admin_site.admin_view(view), name=name)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing of the record store is deleted by hand: statements name stores, sources and credentials."""
        return False


class LookOnly(HubAdmin):
    """What can be looked at and nothing else; `pages` are all the addresses there are."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds these by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes these by hand."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who was given the permission to view, and that alone."""
        return self.may(request, "view")

    def pages(self) -> list[URLPattern]:
        """Return the addresses; the one named `<app>_<model>_changelist` must be among them."""
        raise ImproperlyConfigured(f"{type(self).__name__} does not say which pages it has.")

    def get_urls(self) -> list[URLPattern]:
        """Return `pages` in place of Django's addresses for adding, changing and deleting."""
        return self.pages()


def looking_only(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of anything but looking; None where the request only looks."""
    if request.method in ("GET", "HEAD"):
        return None
    return HttpResponse("This can only be looked at.\n", status=405, headers={"Allow": "GET, HEAD"})


def chosen_store(request: HttpRequest) -> Store | None:
    """Return the store that is asked for, else the one looked at last, else the first; None where none is."""
    stores = Store.objects.all()
    for wanted in (request.GET.get("store", ""), str(request.session.get(_STORE_KEY, ""))):
        if wanted.isdecimal() and len(wanted) < 10:
            found = stores.filter(pk=int(wanted)).first()
            if found is not None:
                if request.session.get(_STORE_KEY) != found.pk:
                    request.session[_STORE_KEY] = found.pk
                return found
    return stores.order_by("name").first()


def new_nonce() -> str:
    """Return a value for a form that must not be sent twice."""
    return uuid4().hex


def sent_before(request: HttpRequest) -> bool:
    """Whether this form was sent already (a page that was reloaded); remembers it if not."""
    nonce = request.POST.get("nonce", "")
    sent = request.session.get(_NONCES_KEY, [])
    if not nonce or nonce in sent:
        return True
    request.session[_NONCES_KEY] = [*sent[-49:], nonce]
    return False


def secret_page(response: HttpResponse) -> HttpResponse:
    """Mark a page that shows a secret: no cache keeps it."""
    response.headers["Cache-Control"] = "no-store, private"
    return response
