"""Training records: told on a form with evidence, posted, withdrawn; many from a file.

Looking needs the permission to view records, telling the one to add them, posting and withdrawing the one to
change them.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance import conf
from compliance.admin.base import LookOnlyPages, printed_name, store_of, told, uploaded
from compliance.admin.sight import must_see, within
from compliance.errors import ComplianceError
from compliance.models import Course, TrainingRecord, TrainingState
from compliance.training import evidence, file, records
from connectors import visible
from connectors.admin.people import words
from connectors.identity.normal import normal
from connectors.models import Identifier, Person
from lrs.admin.base import chosen_store
from lrs.admin.keyset import listing
from lrs.errors import NotFound

_LIST = "admin:compliance_trainingrecord_changelist"
_ONE = "admin:compliance_trainingrecord_change"
_AREAS = ("materials", "content", "understanding", "certification")


class RecordForm(forms.ModelForm[TrainingRecord]):
    """What somebody tells of a training."""

    learner = forms.CharField(
        label="Who was trained", help_text="Employee number, e-mail address, or our number of the person."
    )
    course_code = forms.CharField(label="Course (code)", max_length=100)
    version_label = forms.CharField(label="Version", max_length=100, required=False)
    trainer = forms.CharField(
        label="Trainer, where one of ours", required=False, help_text="Employee number, e-mail, number."
    )

    class Meta:
        model = TrainingRecord
        fields = (
            "completed_at", "hours", "kind", "passed", "score", "trainer_name", "trainer_qualification",
            "trainer_address", "provider", "location", "materials", "content", "understanding", "equipment",
            "evaluated_on", "evaluator_name", "certification", "job_title", "reference",
        )  # fmt: skip
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in _AREAS}

    field_order = (
        "learner",
        "course_code",
        "version_label",
        "completed_at",
        "hours",
        "kind",
        "passed",
        "score",
    )

    def __init__(self, *arguments: Any, store_id: int, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._store_id = store_id

    def clean_learner(self) -> Person:
        """Find who was trained."""
        return person_named(self._store_id, self.cleaned_data["learner"])

    def clean_trainer(self) -> Person | None:
        """Find the trainer."""
        text = self.cleaned_data["trainer"].strip()
        return person_named(self._store_id, text) if text else None

    def clean_course_code(self) -> Course:
        """Find the course."""
        code = self.cleaned_data["course_code"].strip()
        found = Course.objects.filter(store=self._store_id, code=code).first()
        if found is None:
            raise forms.ValidationError(f"There is no course {code}.")
        return found

    def told(self) -> dict[str, Any]:
        """Return the fields of a record."""
        values = dict(self.cleaned_data)
        course, label = values.pop("course_code"), values.pop("version_label").strip()
        version = course.versions.filter(label=label).first() if label else None
        if label and version is None:
            raise ComplianceError(f"The course {course.code} has no version {label}.", field="version_label")
        people = {"person": values.pop("learner"), "trainer_person": values.pop("trainer")}
        return {**values, **people, "course": course, "version": version}


@admin.register(TrainingRecord)
class RecordAdmin(LookOnlyPages):
    """Training told by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who was given the permission to add."""
        return self.may(request, "add")

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "compliance_trainingrecord_changelist"),
            self.route("add/", self.add, "compliance_trainingrecord_add"),
            self.route("file/", self.file, "compliance_trainingrecord_file"),
            self.route("<int:pk>/", self.one, "compliance_trainingrecord_change"),
            self.route(
                "<int:pk>/evidence/<int:evidence_id>/", self.shown, "compliance_trainingrecord_evidence"
            ),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """Records, newest first."""
        self.must_view(request)
        chosen = store_of(request)
        state = request.GET.get("state", "")
        rows = within(TrainingRecord.objects.filter(store=chosen["store"]))
        if state in TrainingState.values:
            rows = rows.filter(state=state)
        found = listing(request, rows.select_related("course"))
        names = words.names({each.person_id for each in found.rows})
        context = {
            **chosen,
            "state": state,
            "states": TrainingState.choices,
            "listing": found,
            "rows": [{"row": each, "name": names[each.person_id]} for each in found.rows],
            "may_add": self.may(request, "add"),
        }
        return self.page(request, "completions/records.html", context, title="Training records")

    def add(self, request: HttpRequest) -> HttpResponse:
        """Tell of a training."""
        self.must(request, "add")
        chosen = store_of(request)
        if chosen["store"] is None:
            return HttpResponseRedirect(reverse(_LIST))
        store_id = chosen["store"].pk
        form = RecordForm(request.POST or None, store_id=store_id)
        if request.method == "POST" and form.is_valid():
            try:
                record = records.draft(store_id, form.told(), by_id=request.user.pk)
            except ComplianceError as error:
                form.add_error(error.field if error.field in form.fields else None, error.reason)
            else:
                self._add_files(request, record)
                self.log_addition(request, record, "Told.")
                return HttpResponseRedirect(reverse(_ONE, args=[record.pk]))
        return self.page(
            request,
            "completions/new_record.html",
            {**chosen, "form": form},
            title="Tell of a training",
            status=400 if form.errors else 200,
        )

    def one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One record: what it says, what shows it, and what may be done with it."""
        self.must_view(request)
        record = get_object_or_404(TrainingRecord.objects.select_related("course", "version"), pk=pk)
        must_see([record.person_id])
        if request.method == "POST":
            self.must(request, "change")
            self._act(request, record)
            return HttpResponseRedirect(reverse(_ONE, args=[record.pk]))
        context = {
            "record": record,
            "people": [record.person_id],
            "name": words.names({record.person_id})[record.person_id],
            "said": [
                (field.verbose_name, value)
                for field in self.opts.concrete_fields
                if field.name in RecordForm.Meta.fields
                and (value := getattr(record, field.name)) not in (None, "")
            ],
            "evidence": record.evidence.order_by("pk"),
            "needs_signature": conf.records_signed(),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "completions/record.html", context, title="Training record")

    def shown(self, request: HttpRequest, pk: int, evidence_id: int) -> HttpResponse:
        """A file of a record, to be saved and never run."""
        self.must_view(request)
        record = get_object_or_404(TrainingRecord, pk=pk)
        must_see([record.person_id])
        found = get_object_or_404(record.evidence, pk=evidence_id)
        try:
            content = evidence.content(record, found)
        except NotFound:
            return HttpResponse("The content of this file is gone.", status=404)
        response = HttpResponse(content, content_type="application/octet-stream")
        name = found.name.encode("ascii", "replace").decode().replace('"', "'")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def file(self, request: HttpRequest) -> HttpResponse:
        """Many records from a file: tried first, then kept and posted."""
        self.must(request, "add")
        store = chosen_store(request)
        report: file.Report | None = None
        if request.method == "POST" and store is not None:
            sure = "sure" in request.POST
            try:
                report = file.take(
                    store.pk,
                    uploaded(request, "file"),
                    name=getattr(request.FILES.get("file"), "name", None) or file.RECORDS,
                    by_id=request.user.pk,
                    post="post" in request.POST and self.may(request, "change") and not conf.records_signed(),
                    dry=not sure,
                )
            except ComplianceError as error:
                messages.error(request, error.reason)
            else:
                if sure:
                    messages.success(request, f"{report.kept} kept, {report.posted} posted.")
        context = {
            **store_of(request),
            "report": report,
            "columns": file.COLUMNS,
            "needs_signature": conf.records_signed(),
        }
        return self.page(request, "completions/records_file.html", context, title="Training from a file")

    def _act(self, request: HttpRequest, record: TrainingRecord) -> None:
        action = request.POST.get("action", "")
        if action == "evidence":
            self._add_files(request, record)
        elif action == "post" and told(request, lambda: records.post(record), "It is a statement now."):
            self.log_change(request, record, "Posted.")
        elif action == "withdraw":
            why = request.POST.get("why", "")
            by = printed_name(request)
            if told(request, lambda: records.withdraw(record, why=why, by=by), "It is withdrawn."):
                self.log_change(request, record, f"Withdrawn: {why}")

    def _add_files(self, request: HttpRequest, record: TrainingRecord) -> None:
        for each in request.FILES.getlist("evidence"):
            kind = each.content_type or "application/octet-stream"
            name, content = each.name or "file", each.read()
            told(
                request,
                lambda name=name, kind=kind, content=content: evidence.add(record, name, kind, content),  # type: ignore[misc]  # bound now
                f"{name} goes along.",
            )
        records.put_down(record)


def person_named(store_id: int, text: str) -> Person:
    """Return the person a text of a form names: an employee number, an address, or our number."""
    text = text.strip()
    found = {
        each.person.merged_into_id or each.person_id
        for each in Identifier.objects.filter(
            normal=normal(text), recorded__upper_inf=True, person__store=store_id
        ).select_related("person")
    }
    if not found and text.isascii() and text.isdigit() and len(text) < 19:
        rows = Person.objects.filter(store=store_id, pk=int(text))
        found = {each.merged_into_id or each.pk for each in rows}
    found = visible.only(found)
    if len(found) != 1:
        said = "Nobody is known by this." if not found else f"{len(found)} people are known by this."
        raise forms.ValidationError(said)
    return Person.objects.get(pk=found.pop())
