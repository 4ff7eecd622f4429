"""Secrets of connections: unreadable where they are kept, and safe across a change of keys."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import override_settings

from connectors import checks, vault
from connectors.errors import NotAuthorized
from connectors.models import AlertChannel, SystemSecret
from tests.connectors.people import hris, new_store

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()

pytestmark = pytest.mark.django_db


def test_a_secret_is_kept_encrypted_and_read_back_by_its_system_alone() -> None:
    workday, other = hris(), hris("Oracle")
    vault.keep(workday, "password", "Tulip-Field-1637")
    assert b"Tulip" not in bytes(SystemSecret.objects.get(system=workday).encrypted)
    assert vault.secrets_of(workday) == {"password": "Tulip-Field-1637"}
    assert vault.secrets_of(other) == {}


def test_a_secret_entered_again_replaces_the_one_before() -> None:
    workday = hris()
    vault.keep(workday, "password", "first")
    vault.keep(workday, "password", "second")
    assert vault.secrets_of(workday) == {"password": "second"}
    vault.forget(workday, "password")
    assert vault.names_of(workday) == frozenset()


def test_after_a_rotation_the_old_key_is_not_needed_any_more() -> None:
    workday = hris()
    with override_settings(CONNECTORS_VAULT_KEYS=[OLD]):
        vault.keep(workday, "password", "Tulip-Field-1637")
        channel = AlertChannel.objects.create(
            store=new_store(), name="Chat", kind="webhook", encrypted_secret=vault.encrypt("whsec_x")
        )
    # Those of other tests are encrypted with other keys.
    SystemSecret.objects.exclude(system=workday).delete()
    AlertChannel.objects.exclude(pk=channel.pk).update(encrypted_secret=None)
    with override_settings(CONNECTORS_VAULT_KEYS=[NEW, OLD]):
        call_command("rotate_secrets", verbosity=0)
    with override_settings(CONNECTORS_VAULT_KEYS=[NEW]):
        assert vault.secrets_of(workday) == {"password": "Tulip-Field-1637"}
        channel.refresh_from_db()
        assert channel.encrypted_secret is not None
        assert vault.decrypt(channel.encrypted_secret) == "whsec_x"


def test_it_says_so_where_no_key_opens_a_secret_and_rotates_nothing() -> None:
    workday = hris()
    with override_settings(CONNECTORS_VAULT_KEYS=[OLD]):
        vault.keep(workday, "password", "x")
    with override_settings(CONNECTORS_VAULT_KEYS=[NEW]):
        with pytest.raises(NotAuthorized, match="cannot be decrypted"):
            vault.secrets_of(workday)
        with pytest.raises(CommandError, match="CONNECTORS_VAULT_KEYS"):
            call_command("rotate_secrets")
    with override_settings(CONNECTORS_VAULT_KEYS=[OLD]):
        assert vault.secrets_of(workday) == {"password": "x"}


@pytest.mark.parametrize(("keys", "wrong"), [([], False), ([OLD, NEW], False), (["short"], True)])
def test_a_key_that_is_none_is_told_by_a_system_check(keys: list[str], wrong: bool) -> None:
    with override_settings(CONNECTORS_VAULT_KEYS=keys):
        assert [each.id for each in checks.vault_keys()] == (["connectors.E002"] if wrong else [])
