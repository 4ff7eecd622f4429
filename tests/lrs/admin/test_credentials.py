"""Credentials in the administration: issue, change, rotate, revoke."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from lrs.models import Credential, Source
from tests.fixtures import Hub, Xapi
from tests.lrs.admin.samples import look, nonce_in, shown, words


def credential_of(xapi: Xapi) -> Credential:
    assert xapi.issued is not None
    return xapi.issued.credential


def status_with(key: str, secret: str) -> int:
    """Return how the hub answers a caller with this key and secret."""
    authorization = "Basic " + b64encode(f"{key}:{secret}".encode()).decode()
    headers = {"X-Experience-API-Version": "1.0.3", "Authorization": authorization}
    return Client().get("/xapi/statements", {"limit": 1}, headers=headers).status_code


def issue_form(client: Client, moodle: Xapi, **changed: Any) -> dict[str, Any]:
    source = credential_of(moodle).source_id
    page = look(client, "/admin/lrs/credential/add/", source=source)
    return {
        "nonce": nonce_in(page),
        "source": source,
        "way": "basic",
        "scopes": ["all"],
        "label": "two",
    } | changed


def test_a_further_key_is_shown_once(ada: Client, moodle: Xapi) -> None:
    page = ada.post("/admin/lrs/credential/add/", issue_form(ada, moodle)).content.decode()
    key, secret = shown(page, "lrs-key"), shown(page, "lrs-secret")

    assert status_with(key, secret) == 200
    credential = Credential.objects.get(key=key)
    assert secret not in look(ada, f"/admin/lrs/credential/{credential.pk}/change/")


def test_an_oauth_application_becomes_a_credential(ada: Client, moodle: Xapi) -> None:
    form = issue_form(ada, moodle, way="application")
    page = ada.post("/admin/lrs/credential/add/", form).content.decode()
    credential = Credential.objects.get(key=shown(page, "lrs-key"))

    token = Client().post(
        shown(page, "lrs-token-endpoint").partition("8000")[2],
        {
            "grant_type": "client_credentials",
            "client_id": credential.key,
            "client_secret": shown(page, "lrs-secret"),
        },
    )

    assert credential.application is not None
    assert token.status_code == 200
    assert "access_token" in token.json()


def test_an_application_of_users_needs_somewhere_to_come_back_to(ada: Client, moodle: Xapi) -> None:
    refused = ada.post("/admin/lrs/credential/add/", issue_form(ada, moodle, way="users"))
    open_ = issue_form(ada, moodle, way="users", redirect_uris="http://lms.example.com/back")
    unsafe = ada.post("/admin/lrs/credential/add/", open_)
    made = issue_form(ada, moodle, way="users", redirect_uris="https://lms.example.com/back", public="on")
    page = ada.post("/admin/lrs/credential/add/", made).content.decode()

    assert refused.status_code == unsafe.status_code == 400
    assert "is not an https address" in unsafe.content.decode()
    assert "A public application has no secret" in page
    assert 'id="lrs-secret"' not in page


def test_a_rotated_secret_works_and_the_old_one_until_its_end(ada: Client, moodle: Xapi) -> None:
    assert moodle.issued is not None
    address = f"/admin/lrs/credential/{moodle.issued.credential.pk}/rotate/"
    form = {"nonce": nonce_in(look(ada, address)), "overlap": "3600"}

    page = ada.post(address, form).content.decode()
    again = ada.post(address, form)

    assert status_with(moodle.issued.key, shown(page, "lrs-secret")) == 200
    assert status_with(moodle.issued.key, moodle.issued.secret) == 200
    assert again.status_code == 302
    ends = moodle.issued.credential.secrets.filter(expires__isnull=False).values_list("expires", flat=True)
    assert [end is not None and end < timezone.now() + timedelta(hours=1, minutes=1) for end in ends] == [
        True
    ]


def test_rotating_without_overlap_ends_the_old_secret(ada: Client, moodle: Xapi) -> None:
    assert moodle.issued is not None
    address = f"/admin/lrs/credential/{moodle.issued.credential.pk}/rotate/"

    ada.post(address, {"nonce": nonce_in(look(ada, address)), "overlap": "0"})

    assert status_with(moodle.issued.key, moodle.issued.secret) == 401


def test_a_revoked_credential_stops_working_and_stays_listed(ada: Client, moodle: Xapi) -> None:
    assert moodle.issued is not None
    pk = moodle.issued.credential.pk
    assert status_with(moodle.issued.key, moodle.issued.secret) == 200

    look(ada, f"/admin/lrs/credential/{pk}/revoke/")
    ada.post(f"/admin/lrs/credential/{pk}/revoke/")

    assert status_with(moodle.issued.key, moodle.issued.secret) == 401
    page = look(ada, f"/admin/lrs/credential/{pk}/change/")
    assert "revoked" in page
    assert "Rotate the secret" not in page


def change_form(**changed: Any) -> dict[str, Any]:
    return {
        "label": "changed",
        "scopes": ["statements/read"],
        "expires_0": "",
        "expires_1": "",
        "requests_per_minute": "100",
        "body_bytes": "",
        "authority": "null",
        "change_reason": "As agreed with the vendor.",
    } | changed


def test_changed_scopes_hold_at_once(ada: Client, moodle: Xapi) -> None:
    moodle.get(limit=1).expect(200)

    response = ada.post(f"/admin/lrs/credential/{credential_of(moodle).pk}/change/", change_form())

    assert response.status_code == 302
    moodle.post([]).expect(403)
    changed = Credential.objects.get(pk=credential_of(moodle).pk)
    assert (changed.label, changed.scopes, changed.requests_per_minute) == (
        "changed",
        ["statements/read"],
        100,
    )


@pytest.mark.parametrize(
    "authority", ['{"mbox":"nobody"}', '{"objectType":"Group","mbox":"mailto:a@example.com"}', "5"]
)
def test_an_authority_that_is_no_agent_is_refused(ada: Client, moodle: Xapi, authority: str) -> None:
    form = change_form(authority=authority)
    response = ada.post(f"/admin/lrs/credential/{credential_of(moodle).pk}/change/", form)

    assert response.status_code == 200
    assert Credential.objects.get(pk=credential_of(moodle).pk).authority is None


def test_key_source_and_dates_cannot_be_tampered_with(ada: Client, hub: Hub, moodle: Xapi) -> None:
    before = credential_of(moodle)
    other = credential_of(hub.caller("Moodle Osaka", store="Elsewhere"))
    form = change_form(key="mine", source=other.source_id, created_0="2020-01-01", revoked_0="2020-01-01")

    ada.post(f"/admin/lrs/credential/{before.pk}/change/", form)

    after = Credential.objects.get(pk=before.pk)
    assert (after.key, after.source_id, after.created, after.revoked) == (
        before.key,
        before.source_id,
        before.created,
        None,
    )


def test_a_source_never_moves_to_another_store(ada: Client, hub: Hub, moodle: Xapi) -> None:
    source = credential_of(moodle).source
    other = credential_of(hub.caller("Moodle Osaka", store="Elsewhere")).source
    form = {
        "store": other.store_id,
        "name": "Moodle Bonn",
        "kind": "moodle",
        "description": "",
        "active": "on",
        "inbox_days": "7",
        "inbox_entries": "50",
        "inbox_body_bytes": "0",
        "change_reason": "It moved to Bonn.",
    }

    response = ada.post(f"/admin/lrs/source/{source.pk}/change/", form)

    assert response.status_code == 302
    after = Source.objects.get(pk=source.pk)
    assert (after.store_id, after.name, after.inbox_days, after.inbox_body_bytes) == (
        source.store_id,
        "Moodle Bonn",
        7,
        0,
    )
    assert after.may_void is False


def test_a_source_switched_off_stops_posting(ada: Client, moodle: Xapi) -> None:
    moodle.get(limit=1).expect(200)
    source = credential_of(moodle).source
    form = {"name": source.name, "kind": "moodle", "inbox_days": 1, "inbox_entries": 1, "inbox_body_bytes": 1}

    ada.post(f"/admin/lrs/source/{source.pk}/change/", {**form, "change_reason": "Out of use."})

    assert moodle.get(limit=1).status == 401


@pytest.mark.parametrize("model", ["store", "source", "credential"])
def test_nothing_is_deleted_by_hand(ada: Client, moodle: Xapi, model: str) -> None:
    credential = credential_of(moodle)
    pk = {"credential": credential.pk, "source": credential.source_id, "store": moodle.store_id}[model]

    assert ada.post(f"/admin/lrs/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    ada.post(
        f"/admin/lrs/{model}/",
        {"action": "delete_selected", "_selected_action": [pk], "post": "yes"},
        follow=True,
    )
    assert moodle.get(limit=1).status == 200


def test_the_list_shows_who_is_allowed_what_and_when_it_was_used(vera: Client, moodle: Xapi) -> None:
    moodle.get(limit=1).expect(200)

    page = look(vera, "/admin/lrs/credential/", q=credential_of(moodle).key)

    assert "works" in page
    assert "s ago" in words(page) or "s ago" in page
