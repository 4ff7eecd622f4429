"""The authorization server over HTTP: tokens, consent, refresh, withdrawal and metadata."""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model
from pytest_django import Settings

from lrs.auth.authenticate import authenticate
from lrs.auth.issue import Issued, issue_application, revoke
from lrs.models import Credential, Source

BACK = "https://player.example.org/back"
VERIFIER = "correct-horse-battery-staple-correct-horse-battery"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def service(db: None) -> Issued:
    return issue_application(source="Nightly export", scopes=["all/read"])


@pytest.fixture
def player(db: None) -> Issued:
    return issue_application(
        source="Course player",
        scopes=["statements/write", "statements/read/mine", "state"],
        redirect_uris=[BACK],
    )


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", "ann@example.org", "correct horse battery")


def ask_token(client: Client, issued: Issued, **fields: str) -> Any:
    pair = f"{quote(issued.key)}:{quote(issued.secret)}"
    return client.post(
        "/oauth/token/", fields, headers={"authorization": "Basic " + b64encode(pair.encode()).decode()}
    )


def authorize(client: Client, issued: Issued, **changes: str) -> Any:
    asked = {
        "client_id": issued.key,
        "response_type": "code",
        "redirect_uri": BACK,
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return client.get("/oauth/authorize/", {name: value for name, value in asked.items() if value})


def form_of(page: Any) -> dict[str, str]:
    """Return the hidden fields of the consent page, as a browser would send them."""
    text = page.content.decode()
    fields = {}
    for tag in re.findall(r"<input[^>]+>", text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            fields[name.group(1)] = unescape(value.group(1)) if value else ""
    return fields


def consent(client: Client, issued: Issued, **changes: str) -> dict[str, str]:
    page = authorize(client, issued, **changes)
    assert page.status_code == 200
    back = client.post("/oauth/authorize/", {**form_of(page), "allow": "Authorize"})
    assert back.status_code == 302
    assert back["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(back["Location"]).query).items()}


def access_of(answer: Any) -> Any:
    token = json.loads(answer.content)["access_token"]
    return authenticate({"authorization": f"Bearer {token}"}, "192.0.2.10")


def test_client_credentials_give_a_token_that_opens_the_xapi(client: Client, service: Issued) -> None:
    answer = ask_token(client, service, grant_type="client_credentials", scope="statements/read")
    assert answer.status_code == 200
    body = json.loads(answer.content)
    assert (body["token_type"], body["scope"], body["expires_in"]) == ("Bearer", "statements/read", 3600)
    assert answer["Cache-Control"] == "no-store"
    access = access_of(answer)
    assert access.credential_id == service.credential.pk
    assert access.scopes == {"statements/read", "statements/read/mine"}
    assert access.authority["account"]["name"] == service.key


def test_the_client_may_send_its_secret_in_the_body(client: Client, service: Issued) -> None:
    answer = client.post(
        "/oauth/token/",
        {"grant_type": "client_credentials", "client_id": service.key, "client_secret": service.secret},
    )
    assert answer.status_code == 200


def test_no_scope_asked_means_write_and_read_mine(client: Client, db: None) -> None:
    everything = issue_application(source="LMS", scopes=["all"])
    answer = ask_token(client, everything, grant_type="client_credentials")
    assert set(json.loads(answer.content)["scope"].split()) == {"statements/write", "statements/read/mine"}


def test_no_scope_asked_means_what_there_is_where_those_are_not(client: Client, db: None) -> None:
    states = issue_application(source="LMS", scopes=["state"])
    assert json.loads(ask_token(client, states, grant_type="client_credentials").content)["scope"] == "state"


def test_a_scope_the_credential_lacks_is_refused(client: Client, service: Issued) -> None:
    answer = ask_token(client, service, grant_type="client_credentials", scope="statements/write")
    assert (answer.status_code, json.loads(answer.content)["error"]) == (400, "invalid_scope")
    assert not get_access_token_model().objects.exists()


def test_tokens_and_secrets_are_nowhere_readable(client: Client, service: Issued) -> None:
    token = json.loads(ask_token(client, service, grant_type="client_credentials").content)["access_token"]
    kept = get_access_token_model().objects.values().get()
    assert token not in str(kept)
    assert kept["token_checksum"] == sha256(token.encode()).hexdigest()


@pytest.mark.parametrize(
    "end",
    [
        lambda: Credential.objects.update(revoked=timezone.now()),
        lambda: Credential.objects.update(expires=timezone.now()),
        lambda: Source.objects.update(active=False),
        lambda: Credential.objects.update(application=None),
    ],
    ids=["revoked", "expired", "inactive source", "no credential"],
)
def test_an_application_whose_credential_ended_gets_no_token(
    client: Client, service: Issued, end: Any
) -> None:
    end()
    answer = ask_token(client, service, grant_type="client_credentials")
    assert (answer.status_code, json.loads(answer.content)["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("grant", ["password", "implicit", "authorization_code", "urn:x"])
def test_other_grants_are_refused(client: Client, service: Issued, ann: User, grant: str) -> None:
    answer = ask_token(client, service, grant_type=grant, username="ann", password="correct horse battery")
    assert answer.status_code == 400
    assert not get_access_token_model().objects.exists()


def test_wrong_client_secrets_have_to_wait(client: Client, service: Issued, settings: Settings) -> None:
    settings.LRS_FAILURES_PER_MINUTE = 4
    wrong = Issued(key=service.key, secret="guess", credential=service.credential)
    answers = [ask_token(client, wrong, grant_type="client_credentials").status_code for _ in range(4)]
    assert answers == [401] * 4
    blocked = ask_token(client, wrong, grant_type="client_credentials")
    assert blocked.status_code == 429
    assert 1 <= int(blocked["Retry-After"]) <= 60
    assert ask_token(client, service, grant_type="client_credentials").status_code == 429


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /////w==", "Basic", "Basic Og=="])
def test_a_broken_client_header_is_refused_plainly(client: Client, db: None, header: str) -> None:
    answer = client.post(
        "/oauth/token/", {"grant_type": "client_credentials"}, headers={"authorization": header}
    )
    assert answer.status_code in {400, 401}


def test_who_is_not_signed_in_signs_in_first_and_comes_back(
    client: Client, player: Issued, ann: User
) -> None:
    away = authorize(client, player)
    assert away.status_code == 302
    assert away["Location"].startswith("/oauth/sign-in/?next=")
    page = client.get(away["Location"])
    assert page.status_code == 200
    back = client.post(
        "/oauth/sign-in/", {**form_of(page), "username": "ann", "password": "correct horse battery"}
    )
    assert back["Location"].startswith("/oauth/authorize/?")
    shown = client.get(back["Location"])
    assert shown.status_code == 200
    assert b"Course player" in shown.content


def test_the_consent_page_names_application_user_and_permissions(
    client: Client, player: Issued, ann: User
) -> None:
    client.force_login(ann)
    page = authorize(client, player, scope="statements/write state")
    text = page.content.decode()
    assert "Course player" in text
    assert "ann" in text
    assert "Write statements" in text
    assert "Read and write activity state" in text
    assert "Read statements it wrote itself" not in text
    assert page["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert page["X-Frame-Options"] == "DENY"
    assert page["Cache-Control"] == "no-store"


def test_a_name_cannot_bring_markup_into_the_page(client: Client, ann: User) -> None:
    issued = issue_application(
        source="Course player", scopes=["state"], label="<script>alert(1)</script>", redirect_uris=[BACK]
    )
    client.force_login(ann)
    assert b"<script>" not in authorize(client, issued).content


def test_consent_code_and_verifier_give_a_token_for_that_user(
    client: Client, player: Issued, ann: User
) -> None:
    client.force_login(ann)
    back = consent(client, player)
    assert back["state"] == "xyz"
    assert back["iss"].startswith("http")
    answer = ask_token(
        Client(),
        player,
        grant_type="authorization_code",
        code=back["code"],
        redirect_uri=BACK,
        code_verifier=VERIFIER,
    )
    assert answer.status_code == 200
    access = access_of(answer)
    assert access.scopes == {"statements/write", "statements/read/mine"}
    application, user = access.authority["member"]
    assert (application["account"]["name"], user["account"]["name"]) == (player.key, "ann")


def test_a_code_works_once(client: Client, player: Issued, ann: User) -> None:
    client.force_login(ann)
    code = consent(client, player)["code"]
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    assert ask_token(client, player, **fields).status_code == 200
    assert ask_token(client, player, **fields).status_code == 400


@pytest.mark.parametrize("verifier", ["", "x" * 50])
def test_a_stolen_code_is_worth_nothing_without_the_verifier(
    client: Client, player: Issued, ann: User, verifier: str
) -> None:
    client.force_login(ann)
    code = consent(client, player)["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    answer = ask_token(client, player, **fields, **({"code_verifier": verifier} if verifier else {}))
    assert answer.status_code == 400
    assert not get_access_token_model().objects.exists()


def test_consent_is_not_asked_without_pkce(client: Client, player: Issued, ann: User) -> None:
    client.force_login(ann)
    answer = authorize(client, player, code_challenge="", code_challenge_method="")
    assert answer.status_code == 302
    assert "error=invalid_request" in answer["Location"]


@pytest.mark.parametrize("method", ["plain", ""])
def test_consent_gives_no_code_for_a_readable_challenge(
    client: Client, player: Issued, ann: User, method: str
) -> None:
    client.force_login(ann)
    page = authorize(client, player, code_challenge=VERIFIER, code_challenge_method=method)
    back = client.post("/oauth/authorize/", {**form_of(page), "allow": "Authorize"})
    assert back.status_code == 302
    assert "error=invalid_request" in back["Location"]
    assert not get_grant_model().objects.exists()


def test_an_unknown_address_to_come_back_to_is_refused_on_our_own_page(
    client: Client, player: Issued, ann: User
) -> None:
    client.force_login(ann)
    answer = authorize(client, player, redirect_uri="https://evil.example.org/back")
    assert answer.status_code == 400
    assert b"cannot be answered" in answer.content


def test_the_implicit_way_is_closed(client: Client, player: Issued, ann: User) -> None:
    client.force_login(ann)
    answer = authorize(client, player, response_type="token")
    assert "access_token" not in answer.get("Location", "")
    assert answer.status_code == 400 or "error=" in answer["Location"]


def test_who_says_no_gives_no_code(client: Client, player: Issued, ann: User) -> None:
    client.force_login(ann)
    back = client.post("/oauth/authorize/", form_of(authorize(client, player)))
    assert "error=access_denied" in back["Location"]
    assert not get_grant_model().objects.exists()


def test_consent_cannot_be_given_from_another_site(player: Issued, ann: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)
    fields = form_of(authorize(strict, player))
    del fields["csrfmiddlewaretoken"]
    assert strict.post("/oauth/authorize/", {**fields, "allow": "Authorize"}).status_code == 403


def test_a_revoked_application_cannot_ask_for_consent(client: Client, player: Issued, ann: User) -> None:
    client.force_login(ann)
    revoke(player.credential)
    assert authorize(client, player).status_code == 400


def three_legs(client: Client, player: Issued, ann: User) -> dict[str, Any]:
    client.force_login(ann)
    answer = ask_token(
        client,
        player,
        grant_type="authorization_code",
        code=consent(client, player)["code"],
        redirect_uri=BACK,
        code_verifier=VERIFIER,
    )
    tokens: dict[str, Any] = json.loads(answer.content)
    return tokens


def test_a_refresh_token_is_used_up_and_a_second_use_ends_the_family(
    client: Client, player: Issued, ann: User
) -> None:
    first = three_legs(client, player, ann)
    answer = ask_token(client, player, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert answer.status_code == 200
    second = json.loads(answer.content)
    assert second["refresh_token"] != first["refresh_token"]
    replay = ask_token(client, player, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert replay.status_code == 400
    assert (
        ask_token(
            client, player, grant_type="refresh_token", refresh_token=second["refresh_token"]
        ).status_code
        == 400
    )


def test_refresh_tokens_are_not_kept_readable(client: Client, player: Issued, ann: User) -> None:
    tokens = three_legs(client, player, ann)
    assert tokens["refresh_token"] not in str(list(get_refresh_token_model().objects.values()))


def test_a_revoked_credential_refreshes_nothing(client: Client, player: Issued, ann: User) -> None:
    tokens = three_legs(client, player, ann)
    Credential.objects.update(revoked=timezone.now())
    assert (
        ask_token(
            client, player, grant_type="refresh_token", refresh_token=tokens["refresh_token"]
        ).status_code
        == 401
    )


def test_the_client_can_give_a_token_back(client: Client, service: Issued) -> None:
    token = json.loads(ask_token(client, service, grant_type="client_credentials").content)["access_token"]
    answer = client.post(
        "/oauth/revoke_token/", {"token": token, "client_id": service.key, "client_secret": service.secret}
    )
    assert answer.status_code == 200
    assert not get_access_token_model().objects.exists()


def test_a_user_sees_and_withdraws_what_they_allowed(client: Client, player: Issued, ann: User) -> None:
    three_legs(client, player, ann)
    page = client.get("/oauth/tokens/")
    assert b"Course player" in page.content
    assert b"Write statements" in page.content
    address = re.search(r'href="(/oauth/tokens/[^"]+)"', page.content.decode())
    assert address
    assert client.get(address.group(1)).status_code == 200
    assert client.post(address.group(1)).status_code == 302
    assert not get_access_token_model().objects.exists()
    assert b"No application acts for you" in client.get("/oauth/tokens/").content


def test_a_user_cannot_withdraw_what_another_allowed(client: Client, player: Issued, ann: User) -> None:
    three_legs(client, player, ann)
    token = get_access_token_model().objects.get()
    bob = Client()
    bob.force_login(User.objects.create_user("bob", password="correct horse battery"))
    assert bob.post(f"/oauth/tokens/{token.pk}/withdraw/").status_code == 404
    assert get_access_token_model().objects.exists()


def test_clients_find_the_server_by_its_metadata(client: Client, db: None, settings: Settings) -> None:
    data = json.loads(client.get("/.well-known/oauth-authorization-server").content)
    root = settings.HUB_PUBLIC_URL
    assert data["issuer"] == root
    assert data["authorization_endpoint"] == f"{root}/oauth/authorize/"
    assert data["token_endpoint"] == f"{root}/oauth/token/"
    assert data["revocation_endpoint"] == f"{root}/oauth/revoke_token/"
    assert data["response_types_supported"] == ["code"]
    assert data["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert data["code_challenge_methods_supported"] == ["S256"]
    assert "statements/read/mine" in data["scopes_supported"]


def test_clients_find_the_xapis_server_by_the_resource(client: Client, db: None, settings: Settings) -> None:
    data = json.loads(client.get("/.well-known/oauth-protected-resource/xapi/").content)
    assert data["resource"] == f"{settings.HUB_PUBLIC_URL}/xapi/"
    assert data["authorization_servers"] == [settings.HUB_PUBLIC_URL]


def test_nothing_secret_is_logged_on_the_way(
    client: Client, player: Issued, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.force_login(ann)
    code = consent(client, player)["code"]
    answer = ask_token(
        client, player, grant_type="authorization_code", code=code, redirect_uri=BACK, code_verifier=VERIFIER
    )
    tokens = json.loads(answer.content)
    for secret in (code, tokens["access_token"], tokens["refresh_token"], player.secret, VERIFIER):
        assert secret not in caplog.text
