"""The statement browser: find statements, read one. There is no address by which one could be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from lrs import attachments
from lrs.admin import browse, json_view, search, statement_page
from lrs.admin.base import LookOnly, chosen_store, looking_only
from lrs.admin.download import download
from lrs.admin.keyset import key_in
from lrs.models import Credential, Source, Statement, StatementAttachment, Store


@admin.register(Statement)
class StatementAdmin(LookOnly):
    """Statements, as readable sentences beside their JSON."""

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.browser, "lrs_statement_changelist"),
            self.route("<int:seq>/", self.statement, "lrs_statement_change"),
            self.route("<int:seq>/json", self.raw, "lrs_statement_json"),
            self.route("<int:seq>/attachments/<str:sha256>", self.attachment, "lrs_statement_attachment"),
            self.route("in/<int:store_id>/<uuid:statement_id>/", self.by_id, "lrs_statement_by_id"),
        ]

    def browser(self, request: HttpRequest) -> HttpResponse:
        """The list, and the form above it."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        store = chosen_store(request)
        if store is None:
            return self.page(request, "statements/empty.html", {}, title="Statements")
        if (by_id := _statement_id(request)) is not None:
            return self.by_id(request, store.pk, by_id)
        asked = search.read(store.pk, request.GET.dict())
        source = Source.objects.filter(store=store, pk=asked.source_id).first() if asked.source_id else None
        seen = None
        if asked.query is not None:
            seen = browse.look(
                replace(
                    asked.query,
                    source_id=None if source is None else source.pk,
                    with_voided=asked.flags["voided"],
                ),
                onward=key_in(request, "onward"),
                back=key_in(request, "back"),
                accept_language=request.headers.get("Accept-Language", ""),
            )
        context = {
            "store": store,
            "stores": Store.objects.order_by("name"),
            "sources": Source.objects.filter(store=store).order_by("name"),
            "source": source,
            "search": asked,
            "seen": seen,
            "verbs": search.verbs_of(store.pk),
            "choices": _choices(request, asked),
            "onward": _link(request, onward=seen.onward) if seen and seen.onward is not None else "",
            "back": _link(request, back=seen.back) if seen and seen.back is not None else "",
            "first": _link(request),
            "moved": "onward" in request.GET or "back" in request.GET,
        }
        return self.page(
            request,
            "statements/browser.html",
            context,
            title="Statements",
            status=400 if asked.faults and not asked.choices else 200,
        )

    def statement(self, request: HttpRequest, seq: int) -> HttpResponse:
        """One statement and everything beside it."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        row = get_object_or_404(Statement, pk=_sane(seq))
        languages = request.headers.get("Accept-Language", "")
        context: dict[str, Any] = {
            "row": row,
            "store": Store.objects.filter(pk=row.store_id).first(),
            "source": Source.objects.filter(pk=row.source_id).first(),
            "credential": Credential.objects.filter(pk=row.credential_id).first(),
            "version": "1.0.3" if row.version == 1 else "2.0.0",
            "sentence": browse.sentence_of(row.payload, languages),
            "json": json_view.pretty(row.payload),
        }
        try:
            tree = json_view.load(row.payload)
            context["facts"] = statement_page.facts(tree, languages)
            context["beside"] = statement_page.beside(row, tree, languages)
        except RecursionError:
            context["beside"] = statement_page.beside(row, {"object": {}}, languages)
        return self.page(request, "statements/statement.html", context, title="Statement")

    def raw(self, request: HttpRequest, seq: int) -> HttpResponseBase:
        """The statement's JSON exactly as it is served, to save."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        row = get_object_or_404(Statement, pk=_sane(seq))
        content = row.payload.encode()
        return download(
            [content], name=str(row.statement_id), content_type="application/json", size=len(content)
        )

    def attachment(self, request: HttpRequest, seq: int, sha256: str) -> HttpResponseBase:
        """An attachment the statement carries, to save."""
        self.must_view(request)
        if (refusal := looking_only(request)) is not None:
            return refusal
        carried = get_object_or_404(
            StatementAttachment.objects.select_related("attachment"),
            seq=_sane(seq),
            attachment__sha256=sha256,
        )
        content = carried.attachment
        return download(
            attachments.read(content.store_id, content.sha256),
            name=content.sha256[:16],
            content_type=content.content_type,
            size=content.size,
        )

    def by_id(self, request: HttpRequest, store_id: int, statement_id: UUID) -> HttpResponse:
        """The way to a statement by its id."""
        self.must_view(request)
        seq = (
            Statement.objects.filter(store_id=store_id, statement_id=statement_id)
            .values_list("seq", flat=True)
            .first()
        )
        if seq is None:
            raise Http404("The store has no such statement.")
        return HttpResponseRedirect(reverse("admin:lrs_statement_change", args=[seq]))


def _statement_id(request: HttpRequest) -> UUID | None:
    text = request.GET.get("statement", "").strip()
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404("This is no statement id.") from None


def _sane(seq: int) -> int:
    """Keys are bigint; a larger number in an address is simply not there."""
    return seq if seq < 1 << 63 else 0


def _link(request: HttpRequest, **position: int | None) -> str:
    kept = {name: value for name, value in request.GET.dict().items() if value}
    for name in ("onward", "back"):
        kept.pop(name, None)
    return "?" + urlencode({**kept, **position})


def _choices(request: HttpRequest, asked: search.Search) -> list[tuple[str, str, str]]:
    """Return (address, label, identifier) of everything that may be meant."""
    kept = {name: value for name, value in request.GET.dict().items() if value}
    return [
        ("?" + urlencode({**kept, name: choice.value}), choice.label, choice.value)
        for name, offered in asked.choices.items()
        for choice in offered
    ]
