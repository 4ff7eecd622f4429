"""Documents, activities and agents: found, read, never changed; and who may see which page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from lrs.admin import base, keyset
from lrs.admin.roles import LOOKS, make_roles
from lrs.models import Document, Entity, EntityKind
from tests.fixtures import Xapi
from tests.lrs.admin.samples import links, look, statement, words

EVIL = "<script>alert(1)</script>"
ANN = {"mbox": "mailto:ann@example.com"}
FORKLIFT = "https://lms.example.com/courses/forklift-safety"
PAGES = [
    "/admin/lrs/statement/",
    "/admin/lrs/entity/",
    "/admin/lrs/entity/agents/",
    "/admin/lrs/document/",
    "/admin/lrs/attachment/",
    "/admin/lrs/inboxentry/",
    "/admin/lrs/feedcursor/",
    "/admin/lrs/store/",
    "/admin/lrs/source/",
    "/admin/lrs/credential/",
]


def put_state(
    moodle: Xapi, content: Any, state_id: str = "resume", content_type: str = "application/json"
) -> Document:
    """Store a state document of Ann's."""
    moodle.request(
        "PUT",
        "activities/state",
        body=content,
        content_type=content_type,
        activityId=FORKLIFT,
        agent=ANN,
        stateId=state_id,
    ).expect(204)
    return Document.objects.get(store_id=moodle.store_id, document_id=state_id)


def test_documents_are_found_by_activity_agent_and_id(vera: Client, moodle: Xapi) -> None:
    put_state(moodle, {"page": 12})
    common: dict[str, Any] = {"store": moodle.store_id, "kind": 1}

    finding: list[dict[str, Any]] = [
        {},
        {"agent": "ann@example.com"},
        {"activity": FORKLIFT},
        {"document": "resume"},
        {"agent": "ann"},
    ]
    missing: list[dict[str, Any]] = [{"agent": "bob@example.com"}, {"document": "other"}, {"kind": 2}]
    for asked in finding:
        assert "resume" in words(look(vera, "/admin/lrs/document/", **common, **asked)).split("Updated")[1]
    for asked in missing:
        assert "No document" in look(vera, "/admin/lrs/document/", **(common | asked))


def test_a_document_is_shown_and_saved(vera: Client, moodle: Xapi) -> None:
    found = put_state(moodle, {"page": 12, "note": EVIL}, state_id=EVIL)

    page = look(vera, f"/admin/lrs/document/{found.pk}/")
    saved: Any = vera.get(f"/admin/lrs/document/{found.pk}/content")

    assert EVIL not in page
    assert '"page"' in words(page)
    assert json.loads(b"".join(saved.streaming_content)) == {"page": 12, "note": EVIL}
    assert saved["Content-Disposition"].startswith("attachment")


def test_a_document_that_is_no_text_is_not_shown(vera: Client, moodle: Xapi) -> None:
    found = put_state(moodle, b"\x00\x01\xff", content_type="image/png")

    assert "Not text" in look(vera, f"/admin/lrs/document/{found.pk}/")


def test_an_activity_is_shown_with_its_canonical_definition(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement(course="Forklift safety"))
    moodle.store(statement() | {"object": {"id": FORKLIFT, "definition": {"name": {"de": EVIL}}}})
    entity = Entity.objects.get(store_id=moodle.store_id, identifier=FORKLIFT)

    for typed in ("", "forklift", FORKLIFT):
        assert (
            FORKLIFT
            in words(look(vera, "/admin/lrs/entity/", store=moodle.store_id, q=typed)).split("First seen")[1]
        )
    page = look(vera, f"/admin/lrs/entity/{entity.pk}/")
    assert '"en" : "Forklift safety"' in words(page)
    assert EVIL not in page


def test_an_agent_is_shown_with_every_name(vera: Client, moodle: Xapi) -> None:
    moodle.store(statement("Ann"), statement("Ann") | {"actor": {"name": f"Ann {EVIL}", **ANN}})
    entity = Entity.objects.get(store_id=moodle.store_id, kind=EntityKind.AGENT, identifier__contains="ann@")

    for typed in ("", "ann", "ann@example.com"):
        listed = look(vera, "/admin/lrs/entity/agents/", store=moodle.store_id, q=typed)
        assert "ann@example.com" in words(listed).split("First seen")[1]
        assert EVIL not in listed
    page = look(vera, f"/admin/lrs/entity/{entity.pk}/")
    assert EVIL not in page
    assert "Ann &lt;script&gt;" in page


def test_lists_page_by_key(vera: Client, moodle: Xapi) -> None:
    count = keyset.PAGE + 5
    moodle.store(*[statement(course=f"Course {number:03}") for number in range(count)])

    first = look(vera, "/admin/lrs/entity/", store=moodle.store_id)
    second = look(vera, "/admin/lrs/entity/" + links(first, "next")[0])
    back = look(vera, "/admin/lrs/entity/" + links(second, "prev")[0])

    def named(page: str) -> set[str]:
        return {f"Course {number:03}" for number in range(count) if f"Course {number:03}<" in page}

    assert len(named(first)) == keyset.PAGE
    assert named(first) | named(second) == {f"Course {number:03}" for number in range(count)}
    assert not named(first) & named(second)
    assert named(back) == named(first)


def test_a_search_that_takes_too_long_is_given_up(database: None) -> None:
    with pytest.raises(base.SearchTooLong), base.bounded(20), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(2)")


def test_what_comes_after_a_bounded_search_has_its_time_again(database: None) -> None:
    with base.bounded(20), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        row = cursor.fetchone()

    assert row is not None
    assert row[0] != "20ms"


@pytest.mark.parametrize("address", PAGES)
def test_who_looks_sees_every_page_and_who_has_no_role_none(
    vera: Client, gus: Client, moodle: Xapi, address: str
) -> None:
    moodle.store(statement())

    look(vera, address)
    look(gus, address, status=403)


@pytest.mark.parametrize("address", PAGES)
def test_who_is_no_staff_is_sent_to_sign_in(signed_in: Any, address: str) -> None:
    response = signed_in("Otto", staff=False).get(address)

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("model", ["document", "entity", "attachment", "statement"])
def test_what_is_only_looked_at_cannot_be_posted_to(ada: Client, moodle: Xapi, model: str) -> None:
    moodle.store(statement())
    put_state(moodle, {"page": 12})

    assert ada.post(f"/admin/lrs/{model}/", {"action": "delete_selected", "post": "yes"}).status_code == 405
    for address in ("add/", "1/delete/", "1/change/"):
        assert ada.post(f"/admin/lrs/{model}/{address}", {"post": "yes"}).status_code == 404
    if model == "document":
        found = Document.objects.get(store_id=moodle.store_id)
        assert ada.post(f"/admin/lrs/document/{found.pk}/", {"content": "x"}).status_code == 405


@pytest.mark.parametrize("model", ["store", "source", "credential"])
def test_who_looks_can_change_nothing(vera: Client, moodle: Xapi, model: str) -> None:
    assert moodle.issued is not None
    credential = moodle.issued.credential
    pk = {"credential": credential.pk, "source": credential.source_id, "store": moodle.store_id}[model]

    look(vera, f"/admin/lrs/{model}/{pk}/change/")
    look(vera, f"/admin/lrs/{model}/add/", status=403)
    assert vera.post(f"/admin/lrs/{model}/{pk}/change/", {"name": "x", "label": "x"}).status_code == 403


def test_who_looks_can_neither_rotate_nor_revoke(vera: Client, moodle: Xapi) -> None:
    assert moodle.issued is not None
    for step in ("rotate", "revoke"):
        assert (
            vera.post(f"/admin/lrs/credential/{moodle.issued.credential.pk}/{step}/", {}).status_code == 403
        )
    moodle.get(limit=1).expect(200)


def test_the_menu_shows_what_a_person_may_see(ada: Client, vera: Client, gus: Client, moodle: Xapi) -> None:
    def menu(client: Client) -> str:
        return look(client, "/admin/").split('class="lrs"')[0]

    assert "/admin/lrs/source/connect/" in menu(ada)
    assert "/admin/lrs/source/connect/" not in menu(vera)
    assert "/admin/lrs/statement/" in menu(vera)
    assert "/admin/lrs/statement/" not in menu(gus)


def test_tokens_of_oauth_have_no_page(ada: Client) -> None:
    for model in ("accesstoken", "refreshtoken", "grant", "application", "idtoken"):
        look(ada, f"/admin/oauth2_provider/{model}/", status=404)


def test_a_role_that_was_changed_stays_as_it_is(database: None) -> None:
    role = Group.objects.get(name=LOOKS)
    before = list(role.permissions.order_by("pk"))
    role.permissions.remove(before[0])

    make_roles()

    assert list(role.permissions.order_by("pk")) == before[1:]
    role.permissions.add(before[0])
