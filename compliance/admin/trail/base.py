"""What the pages of the trail share: their frame, and entries as people read them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from compliance.models import AuditEntry
from compliance.trail.declared import AUDITED
from compliance.trail.functions import options
from lrs.admin.base import LookOnly


class TrailAdmin(LookOnly):
    """A model whose pages are ours alone."""

    def page(
        self,
        request: HttpRequest,
        template: str,
        context: Mapping[str, Any],
        *,
        title: str,
        status: int = 200,
    ) -> HttpResponse:
        """Return a page in the frame of the admin site."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"compliance/admin/trail/{template}",
            {**self.admin_site.each_context(request), "title": title, **context},
            status=status,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry with what changed, column by column."""

    entry: AuditEntry
    #: What its table is called.
    thing: str
    #: Column, before, after; as text.
    changes: Sequence[tuple[str, str, str]]


@cache
def things() -> Mapping[str, str]:
    """Return table → what it is called."""
    found = {}
    for each in AUDITED:
        described = options(apps.get_model(each.label))
        found[described.db_table] = str(described.verbose_name)
    return found


def shown(entry: AuditEntry) -> Shown:
    """Return an entry as people read it."""
    before, after = entry.before or {}, entry.after or {}
    columns = sorted({*before, *after})
    changes = [(each, _text(before, each), _text(after, each)) for each in columns]
    return Shown(entry, things().get(entry.table_name, entry.table_name), changes)


def _text(values: Mapping[str, Any], column: str) -> str:
    if column not in values or values[column] is None:
        return ""
    value = values[column]
    if isinstance(value, dict) and value.keys() == {"secret"}:
        return f"({value['secret']}; a secret is never shown)"
    if isinstance(value, dict) and value.keys() == {"bytes", "sha256"}:
        return f"{value['bytes']} bytes, SHA-256 {value['sha256']}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
