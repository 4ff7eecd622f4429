"""Courses that count as others: who approved what, for which days, and what was ended.

Looking needs the permission to view equivalences, approving the one to add them, ending the one to change
them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance import conf
from compliance.admin.base import LookOnlyPages, printed_name, store_of, told
from compliance.catalogue import equivalence, signable
from compliance.errors import ComplianceError
from compliance.models import Course, CourseEquivalence, EquivalenceProposal
from lrs.admin.base import chosen_store
from lrs.admin.keyset import listing

_LIST = "admin:compliance_courseequivalence_changelist"


class EquivalenceForm(forms.Form):
    """That a course counts as another."""

    course = forms.CharField(label="Who completed the course (code)", max_length=100)
    counts_as = forms.CharField(label="has also completed the course (code)", max_length=100)
    mutual = forms.BooleanField(label="and the other way round", required=False)
    valid_from = forms.DateField(label="Completed on or after", required=False)
    valid_to = forms.DateField(label="Completed on or before", required=False)
    reason = forms.CharField(
        label="Why the two are held to be equal", widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *arguments: Any, store_id: int, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._store_id = store_id

    def clean_course(self) -> Course:
        """Find the course."""
        return self._found("course")

    def clean_counts_as(self) -> Course:
        """Find the other course."""
        return self._found("counts_as")

    def _found(self, name: str) -> Course:
        code = self.cleaned_data[name].strip()
        found = Course.objects.filter(store=self._store_id, code=code).first()
        if found is None:
            raise forms.ValidationError(f"There is no course {code}.")
        return found


@admin.register(CourseEquivalence)
class EquivalenceAdmin(LookOnlyPages):
    """Equivalences."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who was given the permission to add."""
        return self.may(request, "add")

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_courseequivalence_changelist"),
            self.route("add/", self.add, "compliance_courseequivalence_add"),
            self.route("<int:pk>/end/", self.end, "compliance_courseequivalence_end"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """What stands, or what was ended."""
        self.must_view(request)
        store = chosen_store(request)
        ended = "ended" in request.GET
        rows = CourseEquivalence.objects.filter(course__store=store, recorded_to__isnull=not ended)
        context = {
            **store_of(request),
            "ended": ended,
            "listing": listing(request, rows.select_related("course", "counts_as")),
            "proposals": EquivalenceProposal.objects.filter(course__store=store, equivalence=None)
            .select_related("course", "counts_as")
            .order_by("pk"),
            "may_add": self.may(request, "add"),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "catalogue/equivalences.html", context, title="Equivalences")

    def add(self, request: HttpRequest) -> HttpResponse:
        """Approve one."""
        self.must(request, "add")
        store = chosen_store(request)
        if store is None:
            return HttpResponseRedirect(reverse(_LIST))
        form = EquivalenceForm(request.POST or None, store_id=store.pk)
        if request.method == "POST" and form.is_valid():
            try:
                return HttpResponseRedirect(self._added(request, form.cleaned_data))
            except ComplianceError as error:
                form.add_error(error.field if error.field in form.fields else None, error.reason)
        return self.page(
            request,
            "catalogue/equivalence.html",
            {"form": form},
            title="A course that counts as another",
            status=400 if form.errors else 200,
        )

    def _added(self, request: HttpRequest, values: dict[str, Any]) -> str:
        """Approve one, or propose it to be signed; return where to go next. Raises ComplianceError."""
        if conf.approvals_signed():
            proposed = equivalence.propose(**values, proposed_by_id=request.user.pk)
            messages.success(request, "It counts once somebody else has signed it.")
            return reverse("signing:record", args=[signable.KIND, proposed.pk])
        made = equivalence.approve(
            **values, approved_as=printed_name(request), approved_by_id=request.user.pk
        )
        self.log_addition(request, made, "Approved.")
        messages.success(request, "It counts from now on.")
        return reverse(_LIST)

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End one."""
        self.must(request, "change")
        found = get_object_or_404(CourseEquivalence, pk=pk)
        if request.method == "POST" and told(
            request, lambda: equivalence.end(found), "It does not count any more."
        ):
            self.log_change(request, found, "Ended.")
        return HttpResponseRedirect(reverse(_LIST))
