"""Alert channels: made and changed here, tried with one button; the secret of a webhook is shown once.

Looking needs the permission to view channels; making, changing and trying them those to add and change.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from connectors import vault
from connectors.admin.watch.page import WatchPages, posted_only
from connectors.errors import ConnectorError
from connectors.models import AlertChannel, AlertKind
from connectors.watch import deliveries, mail, webhook
from lrs.admin.base import new_nonce, secret_page, sent_before


class ChannelForm(forms.ModelForm[AlertChannel]):
    """A channel, without its secret."""

    kinds = forms.MultipleChoiceField(
        choices=AlertKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Kinds of alerts",
        help_text="None ticked: all of them.",
    )

    class Meta:
        model = AlertChannel
        fields = ("store", "name", "kind", "target", "kinds", "allow_private", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].help_text = "E-mail addresses, separated by commas; or the https address."
        if self.instance.pk:
            # What was sent where stays true.
            for name in ("store", "kind"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        """Check the target by the kind of channel."""
        found: dict[str, Any] = super().clean() or {}
        target, kind = found.get("target", ""), found.get("kind")
        if kind == "email":
            for each in mail.addresses(AlertChannel(target=target)) or [target]:
                try:
                    validate_email(each)
                except ValidationError:
                    self.add_error("target", f"{each} is no e-mail address.")
        elif kind == "webhook" and target:
            secure = target.startswith("https://")
            if not secure and not (target.startswith("http://") and found.get("allow_private")):
                self.add_error("target", "An https address is needed; http only in a private network.")
        return found


@admin.register(AlertChannel)
class ChannelAdmin(WatchPages):
    """Where alerts go."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.channels, "connectors_alertchannel_changelist"),
            self.route("add/", self.add, "connectors_alertchannel_new"),
            self.route("<int:pk>/", self.change, "connectors_alertchannel_edit"),
            self.route("<int:pk>/test/", self.test, "connectors_alertchannel_test"),
            self.route("<int:pk>/secret/", self.secret, "connectors_alertchannel_secret"),
        ]

    def channels(self, request: HttpRequest) -> HttpResponse:
        """Every channel, with how its deliveries fare."""
        self.must_view(request)
        waiting = Q(deliveries__delivered=None, deliveries__given_up=None, deliveries__isnull=False)
        found = AlertChannel.objects.select_related("store").annotate(
            waiting=Count("deliveries", filter=waiting),
            dead=Count("deliveries", filter=Q(deliveries__given_up__isnull=False)),
            arrived=Count("deliveries", filter=Q(deliveries__delivered__isnull=False)),
        )
        context = {
            "channels": [(each, _labels(each)) for each in found],
            "may_add": self.may(request, "add"),
            "may_change": self.may(request, "change"),
        }
        return self.page(request, "channels.html", context, title="Alert channels")

    def add(self, request: HttpRequest) -> HttpResponse:
        """Make a channel; for a webhook, show its secret."""
        if not self.may(request, "add"):
            raise PermissionDenied
        form = ChannelForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if sent_before(request):
                messages.info(request, "It was made already. Make a new secret if you missed the first.")
                return _back()
            channel = form.save(commit=False)
            secret = webhook.new_secret() if channel.kind == "webhook" else ""
            channel.encrypted_secret = vault.encrypt(secret) if secret else None
            with transaction.atomic():
                channel.save()
                self.log_addition(request, channel, "Made.")
            if secret:
                return self._shown_once(request, channel, secret)
            messages.success(request, f"{channel} is there. Send a test.")
            return _back()
        return self._form(request, form, "New alert channel")

    def change(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change a channel; one the hub turned off is turned on again here."""
        if not self.may(request, "change"):
            raise PermissionDenied
        channel = get_object_or_404(AlertChannel, pk=pk)
        form = ChannelForm(request.POST or None, instance=channel)
        if request.method == "POST" and form.is_valid():
            changed = form.save(commit=False)
            if changed.active:
                changed.stopped = ""
            with transaction.atomic():
                changed.save()
                self.log_change(request, changed, f"Changed: {', '.join(form.changed_data) or 'nothing'}.")
            messages.success(request, f"{changed} is changed.")
            return _back()
        return self._form(request, form, f"Alert channel {channel}")

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a message that is about nothing."""
        if not self.may(request, "change"):
            raise PermissionDenied
        if refused := posted_only(request):
            return refused
        channel = get_object_or_404(AlertChannel.objects.select_related("store"), pk=pk)
        try:
            deliveries.send_test(channel)
        except ConnectorError as error:
            messages.error(request, f"{error.reason} {error.suggestion}".strip())
        else:
            messages.success(request, f"{channel} took the test message.")
        return _back()

    def secret(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a new secret in the place of the old one and show it."""
        if not self.may(request, "change"):
            raise PermissionDenied
        if refused := posted_only(request):
            return refused
        channel = get_object_or_404(AlertChannel, pk=pk, kind="webhook")
        secret = webhook.new_secret()
        with transaction.atomic():
            AlertChannel.objects.filter(pk=pk).update(encrypted_secret=vault.encrypt(secret))
            self.log_change(request, channel, "New secret.")
        return self._shown_once(request, channel, secret)

    def _shown_once(self, request: HttpRequest, channel: AlertChannel, secret: str) -> HttpResponse:
        context = {"channel": channel, "secret": secret}
        return secret_page(self.page(request, "secret.html", context, title=f"Secret of {channel}"))

    def _form(self, request: HttpRequest, form: ChannelForm, title: str) -> HttpResponse:
        context = {"form": form, "nonce": new_nonce()}
        return self.page(request, "channel.html", context, title=title, status=400 if form.errors else 200)


def _labels(channel: AlertChannel) -> str:
    labels = dict(AlertKind.choices)
    return ", ".join(str(labels.get(each, each)) for each in channel.kinds) or "all"


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:connectors_alertchannel_changelist"))
