"""People's passwords: after a few wrong ones the sign-in waits, in the admin and before consent."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

ADMIN = "/admin/login/"
CONSENT = "/oauth/sign-in/"


@pytest.fixture
def ann(db: None, settings: Settings) -> User:
    settings.AXES_FAILURE_LIMIT = 3
    return User.objects.create_superuser("ann", "ann@example.org", "correct horse battery")


def sign_in(
    client: Client, address: str, password: str, *, user: str = "ann", remote: str = "192.0.2.10"
) -> int:
    return client.post(address, {"username": user, "password": password}, REMOTE_ADDR=remote).status_code


@pytest.mark.parametrize("address", [ADMIN, CONSENT])
def test_the_right_password_signs_in(client: Client, ann: User, address: str) -> None:
    assert sign_in(client, address, "correct horse battery") == 302


@pytest.mark.parametrize("address", [ADMIN, CONSENT])
def test_after_wrong_passwords_even_the_right_one_waits(client: Client, ann: User, address: str) -> None:
    for _ in range(3):
        sign_in(client, address, "guess")
    assert sign_in(client, address, "correct horse battery") == 429
    assert "_auth_user_id" not in client.session


def test_wrong_passwords_in_one_place_count_in_the_other(client: Client, ann: User) -> None:
    for _ in range(3):
        sign_in(client, CONSENT, "guess")
    assert sign_in(client, ADMIN, "correct horse battery") == 429


def test_after_the_wait_the_right_password_signs_in(client: Client, ann: User) -> None:
    for _ in range(3):
        sign_in(client, ADMIN, "guess")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    assert sign_in(client, ADMIN, "correct horse battery") == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert sign_in(client, ADMIN, "correct horse battery") == 302


def test_no_password_is_kept_with_the_attempts(client: Client, ann: User) -> None:
    sign_in(client, ADMIN, "nearly-right-battery")
    assert "nearly-right-battery" not in str(list(AccessAttempt.objects.values()))


def test_a_stranger_locks_nobody_out_elsewhere(client: Client, ann: User) -> None:
    for _ in range(4):
        sign_in(client, ADMIN, "guess", remote="203.0.113.66")
    assert sign_in(client, ADMIN, "correct horse battery") == 302
