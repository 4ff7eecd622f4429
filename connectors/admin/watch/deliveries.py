"""Deliveries of alerts: what arrived, what waits, and the dead letters, which are sent again from here.

Looking needs the permission to view deliveries, sending again the one to change them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from connectors.admin.watch.page import WatchPages, posted_only
from connectors.models import AlertDelivery
from connectors.watch import deliveries
from lrs.admin.keyset import listing

STATES = {
    "given up": Q(given_up__isnull=False),
    "waiting": Q(delivered=None, given_up=None),
    "arrived": Q(delivered__isnull=False),
}


@admin.register(AlertDelivery)
class DeliveryAdmin(WatchPages):
    """Every alert on its way to every channel."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.deliveries, "connectors_alertdelivery_changelist"),
            self.route("replay/", self.replay, "connectors_alertdelivery_replay"),
        ]

    def deliveries(self, request: HttpRequest) -> HttpResponse:
        """One state's deliveries, newest first."""
        self.must_view(request)
        asked = request.GET.get("state", "")
        state = asked if asked in STATES else "given up"
        rows: QuerySet[Any] = AlertDelivery.objects.filter(STATES[state])
        context = {
            "listing": listing(request, rows.select_related("alert__store", "channel")),
            "state": state,
            "states": list(STATES),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "deliveries.html", context, title="Deliveries of alerts")

    def replay(self, request: HttpRequest) -> HttpResponse:
        """Send the ticked dead letters again, with the ids they had."""
        if not self.may(request, "change"):
            raise PermissionDenied
        if refused := posted_only(request):
            return refused
        ids = [int(each) for each in request.POST.getlist("delivery") if each.isdecimal()][:500]
        found = list(AlertDelivery.objects.filter(pk__in=ids))
        count = deliveries.replay(found)
        for each in found:
            self.log_change(request, each, "Sent again.")
        messages.success(request, f"To be sent again: {count}.")
        return HttpResponseRedirect(f"{reverse('admin:connectors_alertdelivery_changelist')}?state=waiting")
