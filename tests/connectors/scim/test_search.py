"""Filters, order and pages; and that what the database narrows is what a naive reading would find."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import ScimFilter

from connectors.scim import kept, search
from connectors.scim.kept import Space
from connectors.scim.resources import ENTERPRISE, FullUser
from tests.connectors.scim.idp import Idp, ann

PEOPLE = [
    ("Ann", "ICU", "Nurse", True),
    ("bob", "ICU", "Doctor", True),
    ("Cleo", "ER", None, False),
    ("dora", "ER", "Nurse", True),
]
NAMES = [name for name, *_ in PEOPLE]


@pytest.fixture
def entra(database: None) -> Idp:
    found = Idp()
    for name, unit, title, active in PEOPLE:
        emails = [{"value": f"{name}@example.com", "type": "work", "primary": True}]
        if name == "Ann":
            emails.append({"value": "ann@home.test", "type": "home", "primary": False})
        found.made(
            externalId=f"x-{name}", userName=name, title=title, active=active, emails=emails,
            **{ENTERPRISE: {"department": unit}},
        )  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ('userName eq "ANN"', ["Ann"]),
        ('externalId eq "x-bob"', ["bob"]),
        ('externalId eq "X-bob"', []),
        ('userName sw "A" or userName ew "A"', ["Ann", "dora"]),
        ('title pr and not (title eq "nurse")', ["bob"]),
        ("active eq false", ["Cleo"]),
        (f'{ENTERPRISE}:department eq "er"', ["Cleo", "dora"]),
        ('emails[type eq "home" and value co "home"]', ["Ann"]),
        ('emails.value eq "bob@example.com"', ["bob"]),
        ('meta.lastModified gt "2020-01-01T00:00:00Z"', NAMES),
        ('meta.lastModified gt "2099-01-01T00:00:00Z"', []),
        ('meta.lastModified le "2020-01-01T00:00:00Z"', []),
        ('id eq "nobody"', []),
        ('userName ne "ann" and (title eq "Nurse" or active eq false)', ["Cleo", "dora"]),
    ],
)
def test_filters_find(entra: Idp, what: str, expected: list[str]) -> None:
    assert entra.found(what) == expected


@pytest.mark.parametrize(
    "what",
    ["userName", "userName eq", 'shoeSize eq "39"', 'active gt "x"', 'userName eq "a" and', "(" * 5_000],
)
def test_what_is_no_filter_is_told(entra: Idp, what: str) -> None:
    told = entra.send("POST", "/Users/.search", {"filter": what}).expect(400).json()
    assert told["scimType"] == "invalidFilter"


def test_the_probes_of_entra_and_okta_are_answered(entra: Idp) -> None:
    nobody = entra.send("GET", "/Users?filter=externalId%20eq%20%22nobody%22").expect(200).json()
    assert (nobody["totalResults"], nobody["Resources"]) == (0, [])
    somebody = entra.send("GET", "/Users?filter=userName%20eq%20%22ann%22&startIndex=1&count=1").json()
    assert [each["userName"] for each in somebody["Resources"]] == ["Ann"]


def test_they_are_sorted(entra: Idp) -> None:
    every = "userName pr"
    assert entra.found(every, sortBy="userName") == NAMES
    assert entra.found(every, sortBy="userName", sortOrder="descending") == NAMES[::-1]
    assert entra.found(every, sortBy="title")[-1] == "Cleo"
    ids = [each["id"] for each in entra.send("GET", "/Users?sortBy=id").json()["Resources"]]
    assert ids == sorted(ids)
    told = entra.send("POST", "/Users/.search", {"sortBy": "name"}).expect(400).json()
    assert told["scimType"] == "invalidPath"


@pytest.mark.parametrize("more", ["", "&filter=userName%20pr", "&sortBy=userName"])
def test_pages_cover_everybody_once(entra: Idp, more: str) -> None:
    first = entra.send("GET", f"/Users?startIndex=1&count=3{more}").expect(200).json()
    second = entra.send("GET", f"/Users?startIndex=4&count=3{more}").json()
    assert (first["totalResults"], first["itemsPerPage"], second["itemsPerPage"]) == (4, 3, 1)
    assert [each["userName"] for each in first["Resources"] + second["Resources"]] == NAMES
    none = entra.send("GET", f"/Users?count=0{more}").json()
    assert (none["totalResults"], none["Resources"]) == (4, [])
    assert entra.send("GET", f"/Users?startIndex=-5&count=-1{more}").json()["Resources"] == []
    assert entra.send("GET", f"/Users?startIndex=99{more}").json()["Resources"] == []


def test_only_what_is_asked_for_is_shown(entra: Idp) -> None:
    listed = entra.send("GET", "/Users?attributes=userName,emails.value").json()["Resources"]
    assert listed[0].keys() == {"schemas", "id", "userName", "emails"}
    assert listed[0]["emails"][0] == {"value": "Ann@example.com"}
    path = f"/Users/{listed[0]['id']}"
    assert "emails" not in entra.send("GET", f"{path}?excludedAttributes=emails").json()
    assert "title" in entra.send("GET", path).json()


def test_users_and_groups_are_searched_together(entra: Idp) -> None:
    entra.send("POST", "/Groups", {"displayName": "Nurses"}).expect(201)
    found = entra.send("POST", "/.search", {"filter": 'displayName eq "nurses" or userName eq "bob"'}).json()
    assert sorted(each["meta"]["resourceType"] for each in found["Resources"]) == ["Group", "User"]
    assert entra.send("GET", "/").json()["totalResults"] == 5


_TEXTS = st.sampled_from(["Ann", "ANN", "bob", "x-bob", "Nurse", "ER", "a", "nobody"])
_COMPARED = st.builds(
    lambda path, op, value: f'{path} {op} "{value}"',
    st.sampled_from(["userName", "externalId", "title", "id", "displayName", f"{ENTERPRISE}:department"]),
    st.sampled_from(["eq", "ne", "co", "sw", "ew"]),
    _TEXTS,
)
_DATED = st.builds(
    lambda op, year: f'meta.lastModified {op} "{year}-01-01T00:00:00Z"',
    st.sampled_from(["gt", "ge", "lt", "le"]),
    st.sampled_from([2020, 2099]),
)
_PRESENT = st.sampled_from(["title pr", "nickName pr", "active eq true", 'emails[type eq "home"]'])
_FILTERS = st.recursive(
    _COMPARED | _DATED | _PRESENT,
    lambda inner: st.one_of(
        st.builds(lambda one, other: f"({one}) and ({other})", inner, inner),
        st.builds(lambda one, other: f"({one}) or ({other})", inner, inner),
        st.builds(lambda one: f"not ({one})", inner),
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(what=_FILTERS)
def test_a_filter_finds_what_a_naive_reading_finds(entra: Idp, what: str) -> None:
    space = Space(entra.system, "http://hub.test/scim/v2")
    everybody: list[Any] = kept.read(space, list(space.rows("User").order_by("pk")))
    naive = [each.user_name for each in everybody if ScimFilter[FullUser](what).match(each)]
    found = search.find(space, ("User",), search.request_of(("User",), {"filter": what}))
    assert [each.user_name for each in found.resources] == naive  # type: ignore[attr-defined]  # users
    assert found.total == len(naive)


def test_a_password_is_never_kept(entra: Idp) -> None:
    user = entra.made(externalId="p", userName="p", password="hunter2")
    assert "password" not in user
    assert "hunter2" not in Space(entra.system, "").row("User", user["id"]).resource
    told = entra.send("POST", "/Users/.search", {"sortBy": "password"}).expect(400).json()
    assert told["status"] == "400"
    assert ann()["userName"] == "ann@example.com"
