"""How the administration's templates show times, sizes, IRIs and sentences.

In: values, many of them written by strangers. Out: text, or HTML in which every value is escaped. A link is
made of http and https addresses only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from lrs.sentence import Part

register = template.Library()


@register.filter
def moment(value: datetime | str | None) -> str:
    """Show a time in UTC, to the second."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else ""


@register.filter
def ago(value: datetime | str | None) -> str:
    """Show how long ago something was."""
    if not isinstance(value, datetime):
        return "never"
    return f"{span((timezone.now() - value).total_seconds())} ago"


@register.filter
def span(seconds: float) -> str:
    """Show a span of time by its largest unit."""
    seconds = max(0.0, seconds)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


@register.filter
def size(number: int | None) -> str:
    """Show a number of bytes."""
    if number is None:
        return ""
    amount = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


@register.filter
def thousands(number: int | None) -> str:
    """Show a number with its thousands apart."""
    return "" if number is None else f"{number:,}".replace(",", " ")


@register.filter
def iri(value: Any) -> SafeString:
    """Show an IRI, as a link where it is an http or https address."""
    text = str(value or "")
    if not is_web_address(text):
        return format_html("<bdi>{}</bdi>", text)
    return format_html(
        '<a class="lrs-link" href="{}" rel="noopener noreferrer nofollow" target="_blank"><bdi>{}</bdi></a>',
        text,
        text,
    )


@register.filter
def spoken(parts: Iterable[Part]) -> SafeString:
    """Show the parts of a sentence; each keeps its own direction of writing."""
    return format_html_join(
        "",
        "{}<bdi class='lrs-{}'>{}</bdi>",
        (
            (", " if part.kind == "detail" else " " if place else "", part.kind, part.text)
            for place, part in enumerate(parts)
        ),
    )


def is_web_address(text: str) -> bool:
    """Whether a browser may be sent there."""
    if not text.isprintable() or any(mark in text for mark in " \\\"'<>`"):
        return False
    try:
        address = urlsplit(text)
        return address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        return False
