"""Documents read back: one by its id, or the ids of a context.

In: a `Context`. Out: `Stored`, or ids with the time of the latest. Never a document of another store: the
store is part of every digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lrs.documents.naming import Context
from lrs.errors import NotFound
from lrs.models import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A document as it is kept."""

    content: bytes
    content_type: str
    etag: str
    updated: datetime


def one(context: Context, document_id: str) -> Stored:
    """Return the document, or raise NotFound."""
    found = (
        Document.objects.filter(key=context.key(document_id), store_id=context.store_id)
        .values_list("content", "content_type", "etag", "updated")
        .first()
    )
    if found is None:
        raise NotFound("There is no document under that id.", rule="document.unknown", value=document_id)
    content, content_type, etag, updated = found
    return Stored(content=bytes(content), content_type=content_type, etag=etag, updated=updated)


def ids(context: Context, *, since: datetime | None = None) -> tuple[Sequence[str], datetime | None]:
    """Return the ids in `context`, oldest change first, and when the latest of them was changed.

    Without a registration the documents of every registration count; an id that several of them use is
    named once. `since` leaves out what was stored at that very moment.
    """
    documents = Document.objects.filter(scope=context.scope(), store_id=context.store_id)
    if context.registration is not None:
        documents = documents.filter(registration=context.registration)
    if since is not None:
        documents = documents.filter(updated__gt=since)
    rows = list(documents.order_by("updated", "id").values_list("document_id", "updated"))
    return list(dict.fromkeys(document_id for document_id, _ in rows)), rows[-1][1] if rows else None
