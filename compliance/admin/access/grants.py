"""Grants: given, revoked, and looked through from time to time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from compliance.access import grants, recertification
from compliance.admin.kept import KeptAdmin, WrittenByTheHub
from compliance.models import Grant, RecertificationItem


class _GrantForm(forms.ModelForm[Grant]):
    class Meta:
        model = Grant
        fields = ("user", "role", "store", "unit", "starts", "ends", "reason")

    def clean(self) -> dict[str, Any]:
        """Refuse what `grants.give` would refuse."""
        cleaned = super().clean() or self.cleaned_data
        try:
            grants.check(
                role=cleaned.get("role"),
                store_id=cleaned["store"].pk if cleaned.get("store") else None,
                unit=cleaned.get("unit"),
                ends=cleaned.get("ends"),
            )
        except grants.NotGranted as error:
            raise ValidationError(str(error)) from error
        return cleaned


@admin.register(Grant)
class GrantAdmin(KeptAdmin):
    """Who has which role where, until when."""

    form = _GrantForm
    list_display = ("user", "role", "store", "unit", "starts", "ends", "granted_by", "revoked_at")
    list_filter = ("role", "store")
    search_fields = ("user__username", "reason")
    raw_id_fields = ("user", "unit")
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        """Keep who granted it. Nobody grants anything to themselves: the database refuses it."""
        obj.granted_by = request.user  # type: ignore[assignment]  # a member of staff
        super().save_model(request, obj, form, change)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Have the form know who asks."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)

        class Asked(form):  # type: ignore[misc]  # made at run time
            def clean_user(self) -> Any:
                """Nobody grants anything to themselves."""
                user = self.cleaned_data["user"]
                if user.pk == request.user.pk:
                    raise ValidationError("Nobody grants themselves anything.")
                return user

        return Asked

    @admin.action(description="Revoke, from this moment on", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Grant]) -> None:
        """End grants."""
        for each in chosen:
            grants.revoke(each, by=request.user, why="revoked in the administration")  # type: ignore[arg-type]
        messages.success(request, "Revoked.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may change grants may end them."""
        return request.user.has_perm("compliance.change_grant")


@admin.register(RecertificationItem)
class RecertificationItemAdmin(WrittenByTheHub):
    """The review of all grants: each is kept or revoked, by somebody who is not its holder."""

    list_display = ("grant", "holder", "role", "round", "keep", "decided_by", "decided")
    list_filter = ("round", "keep")
    actions = ("keep", "revoke", "begin")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecertificationItem]:
        """Return items with what they are about."""
        return super().get_queryset(request).select_related("grant__user", "grant__role", "round")

    @admin.display(description="Holder")
    def holder(self, item: RecertificationItem) -> str:
        """Whose grant it is."""
        return item.grant.user.get_username()

    @admin.display(description="Role")
    def role(self, item: RecertificationItem) -> str:
        """Which role."""
        return item.grant.role.name

    @admin.action(description="Still needed: keep", permissions=["review"])
    def keep(self, request: HttpRequest, chosen: QuerySet[RecertificationItem]) -> None:
        """Keep grants."""
        self._decide(request, chosen, keep=True)

    @admin.action(description="No longer needed: revoke", permissions=["review"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[RecertificationItem]) -> None:
        """Revoke grants."""
        self._decide(request, chosen, keep=False)

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Who may decide."""
        return request.user.has_perm("compliance.change_recertification")

    def _decide(self, request: HttpRequest, chosen: QuerySet[RecertificationItem], *, keep: bool) -> None:
        user: Any = request.user
        done = 0
        for each in chosen:
            try:
                recertification.decide(each, by=user, keep=keep)
                done += 1
            except recertification.NotDecided as error:
                messages.error(request, str(error))
        messages.info(request, f"{done} decided at {timezone.now():%Y-%m-%d %H:%M} UTC.")

    # The round itself is begun by the hub when it is due (compliance.tasks), or here.
    @admin.action(description="Begin a new review of all grants", permissions=["review"])
    def begin(self, request: HttpRequest, _chosen: QuerySet[RecertificationItem]) -> None:
        """Begin a round."""
        user: Any = request.user
        recertification.begin(by=user)
        messages.success(request, "A new review has begun.")
