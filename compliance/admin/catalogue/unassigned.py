"""Activities statements report results of, and no course has: the most used first, assigned with one click.

Looking needs the permission to view seen activities, assigning the one to change courses.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance.admin.base import LookOnlyPages, store_of, told
from compliance.catalogue import courses
from compliance.catalogue.unassigned import put_aside, unassigned
from compliance.completions import rework
from compliance.models import Course, SeenActivity
from lrs.admin.base import chosen_store

_LIST = "admin:compliance_seenactivity_changelist"
_PAGE = 50
#: Courses offered to choose from; more are typed.
_OFFERED_MOST = 2_000


@admin.register(SeenActivity)
class SeenActivityAdmin(LookOnlyPages):
    """What the catalogue lacks."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_seenactivity_changelist"),
            self.route("<int:pk>/assign/", self.assign, "compliance_seenactivity_assign"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Activities by use."""
        self.must_view(request)
        store = chosen_store(request)
        text = request.GET.get("q", "").strip().replace("\0", "")
        aside = "aside" in request.GET
        after = _position(request.GET.get("after", ""))
        found: list[Any] = []
        offered: list[Any] = []
        if store is not None:
            found = list(unassigned(store.pk, after=after, text=text, set_aside=aside, most=_PAGE + 1))
            rows = Course.objects.filter(store=store, merged_into=None, retired_on=None).order_by("code")
            offered = list(rows.values_list("code", "title")[:_OFFERED_MOST])
        more = len(found) > _PAGE
        found = found[:_PAGE]
        following = {"after": f"{found[-1].outcomes}.{found[-1].id}", "q": text} if more else {}
        context = {
            **store_of(request),
            "rows": found,
            "courses": offered,
            "q": text,
            "aside": aside,
            "older": f"?{urlencode(following)}" if following else "",
            "waiting": rework.waiting(),
            "may_change": request.user.has_perm("compliance.change_course"),
        }
        return self.page(request, "catalogue/unassigned.html", context, title="Unassigned activities")

    def assign(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say which course an activity is: one there is, or a new one; or that it is none."""
        self.must_view(request)
        if not request.user.has_perm("compliance.change_course"):
            return HttpResponse("You may not change courses.", status=403)
        seen = get_object_or_404(SeenActivity, pk=pk)
        if request.method == "POST":
            action = request.POST.get("action", "")
            if action in {"aside", "offer"}:
                put_aside(seen, aside=action == "aside")
                messages.success(request, "It is set aside." if action == "aside" else "It is offered again.")
            else:
                course = _course(request, seen, new=action == "new")
                if course is not None and told(
                    request,
                    lambda: courses.assign(course, seen.iri),
                    f"It is {course.code}; what was learned of it counts in a moment.",
                ):
                    self.log_change(request, seen, f"Assigned to {course.code}.")
        return HttpResponseRedirect(reverse(_LIST))


def _course(request: HttpRequest, seen: SeenActivity, *, new: bool) -> Course | None:
    code = request.POST.get("course", "").strip()
    found = Course.objects.filter(store=seen.store_id, code=code).first()
    if not new:
        if found is None:
            messages.error(request, f"There is no course {code}.")
        return found
    title = request.POST.get("title", "").strip()[:300] or seen.iri[:300]
    if not code or len(code) > 100:
        messages.error(request, "A course has a code of 1 to 100 characters.")
        return None
    try:
        with transaction.atomic():
            return Course.objects.create(store_id=seen.store_id, code=code, title=title)
    except IntegrityError:
        messages.error(request, f"There is a course {code} already.")
        return None


def _position(text: str) -> tuple[int, int] | None:
    outcomes, _, last = text.partition(".")
    whole = all(each.isascii() and each.isdigit() and len(each) < 19 for each in (outcomes, last))
    return (int(outcomes), int(last)) if whole else None
