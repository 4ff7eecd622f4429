"""Writes the disclosure log for the pages and resources that show people, and keeps them within scope.

In: requests to the people pages of the administration, to `/api/v1/` and to `/audit/`. Out: the same answers,
an entry each; or a refusal where the person, or the whole resource, is outside the user's scope. The entry is
written before the answer leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from compliance.access import events
from compliance.access.disclosure import disclosed
from compliance.access.scope import VIEW_PEOPLE, Scope, scope_of
from compliance.models import EventKind
from connectors import visible

_ADMIN, _API = "admin:connectors_", "api:"
#: Pages of one person, by the name of the id in their address.
_PERSON_PAGES = frozenset(
    f"{_ADMIN}person_{name}" for name in ("change", "as_of", "by_hand", "merge", "undo")
)
#: Pages that list or tell people; what they showed stands in their context.
_LISTS = frozenset(
    {
        f"{_ADMIN}person_changelist",
        f"{_ADMIN}actor_changelist",
        f"{_ADMIN}actor_change",
        f"{_ADMIN}identityreview_changelist",
        f"{_ADMIN}identityreview_change",
        f"{_ADMIN}identityreview_decided",
        f"{_ADMIN}provisioninggap_changelist",
    }
)
_PERSON_RESOURCES = frozenset(f"{_API}{name}" for name in ("person", "assignments", "person-context"))
_LIST_RESOURCES = frozenset(f"{_API}{name}" for name in ("people", "roster", "statements", "export"))
#: Resources that cannot be cut down to a part of the organization.
_WHOLE = frozenset({f"{_API}statements", f"{_API}export"})
_LOGGED = _PERSON_PAGES | _LISTS | _PERSON_RESOURCES | _LIST_RESOURCES


class DisclosuresMiddleware:
    """Sits behind authentication."""

    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limited = visible.LIMIT.set(None)
        try:
            response = self.get_response(request)
            self._log(request, response)
        finally:
            visible.LIMIT.reset(limited)
        return response

    def process_view(
        self, request: HttpRequest, _view: Any, _arguments: Any, named: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Set the scope before the view runs; refuse what lies outside."""
        name = _name(request)
        if name not in _LOGGED or not getattr(request, "user", None) or not request.user.is_authenticated:
            return None
        if "Authorization" in request.headers:
            return None  # a system asks, with a key of its own
        scope = scope_of(request.user)
        if scope.everything or not request.user.has_perm(VIEW_PEOPLE):
            return None
        person = _person(named)
        if name in _WHOLE or (person is not None and not scope.sees(person)):
            events.record(EventKind.REFUSED, request=request, what=f"outside the scope: {request.path}")
            raise PermissionDenied("This is outside the part of the organization you look after.")
        visible.LIMIT.set(scope)
        return None

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Keep what a page shows, for its entry."""
        request.disclosed_context = response.context_data  # type: ignore[attr-defined]  # ours alone
        return response

    def _log(self, request: HttpRequest, response: HttpResponseBase) -> None:
        name = _name(request)
        if response.status_code == 200 and name in _LOGGED and request.method in ("GET", "HEAD", "POST"):
            people = _people(request, response)
            caller = _caller(request)
            disclosed(request, name, people, credential_id=caller[0], store_id=caller[1])
        if response.status_code == 200 and request.path_info.startswith("/audit/"):
            events.record(EventKind.VIEW, request=request, what=request.path_info)
        if "attachment" in response.headers.get("Content-Disposition", "") and _signed_in(request):
            events.record(EventKind.EXPORT, request=request, what=request.path_info)


def _people(request: HttpRequest, response: HttpResponseBase) -> set[int]:
    """Return whose records an answer shows, as far as it tells."""
    match = request.resolver_match
    person = _person(match.kwargs) if match is not None and _name(request) not in _LISTS else None
    if person is not None:
        return {person}
    context = getattr(request, "disclosed_context", None)
    if context:
        return set(_ids(context.get("rows", ())))
    if isinstance(response, HttpResponse) and response.headers.get("Content-Type") == "application/json":
        body = orjson.loads(response.content) if response.content else {}
        lines = body.get("people") or body.get("roster") or () if isinstance(body, dict) else ()
        found = (each.get("id", each.get("person")) for each in lines)
        return {each for each in found if isinstance(each, int)}
    return set()


def _ids(rows: Any) -> list[int]:
    found = []
    for each in rows:
        value = each.get("person_id") if isinstance(each, dict) else getattr(each, "person_id", None)
        if isinstance(value, int):
            found.append(value)
    return found


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


def _signed_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(user is not None and user.is_authenticated)


__all__ = ["DisclosuresMiddleware", "Scope"]
