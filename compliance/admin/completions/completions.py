"""Completions: the list, and one with the statements it stands on and what was known of it before.

Looking needs the permission to view completions. Nobody changes one by hand.
"""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from compliance.admin.base import LookOnlyPages, store_of
from compliance.admin.sight import must_see, within
from compliance.completions import read
from compliance.models import Completion
from connectors.admin.people import find, words
from lrs.admin.keyset import listing

#: People a text may mean.
_PEOPLE_MOST = 50


@admin.register(Completion)
class CompletionAdmin(LookOnlyPages):
    """Who completed what."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_completion_changelist"),
            self.route("<int:pk>/", self.one, "compliance_completion_change"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Completions, newest known first."""
        self.must_view(request)
        chosen = store_of(request)
        withdrawn = "withdrawn" in request.GET
        code = request.GET.get("course", "").strip().replace("\0", "")
        text = request.GET.get("q", "").strip().replace("\0", "")
        rows = within(Completion.objects.filter(store=chosen["store"], recorded__upper_inf=not withdrawn))
        if code:
            rows = rows.filter(course__code=code)
        if text and chosen["store"] is not None:
            people = find.typed(chosen["store"].pk, text, page=_PEOPLE_MOST).people
            rows = rows.filter(person__in=list(people))
        found = listing(request, rows.select_related("course", "version"))
        names = words.names({each.person_id for each in found.rows})
        context = {
            **chosen,
            "withdrawn": withdrawn,
            "course": code,
            "q": text,
            "listing": found,
            "rows": [{"row": each, "name": names[each.person_id]} for each in found.rows],
        }
        return self.page(request, "completions/completions.html", context, title="Completions")

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One completion."""
        self.must_view(request)
        rows = Completion.objects.select_related("course", "version", "rule_version__rule")
        completion = get_object_or_404(rows, pk=min(pk, (1 << 63) - 1))
        must_see([completion.person_id])
        others = Completion.objects.filter(
            person=completion.person_id, course=completion.course_id
        ).select_related("version")
        context = {
            "completion": completion,
            "people": [completion.person_id],
            "name": words.names({completion.person_id})[completion.person_id],
            "evidence": read.evidence([completion.pk]),
            "others": others.exclude(pk=completion.pk).order_by("-recorded", "-pk")[:100],
        }
        return self.page(request, "completions/completion.html", context, title="Completion")
