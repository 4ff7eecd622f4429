"""Courses: their versions and activities on one page, the catalogue out and in, two that are made one.

Looking needs the permission to view courses, all else to change them. Nothing is deleted: completions name
courses, so a course retires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.contrib import admin, messages
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from compliance.admin.base import Pages, store_of, told, uploaded
from compliance.catalogue import courses, document, exchange
from compliance.errors import ComplianceError
from compliance.models import Course, CourseActivity, CourseVersion
from lrs.admin.base import chosen_store
from lrs.admin.reason import AsksForReason

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
else:
    from unfold.admin import TabularInline

_LIST = "admin:compliance_course_changelist"


class Versions(TabularInline):
    """The versions of a course."""

    model = CourseVersion
    extra = 0
    fields = ("label", "effective_on", "retraining", "credit_hours", "change_note")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Completions name versions."""
        return False


class ActivityForm(ModelForm[CourseActivity]):
    """An activity, whose version is one of its course."""

    def clean(self) -> dict[str, Any]:
        """Refuse what is no IRI, and an activity another course has."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        iri, course = values.get("iri", ""), values.get("course")
        version = values.get("version")
        if ":" not in iri or iri != iri.strip():
            self.add_error("iri", "An activity is named by an IRI.")
        if version is not None and course is not None and version.course_id != course.pk:
            self.add_error("version", "This version is of another course.")
        store_id = getattr(course, "store_id", None)
        taken = CourseActivity.objects.filter(store=store_id, iri=iri).exclude(pk=self.instance.pk).first()
        if taken is not None:
            self.add_error("iri", f"This activity is of the course {taken.course.code} already.")
        return values


class Activities(TabularInline):
    """The activities by which statements name a course."""

    model = CourseActivity
    form = ActivityForm
    extra = 0
    fields = ("iri", "version")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An activity taken away withdraws, with history, what stands on it alone."""
        allowed: bool = request.user.has_perm("compliance.change_course")
        return allowed

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the versions of this course."""
        if db_field.name == "version" and request.resolver_match is not None:
            course_id = request.resolver_match.kwargs.get("object_id") or 0
            kwargs["queryset"] = CourseVersion.objects.filter(course=course_id)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(Course)
class CourseAdmin(AsksForReason, Pages):
    """Courses across learning management systems."""

    list_display = ("code", "title", "kind", "store", "credit_hours", "retired_on")
    list_filter = ("store", "kind")
    list_select_related = ("store",)
    search_fields = ("code", "title", "activities__iri")
    list_per_page = 50
    inlines = (Versions, Activities)
    change_form_template = "compliance/admin/catalogue/course.html"
    change_list_template = "compliance/admin/catalogue/courses.html"
    fields = (
        "store",
        "code",
        "title",
        "description",
        "kind",
        "credit_hours",
        "same_within_hours",
        "retired_on",
        "merged_into",
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A course never moves to another store; it is merged on a page of its own."""
        return ("merged_into",) if obj is None else ("store", "merged_into")

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, Any], change: bool
    ) -> None:
        """Activities belong to the store of their course."""
        for row in formset.save(commit=False):
            if isinstance(row, CourseActivity):
                row.store_id = form.instance.store_id
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def get_urls(self) -> list[URLPattern]:
        """Return our own addresses before Django's."""
        return [
            self.route("export.<str:form>", self.export, "compliance_course_export"),
            self.route("import/", self.bring, "compliance_course_import"),
            self.route("<int:pk>/merge/", self.merge, "compliance_course_merge"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest, form: str) -> HttpResponse:
        """The catalogue of the store at hand, as JSON or CSV."""
        self.must_view(request)
        store = chosen_store(request)
        if store is None or form not in {"json", "csv"}:
            return HttpResponseRedirect(reverse(_LIST))
        found = exchange.export(store.pk)
        content = orjson.dumps(found, option=orjson.OPT_INDENT_2)
        if form == "csv":
            content = b"".join(document.written(found))
        response = HttpResponse(content, content_type="application/json" if form == "json" else "text/csv")
        response.headers["Content-Disposition"] = f'attachment; filename="catalogue.{form}"'
        return response

    def bring(self, request: HttpRequest) -> HttpResponse:
        """A catalogue from a file: tried first, then brought."""
        self.must(request, "change")
        store = chosen_store(request)
        report: exchange.Report | None = None
        text = request.POST.get("text", "")
        if request.method == "POST" and store is not None:
            content = uploaded(request, "file")
            text = content.decode("utf-8-sig", "replace") if content else text
            try:
                read = document.read(text.encode(), is_csv=not text.lstrip().startswith("{"))
                report = exchange.bring(
                    store.pk,
                    read,
                    by=request.user.get_username(),
                    by_id=request.user.pk,
                    move="move" in request.POST,
                    dry="sure" not in request.POST,
                )
            except ComplianceError as error:
                messages.error(request, error.reason)
            else:
                if "sure" in request.POST:
                    messages.success(request, f"{report.created} added, {report.changed} changed.")
                    if not report.refused:
                        return HttpResponseRedirect(reverse(_LIST))
        context = {
            **store_of(request),
            "report": report,
            "text": text,
            "move": "move" in request.POST,
            "columns": document.COLUMNS,
        }
        return self.page(request, "catalogue/import.html", context, title="Bring a catalogue")

    def merge(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Two courses that are one."""
        self.must(request, "change")
        course = get_object_or_404(Course, pk=pk)
        code = request.POST.get("into", "").strip()
        if request.method == "POST":
            into = Course.objects.filter(store=course.store_id, code=code).first()
            if into is None:
                messages.error(request, f"There is no course {code}.")
            elif told(
                request,
                lambda: courses.merge(course, into),
                f"{course.code} is {into.code} from now on; completions follow in a moment.",
            ):
                self.log_change(request, course, f"Merged into {into.code}.")
                return HttpResponseRedirect(reverse("admin:compliance_course_change", args=[into.pk]))
        return self.page(
            request, "catalogue/merge.html", {"course": course, "into": code}, title="Merge a course"
        )
