"""Every route of the administration, the auditors' pages and the API, for every role: deny by default.

The table is tests/compliance/access/routes.txt, a line for each route:

    GET <route> <roles that are let in, by their letters>

A route that stands in no line lets nobody in but a superuser. To see what there is, run
`python -m pytest tests/compliance/access/test_routes.py` and read the difference: a new route is written into
the table by whoever decides who may use it, never by a program (21 CFR 11.10(d), (g); NIST SP 800-53 AC-3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import timezone

from compliance.access import grants
from compliance.access.grants import AUDITOR
from compliance.access.roles import ADMINISTRATOR, EVALUATOR, MANAGER, TRAINING_MANAGER
from compliance.models import AuditEntry
from tests.compliance.signing.people import warden
from tests.connectors.people import new_store

#: Letter in the table → role; "-" is somebody who has not signed in, "0" an account without any role.
ROLES = {
    "A": AUDITOR,
    "E": EVALUATOR,
    "T": TRAINING_MANAGER,
    "M": MANAGER,
    "C": ADMINISTRATOR,
}
_BELOW = ("admin/", "audit/", "api/v1/")
#: Values of converters: of things that are not there.
_NOTHING = {
    "int": "999999",
    "str": "none",
    "slug": "none",
    "path": "999999",
    "uuid": str(UUID(int=1)),
}
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
_TABLE = Path(__file__).parent / "routes.txt"


def routes() -> list[str]:
    """Return every route there is, parameters by their converters."""
    return sorted(
        {
            each
            for each in _walk(get_resolver(), "")
            # The last is Django's way from the address of a row to the page on which it is changed.
            if each.startswith(_BELOW) and not re.fullmatch(r"admin/\w+/\w+/<path:object_id>/", each)
        }
    )


def _walk(resolver: URLResolver, above: str) -> Iterator[str]:
    for each in resolver.url_patterns:
        # Patterns by regular expression are Django's own: what begins none of ours ends there.
        here = above + (str(each.pattern) if isinstance(each.pattern, RoutePattern) else "")
        if isinstance(each, URLResolver):
            yield from _walk(each, here)
        elif isinstance(each.pattern, RoutePattern):
            yield here


def address(route: str) -> str:
    """Return an address of a route, of something that is not there."""
    return "/" + _PARAMETER.sub(lambda found: _NOTHING.get(found[1] or "str", "none"), route)


def let_in(client: Client, route: str) -> bool:
    """Whether an answer is anything but a refusal or the way to the sign-in."""
    answer = client.get(address(route))
    if answer.status_code in {401, 403, 405, 415}:
        return False
    if answer.status_code != 302:
        return True
    # A history leads to the audit trail, which asks by itself who may look.
    return "/login" not in answer.headers["Location"] and not route.endswith("/history/")


@pytest.fixture(scope="module")
def declared() -> dict[str, str]:
    """The table."""
    found = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            _, route, letters = line.split()
            found[route] = letters
    return found


def _client(letter: str) -> Client:
    client = Client()
    if letter == "-":
        return client
    user = User.objects.create_user(f"{letter.lower()}-{uuid4().hex[:8]}", is_staff=True)
    if letter in ROLES:
        role = Group.objects.get(name=ROLES[letter])
        ends = _soon() if ROLES[letter] == AUDITOR else None
        # Pages that go through whole stores let nobody in who may not see them all.
        for store in _stores():
            grants.give(user, role, store_id=store, by=warden(), reason="For the table of routes.", ends=ends)
    client.force_login(user)
    return client


def _stores() -> list[int]:
    stores = apps.get_model("lrs", "Store").objects.order_by("name")
    return list(stores.values_list("pk", flat=True)) or [new_store().pk]


def _soon() -> datetime:
    return timezone.now() + timedelta(days=30)


@pytest.mark.parametrize("letter", ["-", "0", *ROLES])
def test_a_role_reaches_what_it_was_given_and_nothing_else(
    letter: str, declared: dict[str, str], database: None
) -> None:
    cache.clear()
    client = _client(letter)
    wrong = []
    for route in routes():
        expected = letter in declared.get(route, "")
        if let_in(client, route) is not expected:
            wrong.append(f"GET {route}: {'not let in' if expected else 'let in'}")
    assert wrong == []


def test_an_auditor_writes_nothing_anywhere(database: None) -> None:
    cache.clear()
    client = _client("A")
    for route in routes():
        if route != "admin/logout/":
            client.post(address(route))
    who = client.session["_auth_user_id"]
    assert list(AuditEntry.objects.filter(actor_kind="person", actor_id=who).values("table_name")) == []


def test_the_table_names_no_route_that_is_not_there(declared: dict[str, str]) -> None:
    assert set(declared) - set(routes()) == set()
