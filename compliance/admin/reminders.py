"""Reminder policies, which are data, and the reminders they led to.

A policy is switched off, never deleted: reminders name it. A reminder that was given up can be sent again.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from compliance import reminders
from compliance.admin.sight import within
from compliance.models import Recipient, Reminder, ReminderPolicy
from lrs.admin.base import HubAdmin
from lrs.admin.reason import AsksForReason

GROUP = "Requirements"
MENU = [
    ("Reminder policies", "notifications_active", "admin:compliance_reminderpolicy_changelist",
     "compliance.view_reminderpolicy"),
    ("Reminders", "outgoing_mail", "admin:compliance_reminder_changelist", "compliance.view_reminder"),
]  # fmt: skip


class PolicyForm(forms.ModelForm[ReminderPolicy]):
    """One policy."""

    class Meta:
        model = ReminderPolicy
        fields = ("store", "requirement", "name", "days", "to", "channel", "active")

    def clean(self) -> dict[str, Any]:
        """Hold the parts against each other."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        to, channel, store = values.get("to"), values.get("channel"), values.get("store")
        kind = {Recipient.COMPLIANCE: "email", Recipient.WEBHOOK: "webhook"}.get(to) if to else None
        if kind is not None and (channel is None or channel.kind != kind):
            self.add_error("channel", f"Choose a channel of the kind {kind}: it says to whom.")
        elif kind is None and channel is not None:
            self.add_error("channel", "People are written to at their own address; leave it empty.")
        for name in ("channel", "requirement"):
            found = values.get(name)
            if found is not None and store is not None and found.store_id != store.pk:
                self.add_error(name, "It belongs to another store.")
        return values


@admin.register(ReminderPolicy)
class PolicyAdmin(AsksForReason, HubAdmin):
    """Who is told when."""

    form = PolicyForm
    list_display = ("name", "store", "requirement", "days", "to", "channel", "active")
    list_filter = ("active", "to")
    ordering = ("store", "days")


@admin.register(Reminder)
class ReminderAdmin(HubAdmin):
    """What was sent to whom."""

    list_display = ("requirement", "person", "due", "stage", "created", "sent", "given_up", "last_error")
    list_filter = ("stage",)
    list_select_related = ("requirement", "person")
    actions = ("send_again",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reminder]:
        """Reminders about people in sight."""
        return within(super().get_queryset(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Policies make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was sent never changes."""
        return False

    @admin.action(description="Send again what was given up", permissions=["resend"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Reminder]) -> None:
        """Queue these once more, because somebody decided so."""
        messages.info(request, f"{reminders.again(chosen)} reminders are sent again.")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Who may change reminders."""
        return request.user.has_perm("compliance.change_reminder")
