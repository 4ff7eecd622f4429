"""The feed's consumers: where each stands, how far behind it is, run it now, send it back.

Sending a consumer back is for superusers, and asks once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from lrs import feed, statistics
from lrs.admin.base import LookOnly
from lrs.ingest.clock import moment_of
from lrs.models import FeedCursor
from lrs.wire import timestamps

#: Batches handed over while the administrator waits; the sweep does the rest.
BATCHES_NOW = 20
STATISTICS = "lrs.statistics"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a consumer stands."""

    name: str
    registered: bool
    lag: feed.Lag
    cursor: FeedCursor | None
    #: When the last statement it has dealt with was stored.
    reached: datetime | None
    #: Whether the lag is larger than what is counted.
    at_least: bool


@admin.register(FeedCursor)
class FeedAdmin(LookOnly):
    """Consumers of the feed."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.consumers, "lrs_feedcursor_changelist"),
            self.route("<str:name>/run/", self.run, "lrs_feedcursor_run"),
            self.route("<str:name>/replay/", self.replay, "lrs_feedcursor_replay"),
        ]

    def consumers(self, request: HttpRequest) -> HttpResponse:
        """Every consumer, registered or only remembered."""
        self.must_view(request)
        context = {"standings": standings(), "may_run": _may_run(request), "may_replay": _may_replay(request)}
        return self.page(request, "feed/list.html", context, title="Feed")

    def run(self, request: HttpRequest, name: str) -> HttpResponse:
        """Hand a consumer what it has not had, for a few batches."""
        if not _may_run(request):
            raise PermissionDenied
        _known(name)
        if request.method == "POST":
            try:
                count = feed.run(name, batches=BATCHES_NOW)
            except Exception as error:  # noqa: BLE001  whatever a consumer raises is what the page must tell
                messages.error(request, f"{name} failed: {type(error).__name__}: {error}"[:500])
            else:
                messages.success(request, f"{name} was given {count} statement(s).")
        return HttpResponseRedirect(reverse("admin:lrs_feedcursor_changelist"))

    def replay(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask from when, and for the name once more; then send the consumer back."""
        if not _may_replay(request):
            raise PermissionDenied
        _known(name)
        fault = ""
        if request.method == "POST":
            since, fault = _since(request.POST.get("since", "").strip())
            if not fault and request.POST.get("confirm", "").strip() != name:
                fault = "Type the consumer's name to confirm."
            if not fault and name == STATISTICS and since is not None:
                fault = "The counts can only be made anew from the first statement."
            if not fault:
                _send_back(name, since)
                messages.success(request, f"{name} was sent back; it gets its statements again.")
                return HttpResponseRedirect(reverse("admin:lrs_feedcursor_changelist"))
        context = {
            "name": name,
            "fault": fault,
            "only_whole": name == STATISTICS,
            "since": request.POST.get("since", ""),
        }
        return self.page(
            request,
            "feed/replay.html",
            context,
            title=f"Send {name} back",
            status=400 if fault else 200,
        )


def standings() -> list[Standing]:
    """Return every consumer with its lag."""
    cursors = {cursor.name: cursor for cursor in FeedCursor.objects.all()}
    registered = set(feed.names())
    found = []
    for name in sorted(registered | cursors.keys()):
        cursor, lag = cursors.get(name), feed.lag(name)
        found.append(
            Standing(
                name=name,
                registered=name in registered,
                lag=lag,
                cursor=cursor,
                reached=moment_of(cursor.seq) if cursor is not None and cursor.seq else None,
                at_least=lag.statements >= feed.LAG_COUNTED_MOST,
            )
        )
    return found


def _send_back(name: str, since: datetime | None) -> None:
    with transaction.atomic():
        if name == STATISTICS:
            # It adds to what is there: without this everything would count twice.
            statistics.forget_statements()
        feed.replay(name, since=since)
    feed.wake()


def _since(text: str) -> tuple[datetime | None, str]:
    if not text:
        return None, ""
    try:
        return timestamps.parse(text), ""
    except ValueError as error:
        return None, str(error)


def _known(name: str) -> None:
    if name not in feed.names():
        raise Http404("No consumer of that name is registered.")


def _may_run(request: HttpRequest) -> bool:
    return request.user.has_perm("lrs.change_feedcursor")


def _may_replay(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_active and user.is_superuser)
