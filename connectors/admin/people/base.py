"""What the pages about people share.

In: requests. Out: where templates are, days and moments as they are typed, the store at hand. A day is
read as its noon in UTC, which lies within that day wherever people work.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.utils import timezone

from lrs.admin.base import LookOnly, chosen_store


class PeopleAdmin(LookOnly):
    """A model whose pages are ours alone."""

    templates = "connectors/admin/people"

    #: The permission without which one only looks; empty where nobody changes anything.
    changes_with = ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        """Who has the permission these are changed with."""
        return bool(self.changes_with) and request.user.has_perm(self.changes_with)


def store_of(request: HttpRequest) -> dict[str, Any]:
    """Return the store at hand and those to choose from, as templates want them."""
    return {
        "store": chosen_store(request),
        "stores": apps.get_model("lrs", "Store").objects.order_by("name"),
    }


def user_id(request: HttpRequest) -> int | None:
    """Return who is signed in."""
    return request.user.pk


def day_in(text: str) -> date | None:
    """Return a day as it is typed; None where it is none."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2200 else None


def noon(day: date) -> datetime:
    """Return the moment that stands for a day."""
    return datetime.combine(day, time(12), UTC)


def begin(day: date) -> datetime:
    """Return the moment a day begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def end_of(day: date) -> datetime:
    """Return the last moment of a day, in UTC: what was known on that day."""
    return datetime.combine(day, time.max, UTC)


def today() -> date:
    """Return the day it is, in UTC."""
    return timezone.now().astimezone(UTC).date()


def period_text(valid: Any) -> str:
    """Return a period in words."""
    start, end = valid.lower, valid.upper
    if start is None and end is None:
        return "always"
    if end is None:
        return f"since {start:%Y-%m-%d}"
    last = end.astimezone(UTC)
    if start is None:
        return f"until {last:%Y-%m-%d}"
    return f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def number_in(text: str) -> int | None:
    """Return a key as it stands in an address or a form; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
