"""The identity review: actors nobody could tell beside the people they may be, one key to decide.

Looking needs the permission to view reviews, deciding the one to change them. Each decision is written to
the history of the administration with who made it, and can be taken back.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from connectors.admin.people import bulk, find, review_page
from connectors.admin.people.base import PeopleAdmin, begin, day_in, number_in, store_of, user_id
from connectors.errors import ConnectorError
from connectors.identity import candidates, review
from connectors.models import IdentityReview, ReviewState
from lrs.admin.keyset import listing

#: Where the browser remembers what was decided last, for "u".
_LAST = "connectors_review_last"
_QUEUE = "admin:connectors_identityreview_changelist"
SCORES = (0.9, 0.85, 0.8, 0.75, 0.7, 0.6)


@admin.register(IdentityReview)
class ReviewAdmin(PeopleAdmin):
    """The queue, the surest first."""

    changes_with = "connectors.change_identityreview"

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.queue, "connectors_identityreview_changelist"),
            self.route("decided/", self.decided, "connectors_identityreview_decided"),
            self.route("above/", self.above, "connectors_identityreview_above"),
            self.route("file/", self.file, "connectors_identityreview_file"),
            self.route("<int:pk>/", self.one, "connectors_identityreview_change"),
            self.route("<int:pk>/decide/", self.decide, "connectors_identityreview_decide"),
            self.route("<int:pk>/undo/", self.undo, "connectors_identityreview_undo"),
        ]

    def queue(self, request: HttpRequest) -> HttpResponse:
        """The next actor that waits."""
        self.must_view(request)
        chosen = store_of(request)
        if chosen["store"] is None:
            return self.page(request, "empty.html", {}, title="Identity review")
        at = request.GET.get("at", "")
        found = review_page.next_open(chosen["store"].pk, at)
        if found is None:
            context = {**chosen, "skipped": bool(at), "last": self._last(request), **self._counts(chosen)}
            return self.page(request, "review_done.html", context, title="Identity review")
        return self._show(request, found, chosen)

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One review, waiting or settled."""
        self.must_view(request)
        found = get_object_or_404(IdentityReview.objects.select_related("actor"), pk=_sane(pk))
        return self._show(request, found, store_of(request))

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accept a person, say that it is nobody, or go on."""
        self.must_change(request)
        at = request.POST.get("at", "")
        found = get_object_or_404(IdentityReview.objects.select_related("actor"), pk=_sane(pk))
        if request.method != "POST" or request.POST.get("skip"):
            return _queue(review_page.position(found) if request.method == "POST" else at)
        person_id = number_in(request.POST.get("person", ""))
        if person_id is None and not request.POST.get("nobody"):
            return HttpResponseRedirect(reverse("admin:connectors_identityreview_change", args=[found.pk]))
        try:
            said = self._decided(request, found, person_id)
        except ConnectorError as error:
            messages.error(request, f"{error.reason} {error.suggestion}".strip())
            return HttpResponseRedirect(reverse("admin:connectors_identityreview_change", args=[found.pk]))
        request.session[_LAST] = found.pk
        self.log_change(request, found, said)
        messages.success(request, f"{found.actor}: {said}")
        return _queue(at)

    def undo(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a decision back and show it again."""
        self.must_change(request)
        here = reverse("admin:connectors_identityreview_change", args=[_sane(pk)])
        if request.method != "POST":
            return HttpResponseRedirect(here)
        found = get_object_or_404(IdentityReview, pk=_sane(pk))
        try:
            review.take_back(found.pk)
        except ConnectorError as error:
            messages.error(request, error.reason)
        else:
            request.session.pop(_LAST, None)
            self.log_change(request, found, "Taken back.")
            messages.success(request, "Taken back: it waits again.")
        return HttpResponseRedirect(here)

    def decided(self, request: HttpRequest) -> HttpResponse:
        """What was settled, by whom."""
        self.must_view(request)
        chosen = store_of(request)
        rows = (
            IdentityReview.objects.filter(settled__isnull=False, actor__store=chosen["store"])
            .exclude(state=ReviewState.OPEN)
            .select_related("actor", "settled_by")
        )
        found = listing(request, rows)
        context = {
            **chosen,
            "listing": found,
            "rows": review_page.with_people(found.rows),
            "may_change": self.has_change_permission(request),
        }
        return self.page(request, "decided.html", context, title="Decided identities")

    def above(self, request: HttpRequest) -> HttpResponse:
        """Accept every candidate above a score at once, after a look at them."""
        self.must_change(request)
        chosen = store_of(request)
        given = request.POST if request.method == "POST" else request.GET
        score = next((each for each in SCORES if str(each) == given.get("score", "")), SCORES[0])
        if chosen["store"] is None:
            return _queue("")
        if request.method == "POST":
            done = review.accept_above(chosen["store"].pk, score, by_id=user_id(request))
            for each in IdentityReview.objects.filter(pk__in=[one.review_id for one in done]):
                self.log_change(request, each, f"Accepted with all from {score} on.")
            messages.success(request, f"{len(done)} accepted.")
            return _queue("")
        found = review.above(chosen["store"].pk, score)
        context = {
            **chosen,
            "score": score,
            "scores": SCORES,
            "count": min(len(found), review.BULK_MOST),
            "rows": review_page.proposals(found[:100], score),
        }
        return self.page(request, "above.html", context, title="Accept all above a score")

    def file(self, request: HttpRequest) -> HttpResponse:
        """Link actors by a file: tried first, then applied."""
        self.must_change(request)
        return bulk.view(self, request)

    def _decided(self, request: HttpRequest, found: IdentityReview, person_id: int | None) -> str:
        if person_id is None:
            review.not_a_person(found.pk, by_id=user_id(request))
            return "not a person."
        first, last = day_in(request.POST.get("from", "")), day_in(request.POST.get("to", ""))
        review.accept(
            found.pk,
            person_id,
            by_id=user_id(request),
            start=begin(first) if first else None,
            end=begin(last) + review_page.DAY if last else None,
        )
        called = review_page.name_of(person_id)
        period = f" from {first}" if first else ""
        return f"{called}{period}{f' until {last}' if last else ''}."

    def _show(self, request: HttpRequest, found: IdentityReview, chosen: dict[str, Any]) -> HttpResponse:
        if found.state == ReviewState.OPEN:
            found = candidates.rank(found)
        text = request.GET.get("q", "").strip().replace("\0", "")
        searched = find.typed(found.actor.store_id, text, page=12).people if text else []
        context = {
            **chosen,
            "review": found,
            "is_open": found.state == ReviewState.OPEN,
            "at": request.GET.get("at", ""),
            "q": text,
            "actor": review_page.actor_side(request, found.actor),
            "candidates": review_page.candidate_side(found),
            "searched": review_page.people_side(searched, found.actor),
            "last": self._last(request),
            "may_change": self.has_change_permission(request),
            **self._counts(chosen),
        }
        return self.page(request, "review.html", context, title="Identity review")

    def _last(self, request: HttpRequest) -> IdentityReview | None:
        """Return what this browser decided last, while it can be taken back."""
        last = request.session.get(_LAST)
        if not last or not self.has_change_permission(request):
            return None
        rows = IdentityReview.objects.filter(pk=last, before__isnull=False).select_related("actor")
        return rows.first()

    def _counts(self, chosen: dict[str, Any]) -> dict[str, Any]:
        store = chosen["store"]
        return {"waiting": 0 if store is None else review_page.waiting(store.pk), "most": review_page.MOST}


def _queue(at: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(_QUEUE) + (f"?{urlencode({'at': at})}" if at else ""))


def _sane(pk: int) -> int:
    return min(pk, (1 << 63) - 1)
