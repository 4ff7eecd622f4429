"""Documents (activity state and profiles): find and read. Only their owners change them, through the xAPI."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from lrs.admin import json_view
from lrs.admin.base import LookOnly, SearchTooLong, bounded, chosen_store, looking_only
from lrs.admin.download import download
from lrs.admin.keyset import Listing, listing
from lrs.admin.search import agent_in
from lrs.errors import BadRequest
from lrs.identity import agent_identifier
from lrs.models import Document, DocumentKind, Store
from lrs.validation.statements import check_agent
from lrs.wire.version import Version

#: Bytes of a document shown on its page.
SHOWN_MOST = 200_000


@admin.register(Document)
class DocumentAdmin(LookOnly):
    """Documents by store and kind."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.documents, "lrs_document_changelist"),
            self.route("<int:pk>/", self.document, "lrs_document_change"),
            self.route("<int:pk>/content", self.content, "lrs_document_content"),
        ]

    def documents(self, request: HttpRequest) -> HttpResponse:
        """The list, and the search above it."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        store = chosen_store(request)
        kind = request.GET.get("kind", "")
        chosen = DocumentKind(int(kind)) if kind in ("1", "2", "3") else DocumentKind.STATE
        found, fault = _found(request, store, chosen)
        context = {
            "store": store,
            "stores": Store.objects.order_by("name"),
            "kinds": DocumentKind.choices,
            "kind": int(chosen),
            "typed": {name: request.GET.get(name, "") for name in ("activity", "agent", "document")},
            "listing": found,
            "fault": fault,
        }
        return self.page(request, "documents/list.html", context, title="Documents")

    def document(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One document."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        document = get_object_or_404(Document.objects.select_related("store"), pk=pk)
        content = bytes(document.content)
        text = _as_text(content[:SHOWN_MOST]) if len(content) <= SHOWN_MOST else None
        context = {
            "document": document,
            "size": len(content),
            "shown": None if text is None else json_view.pretty(text),
        }
        return self.page(request, "documents/document.html", context, title="Document")

    def content(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A document's content, to save."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        document = get_object_or_404(Document, pk=pk)
        content = bytes(document.content)
        return download(
            [content], name=document.document_id, content_type=document.content_type, size=len(content)
        )


def _found(request: HttpRequest, store: Store | None, kind: DocumentKind) -> tuple[Listing | None, str]:
    if store is None:
        return None, ""
    rows: QuerySet[Any] = Document.objects.filter(store=store, kind=kind).defer("content")
    activity, agent, document = (
        request.GET.get(name, "").strip().replace("\0", "") for name in ("activity", "agent", "document")
    )
    if activity:
        rows = rows.filter(activity_id=activity)
    if document:
        rows = rows.filter(document_id=document)
    if agent:
        identifier = _identifier(agent)
        rows = rows.filter(agent=identifier) if identifier else rows.filter(agent__icontains=agent)
    try:
        with bounded():
            return listing(request, rows), ""
    except SearchTooLong as error:
        return None, error.sentence


def _identifier(text: str) -> str | None:
    agent = agent_in(text)
    if agent is None:
        return None
    try:
        check_agent(agent, Version.V1)
    except BadRequest:
        return None
    return agent_identifier(agent)


def _as_text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return text if all(letter.isprintable() or letter in "\t\r\n" for letter in text) else None
    return text
