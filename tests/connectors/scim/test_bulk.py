"""Several operations in one request, which may name each other."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.models import ScimResource
from connectors.scim.resources import BULK_OPERATIONS, ENTERPRISE
from tests.connectors.scim.idp import BULK, GROUP, Idp, ann, bob, patch


@pytest.fixture
def entra(database: None) -> Idp:
    return Idp()


def post(bulk_id: str, data: Any, path: str = "/Users") -> dict[str, Any]:
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": data}


def bulk(idp: Idp, *operations: Any, **more: Any) -> list[dict[str, Any]]:
    body = {"schemas": [BULK], "Operations": list(operations), **more}
    answered = idp.send("POST", "/Bulk", body).expect(200).json()
    assert answered["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    results: list[dict[str, Any]] = answered["Operations"]
    return results


def group(name: str, *members: str) -> dict[str, Any]:
    return {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}


def test_operations_of_every_kind_are_done_in_their_order(entra: Idp) -> None:
    known = entra.made()
    where = f"/Users/{known['id']}"
    made, patched, put, gone = bulk(
        entra,
        post("bob", bob()),
        {"method": "PATCH", "path": where, "data": patch({"op": "replace", "path": "title", "value": "A"})},
        {"method": "PUT", "path": where, "version": 'W/"2"', "data": ann(title="B")},
        {"method": "delete", "path": where, "version": 'W/"3"'},
    )
    assert [each["status"] for each in (made, patched, put, gone)] == ["201", "200", "200", "204"]
    assert (made["bulkId"], made["version"], put["version"]) == ("bob", 'W/"1"', 'W/"3"')
    assert (
        entra.send("GET", made["location"].partition("/scim/v2")[2]).json()["userName"] == "bob@example.com"
    )
    entra.send("GET", where).expect(404)


def test_an_operation_may_name_what_another_creates_earlier_or_later(entra: Idp) -> None:
    enterprise = {"department": "ICU", "manager": {"value": "bulkId:boss"}}
    nurses, _, worker = bulk(
        entra,
        post("nurses", group("Nurses", "bulkId:worker"), "/Groups"),
        post("boss", ann()),
        post("worker", bob(**{ENTERPRISE: enterprise})),
    )
    assert [nurses["status"], worker["status"]] == ["201", "201"]
    [member] = entra.send("GET", nurses["location"].partition("/scim/v2")[2]).json()["members"]
    assert worker["location"].endswith(member["value"])


def test_those_that_name_each_other_in_a_ring_are_created_too(entra: Idp) -> None:
    one, two = bulk(
        entra,
        post("one", group("One", "bulkId:two"), "/Groups"),
        post("two", group("Two", "bulkId:one"), "/Groups"),
    )
    for mine, other in ((one, two), (two, one)):
        [member] = entra.send("GET", mine["location"].partition("/scim/v2")[2]).json()["members"]
        assert other["location"].endswith(member["value"])


def test_one_that_fails_is_told_and_the_others_are_done(entra: Idp) -> None:
    wrong, made, again, nameless, elsewhere = bulk(
        entra,
        post("wrong", {"displayName": "no userName"}),
        post("ann", ann()),
        post("again", ann()),
        post("lost", group("Nurses", "bulkId:nobody"), "/Groups"),
        {"method": "PATCH", "path": "/Schemas/x", "data": {}},
    )
    statuses = [each["status"] for each in (wrong, made, again, nameless, elsewhere)]
    assert statuses == ["400", "201", "409", "409", "400"]
    assert again["response"]["scimType"] == "uniqueness"
    assert "location" not in wrong
    [after] = bulk(entra, post("x", group("Nurses", "bulkId:x"), "/Groups"))
    assert after["status"] in ("201", "409")


def test_who_names_what_could_not_be_created_fails_too(entra: Idp) -> None:
    failed, follower = bulk(entra, post("x", {}), post("g", group("Nurses", "bulkId:x"), "/Groups"))
    assert [failed["status"], follower["status"]] == ["400", "409"]
    assert not ScimResource.objects.filter(system=entra.system).exists()


def test_after_so_many_errors_nothing_more_is_done(entra: Idp) -> None:
    results = bulk(entra, post("a", {}), post("b", {}), post("ann", ann()), failOnErrors=2)
    assert [each["status"] for each in results] == ["400", "400"]
    assert not ScimResource.objects.filter(system=entra.system).exists()
    results = bulk(entra, post("a", {}), post("ann", ann()), failOnErrors=2)
    assert [each["status"] for each in results] == ["400", "201"]


def test_an_older_version_is_refused(entra: Idp) -> None:
    where = f"/Users/{entra.made()['id']}"
    [result] = bulk(entra, {"method": "DELETE", "path": where, "version": 'W/"7"'})
    assert (result["status"], result["response"]["status"]) == ("412", "412")
    assert result["location"].endswith(where)


def test_limits_are_kept(entra: Idp) -> None:
    many = {"schemas": [BULK], "Operations": [{}] * (BULK_OPERATIONS + 1)}
    assert entra.send("POST", "/Bulk", many).expect(413).json()["status"] == "413"
    entra.send("POST", "/Bulk", {"Operations": []}).expect(400)
    entra.send("POST", "/Bulk", {"schemas": [BULK]}).expect(400)
    entra.send("POST", "/Bulk", {"schemas": [BULK], "Operations": [], "failOnErrors": 0}).expect(400)
    twice = {"schemas": [BULK], "Operations": [post("a", ann()), post("a", bob())]}
    entra.send("POST", "/Bulk", twice).expect(400)
    assert not ScimResource.objects.filter(system=entra.system).exists()
