"""Attachment contents: which there are, who carries them, and a way to save them."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from lrs import attachments
from lrs.admin.base import LookOnly, chosen_store, looking_only
from lrs.admin.browse import list_of
from lrs.admin.download import download
from lrs.admin.keyset import listing
from lrs.models import Attachment, Statement, StatementAttachment, Store
from lrs.query.pages import Row

#: Statements listed that carry a content.
USES_MOST = 50


@admin.register(Attachment)
class AttachmentAdmin(LookOnly):
    """Contents, kept once for each store."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.attachments, "lrs_attachment_changelist"),
            self.route("<int:pk>/", self.attachment, "lrs_attachment_change"),
            self.route("<int:pk>/content", self.content, "lrs_attachment_content"),
        ]

    def attachments(self, request: HttpRequest) -> HttpResponse:
        """The contents of a store, newest first."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        store = chosen_store(request)
        typed = request.GET.get("q", "").strip().lower()
        rows: QuerySet[Any] = Attachment.objects.filter(store=store)
        if typed:
            rows = rows.filter(sha256=typed if re.fullmatch("[0-9a-f]{64}", typed) else "-")
        context = {
            "store": store,
            "stores": Store.objects.order_by("name"),
            "typed": typed,
            "listing": listing(request, rows),
        }
        return self.page(request, "attachments/list.html", context, title="Attachments")

    def attachment(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One content, and the statements that carry it."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        found = get_object_or_404(Attachment.objects.select_related("store"), pk=pk)
        seqs = list(
            StatementAttachment.objects.filter(attachment=found)
            .order_by("-seq")
            .values_list("seq", flat=True)[:USES_MOST]
        )
        payloads = dict(Statement.objects.filter(seq__in=seqs).values_list("seq", "payload"))
        languages = request.headers.get("Accept-Language", "")
        uses = list_of([Row(seq, payloads[seq]) for seq in seqs if seq in payloads], languages)
        return self.page(
            request, "attachments/attachment.html", {"attachment": found, "uses": uses}, title="Attachment"
        )

    def content(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The content, to save."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        found = get_object_or_404(Attachment, pk=pk)
        return download(
            attachments.read(found.store_id, found.sha256),
            name=found.sha256[:16],
            content_type=found.content_type,
            size=found.size,
        )
