"""Secrets of connections and alert channels: encrypted where they are kept, readable only to run with.

In: a secret in clear. Out: a Fernet token (AES-128-CBC, HMAC-SHA-256), and back. The first key of
`CONNECTORS_VAULT_KEYS` encrypts, all of them decrypt; without any, keys are derived from SECRET_KEY and its
fallbacks. Never shows, logs or returns a secret to anything but the call that needs it.

To rotate: put a new key in front, run `manage.py rotate_secrets`, remove the old one.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors import conf
from connectors.errors import NotAuthorized
from connectors.models import AlertChannel, System, SystemSecret

_ABOUT = b"lrs-hub connectors.vault"
#: Encrypt anew what others keep the vault's way; each returns how many secrets that were.
_also: list[Callable[[], int]] = []


def also_rotated(rotate_theirs: Callable[[], int]) -> Callable[[], int]:
    """Have `rotate` encrypt secrets anew that are kept elsewhere."""
    _also.append(rotate_theirs)
    return rotate_theirs


def encrypt(secret: str) -> bytes:
    """Return a secret as it is kept."""
    return _keys().encrypt(secret.encode())


def decrypt(kept: bytes | memoryview) -> str:
    """Return a kept secret in clear. Raises NotAuthorized where none of the keys opens it."""
    try:
        return _keys().decrypt(bytes(kept)).decode()
    except InvalidToken as error:
        raise NotAuthorized(
            "A secret of the connection cannot be decrypted with any key the hub has.",
            suggestion="Bring the key back (CONNECTORS_VAULT_KEYS, SECRET_KEY_FALLBACKS), or enter it anew.",
        ) from error


def secrets_of(system: System) -> dict[str, str]:
    """Return the secrets of a system in clear, by name."""
    return {each.name: decrypt(each.encrypted) for each in SystemSecret.objects.filter(system=system)}


def names_of(system: System) -> frozenset[str]:
    """Return which secrets a system has."""
    return frozenset(SystemSecret.objects.filter(system=system).values_list("name", flat=True))


def keep(system: System, name: str, secret: str) -> None:
    """Keep a secret in the place of an earlier one."""
    SystemSecret.objects.update_or_create(
        system=system, name=name, defaults={"encrypted": encrypt(secret), "changed": timezone.now()}
    )


def forget(system: System, name: str) -> None:
    """Keep a secret no longer."""
    SystemSecret.objects.filter(system=system, name=name).delete()


@transaction.atomic
def rotate() -> int:
    """Encrypt everything anew with the first key; return how many secrets that were."""
    count = 0
    for secret in SystemSecret.objects.all():
        secret.encrypted = encrypt(decrypt(secret.encrypted))
        secret.save(update_fields=["encrypted"])
        count += 1
    for channel in AlertChannel.objects.exclude(encrypted_secret=None):
        channel.encrypted_secret = encrypt(decrypt(channel.encrypted_secret or b""))
        channel.save(update_fields=["encrypted_secret"])
        count += 1
    return count + sum(each() for each in _also)


def _keys() -> MultiFernet:
    given = conf.vault_keys() or _derived((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    return MultiFernet([Fernet(each) for each in given])


def _derived(secrets: Iterable[str]) -> list[bytes]:
    return [
        urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=_ABOUT).derive(each.encode()))
        for each in secrets
    ]
