"""The queue of reviews: what is due, and the word of whoever has looked through it."""

from __future__ import annotations

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance import conf
from compliance.admin.trail.base import TrailAdmin, things
from compliance.models import AuditReview
from compliance.trail import review as reviews
from compliance.trail import signable
from compliance.trail.search import AuditQuery, found
from lrs.admin.keyset import listing


@admin.register(AuditReview)
class AuditReviewAdmin(TrailAdmin):
    """Reviews, each done once."""

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.route("", self.queue, "compliance_auditreview_changelist"),
            self.route("<int:pk>/", self.review, "compliance_auditreview_change"),
        ]

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Those that are due first, then those that were done."""
        self.must_view(request)
        context = {
            "due": AuditReview.objects.filter(reviewed=None).order_by("from_seq"),
            "listing": listing(request, AuditReview.objects.exclude(reviewed=None)),
        }
        return self.page(request, "reviews.html", context, title="Reviews of the audit trail")

    def review(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is to be looked through, and the form that says it was."""
        self.must_view(request)
        review = get_object_or_404(AuditReview, pk=min(pk, (1 << 63) - 1))
        problem = ""
        if request.method == "POST":
            if not request.user.has_perm("compliance.change_auditreview"):
                raise PermissionDenied
            try:
                return HttpResponseRedirect(self._reviewed(request, review))
            except reviews.NotReviewed as refusal:
                problem = str(refusal)
        rows = found(AuditQuery(after_seq=review.from_seq, to_seq=review.to_seq))
        by_table = rows.values("table_name", "operation").annotate(count=Count("seq")).order_by("table_name")
        context = {
            "review": review,
            "problem": problem,
            "by_people": rows.filter(actor_kind__in=("person", "database")).count(),
            "areas": [
                {**each, "thing": things().get(each["table_name"], each["table_name"])} for each in by_table
            ],
            "may_review": review.reviewed is None and request.user.has_perm("compliance.change_auditreview"),
        }
        return self.page(
            request, "review.html", context, title=str(review).capitalize(), status=400 if problem else 200
        )

    def _reviewed(self, request: HttpRequest, review: AuditReview) -> str:
        """Record a review, or have it signed; return where to go next. Raises NotReviewed."""
        note = request.POST.get("note", "").replace("\0", "")
        follow_up = "follow_up" in request.POST
        if conf.approvals_signed():
            reviews.prepare(review, note=note, follow_up=follow_up)
            return reverse("signing:record", args=[signable.KIND, review.pk])
        reviews.complete(review, by=cast("AbstractUser", request.user), note=note, follow_up=follow_up)
        messages.success(request, "Your review is recorded.")
        return reverse("admin:compliance_auditreview_changelist")
