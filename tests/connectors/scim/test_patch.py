"""PATCH in its forms, those of the standard and those Entra and Okta send."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.scim.resources import ENTERPRISE, EXTENSION
from tests.connectors.scim.idp import PATCH, Idp, patch


@pytest.fixture
def entra(database: None) -> Idp:
    return Idp()


@pytest.fixture
def path(entra: Idp) -> str:
    return f"/Users/{entra.made()['id']}"


WORK = 'emails[type eq "work"]'
MAIL = {"value": "a@b.test", "type": "work", "primary": True}
HOME = {"value": "h@b.test", "type": "home"}
KNOWN = {"employeeNumber": "21001", "department": "ICU"}


@pytest.mark.parametrize(
    ("operation", "attribute", "expected"),
    [
        ({"op": "replace", "path": "title", "value": "Doctor"}, "title", "Doctor"),
        ({"op": "add", "path": "nickName", "value": "Annie"}, "nickName", "Annie"),
        ({"op": "remove", "path": "title"}, "title", None),
        ({"op": "replace", "value": {"title": "Doctor"}}, "title", "Doctor"),
        (
            {"op": "replace", "path": "name.familyName", "value": "Ray"},
            "name",
            {"givenName": "Ann", "familyName": "Ray"},
        ),
        (
            {"op": "add", "path": "name", "value": {"middleName": "M"}},
            "name",
            {"givenName": "Ann", "familyName": "Lee", "middleName": "M"},
        ),
        ({"op": "replace", "path": f"{WORK}.value", "value": "a@b.test"}, "emails", [MAIL]),
        ({"op": "remove", "path": WORK}, "emails", None),
        (
            {"op": "add", "path": "emails", "value": [HOME]},
            "emails",
            [{"value": "Ann@example.com", "type": "work", "primary": True}, HOME],
        ),
        (
            {"op": "replace", "path": f"{EXTENSION}:jobCode", "value": "RN3"},
            EXTENSION,
            {"hireDate": "2020-03-01", "jobCode": "RN3"},
        ),
    ],
    ids=[
        "replace",
        "add",
        "remove",
        "without a path",
        "sub-attribute",
        "complex",
        "value filter",
        "remove by filter",
        "append",
        "extension",
    ],
)
def test_it_takes_the_forms_of_the_standard(
    entra: Idp, path: str, operation: dict[str, Any], attribute: str, expected: Any
) -> None:
    assert entra.patched(path, operation).get(attribute) == expected
    assert entra.send("GET", path).json().get(attribute) == expected


@pytest.mark.parametrize(
    ("operation", "attribute", "expected"),
    [
        ({"op": "Replace", "path": "active", "value": "False"}, "active", False),
        ({"op": "Replace", "value": {"active": "False"}}, "active", False),
        (
            {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "m1"},
            ENTERPRISE,
            KNOWN | {"manager": {"value": "m1"}},
        ),
        (
            {"op": "Replace", "value": {"name.givenName": "Anna"}},
            "name",
            {"givenName": "Anna", "familyName": "Lee"},
        ),
        (
            {"op": "Replace", "value": {f"{ENTERPRISE}:department": "ER"}},
            ENTERPRISE,
            KNOWN | {"department": "ER"},
        ),
        ({"op": "Replace", "value": {f"{WORK}.value": "a@b.test", "title": "Doctor"}}, "emails", [MAIL]),
        (
            {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "555"},
            "phoneNumbers",
            [{"type": "work", "value": "555"}],
        ),
        ({"op": "Add", "path": "urn:x:custom:2.0:User:shoeSize", "value": "39"}, "title", "Nurse"),
    ],
    ids=[
        "text for a boolean",
        "in an object",
        "bare manager",
        "dotted key",
        "key with its schema",
        "key with a filter",
        "entry made",
        "unknown extension",
    ],
)
def test_it_takes_the_forms_of_entra(
    entra: Idp, path: str, operation: dict[str, Any], attribute: str, expected: Any
) -> None:
    assert entra.patched(path, operation)[attribute] == expected


@pytest.mark.parametrize(
    ("body", "status", "scim_type"),
    [
        (patch({"op": "replace", "path": "active", "value": "maybe"}), 400, "invalidValue"),
        (patch({"op": "jump", "path": "title", "value": "x"}), 400, "invalidValue"),
        (patch({"op": "replace", "path": "title[", "value": "x"}), 400, "invalidPath"),
        (patch({"op": "remove"}), 400, "noTarget"),
        (patch({"op": "replace", "path": "id", "value": "x"}), 400, "mutability"),
        (patch({"op": "remove", "path": "userName"}), 400, None),
        (patch(), 400, None),
        ({"schemas": [PATCH]}, 400, None),
        ([], 400, "invalidSyntax"),
    ],
)
def test_what_contradicts_the_standard_is_told_and_changes_nothing(
    entra: Idp, path: str, body: Any, status: int, scim_type: str | None
) -> None:
    before = entra.send("GET", path).json()
    told = entra.send("PATCH", path, body).expect(status).json()
    assert told["status"] == str(status)
    if scim_type:
        assert told["scimType"] == scim_type
    assert entra.send("GET", path).json() == before


def test_of_several_operations_all_are_done_or_none(entra: Idp, path: str) -> None:
    operations = [
        {"op": "replace", "path": "title", "value": "Doctor"},
        {"op": "replace", "path": "active", "value": "maybe"},
    ]
    entra.send("PATCH", path, patch(*operations)).expect(400)
    assert entra.send("GET", path).json()["title"] == "Nurse"


def test_a_change_to_what_is_so_already_makes_no_version(entra: Idp, path: str) -> None:
    same = entra.patched(path, {"op": "replace", "path": "title", "value": "Nurse"})
    assert same["meta"]["version"] == 'W/"1"'
    other = entra.patched(path, {"op": "replace", "path": "title", "value": "Doctor"})
    assert other["meta"]["version"] == 'W/"2"'


def test_members_come_and_go_as_entra_sends_them(entra: Idp, path: str) -> None:
    uid = path.rpartition("/")[2]
    group = entra.send("POST", "/Groups", {"displayName": "Nurses"}).expect(201).json()
    where = f"/Groups/{group['id']}"
    joined = entra.patched(where, {"op": "Add", "path": "members", "value": [{"value": uid}]})
    assert [each["value"] for each in joined["members"]] == [uid]
    [told] = entra.send("GET", path).json()["groups"]
    assert (told["value"], told["display"]) == (group["id"], "Nurses")
    left = entra.patched(where, {"op": "Remove", "path": "members", "value": [{"value": uid}]})
    assert "members" not in left
    entra.patched(where, {"op": "Add", "path": "members", "value": [{"value": uid}]})
    assert "members" not in entra.patched(where, {"op": "remove", "path": f'members[value eq "{uid}"]'})
    assert "groups" not in entra.send("GET", path).json()


def test_whoever_is_deleted_is_in_no_group(entra: Idp, path: str) -> None:
    members = [{"value": path.rpartition("/")[2]}]
    group = entra.send("POST", "/Groups", {"displayName": "Nurses", "members": members}).expect(201).json()
    entra.send("DELETE", path).expect(204)
    found = entra.send("GET", f"/Groups/{group['id']}").json()
    assert "members" not in found
    assert found["meta"]["version"] == 'W/"2"'
