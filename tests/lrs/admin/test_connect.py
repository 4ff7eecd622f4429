"""“Connect an LMS”: from a name to a key that works, the secret shown once."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.test.utils import override_settings

from lrs.auth.issue import issue
from lrs.models import Credential, Source, Statement, Store
from tests.fixtures import Hub, Xapi
from tests.lrs.admin.samples import look, nonce_in, shown, words

ADDRESS = "/admin/lrs/source/connect/"
TEST = "/admin/lrs/source/connect/test/"


def fill(client: Client, hub: Hub, **changed: Any) -> dict[str, Any]:
    """Return the form of "Moodle Oslo", filled in."""
    return {
        "nonce": nonce_in(look(client, ADDRESS)),
        "store": hub.store_name("Academy"),
        "source": "Moodle Oslo",
        "kind": "moodle",
        "scopes": ["statements/write", "statements/read/mine"],
        "label": "live",
    } | changed


def test_it_makes_store_source_and_key_and_shows_what_to_copy(ada: Client, hub: Hub) -> None:
    response = ada.post(ADDRESS, fill(ada, hub))
    page = response.content.decode()
    key, secret = shown(page, "lrs-key"), shown(page, "lrs-secret")
    credential = Credential.objects.get(key=key)

    assert (credential.source.name, credential.source.kind) == ("Moodle Oslo", "moodle")
    assert credential.scopes == ["statements/write", "statements/read/mine"]
    assert shown(page, "lrs-endpoint").endswith("/xapi/")
    assert [
        shown(page, f"lrs-moodle-{name}") for name in ("endpoint", "username", "password", "backgroundmode")
    ] == [
        shown(page, "lrs-endpoint"),
        key,
        secret,
        "1",
    ]
    assert f"--name=password --set='{secret}'" in words(page)
    assert f"curl -u '{key}:{secret}'" in words(page)


def test_the_key_works_where_it_leads(ada: Client, hub: Hub) -> None:
    page = ada.post(ADDRESS, fill(ada, hub)).content.decode()
    key, secret = shown(page, "lrs-key"), shown(page, "lrs-secret")

    found = Client().get(
        "/xapi/statements",
        headers={"X-Experience-API-Version": "1.0.3", "Authorization": shown(page, "lrs-authorization")},
    )

    assert found.status_code == 200
    assert key not in secret


def test_the_secret_is_in_no_cache_session_or_log(
    ada: Client, hub: Hub, capfd: pytest.CaptureFixture[str]
) -> None:
    response = ada.post(ADDRESS, fill(ada, hub))
    secret = shown(response.content.decode(), "lrs-secret")
    ada.post(TEST, {"key": shown(response.content.decode(), "lrs-key"), "secret": secret})

    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert not [each for each in Session.objects.all() if secret in str(each.get_decoded())]
    assert not LogEntry.objects.filter(change_message__contains=secret).exists()
    assert secret not in look(ada, "/admin/lrs/credential/")
    assert secret not in "".join(capfd.readouterr())


def test_a_page_that_is_sent_again_makes_no_second_key(ada: Client, hub: Hub) -> None:
    form = fill(ada, hub)
    ada.post(ADDRESS, form)

    again = ada.post(ADDRESS, form)

    assert again.status_code == 302
    assert Credential.objects.filter(source__store__name=form["store"]).count() == 1


def test_the_test_button_stores_a_real_statement(ada: Client, hub: Hub) -> None:
    page = ada.post(ADDRESS, fill(ada, hub)).content.decode()
    key, secret = shown(page, "lrs-key"), shown(page, "lrs-secret")

    outcome = ada.post(TEST, {"key": key, "secret": secret}).content.decode()

    stored = Statement.objects.get(store__name=hub.store_name("Academy"))
    assert "It works: a statement was stored with this key" in outcome
    assert f"/admin/lrs/statement/{stored.pk}/" in outcome
    assert stored.credential.key == key
    assert "Ada tested the connection of Moodle Oslo" in words(
        look(ada, f"/admin/lrs/statement/{stored.pk}/")
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"scopes": ["statements/read"]}, "This needs the scope statements/write"),
        ({"active": False}, "rule credential.source-inactive"),
    ],
)
def test_the_test_button_says_why_it_fails(ada: Client, hub: Hub, change: dict[str, Any], said: str) -> None:
    scopes = change.get("scopes", ["all"])
    issued = issue(store=hub.store_name("Academy"), source="Moodle Oslo", scopes=scopes)
    Source.objects.filter(pk=issued.credential.source_id).update(active=change.get("active", True))

    outcome = words(ada.post(TEST, {"key": issued.key, "secret": issued.secret}).content.decode())

    assert "The statement was refused" in outcome
    assert said in outcome


def test_the_test_button_takes_no_wrong_secret(ada: Client, moodle: Xapi) -> None:
    assert moodle.issued is not None

    outcome = words(ada.post(TEST, {"key": moodle.issued.key, "secret": "guessed"}).content.decode())

    assert "The statement was refused" in outcome
    assert not Statement.objects.filter(store_id=moodle.store_id).exists()


@pytest.mark.parametrize("missing", ["store", "source", "scopes"])
def test_what_is_missing_is_said_at_its_field(ada: Client, hub: Hub, missing: str) -> None:
    response = ada.post(ADDRESS, fill(ada, hub, **{missing: []}))

    assert response.status_code == 400
    assert "lrs-wrong" in response.content.decode()
    assert not Store.objects.filter(name=hub.store_name("Academy")).exists()


def test_an_end_that_has_passed_is_refused(ada: Client, hub: Hub) -> None:
    response = ada.post(ADDRESS, fill(ada, hub, expires="2020-01-01T00:00"))

    assert response.status_code == 400
    assert "That time has passed already." in response.content.decode()


def test_names_never_become_markup(ada: Client, hub: Hub) -> None:
    evil = "<script>alert(1)</script>"

    assert evil not in ada.post(ADDRESS, fill(ada, hub, source=evil, label=evil)).content.decode()


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("http://localhost:8000", "names this very machine"),
        ("http://hub.example.com", "keys travel unprotected"),
        ("https://hub.example.com", "You came here by testserver"),
    ],
)
def test_it_tells_what_may_stand_in_the_way(ada: Client, hub: Hub, url: str, hint: str) -> None:
    with override_settings(HUB_PUBLIC_URL=url):
        assert hint in words(ada.post(ADDRESS, fill(ada, hub)).content.decode())


def test_who_integrates_may_connect_and_who_looks_may_not(ingo: Client, vera: Client, hub: Hub) -> None:
    assert ingo.post(ADDRESS, fill(ingo, hub)).status_code == 200
    look(vera, ADDRESS, status=403)
    assert vera.post(TEST, {"key": "k", "secret": "s"}).status_code == 403
