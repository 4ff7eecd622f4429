"""The inbox of refused requests: read, correct and replay, dismiss, one by one or by reason.

Looking needs the permission to view entries; replaying and dismissing the one to change them.
"""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from lrs import inbox
from lrs.admin import inbox_body
from lrs.admin.base import HubAdmin
from lrs.admin.download import download
from lrs.admin.keyset import listing
from lrs.models import InboxEntry, InboxReason, InboxState, Source, Statement

#: Entries dismissed at once by their boxes.
BULK_MOST = 500


@admin.register(InboxEntry)
class InboxAdmin(HubAdmin):
    """Refused requests by reason and by source."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Entries come from refused requests alone."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the inbox's own addresses; Django's forms would let an entry be rewritten."""
        return [
            self.route("", self.entries, "lrs_inboxentry_changelist"),
            self.route("dismiss/", self.dismiss_many, "lrs_inboxentry_dismiss_many"),
            self.route("<int:pk>/", self.entry, "lrs_inboxentry_change"),
            self.route("<int:pk>/replay/", self.replay, "lrs_inboxentry_replay"),
            self.route("<int:pk>/dismiss/", self.dismiss, "lrs_inboxentry_dismiss"),
            self.route("<int:pk>/body", self.body, "lrs_inboxentry_body"),
        ]

    def entries(self, request: HttpRequest) -> HttpResponse:
        """Groups by reason, and the entries of the chosen one."""
        self.must_view(request)
        source = _source(request.GET.get("source", ""))
        rule = request.GET.get("rule", "")
        asked = request.GET.get("state", "")
        state = asked if asked in InboxState.values else InboxState.OPEN
        rows: QuerySet[Any] = (
            InboxEntry.objects.filter(state=state).select_related("source__store", "credential").defer("body")
        )
        if source is not None:
            rows = rows.filter(source=source)
        if rule:
            rows = rows.filter(rule=rule)
        context = {
            "groups": inbox.groups(source) if state == InboxState.OPEN else [],
            "rule": rule,
            "state": state,
            "states": InboxState.choices,
            "source": source,
            "sources": Source.objects.select_related("store"),
            "listing": listing(request, rows),
            "may_change": self.has_change_permission(request),
        }
        return self.page(request, "inbox/list.html", context, title="Inbox")

    def entry(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One refused request."""
        self.must_view(request)
        return self._entry_page(request, _entry(pk))

    def replay(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the corrected body through the door again."""
        self.must_change(request)
        entry = _entry(pk)
        here = reverse("admin:lrs_inboxentry_change", args=[pk])
        if request.method != "POST":
            return HttpResponseRedirect(here)
        if entry.state == InboxState.REPLAYED:
            messages.info(request, "It was replayed already.")
            return HttpResponseRedirect(here)
        text = request.POST.get("body", "")
        outcome = inbox.replay(
            entry,
            body=_body(request, entry, text),
            user=_user(request),
            content_type=request.POST.get("content_type") or None,
            version=request.POST.get("version") or None,
        )
        if not outcome.accepted:
            entry = _entry(pk)
            return self._entry_page(request, entry, text=text, outcome=outcome)
        self.log_change(request, entry, f"Replayed: {len(outcome.statement_ids)} statements.")
        stored = Statement.objects.filter(
            store_id=entry.source.store_id, statement_id__in=outcome.statement_ids[:1]
        ).first()
        messages.success(request, f"Accepted: {len(outcome.statement_ids)} statement(s) stored.")
        if len(outcome.statement_ids) == 1 and stored is not None:
            return HttpResponseRedirect(reverse("admin:lrs_statement_change", args=[stored.pk]))
        return HttpResponseRedirect(here)

    def dismiss(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close one entry with a note."""
        self.must_change(request)
        entry = _entry(pk)
        if request.method == "POST":
            if inbox.dismiss(entry, user=_user(request), note=_note(request)):
                self.log_change(request, entry, "Dismissed.")
                messages.success(request, "Dismissed.")
            else:
                messages.info(request, "Somebody closed it before.")
        return HttpResponseRedirect(reverse("admin:lrs_inboxentry_change", args=[pk]))

    def dismiss_many(self, request: HttpRequest) -> HttpResponse:
        """Close a whole group, or the entries whose boxes are ticked."""
        self.must_change(request)
        if request.method == "POST":
            source, note, user = _source(request.POST.get("source", "")), _note(request), _user(request)
            if request.POST.get("rule"):
                count = inbox.dismiss_group(request.POST["rule"], user=user, source=source, note=note)
            else:
                ticked = [int(pk) for pk in request.POST.getlist("entry")[:BULK_MOST] if pk.isdecimal()]
                chosen = InboxEntry.objects.filter(pk__in=ticked).defer("body")
                count = sum(inbox.dismiss(entry, user=user, note=note) for entry in chosen)
            messages.success(request, f"{count} dismissed.")
        kept = {name: request.POST[name] for name in ("source",) if request.POST.get(name)}
        return HttpResponseRedirect(f"{reverse('admin:lrs_inboxentry_changelist')}?{urlencode(kept)}")

    def body(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The kept body, to save."""
        self.must_view(request)
        entry = _entry(pk)
        content = b"" if entry.body is None else bytes(entry.body)
        return download([content], name=f"refused-{pk}", content_type=entry.content_type, size=len(content))

    def _entry_page(
        self,
        request: HttpRequest,
        entry: InboxEntry,
        *,
        text: str | None = None,
        outcome: inbox.Outcome | None = None,
    ) -> HttpResponse:
        reasons = list(entry.reasons.all()[: inbox.REASONS_MOST])
        current = reasons
        if outcome is not None:
            current = [
                InboxReason(
                    index=each.index,
                    pointer=each.pointer,
                    rule=each.rule,
                    message=each.message,
                    value=each.value,
                )
                for each in outcome.reasons
            ]
        context = {
            "entry": entry,
            "reasons": current,
            "refused_again": outcome is not None,
            "body": inbox_body.read(entry, current, text),
            "is_open": entry.state == InboxState.OPEN,
            "may_change": self.has_change_permission(request),
        }
        return self.page(
            request, "inbox/entry.html", context, title="Refused request", status=400 if outcome else 200
        )


def _entry(pk: int) -> InboxEntry:
    return get_object_or_404(
        InboxEntry.objects.select_related("source__store", "credential", "closed_by"),
        pk=min(pk, (1 << 63) - 1),
    )


def _source(text: str) -> Source | None:
    if not text.isdecimal() or len(text) > 9:
        return None
    return Source.objects.select_related("store").filter(pk=int(text)).first()


def _body(request: HttpRequest, entry: InboxEntry, text: str) -> bytes:
    if request.POST.get("unchanged"):
        return b"" if entry.body is None else bytes(entry.body)
    return inbox_body.corrected(entry, text)


def _note(request: HttpRequest) -> str:
    return request.POST.get("note", "").strip().replace("\0", "")[:2000]


def _user(request: HttpRequest) -> AbstractBaseUser:
    return cast("AbstractBaseUser", request.user)
