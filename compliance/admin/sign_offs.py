"""Practical sign-offs: what was signed, and the form on which an evaluator says whom they saw do what.

Looking and telling need the permission to evaluate practice. The form makes nothing: it leads to the page on
which the evaluator signs (compliance.requirements.signables).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse

from compliance.access import scope
from compliance.access.disclosure import disclosed
from compliance.access.workforce import person_in
from compliance.admin.base import LookOnlyPages, store_of
from compliance.admin.completions.records import person_named
from compliance.models import Course, PracticalSignOff
from compliance.requirements import signables
from connectors.admin.people import words
from connectors.models import Person
from lrs.admin.base import chosen_store
from lrs.admin.keyset import listing

GROUP = "Training"
MENU = [
    ("Practical sign-offs", "how_to_reg", "admin:compliance_practicalsignoff_changelist", signables.EVALUATE),
]


class SeenForm(forms.Form):
    """Whom an evaluator saw do what."""

    learner = forms.CharField(
        label="Who did it", help_text="Employee number, e-mail address, or our number of the person."
    )
    course = forms.CharField(label="What: the course (code)", max_length=100)
    done_on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *arguments: Any, store_id: int, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._store_id = store_id

    def clean_learner(self) -> Person:
        """Find who did it."""
        return person_named(self._store_id, self.cleaned_data["learner"])

    def clean_course(self) -> Course:
        """Find the course."""
        code = self.cleaned_data["course"].strip()
        found = Course.objects.filter(store=self._store_id, code=code).first()
        if found is None:
            raise forms.ValidationError(f"There is no course {code}.")
        return found


@admin.register(PracticalSignOff)
class SignOffAdmin(LookOnlyPages):
    """Sign-offs."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_practicalsignoff_changelist"),
            self.route("add/", self.add, "compliance_practicalsignoff_add"),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who evaluates, and who may view them."""
        return super().has_view_permission(request, obj) or request.user.has_perm(signables.EVALUATE)

    def list(self, request: HttpRequest) -> HttpResponse:
        """Sign-offs of people in scope, newest first."""
        self.must_view(request)
        chosen = store_of(request)
        found = listing(
            request, PracticalSignOff.objects.filter(store=chosen["store"]).select_related("course")
        )
        visible = scope.scope_of(request.user).only({each.person_id for each in found.rows})
        rows = [each for each in found.rows if each.person_id in visible]
        if rows:
            shown = {each.person_id for each in rows}
            disclosed(request, "practical-sign-offs", shown, store_id=chosen["store"].pk)
        names = words.names({each.person_id for each in rows} | {each.evaluator_id for each in rows})
        context = {
            **chosen,
            "listing": found,
            "rows": [
                {"row": each, "name": names[each.person_id], "evaluator": names[each.evaluator_id]}
                for each in rows
            ],
            "may_add": request.user.has_perm(signables.EVALUATE),
        }
        return self.page(request, "sign_offs.html", context, title="Practical sign-offs")

    def add(self, request: HttpRequest) -> HttpResponse:
        """Say what was seen; then it is signed."""
        if not request.user.has_perm(signables.EVALUATE):
            raise PermissionDenied
        store = chosen_store(request)
        if store is None:
            return HttpResponseRedirect(reverse("admin:compliance_practicalsignoff_changelist"))
        form = SeenForm(request.POST or None, store_id=store.pk)
        if request.method == "POST" and form.is_valid():
            evaluator = person_in(request.user, store.pk)
            learner = form.cleaned_data["learner"]
            if evaluator is None:
                form.add_error(None, "Your account's e-mail address is nobody's in the workforce record.")
            elif evaluator == learner.pk:
                form.add_error("learner", "Nobody signs off their own practice.")
            else:
                key = signables.sign_off_key(
                    form.cleaned_data["course"],
                    person_id=learner.pk,
                    evaluator_id=evaluator,
                    done_on=form.cleaned_data["done_on"],
                )
                return HttpResponseRedirect(reverse("signing:record", args=[signables.SIGN_OFF, key]))
        return self.page(
            request, "sign_off.html", {"form": form}, title="What I saw", status=400 if form.errors else 200
        )
