"""A record is signed in a browser: what is shown is what is signed, with a password and with a passkey."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User
from django.utils import timezone

from compliance import signing
from compliance.access import grants, recertification
from compliance.access.grants import AUDITOR
from compliance.access.roles import SIGNS
from compliance.models import Recertification, Signature
from compliance.signing.components import second_factors
from tests.browser.conftest import PASSWORD
from tests.browser.visitors import ChromiumVisitor, Visitor
from tests.compliance.signing.people import make_ready, warden
from tests.connectors.people import new_store


@pytest.fixture
def ruth(database: None) -> User:
    """Ruth, who may sign for review and works outside the administration."""
    hashed = PBKDF2PasswordHasher().encode(PASSWORD, salt=uuid4().hex)
    user = User.objects.create(
        username=f"ruth-{uuid4().hex[:8]}", password=hashed, first_name="Ruth", last_name="Lawrence"
    )
    user.groups.add(Group.objects.get(name=SIGNS["review"]))
    make_ready(user)
    return user


@pytest.fixture
def review(database: None) -> Recertification:
    """An access review that is closed: every grant was kept."""
    holder = User.objects.create(username=f"vera-{uuid4().hex[:8]}")
    grants.give(
        holder,
        Group.objects.get(name=AUDITOR),
        store_id=new_store().pk,
        by=warden(),
        reason="inspection",
        ends=timezone.now() + timedelta(days=7),
    )
    made = recertification.begin(by=warden())
    decider = User.objects.create(username=f"dora-{uuid4().hex[:8]}")
    for each in made.items.all():
        recertification.decide(each, by=decider, keep=True, note=f"needed <b>by</b> {holder.username}")
    made.refresh_from_db()
    return made


def sign_in(visitor: Visitor, user: User) -> None:
    visitor.open("/accounts/login/")
    visitor.fill("login", user.username)
    visitor.fill("password", PASSWORD)
    visitor.press("Sign in")


def test_what_is_shown_is_signed_and_shows_its_signature(
    visitor: Visitor, ruth: User, review: Recertification
) -> None:
    page = f"/audit/sign/access-review/{review.pk}/"
    sign_in(visitor, ruth)
    visitor.open(page)
    shown = signing.shown_of("access-review", str(review.pk))
    assert visitor.shown("shown-hash") == shown.digest
    for grant in shown.content["grants"]:
        assert grant["holder"] in visitor.words()
        assert grant["note"] in visitor.words()
    assert "Not signed." in visitor.words()
    visitor.is_sound()

    visitor.fill("user_name", ruth.username)
    visitor.fill("password", "guessed")
    visitor.press("Sign")
    assert "Nothing was signed" in visitor.shown("fault")
    assert not Signature.objects.filter(signer=ruth).exists()

    visitor.fill("user_name", ruth.username)
    visitor.fill("password", PASSWORD)
    visitor.fill("reason", "Every grant was looked at.")
    visitor.press("Sign")
    assert "signed electronically by Ruth Lawrence" in visitor.words()
    assert "Every grant was looked at." in visitor.words()
    assert "Valid" in visitor.words()
    visitor.is_sound()
    signature = Signature.objects.get(signer=ruth)
    assert signing.verify(signature).valid
    assert signing.is_fulfilled("access-review", str(review.pk))


def test_what_comes_first_is_said_on_pages_of_its_own(
    visitor: Visitor, ruth: User, review: Recertification
) -> None:
    eve = User.objects.create(
        username=f"eve-{uuid4().hex[:8]}",
        password=PBKDF2PasswordHasher().encode(PASSWORD, salt=uuid4().hex),
    )
    eve.groups.add(Group.objects.get(name=SIGNS["review"]))
    sign_in(visitor, eve)
    visitor.open(f"/audit/sign/access-review/{review.pk}/")
    assert "Nobody has verified your identity yet." in visitor.shown("hindrances")
    visitor.is_sound()
    visitor.open("/audit/sign/policy/")
    visitor.press("I have read it")
    assert "You have acknowledged it." in visitor.words()
    visitor.is_sound()
    visitor.open("/audit/sign/")
    assert "11.100(b)" in visitor.words()
    visitor.is_sound()


def test_a_series_of_signatures_is_carried_on_with_a_passkey(visitor: Visitor, ruth: User) -> None:
    if not isinstance(visitor, ChromiumVisitor):
        pytest.skip("who runs no scripts has no passkeys")
    page: Any = visitor.page
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    authenticator = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": authenticator})
    first, second = (recertification.begin(by=warden()) for _ in range(2))
    decider = User.objects.create(username=f"dora-{uuid4().hex[:8]}")
    for each in (first, second):
        for item in each.items.all():
            recertification.decide(item, by=decider, keep=True)
        Recertification.objects.filter(pk=each.pk, closed=None).update(closed=timezone.now())

    sign_in(visitor, ruth)
    visitor.open("/accounts/2fa/webauthn/add/")
    if "/reauthenticate/" in visitor.path():
        visitor.fill("password", PASSWORD)
        visitor.press("Confirm")
    assert page.locator("input[name=name]").count(), f"{page.url}: {visitor.words()}"
    page.fill("input[name=name]", "Ruth's key")
    with page.expect_navigation():
        page.click("#mfa_webauthn_add")
    assert "passkey" in second_factors(ruth)

    visitor.open(f"/audit/sign/access-review/{first.pk}/")
    if page.locator("#mfa_webauthn_authenticate").count():
        with page.expect_navigation():
            page.click("#mfa_webauthn_authenticate")
        visitor.open(f"/audit/sign/access-review/{first.pk}/")
    _with_passkey(page)
    visitor.fill("user_name", ruth.username)
    visitor.fill("password", PASSWORD)
    visitor.press("Sign")
    visitor.open(f"/audit/sign/access-review/{second.pk}/")
    _with_passkey(page)
    visitor.press("Sign")

    given = Signature.objects.filter(signer=ruth).order_by("position")
    assert [each.components for each in given] == [["user name", "password", "passkey"], ["passkey"]]
    visitor.is_sound()


def _with_passkey(page: Any) -> None:
    page.click("#use-passkey")
    page.wait_for_selector("text=Passkey shown", timeout=15_000)
