"""A small academy for the pages about people, and what a page says."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.test import Client

from connectors.models import System
from connectors.workforce.canonical import Identified, Job, Location, Named, Unit
from tests.connectors.learning import academy, caught_up, learned
from tests.connectors.people import ann, hris, told
from tests.fixtures import Hub, Xapi

BASE = "/admin/connectors/"


def staffed(hub: Hub) -> tuple[Xapi, System]:
    """Ann Lee, a nurse who moved from the ICU to the ER in February; Bob Miller beside her."""
    moodle, store = academy(hub)
    workday = hris(store=store)
    told(
        workday,
        Unit(key="HQ", name="Hospital"),
        Unit(key="ICU", name="Intensive care", parent="HQ"),
        Unit(key="ER", name="Emergency", parent="HQ"),
        Job(key="RN2", title="Registered nurse", regulatory_classes=("GMP",)),
        Location(key="L1", name="Main house", city="Berlin", country="DE"),
        at="2020-01-01",
    )
    identifiers = (
        Identified(type="employee_number", value="00021001", issuer="hr"),
        Identified(type="email", value="ann.lee@example.com", primary=True),
    )
    told(workday, replace(ann(), identifiers=identifiers))
    told(
        workday,
        replace(
            ann(unit="ER", valid_from=date(2026, 2, 1), title="Emergency nurse"), identifiers=identifiers
        ),
        at="2026-02-01",
    )
    bob = Named(formatted="Bob Miller", given="Bob", family="Miller")
    address = Identified(type="email", value="bob.miller@example.com")
    told(workday, replace(ann("7", unit="ER"), names=(bob,), identifiers=(address,)))
    return moodle, workday


def waiting(moodle: Xapi, name: str = "Ann Lee", address: str = "ann.lee@old.example.com") -> None:
    """Let a statement come from somebody no rule tells."""
    learned(moodle, {"name": name, "mbox": f"mailto:{address}"}, "2026-02-10")
    caught_up()


def look(
    client: Client, path: str, moodle: Xapi | None = None, *, status: int = 200, **parameters: Any
) -> str:
    """Return a page's HTML, of the store `moodle` posts into."""
    if moodle is not None:
        parameters["store"] = moodle.store_id
    response = client.get(f"{BASE}{path}", parameters)
    assert response.status_code == status, (response.status_code, response.content[:500])
    return response.content.decode()


def send(client: Client, path: str, **values: Any) -> Any:
    """Send a form; return the answer."""
    return client.post(f"{BASE}{path}", values)


def said(response: HttpResponse | Any) -> str:
    """Return what an answer, or the page it leads to, says."""
    return words(response.content.decode(), whole=True)


def words(page: str, *, whole: bool = False) -> str:
    """Return the text of a page's content, or of the `whole` page, without its tags."""
    content = page if whole else page.split('class="lrs"', 1)[-1]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", content)).split())
