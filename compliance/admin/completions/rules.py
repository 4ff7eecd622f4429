"""Completion rules: their order, their versions, and a draft tried on sample statements before it stands.

Looking needs the permission to view rules, everything else the one to change them.
"""

from __future__ import annotations

import json
from typing import Any

import orjson
from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance.admin.base import LookOnlyPages, store_of, told
from compliance.completions import rework, rulebook, trial
from compliance.completions.document import problems
from compliance.completions.starting import document
from compliance.errors import ComplianceError
from compliance.models import CompletionRule
from lrs.admin.base import chosen_store

_LIST = "admin:compliance_completionrule_changelist"
_ONE = "admin:compliance_completionrule_change"


class NewRuleForm(forms.Form):
    """A rule before it says anything."""

    code = forms.SlugField(max_length=100)
    name = forms.CharField(max_length=200)
    order = forms.IntegerField(min_value=0, max_value=100_000, initial=100, help_text="Lower comes first.")
    every_store = forms.BooleanField(required=False, label="For every store")


class DraftForm(forms.Form):
    """What a version is to say."""

    document = forms.CharField(widget=forms.Textarea(attrs={"rows": 24, "class": "lrs-code"}))
    effective_from = forms.DateField(required=False, help_text="First day; empty: always.")
    effective_to = forms.DateField(required=False, help_text="Last day; empty: no end.")
    note = forms.CharField(required=False, label="Why it is changed", max_length=2_000)
    sample = forms.CharField(
        required=False,
        label="Sample: a statement or a list of them, of one person",
        widget=forms.Textarea(attrs={"rows": 12, "class": "lrs-code"}),
    )
    course = forms.CharField(required=False, label="at the course (code)", max_length=100)
    source = forms.CharField(required=False, label="from the source (name)", max_length=100)

    def clean_document(self) -> dict[str, Any]:
        """Refuse what cannot be used, with the places."""
        try:
            read = orjson.loads(self.cleaned_data["document"])
        except orjson.JSONDecodeError as error:
            raise forms.ValidationError(f"It is no JSON: {error}.") from error
        found = problems(read)
        if found:
            raise forms.ValidationError([f"{each.pointer or '/'}: {each.message}" for each in found[:20]])
        checked: dict[str, Any] = read
        return checked

    def clean_sample(self) -> Any:
        """Return the statements; None where there are none."""
        text = self.cleaned_data["sample"].strip()
        if not text:
            return None
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise forms.ValidationError(f"It is no JSON: {error}.") from error


@admin.register(CompletionRule)
class RuleAdmin(LookOnlyPages):
    """By which rules statements become completions."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Django's signature
        """Who was given the permission to change."""
        return self.may(request, "change")

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_completionrule_changelist"),
            self.route("add/", self.add, "compliance_completionrule_add"),
            self.route("<int:pk>/", self.one, "compliance_completionrule_change"),
            self.route("<int:pk>/move/", self.move, "compliance_completionrule_move"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Rules of the store at hand and of all stores, in their order."""
        self.must_view(request)
        chosen = store_of(request)
        rows = CompletionRule.objects.filter(store=None) | CompletionRule.objects.filter(
            store=chosen["store"]
        )
        context = {
            **chosen,
            "rules": rows.order_by("order", "pk").prefetch_related("versions"),
            "waiting": rework.waiting(),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "completions/rules.html", context, title="Completion rules")

    def add(self, request: HttpRequest) -> HttpResponse:
        """A new rule."""
        self.must_change(request)
        form = NewRuleForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            values = form.cleaned_data
            store = None if values.pop("every_store") else chosen_store(request)
            try:
                with transaction.atomic():
                    made = CompletionRule.objects.create(store_id=getattr(store, "pk", None), **values)
            except IntegrityError:
                form.add_error("code", "Another rule has this code.")
            else:
                self.log_addition(request, made, "Added.")
                return HttpResponseRedirect(reverse(_ONE, args=[made.pk]))
        return self.page(request, "completions/new_rule.html", {"form": form}, title="New completion rule")

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Another place in the order, another name, on or off."""
        self.must_change(request)
        rule = get_object_or_404(CompletionRule, pk=pk)
        order = request.POST.get("order", "")
        if request.method == "POST" and order.isascii() and order.isdigit() and len(order) < 7:
            active, name = "active" in request.POST, request.POST.get("name", "").strip()[:200] or rule.name
            if told(
                request,
                lambda: rulebook.change(rule, order=int(order), active=active, name=name),
                "Kept; completions follow in a moment.",
            ):
                self.log_change(request, rule, f"Order {order}, {'on' if active else 'off'}.")
        return HttpResponseRedirect(reverse(_ONE, args=[rule.pk]))

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One rule: its versions, and the draft."""
        self.must_view(request)
        rule = get_object_or_404(CompletionRule, pk=pk)
        versions = list(rule.versions.order_by("-number").select_related("published_by"))
        newest = versions[0] if versions else None
        form = DraftForm(initial=_initial(newest))
        tried: trial.Trial | None = None
        if request.method == "POST":
            self.must_change(request)
            form = DraftForm(request.POST)
            if form.is_valid():
                tried = _tried(form)
                if not form.errors and request.POST.get("action") in {"save", "publish"}:
                    return self._keep(request, rule, form)
        context = {
            "rule": rule,
            "versions": versions,
            "form": form,
            "tried": tried,
            "may_change": self.may(request, "change"),
        }
        return self.page(
            request,
            "completions/rule.html",
            context,
            title=rule.name,
            status=400 if form.errors else 200,
        )

    def _keep(self, request: HttpRequest, rule: CompletionRule, form: DraftForm) -> HttpResponse:
        values = form.cleaned_data
        try:
            version = rulebook.draft(
                rule,
                values["document"],
                effective_from=values["effective_from"],
                effective_to=values["effective_to"],
                note=values["note"],
            )
            if request.POST["action"] == "publish":
                rulebook.publish(version, by_id=request.user.pk)
                self.log_change(request, rule, f"Version {version.number} published.")
                messages.success(request, "It stands; completions follow in a moment.")
            else:
                messages.success(request, f"Kept as draft {version.number}.")
        except ComplianceError as error:
            messages.error(request, error.reason)
        return HttpResponseRedirect(reverse(_ONE, args=[rule.pk]))


def _tried(form: DraftForm) -> trial.Trial | None:
    values = form.cleaned_data
    if values["sample"] is None:
        return None
    try:
        return trial.attempt(
            values["document"], values["sample"], course=values["course"], source=values["source"]
        )
    except ComplianceError as error:
        form.add_error("sample", error.reason)
        return None


def _initial(newest: Any) -> dict[str, Any]:
    if newest is None:
        return {"document": json.dumps(document("xapi"), indent=2)}
    return {
        "document": json.dumps(newest.document, indent=2, ensure_ascii=False),
        "effective_from": newest.effective_from,
        "effective_to": newest.effective_to,
        "note": newest.note if newest.published is None else "",
    }
