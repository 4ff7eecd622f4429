"""The queue of refused records: grouped by reason, corrected and replayed, dismissed; nothing gets lost here.

In: requests. Out: pages; replays and dismissals, each with a note in the history of its connection. Mapping
and applying again are connectors.sync.exceptions'.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
from django.contrib import admin, messages
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.http import urlencode

from connectors.admin.connections.base import ConnectionAdmin, by, key, may, must, note, to, told
from connectors.errors import ConnectorError
from connectors.models import ExceptionState, SyncException, System
from connectors.sync import exceptions
from lrs.admin.json_view import pretty
from lrs.admin.keyset import listing

#: Records replayed or dismissed at a time; a person waits for each.
MANY_MOST = 200
_GROUPS_MOST = 50
_FILTERS = ("system", "rule", "field")


class Unreadable(ConnectorError):
    """What was typed is no JSON object."""


@admin.register(SyncException)
class SyncExceptionAdmin(ConnectionAdmin):
    """Exceptions are corrected and settled, never deleted."""

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.route("", self.queue, "connectors_syncexception_changelist"),
            self.route("many/", self.many, "connectors_syncexception_many"),
            self.route("<int:pk>/", self.exception, "connectors_syncexception_change"),
            self.route("<int:pk>/dismiss/", self.dismiss, "connectors_syncexception_dismiss"),
        ]

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Groups by rule and field, how old they are, and the records of the chosen one."""
        must(request, "view_syncexception")
        asked = request.GET.get("state", "")
        state = asked if asked in ExceptionState.values else ExceptionState.OPEN
        chosen = {name: request.GET.get(name, "") for name in _FILTERS}
        system = _system(chosen["system"])
        rows: QuerySet[Any] = SyncException.objects.filter(state=state)
        if system is not None:
            rows = rows.filter(system=system)
        groups = _groups(rows) if state == ExceptionState.OPEN else []
        shown = _narrowed(rows, chosen).select_related("system").defer("raw", "corrected")
        context = {
            "system": system,
            "systems": System.objects.order_by("name").only("name"),
            "state": state,
            "states": ExceptionState.choices,
            "rule": chosen["rule"],
            "field": chosen["field"],
            "ageing": exceptions.ageing(system),
            "groups": groups,
            "listing": listing(request, shown),
            "may_change": may(request, "change_syncexception"),
            "many_most": MANY_MOST,
        }
        return self.page(request, "exceptions/list.html", context, title="Exceptions")

    def exception(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One refused record; and its correction, taken in."""
        must(request, "view_syncexception")
        found = _exception(pk)
        if request.method != "POST":
            return self._page(request, found)
        must(request, "change_syncexception")
        typed = request.POST.get("raw", "")
        try:
            refused = _replayed(found, typed, request)
        except ConnectorError as error:
            messages.error(request, error.reason)
            return self._page(request, found, typed=typed, status=400)
        if refused:
            return self._page(request, _exception(pk), typed=typed, again=True, status=400)
        return to("connectors_syncexception_change", pk)

    def dismiss(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Settle one without doing anything."""
        must(request, "change_syncexception")
        found = _exception(pk)
        if request.method == "POST":
            _dismiss(request, [found])
        return to("connectors_syncexception_change", pk)

    def many(self, request: HttpRequest) -> HttpResponse:
        """Replay or dismiss the ticked ones, or a whole group."""
        must(request, "change_syncexception")
        kept = {name: request.POST[name] for name in _FILTERS if request.POST.get(name)}
        if request.method == "POST":
            chosen = _chosen(request)
            with told(request):
                if request.POST.get("do") == "replay":
                    _replay_many(request, chosen)
                elif request.POST.get("do") == "dismiss":
                    _dismiss(request, chosen)
        return to("connectors_syncexception_changelist", query=f"?{urlencode(kept)}" if kept else "")

    def _page(
        self,
        request: HttpRequest,
        found: SyncException,
        *,
        typed: str | None = None,
        again: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        raw = orjson.dumps(found.raw).decode()
        start = found.raw if found.corrected is None else found.corrected
        context = {
            "exception": found,
            "system": found.system,
            "raw": pretty(raw, {found.field: [found.reason]} if found.field else None),
            "text": orjson.dumps(start, option=orjson.OPT_INDENT_2).decode() if typed is None else typed,
            "again": again,
            "is_open": found.state == ExceptionState.OPEN,
            "may_change": may(request, "change_syncexception"),
        }
        return self.page(request, "exceptions/exception.html", context, title="Refused record", status=status)


def _replayed(found: SyncException, typed: str, request: HttpRequest) -> bool:
    """Keep what was typed, replay it; return whether it is refused still."""
    try:
        raw = orjson.loads(typed)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"This is no JSON: {error}. Nothing was kept.") from error
    if not isinstance(raw, dict):
        raise Unreadable("A record must be an object. Nothing was kept.")
    corrected = raw != found.raw
    if corrected:
        exceptions.correct(found, raw)
    outcome = exceptions.replay([_exception(found.pk)], by=by(request))
    if not outcome:
        messages.info(request, "Somebody settled it before.")
        return False
    refused = outcome[found.pk] is not None
    if refused and not corrected:
        return True
    said = "corrected and replayed" if corrected else "replayed"
    if refused:
        said = "corrected, and refused still"
    note(
        found.system,
        request,
        "exception",
        f"Record {found.key or 'without a key'} {said}.",
        exception=found.pk,
    )
    if not refused:
        messages.success(request, "Replayed: the record is applied.")
    return refused


def _replay_many(request: HttpRequest, chosen: list[SyncException]) -> None:
    outcome = exceptions.replay(chosen, by=by(request))
    applied = Counter(each.system_id for each in chosen if each.pk in outcome and outcome[each.pk] is None)
    refused = sum(each is not None for each in outcome.values())
    _note_each(request, chosen, applied, "{} refused records replayed.")
    said = f"{applied.total()} replayed."
    if refused:
        messages.warning(request, f"{said} {refused} are refused still.")
    else:
        messages.success(request, said)


def _dismiss(request: HttpRequest, chosen: list[SyncException]) -> None:
    count = exceptions.dismiss(chosen, by=by(request))
    why = request.POST.get("note", "").replace("\0", "").strip()[:500]
    per = Counter(each.system_id for each in chosen)
    _note_each(request, chosen, per, f"{{}} refused records dismissed. {why}".strip())
    messages.success(request, f"{count} dismissed.")


def _note_each(request: HttpRequest, chosen: list[SyncException], per: Counter[int], text: str) -> None:
    for system in {each.system_id: each.system for each in chosen}.values():
        if per[system.pk]:
            keys = [each.key for each in chosen if each.system_id == system.pk][:50]
            note(system, request, "exception", text.format(per[system.pk]), keys=keys)


def _chosen(request: HttpRequest) -> list[SyncException]:
    """Return the exceptions that were ticked, else the oldest of the group that is named."""
    rows = SyncException.objects.filter(state=ExceptionState.OPEN).select_related("system", "run")
    ticked = [key(int(pk)) for pk in request.POST.getlist("exception")[:MANY_MOST] if pk.isdecimal()]
    if ticked:
        return list(rows.filter(pk__in=ticked))
    if not request.POST.get("rule"):
        return []
    named = {name: request.POST.get(name, "") for name in _FILTERS}
    return list(_narrowed(rows, named, exact=True).order_by("pk")[:MANY_MOST])


def _narrowed(rows: QuerySet[Any], named: dict[str, str], *, exact: bool = False) -> QuerySet[Any]:
    system = _system(named["system"])
    if system is not None:
        rows = rows.filter(system=system)
    if named["rule"]:
        rows = rows.filter(rule=named["rule"])
        if named["field"] or exact:
            rows = rows.filter(field=named["field"])
    return rows


def _groups(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    grouped = (
        rows.order_by()
        .values("system_id", "system__name", "rule", "field")
        .annotate(
            count=Count("pk"),
            times=Sum("times"),
            oldest=Min("first_seen"),
            newest=Max("last_seen"),
            reason=Max("reason"),
        )
        .order_by("-count", "rule", "field")
    )
    return list(grouped[:_GROUPS_MOST])


def _system(text: str) -> System | None:
    return System.objects.filter(pk=key(int(text))).first() if text.isdecimal() else None


def _exception(pk: int) -> SyncException:
    found: SyncException = get_object_or_404(
        SyncException.objects.select_related("system__store", "run", "settled_by"), pk=key(pk)
    )
    return found
