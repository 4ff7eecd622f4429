"""Versions: of two who write at once over the same one, one is told."""

from __future__ import annotations

import pytest

from tests.connectors.scim.idp import Idp, ann, patch
from tests.fixtures import at_once


@pytest.fixture
def entra(database: None) -> Idp:
    return Idp()


def test_what_is_known_already_is_not_sent_again(entra: Idp) -> None:
    user = entra.made()
    path, version = f"/Users/{user['id']}", user["meta"]["version"]
    answered = entra.send("GET", path, headers={"If-None-Match": version})
    assert (answered.status, answered.content, answered.headers["etag"]) == (304, b"", version)
    assert (
        entra.send("GET", path, headers={"If-None-Match": 'W/"9", W/"8"'}).expect(200).headers["etag"]
        == version
    )


def test_a_write_over_an_older_version_is_refused(entra: Idp) -> None:
    user = entra.made()
    path, old = f"/Users/{user['id']}", {"If-Match": user["meta"]["version"]}
    change = patch({"op": "replace", "path": "title", "value": "Doctor"})
    entra.send("PATCH", path, change, headers=old).expect(200)
    for method, body in (("PATCH", change), ("PUT", ann()), ("DELETE", None)):
        told = entra.send(method, path, body, headers=old).expect(412).json()
        assert told["status"] == "412"
    entra.send("PUT", path, ann(), headers={"If-Match": "*"}).expect(200)
    entra.send("DELETE", path, headers={"If-Match": 'W/"3"'}).expect(204)


def test_of_two_writers_at_once_one_loses(entra: Idp) -> None:
    user = entra.made()
    path, version = f"/Users/{user['id']}", user["meta"]["version"]

    def write(title: str) -> int:
        change = patch({"op": "replace", "path": "title", "value": title})
        return entra.send("PATCH", path, change, headers={"If-Match": version}).status

    statuses = at_once([lambda: write("Doctor"), lambda: write("Matron")])
    assert sorted(statuses) == [200, 412]
    assert entra.send("GET", path).json()["meta"]["version"] == 'W/"2"'


def test_of_two_who_create_the_same_user_at_once_one_loses(entra: Idp) -> None:
    statuses = at_once([lambda: entra.send("POST", "/Users", ann()).status] * 2)
    assert sorted(statuses) == [201, 409]


def test_names_are_taken_whatever_their_case(entra: Idp) -> None:
    entra.made()
    other = {"externalId": "2", "userName": "ANN@example.com"}
    told = entra.send("POST", "/Users", ann(**other)).expect(409).json()
    assert told["scimType"] == "uniqueness"
    entra.send("POST", "/Users", ann(userName="other")).expect(409)
    second = entra.made(externalId="2", userName="other")
    taken = patch({"op": "replace", "path": "userName", "value": "Ann@Example.com"})
    entra.send("PATCH", f"/Users/{second['id']}", taken).expect(409)
    entra.send("POST", "/Groups", {"displayName": "Nurses"}).expect(201)
    entra.send("POST", "/Groups", {"displayName": "Nurses"}).expect(201)
