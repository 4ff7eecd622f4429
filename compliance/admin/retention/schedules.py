"""Retention schedules: the rules in force with their citations, and the shipped ones to adopt."""

from __future__ import annotations

from functools import partial
from typing import cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from compliance.admin.base import LookOnlyPages, store_of, told
from compliance.models import Course, RetentionSchedule
from compliance.retention import due, schedules


@admin.register(RetentionSchedule)
class RetentionScheduleAdmin(LookOnlyPages):
    """Rules."""

    def pages(self) -> list[URLPattern]:
        return [self.route("", self.list, "compliance_retentionschedule_changelist")]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Rules in force, those before them, and those to adopt or to end."""
        self.must_view(request)
        chosen = store_of(request)
        if request.method == "POST" and chosen["store"] is not None:
            self.must(request, "change" if "retire" in request.POST else "add")
            self._act(request, chosen["store"].pk)
            return HttpResponseRedirect(reverse("admin:compliance_retentionschedule_changelist"))
        rows = RetentionSchedule.objects.filter(store=chosen["store"]).select_related("course")
        context = {
            **chosen,
            "rows": rows.order_by("retired_on", "code", "-version")[:500],
            "shipped": schedules.shipped().values(),
            "may_add": self.may(request, "add"),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "retention/schedules.html", context, title="Retention schedules")

    def _act(self, request: HttpRequest, store_id: int) -> None:
        if key := request.POST.get("retire", ""):
            found = RetentionSchedule.objects.filter(
                store=store_id, pk=int(key) if key.isascii() and key.isdecimal() and len(key) < 18 else 0
            ).first()
            if found is not None:
                told(request, partial(schedules.retire, found, on=due.today()), "The rule is retired.")
            return
        codes = request.POST.get("courses", "").replace("\0", "").split()
        courses = list(Course.objects.filter(store=store_id, code__in=codes))
        if codes and len(courses) < len(set(codes)):
            self.message_user(request, "Some of these courses are not in the catalogue.", level="error")
            return
        told(
            request,
            lambda: schedules.adopt(
                store_id,
                request.POST.get("code", ""),
                on=due.today(),
                by=cast("User", request.user),
                courses=courses,
            ),
            "The rule is in force.",
        )
