"""Logging in: user and password, or an assertion signed by the hub; once for a run, again when it ran out."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from connectors.adapters.successfactors.assertion import Claims, signed
from connectors.errors import NotAuthorized
from simulators import successfactors
from simulators.server import Answer, Request
from tests.connectors.adapters.successfactors.tenant import Tenant, tenant

KEY = successfactors.oauth_secrets()["private_key"]


@pytest.fixture
def northwind() -> Iterator[Tenant]:
    with tenant(40, 1) as found:
        yield found


def oauth(northwind: Tenant, **changed: Any) -> dict[str, Any]:
    settings = successfactors.oauth_settings(northwind.server.url) | {"page_size": 10} | changed
    return {"settings": settings, "secrets": successfactors.oauth_secrets()}


def pem(key: Any) -> str:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return str(private.decode())


def test_one_session_lasts_for_the_whole_run(northwind: Tenant) -> None:
    northwind.read()
    assert northwind.server.logins == 1
    tokens = [each.request.headers["x-csrf-token"] for each in northwind.server.log]
    assert tokens[0] == "Fetch"
    assert len(set(tokens[1:])) == 1
    assert "Fetch" not in tokens[1:]


def test_one_token_lasts_for_the_whole_run(northwind: Tenant) -> None:
    assert northwind.read(**oauth(northwind))
    assert len(northwind.asked("POST /oauth/token")) == 1


def test_a_token_that_runs_out_in_the_middle_is_renewed_and_the_run_goes_on(northwind: Tenant) -> None:
    asked = 0

    @northwind.server.before
    def run_out(request: Request) -> Answer | None:
        nonlocal asked
        asked += 1
        if asked == 12:
            northwind.server.faults.expire_tokens()
        return None

    found = northwind.read(**oauth(northwind))
    assert {each.key for each in found} == {each.key for each in northwind.read()}
    assert len(northwind.asked("POST /oauth/token")) == 2


def test_who_is_refused_with_a_new_token_too_is_not_asked_again(northwind: Tenant) -> None:
    @northwind.server.before
    def refuse(request: Request) -> Answer | None:
        return Answer(401, b"") if request.target.startswith("/odata") else None

    with pytest.raises(NotAuthorized, match="does not let the API user in"):
        northwind.read(**oauth(northwind))
    assert len(northwind.asked("POST /oauth/token")) == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"user": "SOMEBODY"}, "user of the assertion is unknown"),
        ({"client_id": "another"}, "Invalid API key"),
        ({"company": "ELSEWHERE"}, "Unknown grant type or company"),
        ({"audience": "www.example.com"}, "another audience"),
    ],
)
def test_an_assertion_that_is_not_right_gets_no_token(
    northwind: Tenant, changed: dict[str, str], reason: str
) -> None:
    with pytest.raises(NotAuthorized, match=reason):
        northwind.read(**oauth(northwind, **changed))


def test_a_key_that_is_not_registered_gets_no_token(northwind: Tenant) -> None:
    other = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(NotAuthorized, match="Unable to verify the signature"):
        northwind.read(**oauth(northwind) | {"secrets": {"private_key": other}})


@pytest.mark.parametrize("key", ["", "not a key", KEY[:300], pem(ec.generate_private_key(ec.SECP256R1()))])
def test_what_is_no_rsa_key_is_told_without_quoting_it(northwind: Tenant, key: str) -> None:
    with pytest.raises(NotAuthorized) as told:
        northwind.read(**oauth(northwind) | {"secrets": {"private_key": key}})
    assert "private key" in told.value.reason
    assert not key or key not in str(told.value)
    assert told.value.__cause__ is None


def test_the_assertion_is_signed_behind_its_issuer_and_short_lived() -> None:
    now = datetime(2026, 9, 1, 3, tzinfo=UTC)
    text = b64decode(signed(_claims("https://api.example.com"), KEY, now)).decode()
    assert re.search(r"</saml2:Issuer><ds:Signature ", text)
    [identifier] = re.findall(r'<saml2:Assertion [^>]*ID="([^"]+)"', text)
    assert f'<ds:Reference URI="#{identifier}">' in text
    assert "rsa-sha256" in text
    assert 'NotOnOrAfter="2026-09-01T03:10:00.000Z"' in text
    assert "PRIVATE" not in text


def _claims(url: str) -> Claims:
    return Claims(
        issuer=successfactors.CLIENT_ID,
        subject=successfactors.USER,
        audience=successfactors.AUDIENCE,
        recipient=f"{url}/oauth/token",
        api_key=successfactors.CLIENT_ID,
    )


def _asked_for(northwind: Tenant, assertion: str) -> httpx.Response:
    form = {
        "client_id": successfactors.CLIENT_ID,
        "company_id": successfactors.COMPANY,
        "grant_type": successfactors.GRANT,
        "assertion": assertion,
    }
    return httpx.post(f"{northwind.server.url}/oauth/token", data=form)


def test_the_peer_gives_a_token_for_what_was_signed_and_for_nothing_else(northwind: Tenant) -> None:
    now = datetime.now(UTC)
    claims = _claims(northwind.server.url)
    good = signed(claims, KEY, now)
    assert _asked_for(northwind, good).json()["token_type"] == "Bearer"
    altered = b64encode(b64decode(good).replace(b">LRSHUB<", b">ADMIN<")).decode()
    assert _asked_for(northwind, altered).status_code == 401
    unsigned = b64encode(
        re.sub(rb"<ds:Signature.*</ds:Signature>", b"", b64decode(good), flags=re.DOTALL)
    ).decode()
    for wrong in (
        unsigned,
        "nonsense",
        signed(claims, KEY, now - timedelta(hours=1)),
        signed(claims, KEY, now + timedelta(hours=1)),
        signed(replace(claims, recipient="https://elsewhere.example/oauth/token"), KEY, now),
        signed(replace(claims, api_key="another"), KEY, now),
    ):
        assert _asked_for(northwind, wrong).status_code == 401
