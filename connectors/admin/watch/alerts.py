"""Alerts: those that last and those that are over, each with where it was told; acknowledged here.

Looking needs the permission to view alerts, acknowledging the one to change them.
"""

from __future__ import annotations

from typing import Any, cast

import orjson
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from connectors.admin.watch.page import WatchPages, posted_only
from connectors.models import Alert, AlertKind
from connectors.watch import alerts
from lrs.admin.keyset import listing

#: Name in the address → what is listed.
STATES = {
    "open": Q(cleared=None, acknowledged=None),
    "acknowledged": Q(cleared=None, acknowledged__isnull=False),
    "over": Q(cleared__isnull=False),
}


@admin.register(Alert)
class AlertAdmin(WatchPages):
    """What needs somebody, and what did."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.alerts, "connectors_alert_changelist"),
            self.route("acknowledge/", self.acknowledge, "connectors_alert_acknowledge"),
            self.route("<int:pk>/", self.alert, "connectors_alert_page"),
        ]

    def alerts(self, request: HttpRequest) -> HttpResponse:
        """One state's alerts, newest first."""
        self.must_view(request)
        asked = request.GET.get("state", "")
        state = asked if asked in STATES else "open"
        kind = request.GET.get("kind", "")
        rows: QuerySet[Any] = Alert.objects.filter(STATES[state])
        if kind in AlertKind.values:
            rows = rows.filter(kind=kind)
        context = {
            "listing": listing(request, rows.select_related("store", "system", "acknowledged_by")),
            "state": state,
            "states": list(STATES),
            "kind": kind,
            "kinds": AlertKind.choices,
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "alerts.html", context, title="Alerts")

    def alert(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One alert, what is known of it and where it was told."""
        self.must_view(request)
        alert = get_object_or_404(Alert.objects.select_related("store", "system", "acknowledged_by"), pk=pk)
        context = {
            "alert": alert,
            "detail": orjson.dumps(alert.detail, option=orjson.OPT_INDENT_2).decode(),
            "deliveries": alert.deliveries.select_related("channel").order_by("pk"),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "alert.html", context, title=alert.get_kind_display())

    def acknowledge(self, request: HttpRequest) -> HttpResponse:
        """Say that somebody takes care of the ticked ones."""
        if not self.may(request, "change"):
            raise PermissionDenied
        if refused := posted_only(request):
            return refused
        ids = [int(each) for each in request.POST.getlist("alert") if each.isdecimal()][:500]
        found = list(Alert.objects.filter(pk__in=ids))
        count = alerts.acknowledge(found, by=cast("AbstractBaseUser", request.user))
        for each in found:
            self.log_change(request, each, "Acknowledged.")
        messages.success(request, f"Acknowledged: {count}.")
        return HttpResponseRedirect(reverse("admin:connectors_alert_changelist"))
