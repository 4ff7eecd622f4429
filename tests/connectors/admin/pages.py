"""What the pages of connections show and are sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.test import Client

from connectors.models import ChangeNote, System
from tests.lrs.admin.samples import look, words

BASE = "/admin/connectors"


def send(
    client: Client, address: str, form: Mapping[str, Any] | None = None, *, status: int = 302, **more: Any
) -> Any:
    """Send a form; return the response."""
    response = client.post(f"{BASE}/{address}", {**(form or {}), **more})
    assert response.status_code == status, (response.status_code, response.content[:800])
    return response


def seen(client: Client, address: str, *, status: int = 200, **parameters: Any) -> str:
    """Return a page's HTML."""
    return look(client, f"{BASE}/{address}", status=status, **parameters)


def said(client: Client, address: str, **parameters: Any) -> str:
    """Return a page's words."""
    return words(seen(client, address, **parameters))


def notes(system: System, kind: str = "") -> list[str]:
    """Return the history of a connection, newest first."""
    found = ChangeNote.objects.filter(system=system)
    return list((found.filter(kind=kind) if kind else found).values_list("text", flat=True))
