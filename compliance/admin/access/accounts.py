"""Accounts as administrators look after them: resets by two, losses, devices; nobody sets another's password.

The page of users is Django's, without its way to set somebody's password alone.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from compliance.accounts import devices, loss, passwords, resets
from compliance.admin.kept import KeptAdmin
from compliance.models import Device, PasswordReset
from compliance.signing import readiness
from lrs.admin.people import UserAdmin as PlainUserAdmin

admin.site.unregister(User)


@admin.register(User)
class UserAdmin(PlainUserAdmin):
    """Who may sign in here."""

    actions = ("ask_reset", "report_loss", "verify_identity")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  Django's signature
        """Send on to the reset that takes two administrators; one's own password is changed elsewhere."""
        if str(request.user.pk) == id:
            return HttpResponseRedirect(reverse("account_change_password"))
        messages.error(request, "Nobody sets another's password alone: ask for a reset in the list of users.")
        return HttpResponseRedirect(reverse("admin:auth_user_changelist"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only superusers make superusers, and give roles without a grant."""
        fixed = tuple(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fixed
        return (*fixed, "is_superuser", "groups", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers are changed by superusers only."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Have a new account's owner choose a password of their own at the first sign-in."""
        super().save_model(request, obj, form, change)
        if not change:
            account = passwords.account_of(obj)
            account.must_change = True
            account.save(update_fields=["must_change"])

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account is made inactive, never removed: what it signed names it for ever."""
        return False

    @admin.action(description="Ask for a password reset", permissions=["reset"])
    def ask_reset(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Ask for resets; another administrator approves."""
        by: Any = request.user
        for user in chosen:
            try:
                resets.ask(user, by=by, reason="asked for in the administration", request=request)
            except (PermissionDenied, resets.AlreadyAsked) as error:
                messages.error(request, f"{user}: {error}")
            else:
                messages.success(request, f"Another administrator approves the reset of {user}.")

    @admin.action(description="Report a loss: take away all access now", permissions=["loss"])
    def report_loss(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Take everything away that opens these accounts."""
        by: Any = request.user
        for user in chosen:
            loss.revoke_all(user, by=by, why="reported in the administration", request=request)
        messages.success(request, "Nothing opens these accounts any more.")

    @admin.action(description="I have verified who this is (document seen)", permissions=["identity"])
    def verify_identity(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Note that who asks has seen who these people are."""
        by: Any = request.user
        for user in chosen:
            try:
                readiness.verify_identity(user, by=by, method="document seen by the administrator")
            except readiness.NotVerified as error:
                messages.error(request, f"{user}: {error}")
            else:
                messages.success(request, f"The identity of {user} is verified.")

    def has_reset_permission(self, request: HttpRequest) -> bool:
        """Who may ask for resets."""
        return request.user.has_perm(resets.MAY_RESET)

    def has_loss_permission(self, request: HttpRequest) -> bool:
        """Who may take access away."""
        return request.user.has_perm("compliance.report_loss")

    def has_identity_permission(self, request: HttpRequest) -> bool:
        """Who may verify identities."""
        return request.user.has_perm("compliance.verify_identity")


@admin.register(PasswordReset)
class PasswordResetAdmin(KeptAdmin):
    """Resets that were asked for; approved by another administrator, who sees the temporary password once."""

    list_display = ("user", "reason", "asked_by", "asked_at", "approved_by", "approved_at", "refused_at")
    actions = ("approve", "refuse")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are asked for in the list of users."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may reset passwords."""
        return request.user.has_perm(resets.MAY_RESET)

    @admin.action(description="Approve: show the temporary password", permissions=["view"])
    def approve(self, request: HttpRequest, chosen: QuerySet[PasswordReset]) -> HttpResponse | None:
        """Approve one reset."""
        by: Any = request.user
        if chosen.count() != 1:
            messages.error(request, "Approve one at a time.")
            return None
        reset = chosen.get()
        try:
            temporary = resets.approve(reset, by=by, request=request)
        except PermissionDenied as error:
            messages.error(request, str(error))
            return None
        from django.shortcuts import render

        context = {"user_name": reset.user.get_username(), "temporary": temporary}
        response = render(request, "compliance/admin/temporary.html", context)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    @admin.action(description="Refuse", permissions=["view"])
    def refuse(self, request: HttpRequest, chosen: QuerySet[PasswordReset]) -> None:
        """Refuse resets."""
        by: Any = request.user
        for each in chosen:
            resets.refuse(each, by=by)


class _DeviceForm(forms.ModelForm[Device]):
    class Meta:
        model = Device
        fields = ("name", "network", "kiosk", "tested_on")
        help_texts = {"network": "Empty: the browser you are using now is registered."}

    def clean_network(self) -> str:
        """Refuse what is no network."""
        from ipaddress import ip_network

        said: str = self.cleaned_data["network"].strip()
        try:
            return str(ip_network(said, strict=False)) if said else ""
        except ValueError as error:
            raise ValidationError("This is no network, such as 10.20.0.0/16.") from error


@admin.register(Device)
class DeviceAdmin(KeptAdmin):
    """Registered clients and kiosks."""

    form = _DeviceForm
    list_display = ("name", "network", "kiosk", "tested_on", "registered_by", "revoked_at")
    actions = ("tested", "revoke")

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        """Register a network, or the browser at hand."""
        by: Any = request.user
        made, token = devices.register(
            name=obj.name, by=by, network=obj.network, kiosk=obj.kiosk, tested_on=obj.tested_on
        )
        obj.pk = made.pk
        request.device_token = token  # type: ignore[attr-defined]  # ours alone

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """Leave the token in the browser that is registered."""
        response = super().response_add(request, obj, post_url_continue)
        if token := getattr(request, "device_token", ""):
            devices.hand_over(request, response, token)
        return response

    @admin.action(description="Tested today, works as it should", permissions=["tend"])
    def tested(self, _request: HttpRequest, chosen: QuerySet[Device]) -> None:
        """Note a test."""
        chosen.filter(revoked_at__isnull=True).update(tested_on=timezone.now().date())

    @admin.action(description="Revoke", permissions=["tend"])
    def revoke(self, _request: HttpRequest, chosen: QuerySet[Device]) -> None:
        """Take devices out of use."""
        chosen.filter(revoked_at__isnull=True).update(
            revoked_at=timezone.now(), revoked_why="revoked in the administration"
        )

    def has_tend_permission(self, request: HttpRequest) -> bool:
        """Who may change devices."""
        return request.user.has_perm("compliance.change_device")
