"""The body of a refused request, as it can be read and corrected.

In: an inbox entry. Out: the text to edit with marks where rules are broken, and from an edited text the body
to replay. Of a multipart body only the statements are edited; its attachments go along unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from lrs.admin import json_view
from lrs.errors import LrsError
from lrs.models import InboxEntry, InboxReason
from lrs.wire import content_type as media_types
from lrs.wire import multipart


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it is shown."""

    #: None where it is not text.
    text: str | None
    shown: SafeString | None
    #: Whether `text` is the first part of a multipart body.
    is_part: bool
    #: Whether anything was kept.
    kept: bool


def read(entry: InboxEntry, reasons: Sequence[InboxReason], text: str | None = None) -> Body:
    """Return the body of an entry; `text` takes the place of what was kept, where it was edited already."""
    body = b"" if entry.body is None else bytes(entry.body)
    part = statements_part(entry.content_type, body)
    if text is None:
        try:
            text = (body if part is None else part).decode()
        except UnicodeDecodeError:
            text = None
    return Body(
        text=text,
        shown=None if text is None else json_view.pretty(text, _marks(reasons, text)),
        is_part=part is not None,
        kept=entry.body is not None,
    )


def corrected(entry: InboxEntry, text: str) -> bytes:
    """Return the body to replay: `text`, or the kept multipart body with `text` as its statements."""
    body = b"" if entry.body is None else bytes(entry.body)
    part = statements_part(entry.content_type, body)
    edited = text.encode(errors="replace")
    # The statements are the first part, so the first place they are found at is theirs.
    return edited if part is None else body.replace(part, edited, 1)


def statements_part(content_type: str, body: bytes) -> bytes | None:
    """Return the statements of a multipart body; None where it is not one, or is broken."""
    try:
        if media_types.parse(content_type).essence != "multipart/mixed":
            return None
        return bytes(multipart.parse(content_type, body)[0].body) or None
    except (LrsError, IndexError):
        return None


def _marks(reasons: Sequence[InboxReason], text: str) -> dict[str, list[str]]:
    many = text.lstrip()[:1] == "["
    marks: dict[str, list[str]] = {}
    for reason in reasons:
        place = f"/{reason.index or 0}{reason.pointer}" if many else reason.pointer
        marks.setdefault(place, []).append(reason.message)
    return marks
