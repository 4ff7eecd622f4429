"""Bearer tokens at the xAPI's door: what they may do, for whom, and when no longer."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import User
from oauth2_provider.models import get_access_token_model, get_application_model
from pytest_django import DjangoAssertNumQueries, Settings

from lrs.auth.authenticate import authenticate
from lrs.auth.issue import Issued, issue, issue_application, revoke
from lrs.auth.remembered import Remembered
from lrs.errors import Unauthenticated
from lrs.models import Credential, Source

from .conftest import Clock

TOKEN = "a-token-as-the-toolkit-makes-them"


@pytest.fixture
def player(db: None) -> Issued:
    return issue_application(source="Course player", scopes=["statements/write", "statements/read", "state"])


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user(
        "ann", "ann@example.org", "correct horse battery", first_name="Ann", last_name="Lee"
    )


def give_token(
    issued: Issued, clock: Clock, *, scope: str = "all", user: User | None = None, **more: Any
) -> None:
    token = get_access_token_model()(
        application=issued.credential.application,
        user=user,
        scope=scope,
        expires=clock.now + timedelta(hours=1),
        token="",
        **more,
    )
    # As the toolkit keeps them: the checksum alone.
    token._raw_token = TOKEN
    token.save()
    assert token.token_checksum == sha256(TOKEN.encode()).hexdigest()


def come(clock: Clock, remembered: Remembered | None = None) -> Any:
    if remembered is None:
        remembered = Remembered(clock=clock)
    headers = {"authorization": f"Bearer {TOKEN}"}
    return authenticate(headers, "192.0.2.10", remembered=remembered, now=clock.now)


def refused(clock: Clock) -> str:
    with pytest.raises(Unauthenticated) as refusal:
        come(clock)
    assert TOKEN not in repr(vars(refusal.value)) + str(refusal.value)
    return refusal.value.rule


def test_two_legs_make_the_application_the_authority(
    player: Issued, clock: Clock, settings: Settings
) -> None:
    settings.HUB_PUBLIC_URL = "https://lrs.example.org"
    give_token(player, clock)
    access = come(clock)
    assert access.authority == {
        "objectType": "Agent",
        "name": "Course player",
        "account": {"homePage": "https://lrs.example.org/oauth/token/", "name": player.key},
    }
    assert access.credential_id == player.credential.pk
    assert access.source_id == player.credential.source_id
    assert access.store_id == player.credential.source.store_id


def test_three_legs_make_a_group_of_application_and_user(
    player: Issued, ann: User, clock: Clock, settings: Settings
) -> None:
    settings.HUB_PUBLIC_URL = "https://lrs.example.org"
    give_token(player, clock, user=ann)
    authority = come(clock).authority
    assert set(authority) == {"objectType", "member"}
    assert authority["objectType"] == "Group"
    application, user = authority["member"]
    assert application["account"] == {"homePage": "https://lrs.example.org/oauth/token/", "name": player.key}
    assert user == {
        "objectType": "Agent",
        "name": "Ann Lee",
        "account": {"homePage": "https://lrs.example.org/users/", "name": "ann"},
    }


def test_an_authority_set_on_the_credential_does_not_replace_the_consumer(
    player: Issued, clock: Clock
) -> None:
    Credential.objects.update(authority={"mbox": "mailto:somebody@example.org"})
    give_token(player, clock)
    assert come(clock).authority["account"]["name"] == player.key


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("all", {"statements/write", "statements/read", "statements/read/mine", "state"}),
        ("statements/write", {"statements/write"}),
        ("statements/read/mine", {"statements/read/mine"}),
        ("all/read", {"statements/read", "statements/read/mine"}),
        ("profile", set()),
        ("state profile unheard/of", {"state"}),
        ("", set()),
    ],
)
def test_it_may_do_what_both_token_and_credential_grant(
    player: Issued, clock: Clock, scope: str, granted: set[str]
) -> None:
    give_token(player, clock, scope=scope)
    assert come(clock).scopes == granted


def test_a_token_ends_when_it_says(player: Issued, clock: Clock) -> None:
    give_token(player, clock)
    remembered = Remembered(clock=clock)
    clock.advance(minutes=59, seconds=58)
    assert come(clock, remembered)
    clock.advance(seconds=2)
    assert remembered.get(f"Bearer {TOKEN}") is None
    assert refused(clock) == "credential.expired"


def test_a_token_ends_with_its_credential(player: Issued, clock: Clock) -> None:
    give_token(player, clock)
    Credential.objects.update(expires=clock.now)
    assert refused(clock) == "credential.expired"


def test_revoking_the_credential_takes_its_tokens_away(player: Issued, clock: Clock) -> None:
    give_token(player, clock)
    revoke(player.credential)
    assert not get_access_token_model().objects.filter(application=player.credential.application).exists()
    assert refused(clock) == "credential.unknown"


def test_a_token_of_a_credential_revoked_by_other_means_is_refused(player: Issued, clock: Clock) -> None:
    give_token(player, clock)
    Credential.objects.update(revoked=clock.now)
    assert refused(clock) == "credential.revoked"


def test_a_token_of_an_inactive_source_is_refused(player: Issued, clock: Clock) -> None:
    give_token(player, clock)
    Source.objects.update(active=False)
    assert refused(clock) == "credential.source-inactive"


def test_a_token_of_an_inactive_user_is_refused(player: Issued, ann: User, clock: Clock) -> None:
    give_token(player, clock, user=ann)
    User.objects.update(is_active=False)
    assert refused(clock) == "credential.user-inactive"


def test_a_token_for_another_server_is_refused(player: Issued, clock: Clock) -> None:
    give_token(player, clock, resource=["https://elsewhere.example.org/"])
    assert refused(clock) == "credential.audience"


def test_a_token_for_this_server_is_taken(player: Issued, clock: Clock, settings: Settings) -> None:
    settings.HUB_PUBLIC_URL = "https://lrs.example.org"
    give_token(player, clock, resource=["https://lrs.example.org/xapi/"])
    assert come(clock)


def test_a_token_of_an_application_without_a_credential_is_refused(player: Issued, clock: Clock) -> None:
    give_token(player, clock)
    Credential.objects.update(application=None)
    assert refused(clock) == "credential.unknown"


def test_an_unknown_token_is_refused(player: Issued, clock: Clock) -> None:
    assert refused(clock) == "credential.unknown"


def test_a_basic_key_is_no_token_and_a_client_no_key(db: None, clock: Clock, basic_header: Any) -> None:
    basic, client = issue(source="Moodle", scopes=["all"]), issue_application(source="Player", scopes=["all"])
    for header in (f"Bearer {basic.secret}", basic_header(client.key, client.secret)):
        with pytest.raises(Unauthenticated):
            authenticate({"authorization": header}, "192.0.2.10")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer " + "x" * 600, "Bearer tök"])
def test_it_refuses_what_is_no_token(db: None, header: str) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        authenticate({"authorization": header}, "192.0.2.10")
    assert refusal.value.rule == "credential.malformed"


def test_a_known_token_costs_no_query_and_a_new_one_few(
    player: Issued, clock: Clock, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    give_token(player, clock)
    Credential.objects.update(last_used=clock.now)
    remembered = Remembered(clock=clock)
    with django_assert_num_queries(1):
        come(clock, remembered)
    with django_assert_num_queries(0):
        come(clock, remembered)


def test_a_token_use_is_noted(player: Issued, clock: Clock) -> None:
    give_token(player, clock)
    come(clock)
    assert Credential.objects.get(pk=player.credential.pk).last_used == clock.now


def test_the_toolkits_application_is_the_one_credentials_point_at() -> None:
    assert Credential._meta.get_field("application").related_model is get_application_model()
