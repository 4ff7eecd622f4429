"""Requirements: the list, one with its versions, the editor, the templates, and what a draft would change.

Looking needs the permission to view requirements, drafting the one to change them. Approving is a signature
(compliance.requirements.signables): nothing here changes who must be trained.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance.admin.base import LookOnlyPages, store_of
from compliance.models import Requirement, RequirementVersion, VersionState
from compliance.requirements import definition, library, lifecycle, signables
from compliance.requirements.errors import InvalidDefinition, NotAllowed, RequirementError
from compliance.status import read
from compliance.status.impact import impact
from compliance.status.standing import State
from connectors.api import names
from lrs.admin.base import chosen_store

GROUP = "Requirements"
MENU = [
    ("Requirements", "rule", "admin:compliance_requirement_changelist", "compliance.view_requirement"),
    (
        "Requirement templates",
        "library_books",
        "admin:compliance_requirement_templates",
        "compliance.view_requirement",
    ),
]
_UNITS = [("days", "days"), ("months", "months"), ("calendar_months", "calendar months, to their end"),
          ("calendar_years", "calendar years, to their end")]  # fmt: skip
_BASES = ["training_date", "superseded", "employment_end", "calendar_year_end", "event"]


class DefinitionForm(forms.Form):
    """The usual parts as fields; what and for whom as JSON, as the schema says."""

    what = forms.CharField(
        label="What (JSON)", widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
    )
    for_whom = forms.CharField(
        label="For whom (JSON)", widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
    )
    within_days = forms.IntegerField(
        label="Within so many days of the assignment", min_value=0, max_value=3650
    )
    every_count = forms.IntegerField(label="Again every", min_value=1, max_value=3650, required=False)
    every_unit = forms.ChoiceField(label="of", choices=_UNITS, required=False)
    anchor = forms.ChoiceField(
        label="Counted from", choices=[("completion", "the completion"), ("due", "the original due day")],
        required=False,
    )  # fmt: skip
    early_days = forms.IntegerField(
        label="Days early that still count (original due day)", min_value=0, max_value=366, required=False
    )
    new_version_days = forms.IntegerField(
        label="Days to train again on a new version", min_value=0, max_value=3650, required=False
    )
    grace_days = forms.IntegerField(label="Days of grace", min_value=0, max_value=366, required=False)
    prerequisites = forms.CharField(label="Courses to be done before (codes, by commas)", required=False)
    section = forms.CharField(label="Cites", max_length=200, required=False)
    jurisdiction = forms.CharField(max_length=200, required=False)
    retention_basis = forms.ChoiceField(
        label="Records are kept from",
        choices=[("", "—"), *((each, each.replace("_", " ")) for each in _BASES)],
        required=False,
    )  # fmt: skip
    retention_years = forms.FloatField(label="for years", min_value=0, max_value=200, required=False)
    record_fields = forms.CharField(label="Fields a record must have (by commas)", required=False)
    trainer_qualification = forms.BooleanField(
        label="The trainer's qualification is recorded", required=False
    )
    certification = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    change_note = forms.CharField(label="What is new, and why", required=False)

    def clean_what(self) -> Any:
        """Read the JSON."""
        return _json(self.cleaned_data["what"])

    def clean_for_whom(self) -> Any:
        """Read the JSON."""
        return _json(self.cleaned_data["for_whom"])

    def clean(self) -> dict[str, Any]:
        """Put the definition together and check it; each fault goes to the field it is about."""
        super().clean()
        if not self.errors:
            self.cleaned_data["definition"] = found = self._document()
            try:
                definition.check(found)
            except InvalidDefinition as error:
                for pointer, said in error.faults:
                    self.add_error(_field_of(pointer), f"{pointer}: {said}")
        return self.cleaned_data

    def _document(self) -> dict[str, Any]:
        said = self.cleaned_data
        when: dict[str, Any] = {"within_days": said["within_days"]}
        if said["every_count"]:
            when["every"] = {"count": said["every_count"], "unit": said["every_unit"] or "months"}
            if said["anchor"] == "due":
                when["every"] |= {"anchor": "due"} | _given(early_days=said["early_days"])
        when |= _given(new_version_days=said["new_version_days"])
        document: dict[str, Any] = {"what": said["what"], "for": said["for_whom"], "when": when}
        document |= _given(grace_days=said["grace_days"])
        if codes := _listed(said["prerequisites"]):
            document["prerequisites"] = codes
        if said["section"]:
            # What was said of the section elsewhere (a note, whether it was verified) stays.
            kept = self.initial.get("citation", {}) if said["section"] == self.initial.get("section") else {}
            document["citation"] = {**kept, "section": said["section"]}
            if said["jurisdiction"]:
                document["citation"]["jurisdiction"] = said["jurisdiction"]
        if said["retention_basis"]:
            kept = self.initial.get("retention", {})
            kept = kept if kept.get("basis") == said["retention_basis"] else {}
            document["retention"] = {**kept, "basis": said["retention_basis"]}
            document["retention"] |= _given(years=said["retention_years"])
        if fields := _listed(said["record_fields"]):
            document["record_fields"] = fields
        if said["trainer_qualification"]:
            document["trainer_qualification"] = True
        if said["certification"]:
            document["certification"] = said["certification"]
        return document


@admin.register(Requirement)
class RequirementAdmin(LookOnlyPages):
    """Requirements."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_requirement_changelist"),
            self.route("templates/", self.pick_template, "compliance_requirement_templates"),
            self.route("add/", self.add, "compliance_requirement_add"),
            self.route("<int:pk>/", self.one, "compliance_requirement_change"),
            self.route("<int:pk>/edit/", self.edit, "compliance_requirement_edit"),
            self.route("version/<int:pk>/impact/", self.impact, "compliance_requirement_impact"),
            self.route("version/<int:pk>/approve/", self.approve, "compliance_requirement_approve"),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may draft."""
        return request.user.has_perm("compliance.change_requirement")

    def list(self, request: HttpRequest) -> HttpResponse:
        """Every requirement with the version in force and how many people are in which state."""
        self.must_view(request)
        store = chosen_store(request)
        rows = []
        if store is not None:
            states = read.counts_now(store.pk, _today())
            for row in Requirement.objects.filter(store=store).prefetch_related("versions").order_by("code"):
                versions = sorted(row.versions.all(), key=lambda each: -each.number)
                rows.append(
                    {
                        "row": row,
                        "latest": versions[0] if versions else None,
                        "states": states.get(row.pk, {}),
                    }
                )
        return self._page(request, "requirements.html", {"rows": rows, "store": store}, title="Requirements")

    def pick_template(self, request: HttpRequest) -> HttpResponse:
        """The templates by regime; one becomes a draft with one button."""
        self.must_view(request)
        store = chosen_store(request)
        if request.method == "POST":
            self.must_change(request)
            if store is not None:
                return self._from_template(request, store.pk)
        used = set() if store is None else set(
            Requirement.objects.filter(store=store).values_list("template", flat=True)
        )  # fmt: skip
        context = {"templates": library.templates().values(), "used": used, "store": store}
        return self._page(request, "templates.html", context, title="Requirement templates")

    def _from_template(self, request: HttpRequest, store_id: int) -> HttpResponse:
        try:
            template = library.named(request.POST.get("template", ""))
            made = library.make(
                store_id,
                template,
                code=request.POST.get("code", "").strip() or template.code,
                by=request.user,  # type: ignore[arg-type]  # a page only staff see
            )
        except RequirementError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:compliance_requirement_templates"))
        return HttpResponseRedirect(reverse("admin:compliance_requirement_edit", args=[made.requirement_id]))

    def add(self, request: HttpRequest) -> HttpResponse:
        """A requirement of one's own."""
        self.must_change(request)
        store = chosen_store(request)
        form = NewForm(request.POST or None, initial=_blank())
        if request.method == "POST" and store is not None and form.is_valid():
            try:
                made = lifecycle.create(
                    store.pk,
                    code=form.cleaned_data["code"],
                    title=form.cleaned_data["title"],
                    document=form.cleaned_data["definition"],
                    change_note=form.cleaned_data["change_note"],
                    by=request.user,  # type: ignore[arg-type]  # a page only staff see
                )
            except NotAllowed as error:
                form.add_error("code", str(error))
            else:
                return HttpResponseRedirect(_address(made.requirement))
        return self._page(
            request,
            "requirement_form.html",
            {"form": form, "schema": json.dumps(definition.schema()["$defs"], indent=1)},
            title="New requirement",
            status=400 if form.errors else 200,
        )

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A requirement with its versions, and the steps a draft can take."""
        self.must_view(request)
        row = get_object_or_404(Requirement, pk=pk)
        if request.method == "POST":
            self.must_change(request)
            return self._step(request, row)
        versions = [
            {"row": each, "json": json.dumps(each.definition, indent=2, ensure_ascii=False)}
            for each in row.versions.order_by("-number")
        ]
        context = {
            "row": row,
            "versions": versions,
            "may_change": self.has_change_permission(request),
            "today": _today(),
        }
        return self._page(request, "requirement.html", context, title=str(row))

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        """To the page on which a version in review is approved, by a signature, from a day on."""
        self.must_view(request)
        version = get_object_or_404(RequirementVersion, pk=pk)
        day = _day(request.GET.get("from", ""))
        if version.state != VersionState.REVIEW or day is None:
            messages.error(request, "A version in review is approved, from a day on.")
            return HttpResponseRedirect(_address(version.requirement))
        return HttpResponseRedirect(
            reverse("signing:record", args=[signables.VERSION, signables.version_key(version, day)])
        )

    def _step(self, request: HttpRequest, row: Requirement) -> HttpResponse:
        version = get_object_or_404(RequirementVersion, pk=request.POST.get("version", 0), requirement=row)
        steps = {
            "submit": lifecycle.submit,
            "send_back": lifecycle.send_back,
            "discard": lifecycle.discard,
        }
        try:
            step = steps[request.POST.get("action", "")]
            step(version)
        except KeyError:
            messages.error(request, "There is no such step.")
        except RequirementError as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, row, f"Version {version.number}: {step.__name__.replace('_', ' ')}.")
        return HttpResponseRedirect(_address(row))

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The draft of a requirement; where there is none, a next version that begins as the last one."""
        self.must_change(request)
        row = get_object_or_404(Requirement, pk=pk)
        last = row.versions.order_by("-number").first()
        draft = row.versions.filter(state=VersionState.DRAFT).order_by("-number").first()
        form = DefinitionForm(request.POST or None, initial=_initial(draft or last))
        if request.method == "POST" and form.is_valid():
            self._save(request, row, draft, form)
            return HttpResponseRedirect(_address(row))
        return self._page(
            request,
            "requirement_form.html",
            {"form": form, "row": row, "schema": json.dumps(definition.schema()["$defs"], indent=1)},
            title=f"{'Draft' if draft else 'New version'} of {row}",
            status=400 if form.errors else 200,
        )

    def _save(
        self, request: HttpRequest, row: Requirement, draft: RequirementVersion | None, form: DefinitionForm
    ) -> None:
        document, note = form.cleaned_data["definition"], form.cleaned_data["change_note"]
        try:
            if draft is None:
                lifecycle.revise(row, document, change_note=note, by=request.user)  # type: ignore[arg-type]  # staff
            else:
                lifecycle.edit(draft, document, change_note=note)
        except RequirementError as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, row, "Draft saved.")

    def impact(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who would be required, overdue or compliant under a version, compared with now."""
        self.must_view(request)
        version = get_object_or_404(RequirementVersion.objects.select_related("requirement"), pk=pk)
        found = impact(
            version, effective_from=_day(request.GET.get("from", "")), day=_day(request.GET.get("on", ""))
        )
        people = {each for change in found.changes for each in change.examples}
        moment = read.asked(version.requirement.store_id, found.day, requirements=[]).known
        called = (
            names.people(people, moment, moment) if request.user.has_perm("connectors.view_person") else {}
        )
        context = {
            "version": version,
            "impact": found,
            "states": [
                (each, found.by_state_before.get(each, 0), found.by_state.get(each, 0))
                for each in State
                if each is not State.NOT_REQUIRED
            ],
            "changes": [
                {"row": each, "people": [(one, called.get(one, f"person {one}")) for one in each.examples]}
                for each in found.changes
            ],
        }
        return self._page(request, "impact.html", context, title=f"Impact of {version}")

    def _page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, title: str, status: int = 200
    ) -> HttpResponse:
        shared = {**store_of(request), "may_change": self.has_change_permission(request)}
        return self.page(request, template, {**shared, **context}, title=title, status=status)


class NewForm(DefinitionForm):
    """The same, for a requirement that is new."""

    code = forms.CharField(max_length=100)
    title = forms.CharField(max_length=300)
    field_order = ["code", "title"]


def _initial(version: RequirementVersion | None) -> dict[str, Any]:
    if version is None:
        return _blank()
    document = version.definition
    when = document["when"]
    every = when.get("every", {})
    citation, retention = document.get("citation", {}), document.get("retention", {})
    return {
        "what": json.dumps(document["what"], indent=2, ensure_ascii=False),
        "for_whom": json.dumps(document["for"], indent=2, ensure_ascii=False),
        "within_days": when["within_days"],
        "every_count": every.get("count"),
        "every_unit": every.get("unit"),
        "anchor": every.get("anchor", "completion"),
        "early_days": every.get("early_days"),
        "new_version_days": when.get("new_version_days"),
        "grace_days": document.get("grace_days"),
        "prerequisites": ", ".join(document.get("prerequisites", ())),
        "section": citation.get("section", ""),
        "jurisdiction": citation.get("jurisdiction", ""),
        "citation": citation,
        "retention": retention,
        "retention_basis": retention.get("basis", ""),
        "retention_years": retention.get("years"),
        "record_fields": ", ".join(document.get("record_fields", ())),
        "trainer_qualification": document.get("trainer_qualification", False),
        "certification": document.get("certification", ""),
        "change_note": version.change_note if version.state == VersionState.DRAFT else "",
    }


def _blank() -> dict[str, Any]:
    return {
        "what": '{"course": "CODE"}',
        "for_whom": '{"units": ["KEY"], "below": true}',
        "within_days": 30,
        "anchor": "completion",
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise forms.ValidationError(f"This is not JSON: {error}") from error


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(each.strip() for each in text.split(",") if each.strip()))


def _field_of(pointer: str) -> str | None:
    for start, field in (("/what", "what"), ("/for", "for_whom"), ("/when/every", "every_count"),
                         ("/when", "within_days"), ("/prerequisites", "prerequisites")):  # fmt: skip
        if pointer.startswith(start):
            return field
    return None


def _address(row: Requirement) -> str:
    return reverse("admin:compliance_requirement_change", args=[row.pk])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _today() -> date:
    from django.utils import timezone

    return timezone.now().date()
