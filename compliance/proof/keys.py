"""The keys of the log: made, kept, rotated; old ones stay known, so that what they signed stays verifiable.

In: nothing, or key files. Out: signers of the next checkpoint, verifiers of all. A private key is kept as
secrets of connections are (connectors.vault), or in a file the operator keeps (`COMPLIANCE_LOG_KEY_FILES`);
the private half of a key that was retired is gone. Never logs or returns a private key elsewhere.
"""

from __future__ import annotations

from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils import timezone

from compliance.models import LogKey
from compliance.proof import conf, note
from compliance.proof.errors import NoteRefused
from compliance.proof.note import Signer, Verifier
from connectors import vault


def signers(origin: str) -> list[Signer]:
    """Return the keys that sign now, newest first; one is made where there is none."""
    files = conf.key_files()
    if files:
        found = [note.signer(path.read_text(encoding="utf-8")) for path in files]
        for each in found:
            if each.name != origin:
                raise NoteRefused(f"A key file is of {each.name}; the log is called {origin}.")
            _know(each)
        return found
    kept = LogKey.objects.filter(name=origin, retired=None).exclude(encrypted_seed=None).order_by("-id")
    return [_kept(each) for each in kept] or [_made(origin)]


def verifiers() -> list[Verifier]:
    """Return every key that signs or has signed checkpoints, oldest first."""
    return [Verifier(each.name, bytes(each.public)) for each in LogKey.objects.order_by("id")]


def new_signer(origin: str) -> Signer:
    """Return a new key, which is kept nowhere yet."""
    return Signer(origin, Ed25519PrivateKey.generate().private_bytes_raw())


@transaction.atomic
def add(origin: str) -> LogKey:
    """Have a new key sign from now on, beside those that do."""
    if conf.key_files():
        raise NoteRefused(
            "The keys of this log are in files: put the new one in front, and keep the old one."
        )
    signers(origin)
    made = new_signer(origin)
    return _keep(made)


@transaction.atomic
def retire(newest: LogKey) -> int:
    """Let only the newest key sign from now on; the private halves of the others are removed."""
    others = LogKey.objects.filter(name=newest.name, retired=None).exclude(pk=newest.pk)
    return others.update(retired=timezone.now(), encrypted_seed=None)


@vault.also_rotated
def rotate_encryption() -> int:
    """Encrypt kept keys anew with the first key of the vault; return how many that were."""
    count = 0
    for each in LogKey.objects.exclude(encrypted_seed=None):
        each.encrypted_seed = vault.encrypt(vault.decrypt(each.encrypted_seed or b""))
        each.save(update_fields=["encrypted_seed"])
        count += 1
    return count


def _kept(row: LogKey) -> Signer:
    return Signer(row.name, b64decode(vault.decrypt(row.encrypted_seed or b"")))


def _made(origin: str) -> Signer:
    made = new_signer(origin)
    _keep(made)
    return made


def _keep(made: Signer) -> LogKey:
    verifier = made.verifier
    return LogKey.objects.create(
        name=made.name,
        key_id=verifier.key_id.hex(),
        public=verifier.public,
        encrypted_seed=vault.encrypt(b64encode(made.seed).decode("ascii")),
    )


def _know(given: Signer) -> None:
    verifier = given.verifier
    LogKey.objects.get_or_create(
        name=given.name, public=verifier.public, defaults={"key_id": verifier.key_id.hex()}
    )
