"""Writes the disclosure log for the pages and resources that show people, and keeps them within scope.

In: requests to the people pages of the administration, to `/api/v1/` and to `/audit/`. Out: the same answers,
an entry each; or a refusal where the person, or the whole resource, is outside the user's scope. The entry is
written before the answer leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from compliance import conf
from compliance.access import events, showing
from compliance.access.disclosure import ask_purpose, disclosed, purpose_of, query_of
from compliance.access.scope import scope_of
from compliance.models import EventKind
from connectors import visible

VIEW_STATEMENTS = "lrs.view_statement"
_OUTSIDE = "This is outside the part of the organization you look after."


class DisclosuresMiddleware:
    """Sits behind authentication."""

    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limited = visible.LIMIT.set(None)
        # Asked before the view: the API framework puts a user of its own in its place.
        user = getattr(request, "user", None)
        try:
            response = self.get_response(request)
            _log(request, response, user if user is not None and user.is_authenticated else None)
        finally:
            visible.LIMIT.reset(limited)
        return response

    def process_view(
        self, request: HttpRequest, _view: Any, _arguments: Any, named: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Set the scope before the view runs; refuse what lies outside."""
        name = _name(request)
        if not getattr(request, "user", None) or not request.user.is_authenticated:
            return None
        if "Authorization" in request.headers:
            return None  # a system asks, with a key of its own
        _must_oversee(request, name)
        if name not in showing.LOGGED:
            return None
        if conf.purpose_required() and not purpose_of(request):
            return ask_purpose(request)
        if name in showing.STATEMENTS:
            _must_see_statements(request)
            return None
        permission = showing.permission_of(name)
        scope = scope_of(request.user, permission)
        if scope.everything or not request.user.has_perm(permission):
            return None
        person = _person(named) if name not in showing.RECORDS else None
        store = _store(request) if name in showing.RECORD_RESOURCES else None
        beyond = store is not None and store not in scope.stores
        if name in showing.WHOLE or beyond or (person is not None and not scope.sees(person)):
            raise PermissionDenied(_OUTSIDE)
        visible.LIMIT.set(scope)
        return None

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Keep what a page shows, for its entry."""
        request.disclosed_context = response.context_data  # type: ignore[attr-defined]  # ours alone
        return response


def _log(request: HttpRequest, response: HttpResponseBase, user: Any) -> None:
    """Write down what an answer shows."""
    name = _name(request)
    if response.status_code == 200 and name in showing.LOGGED:
        credential, store = _caller(request)
        whose = None if credential is not None else user
        disclosed(
            request,
            name,
            _people(request, response),
            user=whose,
            asked=_asked(request),
            credential_id=credential,
            store_id=store,
        )
    if response.status_code == 200 and request.path_info.startswith("/audit/"):
        events.record(EventKind.VIEW, request=request, user=user, what=request.path_info)
    if user is not None and "attachment" in response.headers.get("Content-Disposition", ""):
        events.record(EventKind.EXPORT, request=request, user=user, what=request.path_info)


def _must_see_statements(request: HttpRequest) -> None:
    """Raise PermissionDenied for whom grants let see statements of a part of the organization only.

    These pages go through whole stores; what concerns a part is told by the reports.
    """
    if not request.user.has_perm(VIEW_STATEMENTS):
        return  # the page itself refuses
    scope = scope_of(request.user, VIEW_STATEMENTS)
    if not scope.everything and apps.get_model("lrs", "Store").objects.exclude(pk__in=scope.stores).exists():
        raise PermissionDenied(_OUTSIDE)


def _must_oversee(request: HttpRequest, name: str) -> None:
    """Raise PermissionDenied for whom grants let see units only, where a page tells of a whole store."""
    permission = showing.oversight_of(name)
    if permission is None or not request.user.has_perm(permission):
        return  # the page itself refuses
    scope = scope_of(request.user, permission)
    if not scope.everything and not scope.stores:
        raise PermissionDenied(_OUTSIDE)


def _store(request: HttpRequest) -> int | None:
    """Return the store a resource is asked about: the one it names, or the only one there is; None where the
    resource itself refuses for want of one (connectors.api.access)."""
    said = request.GET.get("store", "")
    if said:
        return int(said) if said.isascii() and said.isdigit() else None
    stores = list(apps.get_model("lrs", "Store").objects.values_list("pk", flat=True)[:2])
    return stores[0] if len(stores) == 1 else None


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what was asked for: the query, and what the address names."""
    match = request.resolver_match
    named = {} if match is None else {name: str(value)[:300] for name, value in match.kwargs.items()}
    return {**query_of(request), **named}


def _people(request: HttpRequest, response: HttpResponseBase) -> set[int]:
    """Return whose records an answer shows, as far as it tells."""
    match = request.resolver_match
    apart = showing.LISTS | showing.STATEMENTS | showing.RECORDS
    person = _person(match.kwargs) if match is not None and _name(request) not in apart else None
    if person is not None:
        return {person}
    context = getattr(request, "disclosed_context", None)
    if context:
        return _in_context(context)
    if isinstance(response, HttpResponse) and response.headers.get("Content-Type") == "application/json":
        body = orjson.loads(response.content) if response.content else {}
        return _in_lists(body) if isinstance(body, dict) else set()
    return set()


def _in_context(context: Mapping[str, Any]) -> set[int]:
    """Return whom a page tells of: its rows, a list of Django's, one record, or people it names."""
    shown = [
        *context.get("rows", ()),
        *getattr(context.get("cl"), "result_list", ()),
        context.get("original"),
    ]
    found = (_person_of(each) for each in shown)
    return {each for each in (*found, *context.get("people", ())) if isinstance(each, int)}


def _person_of(shown: Any) -> Any:
    if isinstance(shown, dict):
        return shown.get("person_id", getattr(shown.get("row"), "person_id", None))
    return getattr(shown, "person_id", None)


def _in_lists(body: Mapping[str, Any]) -> set[int]:
    """Return whom the lines of a resource tell of."""
    found = set()
    for name, lines in body.items():
        for each in lines if isinstance(lines, list) else ():
            if isinstance(each, dict):
                person = each.get("id") if name == "people" else each.get("person")
                found.add(person.get("id") if isinstance(person, dict) else person)
    return {each for each in found if isinstance(each, int)}


def _person(named: Mapping[str, Any]) -> int | None:
    value = named.get("person_id", named.get("pk"))
    return value if isinstance(value, int) else None


def _caller(request: HttpRequest) -> tuple[int | None, int | None]:
    """Return the credential and the store a resource was asked with, where it says so."""
    caller = getattr(request, "caller", None)
    return getattr(caller, "credential_id", None), getattr(caller, "store_id", None)


def _name(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.view_name if match is not None else ""
