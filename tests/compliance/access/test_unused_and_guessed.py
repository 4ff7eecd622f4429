"""Accounts that are guessed at from everywhere are locked; accounts nobody uses are disabled."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from compliance.access.tasks import disable_inactive_accounts
from compliance.accounts import guessing, inactive
from compliance.models import AccessEvent, AuditEntry, EventKind
from connectors.models import Alert
from tests.compliance.signing.people import PASSWORD
from tests.connectors.people import new_store


@pytest.fixture
def bea(database: None) -> User:
    """Bea, who signs in with a password."""
    cache.clear()
    return User.objects.create_user(f"bea-{uuid4().hex[:8]}", password=PASSWORD, is_staff=True)


def signs_in(user: User, *, address: str, password: str = PASSWORD) -> bool:
    client = Client(REMOTE_ADDR=address)
    client.post("/admin/login/", {"username": user.username, "password": password})
    return "_auth_user_id" in client.session


def guessed_at(user: User, times: int, *, first: int = 1) -> None:
    for number in range(first, first + times):
        assert not signs_in(user, address=f"192.0.2.{number}", password="guessed")


def test_guesses_from_many_addresses_lock_the_account_for_everybody_and_raise_an_alert(
    bea: User, settings: Settings
) -> None:
    settings.COMPLIANCE_ACCOUNT_LOCK_FAILURES = 6
    store = new_store()
    guessed_at(bea, 5)
    assert signs_in(bea, address="198.51.100.7")
    guessed_at(bea, 1, first=6)
    event = AccessEvent.objects.get(kind=EventKind.LOCKED, user=bea)
    assert (event.what, event.detail) == ("guessed from many addresses", {"addresses": 6})
    assert bea.username in Alert.objects.get(store=store, key=f"locked:{bea.username}").text
    assert not signs_in(bea, address="198.51.100.8")
    assert not signs_in(User.objects.get(pk=bea.pk), address="198.51.100.9")


def test_a_lock_ends_by_itself_however_many_fail_meanwhile(bea: User, settings: Settings) -> None:
    settings.COMPLIANCE_ACCOUNT_LOCK_FAILURES = 3
    guessed_at(bea, 3)
    assert guessing.is_locked(bea)
    guessed_at(bea, 4, first=10)
    assert AccessEvent.objects.filter(kind=EventKind.LOCKED, user=bea).count() == 1
    settings.COMPLIANCE_ACCOUNT_LOCK_SECONDS = 0
    assert not guessing.is_locked(bea)
    assert signs_in(bea, address="198.51.100.7")


def test_guesses_at_one_account_lock_no_other(bea: User, settings: Settings) -> None:
    settings.COMPLIANCE_ACCOUNT_LOCK_FAILURES = 3
    cid = User.objects.create_user(f"cid-{uuid4().hex[:8]}", password=PASSWORD, is_staff=True)
    guessed_at(bea, 3)
    assert signs_in(cid, address="192.0.2.1")


def unused(user: User, *, days: int) -> User:
    User.objects.filter(pk=user.pk).update(
        last_login=timezone.now() - timedelta(days=days), date_joined=timezone.now() - timedelta(days=400)
    )
    return user


def test_an_account_nobody_uses_is_disabled_with_an_event_and_a_reason(bea: User, settings: Settings) -> None:
    settings.COMPLIANCE_INACTIVE_DAYS = 90
    new = User.objects.create_user(f"new-{uuid4().hex[:8]}")
    used = unused(User.objects.create_user(f"used-{uuid4().hex[:8]}"), days=89)
    unused(bea, days=91)
    assert disable_inactive_accounts() >= 1
    bea.refresh_from_db()
    assert not bea.is_active
    assert AccessEvent.objects.get(user=bea, kind=EventKind.DISABLED).what == "not used for 90 days"
    assert not signs_in(bea, address="198.51.100.7")
    assert User.objects.filter(pk__in=[new.pk, used.pk], is_active=True).count() == 2
    entry = AuditEntry.objects.filter(table_name="auth_user", row_key=str(bea.pk)).latest("seq")
    assert entry.after is not None
    assert entry.after["is_active"] is False


def test_an_account_that_was_enabled_again_is_not_disabled_the_next_night(
    bea: User, settings: Settings
) -> None:
    settings.COMPLIANCE_INACTIVE_DAYS = 90
    unused(bea, days=200)
    assert bea.pk in {each.pk for each in inactive.disable()}
    User.objects.filter(pk=bea.pk).update(is_active=True)
    assert bea.pk not in {each.pk for each in inactive.disable()}
    later = timezone.now() + timedelta(days=91)
    assert bea.pk in {each.pk for each in inactive.disable(now=later)}


def test_the_last_account_that_may_do_everything_stays(bea: User, settings: Settings) -> None:
    settings.COMPLIANCE_INACTIVE_DAYS = 90
    others = list(User.objects.filter(is_superuser=True, is_active=True).values_list("pk", flat=True))
    User.objects.filter(pk__in=others).update(is_active=False)
    try:
        ada, eva = (
            unused(User.objects.create_superuser(f"{name}-{uuid4().hex[:8]}"), days=200)
            for name in ("ada", "eva")
        )
        disabled = {each.pk for each in inactive.disable()}
        assert len(disabled & {ada.pk, eva.pk}) == 1
    finally:
        User.objects.filter(pk__in=others).update(is_active=True)


def test_with_no_days_set_nobody_is_disabled(bea: User, settings: Settings) -> None:
    settings.COMPLIANCE_INACTIVE_DAYS = 0
    unused(bea, days=4_000)
    assert inactive.disable() == []
