"""Accounts: names that are never reused, passwords that age, sessions that end, resets that take two
people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from compliance.access.grants import AUDITOR
from compliance.access.roles import ADMINISTRATOR
from compliance.accounts import devices, passwords, resets
from compliance.models import (
    AccessEvent,
    Account,
    AccountName,
    AccountSession,
    CertificationLetter,
    EventKind,
    PasswordReset,
    PasswordUsed,
)
from connectors.models import Alert
from tests.compliance.signing.people import PASSWORD
from tests.compliance.signing.test_components import code_for
from tests.connectors.people import new_store
from tests.fixtures import at_once


@pytest.fixture
def ada(database: None) -> User:
    """Ada, a superuser with a password."""
    cache.clear()
    return User.objects.create_superuser(
        f"ada-{uuid4().hex[:8]}", email="ada@example.com", password=PASSWORD, first_name="Ada"
    )


def administrator(name: str) -> User:
    return User.objects.create_superuser(f"{name}-{uuid4().hex[:8]}", email=f"{name}@example.com")


def sign_in(
    user: User, *, password: str = PASSWORD, agent: str = "Firefox", page: str = "/admin/login/"
) -> Any:
    """Return a browser after the sign-in page took these."""
    client = Client(headers={"User-Agent": agent})
    field = "login" if page == "/accounts/login/" else "username"
    client.post(page, {field: user.get_username(), "password": password})
    return client


def test_11_300_a_a_user_name_belongs_to_one_account_in_whatever_case(ada: User) -> None:
    with pytest.raises(IntegrityError, match="is or was another account"), transaction.atomic():
        User.objects.create_user(ada.username.upper())


def test_11_100_a_a_user_name_is_never_given_to_somebody_else_again(database: None) -> None:
    gone = User.objects.create_user(f"gone-{uuid4().hex[:8]}")
    name = gone.username
    gone.username = f"left-{uuid4().hex[:8]}"
    gone.save()
    with pytest.raises(IntegrityError, match="another account"), transaction.atomic():
        User.objects.create_user(name)
    gone.username = name
    gone.save()
    User.objects.filter(pk=gone.pk).delete()
    with pytest.raises(IntegrityError, match="another account"), transaction.atomic():
        User.objects.create_user(name.title())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AccountName.objects.filter(folded=name.lower()).delete()


def test_11_300_a_of_two_who_take_a_name_at_once_one_gets_it(database: None) -> None:
    name = f"race-{uuid4().hex[:8]}"

    def take(written: str) -> Callable[[], bool]:
        def go() -> bool:
            try:
                User.objects.create_user(written)
            except IntegrityError:
                return False
            return True

        return go

    assert sorted(at_once([take(name), take(name.upper())])) == [False, True]


def test_passwords_are_kept_with_argon2(ada: User) -> None:
    from django.conf import settings

    from hub import settings as product

    assert settings.PASSWORD_HASHERS != product.PASSWORD_HASHERS
    with override_settings(PASSWORD_HASHERS=product.PASSWORD_HASHERS):
        ada.set_password(PASSWORD)
        assert ada.password.startswith("argon2$argon2id$")


def test_11_300_b_a_password_of_before_is_not_taken_again(ada: User) -> None:
    rule = passwords.NotUsedBefore()
    with pytest.raises(ValidationError):
        rule.validate(PASSWORD, ada)
    for number in range(11):
        ada.set_password(f"sentence number {number}")
        ada.save()
    with pytest.raises(ValidationError):
        rule.validate(PASSWORD, ada)
    ada.set_password("sentence number 11")
    ada.save()
    rule.validate(PASSWORD, ada)
    assert PasswordUsed.objects.filter(user=ada).count() == 13
    assert AccessEvent.objects.filter(kind=EventKind.PASSWORD_CHANGED, user=ada).count() == 12


def test_11_300_b_an_old_password_signs_in_only_to_be_changed(ada: User) -> None:
    account = passwords.account_of(ada)
    account.password_changed = timezone.now() - timedelta(days=181)
    account.save()
    client = sign_in(ada)
    there = client.get("/admin/")
    assert there.status_code == 302
    assert there.headers["Location"].startswith("/accounts/password/change/")
    assert client.get("/api/v1/people").json()["rule"] == "password"
    assert client.get("/accounts/password/change/").status_code == 200
    sent = {
        "oldpassword": PASSWORD,
        "password1": "a quite different sentence",
        "password2": "a quite different sentence",
    }
    assert client.post("/accounts/password/change/", sent).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_the_first_administrator_is_not_shut_out_at_the_first_start(database: None) -> None:
    """An account from before there was any history counts from today on."""
    first = User.objects.create(username=f"first-{uuid4().hex[:8]}", is_staff=True, is_superuser=True)
    first.password = User(username="x").password
    first.set_password(PASSWORD)
    User.objects.filter(pk=first.pk).update(password=first.password)
    assert not Account.objects.filter(user=first).exists()
    assert sign_in(first).get("/admin/").status_code == 200


def test_a_session_ends_when_it_is_idle(ada: User) -> None:
    client = sign_in(ada)
    assert client.get("/admin/").status_code == 200
    AccountSession.objects.filter(user=ada).update(last_seen=timezone.now() - timedelta(seconds=1_801))
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.get("/admin/").status_code == 302
    ended = AccessEvent.objects.get(user=ada, kind=EventKind.SESSION_ENDED)
    assert ended.what == "idle for too long"


def test_a_session_ends_after_its_time_whatever_is_done(ada: User) -> None:
    client = sign_in(ada)
    AccountSession.objects.filter(user=ada).update(started=timezone.now() - timedelta(hours=8, seconds=1))
    assert client.get("/admin/").status_code == 302
    assert AccountSession.objects.get(user=ada).ended_why == "signed in for too long"


def test_an_api_caller_whose_session_is_over_is_told_so(ada: User) -> None:
    client = sign_in(ada)
    AccountSession.objects.filter(user=ada).update(ended=timezone.now(), ended_why="access taken away")
    refused = client.get("/api/v1/people")
    assert (refused.status_code, refused.json()["rule"]) == (401, "session")


def test_the_same_account_on_two_devices_is_flagged_and_on_one_it_is_not(ada: User) -> None:
    first = sign_in(ada)
    first.get("/admin/")
    assert not AccessEvent.objects.filter(kind=EventKind.CONCURRENT, user=ada).exists()
    sign_in(ada, agent="Safari")
    assert AccessEvent.objects.filter(kind=EventKind.CONCURRENT, user=ada).count() == 1


def test_11_300_d_failures_lock_are_written_down_and_raise_the_alarm(ada: User) -> None:
    store = new_store()
    for _ in range(5):
        sign_in(ada, password="guessed")
    assert AccessEvent.objects.filter(kind=EventKind.REFUSED, user=ada).count() >= 5
    assert AccessEvent.objects.filter(kind=EventKind.LOCKED, user_name=ada.username).exists()
    alert = Alert.objects.get(store=store, kind="security", key=f"locked:{ada.username}")
    assert ada.username in alert.text
    assert sign_in(ada).get("/admin/").status_code == 302
    cache.clear()


def test_signing_in_and_out_is_written_down(ada: User) -> None:
    client = sign_in(ada)
    client.post("/admin/logout/")
    kinds = AccessEvent.objects.filter(user=ada).order_by("pk").values_list("kind", flat=True)
    assert [each for each in kinds if each in ("login", "logout")] == ["login", "logout"]
    assert AccountSession.objects.get(user=ada).ended_why == "signed out"


@pytest.mark.parametrize("page", ["/admin/login/", "/accounts/login/"])
def test_a_second_factor_is_asked_for_whichever_page_took_the_password(ada: User, page: str) -> None:
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    stored = Authenticator.objects.get(user=ada).data["secret"]
    assert len(stored) > 80, "the secret is encrypted"
    client = sign_in(ada, page=page)
    assert client.get("/api/v1/people").status_code in (401, 403)
    for _ in range(2):
        asked = client.get("/admin/", follow=True)
        assert b"Two-Factor Authentication" in asked.content or b"Log in" in asked.content
    answer = client.post("/accounts/2fa/authenticate/", {"code": code_for(ada)})
    assert answer.status_code == 302, answer.content[:800]
    assert client.get("/admin/").status_code == 200


def test_a_wrong_code_lets_nobody_in(ada: User) -> None:
    totp.TOTP.activate(ada, totp.generate_totp_secret())
    client = sign_in(ada)
    client.get("/admin/", follow=True)
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_nobody_signs_up_and_no_mail_resets_a_password(database: None) -> None:
    client = Client()
    sent = {"username": f"eve-{uuid4().hex[:6]}", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", sent)
    assert not User.objects.filter(username=sent["username"]).exists()
    assert client.get("/accounts/password/reset/").status_code == 404


@override_settings(EMAIL_HOST="mail.example.com")
def test_11_200_a_3_a_reset_takes_two_administrators_and_tells_the_owner(ada: User) -> None:
    one, two = administrator("one"), administrator("two")
    client = sign_in(ada)
    asked = resets.ask(ada, by=one, reason="forgotten")
    with pytest.raises(PermissionDenied, match="Another administrator"):
        resets.approve(asked, by=one)
    with pytest.raises(PermissionDenied, match="own password"):
        resets.approve(asked, by=ada)
    with pytest.raises(PermissionDenied, match="permission"):
        resets.approve(asked, by=User.objects.create_user(f"nobody-{uuid4().hex[:6]}"))
    with pytest.raises(resets.AlreadyAsked):
        resets.ask(ada, by=two, reason="again")
    temporary = resets.approve(asked, by=two)
    with pytest.raises(PermissionDenied, match="decided already"):
        resets.approve(asked, by=two)

    assert [each.to for each in mail.outbox] == [["ada@example.com"]] * 2
    assert temporary not in "".join(str(each.body) for each in mail.outbox)
    assert client.get("/admin/").status_code == 302
    again = sign_in(ada, password=temporary)
    assert again.get("/admin/").headers["Location"].startswith("/accounts/password/change/")


def test_11_200_a_3_the_database_itself_refuses_a_reset_by_one(ada: User) -> None:
    one = administrator("one")
    asked = PasswordReset.objects.create(user=ada, asked_by=one, reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        PasswordReset.objects.filter(pk=asked.pk).update(approved_by=one, approved_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        PasswordReset.objects.create(user=one, asked_by=one, reason="x")


def test_no_administrator_sets_anothers_password_in_the_administration(ada: User) -> None:
    other = administrator("other")
    client = sign_in(ada)
    page = f"/admin/auth/user/{other.pk}/password/"
    assert client.get(page).status_code == 302
    client.post(page, {"password1": "a new sentence here", "password2": "a new sentence here"})
    assert not User.objects.get(pk=other.pk).check_password("a new sentence here")


def test_who_looks_after_accounts_makes_nobody_a_superuser_and_no_superuser_less(ada: User) -> None:
    keeper = User.objects.create_user(f"keeper-{uuid4().hex[:8]}", is_staff=True)
    keeper.groups.add(Group.objects.get(name=ADMINISTRATOR))
    client = Client()
    client.force_login(keeper, backend="django.contrib.auth.backends.ModelBackend")
    form = {"username": keeper.username, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    form |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "first_name": "Kim"}
    form |= {"change_reason": "Kim is what she is called."}
    assert client.post(f"/admin/auth/user/{keeper.pk}/change/", form).status_code == 302
    keeper.refresh_from_db()
    assert (keeper.first_name, keeper.is_superuser) == ("Kim", False)
    assert client.post(f"/admin/auth/user/{ada.pk}/change/", {"username": ada.username}).status_code == 403
    ada.refresh_from_db()
    assert ada.is_active


def test_a_new_accounts_owner_chooses_a_password_of_their_own(ada: User) -> None:
    client = sign_in(ada)
    name = f"new-{uuid4().hex[:8]}"
    form = {"username": name, "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/admin/auth/user/add/", form).status_code == 302
    made = User.objects.get(username=name)
    assert Account.objects.get(user=made).must_change
    there = sign_in(made, page="/accounts/login/").get("/accounts/").headers["Location"]
    assert there.startswith("/accounts/password/change/")


def test_the_pages_of_access_and_signing_open(ada: User) -> None:
    client = sign_in(ada)
    tables = (
        "grant", "recertificationitem", "passwordreset", "device", "accessevent", "disclosure", "signature",
        "signaturepolicy", "certificationletter", "accountabilitypolicy", "identityverification",
    )  # fmt: skip
    for table in tables:
        assert client.get(f"/admin/compliance/{table}/").status_code == 200, table
    for table in ("grant", "device", "signaturepolicy", "certificationletter", "accountabilitypolicy"):
        assert client.get(f"/admin/compliance/{table}/add/").status_code == 200, table
    letter = {
        "organization": "Meridian Health", "signed_by": "The director", "sent_on": "2026-01-05",
        "sent_how": "paper", "reference": "FDA 1",
    }  # fmt: skip
    assert client.post("/admin/compliance/certificationletter/add/", letter).status_code == 302
    made = CertificationLetter.objects.get(recorded_by=ada)
    assert (made.reference, made.withdrawn_at) == ("FDA 1", None)
    grant = {
        "user": ada.pk,
        "role": Group.objects.get(name=AUDITOR).pk,
        "store": new_store().pk,
        "reason": "x",
    }
    refused = client.post("/admin/compliance/grant/add/", grant).content.decode()
    assert "Nobody grants themselves anything." in refused


def test_11_200_a_3_two_administrators_reset_in_the_administration(ada: User) -> None:
    owner = User.objects.create_user(f"owner-{uuid4().hex[:8]}", password=PASSWORD)
    bob = User.objects.create_superuser(f"bob-{uuid4().hex[:8]}", password=PASSWORD)
    chosen = {"action": "ask_reset", "_selected_action": owner.pk}
    sign_in(ada).post("/admin/auth/user/", chosen)
    asked = PasswordReset.objects.get(user=owner)
    approval = {"action": "approve", "_selected_action": asked.pk}
    sign_in(ada).post("/admin/compliance/passwordreset/", approval)
    asked.refresh_from_db()
    assert asked.approved_at is None
    page = sign_in(bob).post("/admin/compliance/passwordreset/", approval)
    [temporary] = re.findall(r'id="temporary">([^<]+)<', page.content.decode())
    assert User.objects.get(pk=owner.pk).check_password(temporary)


def test_11_10_h_an_unregistered_device_is_shut_out_where_all_have_to_be(ada: User) -> None:
    _, token = devices.register(name=f"Desk {ada.pk}", by=administrator("one"))
    devices.register(name=f"Ward {ada.pk}", by=administrator("one"), network="10.20.0.0/16")
    client = sign_in(ada)
    with override_settings(COMPLIANCE_DEVICE_CHECK="all"):
        assert client.get("/admin/").status_code == 403
        client = sign_in(ada)
        client.cookies[devices.TOKEN_COOKIE] = token
        assert client.get("/admin/").status_code == 200
        ward = Client(REMOTE_ADDR="10.20.3.4")
        ward.post("/admin/login/", {"username": ada.username, "password": PASSWORD})
        assert ward.get("/admin/").status_code == 200


def test_events_are_never_changed_or_removed(ada: User) -> None:
    sign_in(ada)
    attempts: list[Callable[[], object]] = [
        lambda: AccessEvent.objects.filter(user=ada).update(what="x"),
        lambda: AccessEvent.objects.filter(user=ada).delete(),
        lambda: connection.cursor().execute("TRUNCATE compliance_access_event"),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
