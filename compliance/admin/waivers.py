"""Waivers and curricula: proposed and kept here; sign-offs of practice. What approves is a signature."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from compliance.admin.sight import within
from compliance.models import Curriculum, Waiver, WaiverKind
from compliance.requirements import curricula, definition, signables
from compliance.requirements.errors import InvalidDefinition
from connectors import visible
from lrs.admin.base import HubAdmin
from lrs.admin.reason import AsksForReason

GROUP = "Requirements"
MENU = [
    ("Waivers", "event_busy", "admin:compliance_waiver_changelist", "compliance.view_waiver"),
    ("Curricula", "list_alt", "admin:compliance_curriculum_changelist", "compliance.view_curriculum"),
]


class WaiverForm(forms.ModelForm[Waiver]):
    """A waiver that is proposed."""

    class Meta:
        model = Waiver
        fields = (
            "requirement", "kind", "person", "rule", "reason", "evidence", "valid_from", "valid_to",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Say what is missing."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        person, rule = values.get("person"), values.get("rule")
        requirement = values.get("requirement")
        if (person is None) == (rule is None):
            self.add_error("person", "Name one person, or write a rule for a group.")
        if person is not None and requirement is not None and person.store_id != requirement.store_id:
            self.add_error("person", "This person belongs to another store.")
        if person is not None and not visible.only([person.pk]):
            self.add_error("person", "This person is outside the part of the organization you look after.")
        if rule is not None:
            try:
                definition.check_rule(rule)
            except InvalidDefinition as error:
                self.add_error("rule", str(error))
        if values.get("kind") == WaiverKind.EQUIVALENCY and not values.get("evidence"):
            self.add_error("evidence", "Say what was accepted instead.")
        return values


@admin.register(Waiver)
class WaiverAdmin(AsksForReason, HubAdmin):
    """Who is freed from what until when."""

    form = WaiverForm
    list_display = (
        "requirement", "kind", "person", "valid_from", "valid_to", "created_by", "approved_at", "approved_by",
        "revoked_from", "to_sign",
    )  # fmt: skip
    list_filter = ("kind",)
    list_select_related = ("requirement", "person", "created_by", "approved_by")
    raw_id_fields = ("person",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Waiver]:
        """Waivers of people in sight, and of groups."""
        return within(super().get_queryset(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may, and only what nobody has approved."""
        open_still = obj is None or (obj.approved_at is None and obj.revoked_at is None)
        return open_still and super().has_change_permission(request, obj)

    @admin.display(description="Approval")
    def to_sign(self, row: Waiver) -> str:
        """Return the way to the page on which it is signed, while nobody has."""
        if row.approved_at is not None or row.revoked_at is not None:
            return ""
        address = reverse("signing:record", args=[signables.WAIVER, row.pk])
        return format_html('<a href="{}">Sign</a>', address)

    def save_model(self, request: HttpRequest, obj: Waiver, form: Any, change: bool) -> None:
        """Keep who proposed it."""
        if not change:
            obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)


class CurriculumForm(forms.ModelForm[Curriculum]):
    """One curriculum."""

    class Meta:
        model = Curriculum
        fields = ("store", "code", "title", "what")

    def clean_what(self) -> Any:
        """Hold it against the schema."""
        what = self.cleaned_data["what"]
        try:
            definition.check_what(what)
        except InvalidDefinition as error:
            raise forms.ValidationError(str(error)) from error
        if definition.curricula(what):
            raise forms.ValidationError("A curriculum names courses, not curricula.")
        return what


@admin.register(Curriculum)
class CurriculumAdmin(AsksForReason, HubAdmin):
    """Courses that belong together."""

    form = CurriculumForm
    list_display = ("code", "title", "store", "behind")

    @admin.display(description="Requirements that took over an earlier state")
    def behind(self, row: Curriculum) -> str:
        """Return which requirements need a next version."""
        return ", ".join(each.requirement.code for each in curricula.named_by(row)) or "none"
