"""The table of scopes, and the page that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.auth.access import SCOPES, Access
from lrs.auth.rules import SCOPES_FOR, action_of, both_grant, may_define, only_own_statements, permit
from lrs.errors import Forbidden

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "integrator" / "authentication.md"
EVERY = frozenset(SCOPES)
RESOURCES = {
    "statements",
    "activities/state",
    "activities/profile",
    "agents/profile",
    "activities",
    "agents",
    "about",
}
some_scopes = st.frozensets(st.sampled_from(sorted(SCOPES)))


def access(*scopes: str) -> Access:
    return Access(
        store_id=1,
        source_id=1,
        credential_id=1,
        authority={},
        scopes=frozenset(scopes),
        body_bytes=1,
        requests_per_minute=0,
    )


def opened_by(scope: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for resource, action in SCOPES_FOR:
        try:
            permit(access(scope), resource, action)
        except Forbidden:
            continue
        found.add((resource, action))
    return found


def test_it_covers_every_resource() -> None:
    assert {resource for resource, _ in SCOPES_FOR} == RESOURCES
    assert {scope for scopes in SCOPES_FOR.values() for scope in scopes} <= EVERY - {"all"}


def test_all_opens_everything() -> None:
    assert opened_by("all") == set(SCOPES_FOR)


def test_all_read_reads_everything_and_writes_nothing() -> None:
    assert opened_by("all/read") == {
        (resource, action) for resource, action in SCOPES_FOR if action == "read"
    }


@pytest.mark.parametrize(
    ("scope", "opened"),
    [
        ("statements/write", {("statements", "write")}),
        ("statements/read/mine", {("statements", "read")}),
        ("statements/read", {("statements", "read"), ("activities", "read"), ("agents", "read")}),
        ("state", {("activities/state", "read"), ("activities/state", "write"), ("activities", "read")}),
        (
            "profile",
            {
                ("activities/profile", "read"),
                ("activities/profile", "write"),
                ("agents/profile", "read"),
                ("agents/profile", "write"),
                ("activities", "read"),
                ("agents", "read"),
            },
        ),
        ("define", {("activities", "read"), ("agents", "read")}),
    ],
)
def test_each_scope_opens_this_and_nothing_else(scope: str, opened: set[tuple[str, str]]) -> None:
    assert opened_by(scope) == opened | {("about", "read")}


def test_a_refusal_names_what_is_needed_and_what_is_there() -> None:
    with pytest.raises(Forbidden) as refusal:
        permit(access("state"), "statements", "write")
    assert refusal.value.rule == "scope"
    assert "statements/write" in refusal.value.message
    assert "state" in refusal.value.message


@pytest.mark.parametrize(
    ("scopes", "own"),
    [
        (["statements/read/mine"], True),
        (["statements/read/mine", "statements/write"], True),
        (["statements/read/mine", "statements/read"], False),
        (["statements/read/mine", "all/read"], False),
        (["all"], False),
    ],
)
def test_only_mine_reads_its_own(scopes: list[str], own: bool) -> None:
    assert only_own_statements(access(*scopes)) is own


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_only_define_and_all_define(scope: str) -> None:
    assert may_define(access(scope)) is (scope in {"define", "all"})


@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", "read"), ("HEAD", "read"), ("PUT", "write"), ("POST", "write"), ("DELETE", "write")],
)
def test_methods_read_or_write(method: str, action: str) -> None:
    assert action_of(method) == action


@given(some_scopes, some_scopes)
def test_a_token_never_opens_what_its_credential_or_itself_does_not(
    token: frozenset[str], credential: frozenset[str]
) -> None:
    both = access(*both_grant(token, credential, every=EVERY))
    for resource, action in SCOPES_FOR:
        scopes = SCOPES_FOR[resource, action]
        if scopes and both.may(*scopes):
            assert access(*token).may(*scopes)
            assert access(*credential).may(*scopes)


@given(some_scopes)
def test_a_token_for_everything_opens_what_its_credential_opens(credential: frozenset[str]) -> None:
    both = access(*both_grant(frozenset({"all"}), credential, every=EVERY))
    for scopes in SCOPES_FOR.values():
        if scopes:
            assert both.may(*scopes) is access(*credential).may(*scopes)


def test_the_documentation_shows_the_same_table() -> None:
    rows = {}
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3:
            resource, action, scopes = cells
            rows[resource.strip("`"), action] = set(re.findall("`([^`]+)`", scopes))
    expected = {
        (resource, action): set(scopes) | ({"all"} if scopes else set())
        for (resource, action), scopes in SCOPES_FOR.items()
    }
    assert rows == expected
