"""Actors: one as statements name it, its links in both times, and who it is, said for a period.

Looking needs the permission to view actors, saying who one is the one to change reviews.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from connectors.admin.people import find, review_page, words
from connectors.admin.people.base import PeopleAdmin, begin, day_in, number_in, period_text, store_of, user_id
from connectors.errors import ConnectorError
from connectors.identity import link
from connectors.identity.normal import normal
from connectors.models import Actor, ActorLink, ActorState
from lrs.admin.keyset import listing

#: Versions of links shown.
LINKS_MOST = 200


@admin.register(Actor)
class ActorAdmin(PeopleAdmin):
    """Actors of statements."""

    changes_with = "connectors.change_identityreview"

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "connectors_actor_changelist"),
            self.route("<int:pk>/", self.one, "connectors_actor_change"),
            self.route("<int:pk>/link/", self.link, "connectors_actor_link"),
            self.route("<int:pk>/unlink/", self.unlink, "connectors_actor_unlink"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Actors by state, or the one that is typed."""
        self.must_view(request)
        chosen = store_of(request)
        state = request.GET.get("state", "")
        text = request.GET.get("q", "").strip().replace("\0", "")
        rows: QuerySet[Any] = Actor.objects.filter(store=chosen["store"])
        if state in ActorState.values:
            rows = rows.filter(state=state)
        if text:
            rows = rows.filter(forms__contains=[normal(text.removeprefix("mailto:"))])
        context = {
            **chosen,
            "states": ActorState.choices,
            "state": state,
            "q": text,
            "listing": listing(request, rows),
        }
        return self.page(request, "actors.html", context, title="Actors")

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One actor."""
        self.must_view(request)
        actor = get_object_or_404(Actor, pk=min(pk, (1 << 63) - 1))
        rows = ActorLink.objects.filter(actor=actor).select_related("rule", "by").order_by("-recorded")
        links = list(rows[:LINKS_MOST])
        called = words.names({each.person_id for each in links})
        text = request.GET.get("q", "").strip().replace("\0", "")
        found = find.typed(actor.store_id, text, page=12).people if text else []
        context = {
            "actor": review_page.actor_side(request, actor),
            "links": [
                {
                    "row": each,
                    "name": called[each.person_id],
                    "period": period_text(each.valid),
                    "is_known": each.recorded.upper is None,
                }
                for each in links
            ],
            "q": text,
            "searched": review_page.people_side(found, actor),
            "explicit": any(each.explicit and each.recorded.upper is None for each in links)
            or actor.state == ActorState.IGNORED,
            "may_change": self.has_change_permission(request),
        }
        return self.page(request, "actor.html", context, title="Actor")

    def link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say who it is, for a period or for good; so one actor is split between people."""
        self.must_change(request)
        actor = get_object_or_404(Actor, pk=min(pk, (1 << 63) - 1))
        person_id = number_in(request.POST.get("person", ""))
        if request.method == "POST" and person_id is not None:
            first, last = day_in(request.POST.get("from", "")), day_in(request.POST.get("to", ""))
            try:
                link.link(
                    actor.pk,
                    person_id,
                    start=begin(first) if first else None,
                    end=begin(last) + review_page.DAY if last else None,
                    by_id=user_id(request),
                )
            except ConnectorError as error:
                messages.error(request, error.reason)
            else:
                period = f"{f' from {first}' if first else ''}{f' until {last}' if last else ''}"
                said = f"{review_page.name_of(person_id)}{period}"
                self.log_change(request, actor, f"Linked to {said}.")
                messages.success(request, f"It is {said}. Its statements follow in a moment.")
        return HttpResponseRedirect(reverse("admin:connectors_actor_change", args=[actor.pk]))

    def unlink(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back what was said by hand."""
        self.must_change(request)
        actor = get_object_or_404(Actor, pk=min(pk, (1 << 63) - 1))
        if request.method == "POST":
            link.unlink(actor.pk)
            self.log_change(request, actor, "Links made by hand were taken back.")
            messages.success(request, "Rules decide again.")
        return HttpResponseRedirect(reverse("admin:connectors_actor_change", args=[actor.pk]))
