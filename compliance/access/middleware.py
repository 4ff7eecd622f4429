"""Writes the disclosure log for the pages and resources that show people, and keeps them within scope.

In: requests to the people pages of the administration, to `/api/v1/` and to `/audit/`. Out: the same answers,
an entry each; or a refusal where the person, or the whole resource, is outside the user's scope. The entry is
written before the answer leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from django.apps import apps
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from compliance import conf
from compliance.access import events
from compliance.access.disclosure import disclosed, purpose_of, query_of
from compliance.access.scope import VIEW_PEOPLE, scope_of
from compliance.models import EventKind
from connectors import visible

VIEW_STATEMENTS = "lrs.view_statement"
_ADMIN, _API, _STATUS = "admin:connectors_", "api:", "admin:compliance_status_"
#: Pages of one person, by the name of the id in their address.
_PERSON_PAGES = frozenset(
    [
        *(f"{_ADMIN}person_{name}" for name in ("change", "as_of", "by_hand", "merge", "undo")),
        f"{_STATUS}person",
    ]
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
        *(f"{_STATUS}{name}" for name in ("changelist", "people", "gaps", "forecast")),
    }
)
_PERSON_RESOURCES = frozenset(f"{_API}{name}" for name in ("person", "assignments", "person-context"))
_LIST_RESOURCES = frozenset(f"{_API}{name}" for name in ("people", "roster", "statements", "export"))
#: Resources that cannot be cut down to a part of the organization.
_WHOLE = frozenset({f"{_API}statements", f"{_API}export"})
#: Pages of statements and what belongs to them: they tell of people, and know no units.
_STATEMENTS = frozenset(
    f"admin:lrs_{name}"
    for name in (
        "statement_changelist", "statement_change", "statement_json", "statement_attachment",
        "statement_by_id", "document_changelist", "document_change", "document_content",
        "attachment_changelist", "attachment_change", "attachment_content", "entity_agents", "entity_change",
        "inboxentry_change", "inboxentry_body",
    )
)  # fmt: skip
_LOGGED = _STATEMENTS | _PERSON_PAGES | _LISTS | _PERSON_RESOURCES | _LIST_RESOURCES


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
        if name not in _LOGGED or not getattr(request, "user", None) or not request.user.is_authenticated:
            return None
        if "Authorization" in request.headers:
            return None  # a system asks, with a key of its own
        if conf.purpose_required() and not purpose_of(request):
            return _ask_purpose(request)
        if name in _STATEMENTS:
            _must_see_statements(request)
            return None
        scope = scope_of(request.user)
        if scope.everything or not request.user.has_perm(VIEW_PEOPLE):
            return None
        person = _person(named)
        if name in _WHOLE or (person is not None and not scope.sees(person)):
            raise PermissionDenied("This is outside the part of the organization you look after.")
        visible.LIMIT.set(scope)
        return None

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Keep what a page shows, for its entry."""
        request.disclosed_context = response.context_data  # type: ignore[attr-defined]  # ours alone
        return response


def _log(request: HttpRequest, response: HttpResponseBase, user: Any) -> None:
    """Write down what an answer shows."""
    name = _name(request)
    if response.status_code == 200 and name in _LOGGED:
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
        raise PermissionDenied("This is outside the part of the organization you look after.")


def _asked(request: HttpRequest) -> dict[str, Any]:
    """Return what was asked for: the query, and what the address names."""
    match = request.resolver_match
    named = {} if match is None else {name: str(value)[:300] for name, value in match.kwargs.items()}
    return {**query_of(request), **named}


def _ask_purpose(request: HttpRequest) -> HttpResponseBase:
    """Send on to where a purpose is said; the API takes it in a header."""
    if request.path_info.startswith("/api/"):
        body = {"status": 403, "detail": "Say why in the header X-Purpose.", "rule": "purpose"}
        return JsonResponse(body, status=403, content_type="application/problem+json")
    messages.info(request, "Say first why you look at people's records.")
    return HttpResponseRedirect(f"{reverse('hub_account')}?{urlencode({'next': request.get_full_path()})}")


def _people(request: HttpRequest, response: HttpResponseBase) -> set[int]:
    """Return whose records an answer shows, as far as it tells."""
    match = request.resolver_match
    apart = _LISTS | _STATEMENTS
    person = _person(match.kwargs) if match is not None and _name(request) not in apart else None
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
