"""Statements the tests of the administration post, and what a page shows."""

from __future__ import annotations

import html
import re
from typing import Any, cast
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from lrs.models import Statement


def statement(
    name: str = "Ann", verb: str = "completed", course: str = "Forklift safety", **more: Any
) -> Any:
    """Return a statement of `name`, whose mailbox follows from it."""
    slug = re.sub("[^a-z0-9]+", "-", course.lower()).strip("-")
    return {
        "id": str(uuid4()),
        "actor": {"name": name, "mbox": f"mailto:{re.sub('[^a-z]', '', name.lower()) or 'x'}@example.com"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {"id": f"https://lms.example.com/courses/{slug}", "definition": {"name": {"en": course}}},
        **more,
    }


def look(client: Client, address: str, *, status: int = 200, **parameters: Any) -> str:
    """Return a page's HTML."""
    response = client.get(address, parameters)
    assert response.status_code == status, (response.status_code, response.content[:500])
    return response.content.decode()


def words(page: str) -> str:
    """Return the text of a page's content, without its tags."""
    content = page.split('class="lrs"', 1)[-1]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", content)).split())


def sentences(page: str) -> list[str]:
    """Return the sentences of a list of statements, in order."""
    return [
        words(found).strip(" ,")
        for found in re.findall(r'class="lrs-sentence">(.*?)</span>', page, re.DOTALL)
    ]


def seq_of(store_id: int, statement_id: str) -> int:
    """Return the key of a stored statement."""
    return Statement.objects.values_list("seq", flat=True).get(store_id=store_id, statement_id=statement_id)


def links(page: str, rel: str) -> list[str]:
    """Return the addresses of links of a kind."""
    return [html.unescape(found) for found in re.findall(rf'href="([^"]*)" rel="{rel}"', page)]


def nonce_in(page: str) -> str:
    """Return the value that keeps a form from being sent twice."""
    found = re.search(r'name="nonce" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def shown(page: str, element: str) -> str:
    """Return the text of the element with this id."""
    found = re.search(rf'id="{element}"[^>]*>(.*?)</', page, re.DOTALL)
    assert found is not None, f"nothing has the id {element}"
    return html.unescape(found[1]).strip()


def context(response: Any) -> Any:
    """Return the template context of a response."""
    return cast("Any", response).context


def text_of(response: HttpResponse | Any) -> str:
    """Return the text of a response."""
    return words(response.content.decode())
