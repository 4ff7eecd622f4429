"""Who gets in, what they see, and how what is wrong is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone

from connectors.models import ChangeNote, ScimToken, SystemState
from connectors.scim import tokens
from connectors.scim.resources import BODY_BYTES
from tests.connectors.people import new_store
from tests.connectors.scim.idp import Idp, ann, bob, connection, patch
from tests.fixtures import Hub

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture
def entra(hub: Hub) -> Idp:
    return Idp()


def test_nobody_gets_in_without_a_token(entra: Idp) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer é"}):
        answered = entra.send("GET", "/Users", headers=headers).expect(401)
        assert answered.headers["www-authenticate"] == 'Bearer realm="scim"'
        assert answered.json()["schemas"] == [ERROR]
    key, secret = entra.token.split(".")
    for wrong in (f"{key}.{secret}x", f"{key}.", f"scim_0.{secret}", "x" * 600, f"{key}\0.{secret}"):
        answered = entra.send("GET", "/Users", headers={"Authorization": f"Bearer {wrong}"}).expect(401)
        assert secret not in answered.content.decode()


def test_a_token_is_kept_as_a_keyed_hash_only(entra: Idp) -> None:
    kept = ScimToken.objects.get(system=entra.system)
    secret = entra.token.partition(".")[2]
    assert len(secret) >= 43
    assert secret.encode() not in bytes(kept.keyed_hash)
    assert secret not in "".join(
        ChangeNote.objects.filter(system=entra.system).values_list("text", flat=True)
    )


def test_a_token_ends(entra: Idp) -> None:
    second = tokens.issue(entra.system, overlap=timedelta(hours=1))
    entra.send("GET", "/Users").expect(200)
    ScimToken.objects.filter(expires__isnull=False).update(expires=timezone.now())
    entra.send("GET", "/Users").expect(401)
    entra.token = second
    entra.send("GET", "/Users").expect(200)
    assert ScimToken.objects.get(system=entra.system, expires=None).last_used is not None
    tokens.withdraw(entra.system)
    entra.send("GET", "/Users").expect(401)


@override_settings(LRS_FAILURES_PER_MINUTE=3)
def test_guessing_is_slowed_down_but_not_for_who_is_known(entra: Idp) -> None:
    other = Idp(entra.system)
    entra.send("GET", "/Users").expect(200)
    wrong = {"Authorization": "Bearer scim_0.wrong"}
    statuses = [entra.send("GET", "/Users", headers=wrong).status for _ in range(5)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    entra.send("GET", "/Users").expect(200)
    answered = other.send("GET", "/Users").expect(429)
    assert int(answered.headers["retry-after"]) > 0


def test_one_connection_never_sees_another(entra: Idp) -> None:
    mine = entra.made()
    for other in (
        Idp(connection("Okta", store=entra.system.store)),
        Idp(connection("Ping", store=new_store())),
    ):
        path = f"/Users/{mine['id']}"
        other.send("GET", path).expect(404)
        other.send("PUT", path, ann()).expect(404)
        other.send("PATCH", path, patch({"op": "replace", "path": "title", "value": "x"})).expect(404)
        other.send("DELETE", path).expect(404)
        assert other.found(f'id eq "{mine["id"]}" or userName pr') == []
        assert other.send("GET", "/").json()["totalResults"] == 0
        # The same names are free there.
        theirs = other.made()
        group = {"displayName": "Nurses", "members": [{"value": mine["id"]}]}
        other.send("POST", "/Groups", group).expect(201)
        assert theirs["id"] != mine["id"]
    assert "groups" not in entra.send("GET", f"/Users/{mine['id']}").json()
    assert len(entra.found("userName pr")) == 1


def test_a_connection_that_takes_nothing_says_so_and_can_be_read(entra: Idp) -> None:
    entra.made()
    entra.system.state = SystemState.PAUSED
    entra.system.save()
    answered = entra.send("POST", "/Users", bob()).expect(503)
    assert int(answered.headers["retry-after"]) > 0
    assert entra.send("GET", "/Users").expect(200).json()["totalResults"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Nothing", 404),
        ("GET", "/Users/nobody", 404),
        ("GET", "/Users/00000000-0000-4000-8000-000000000000", 404),
        ("GET", "/Users/1/2", 404),
        ("GET", "/Bulk/1", 404),
        ("GET", "/Me", 501),
        ("PUT", "/Users", 405),
        ("POST", "/Schemas", 405),
        ("GET", "/Bulk", 405),
        ("GET", "/Users/.search", 405),
        ("GET", "/Schemas?filter=id%20pr", 403),
        ("POST", "/Users", 400),
    ],
)
def test_errors_have_the_body_of_the_standard(entra: Idp, method: str, path: str, status: int) -> None:
    answered = entra.send(method, path).expect(status)
    assert answered.headers["content-type"] == "application/scim+json"
    told = answered.json()
    assert (told["schemas"], told["status"]) == ([ERROR], str(status))
    assert told["detail"]


def test_bodies_have_a_limit(entra: Idp) -> None:
    entra.send("POST", "/Users", b" " * (BODY_BYTES + 1)).expect(413)
    entra.send("POST", "/Users", b"{").expect(400)
    entra.send("POST", "/Users", b"[" * 100_000).expect(400)
    told = entra.send("POST", "/Users", ann(title="N\0urse")).expect(400).json()
    assert told["scimType"] == "invalidValue"
    entra.send("POST", "/Users", ann(externalId="x" * 401)).expect(400)


def test_unknown_attributes_are_ignored_and_read_only_ones_too(entra: Idp) -> None:
    user = entra.made(
        id="mine", meta={"version": "7"}, groups=[{"value": "1"}], shoeSize="39",
        **{"urn:x:custom:2.0:User": {"colour": "red"}},
    )  # fmt: skip
    assert user["id"] != "mine"
    assert user["meta"]["version"] == 'W/"1"'
    assert not {"shoeSize", "groups", "urn:x:custom:2.0:User"} & user.keys()


def test_it_describes_itself(entra: Idp) -> None:
    config = entra.send("GET", "/ServiceProviderConfig").expect(200).json()
    assert {name for name in ("patch", "bulk", "filter", "sort", "etag") if config[name]["supported"]} == {
        "patch", "bulk", "filter", "sort", "etag",
    }  # fmt: skip
    types: dict[str, Any] = entra.send("GET", "/ResourceTypes/User").expect(200).json()
    assert len(types["schemaExtensions"]) == 2
    for each in [types["schema"], *(each["schema"] for each in types["schemaExtensions"])]:
        assert entra.send("GET", f"/Schemas/{each}").expect(200).json()["id"] == each


def test_the_command_issues_a_token_once(entra: Idp, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    call_command("scim_token", "--system", entra.system.name, "--store", entra.system.store.name)
    said = json.loads(capsys.readouterr().out)
    assert said["endpoint"].endswith("/scim/v2")
    answered = Client().get("/scim/v2/Users", headers={"Authorization": f"Bearer {said['token']}"})
    assert answered.status_code == 200
