"""The only reader of `settings.COMPLIANCE_LOG_*`: one typed function each, default in its docstring.

Each setting has a heading in docs/operator/settings.md.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from compliance.proof import note
from compliance.proof.note import COSIGNATURE, Verifier


def origin() -> str:
    """`COMPLIANCE_LOG_ORIGIN`: the name a new log gets; the address of the log without its scheme."""
    return str(getattr(settings, "COMPLIANCE_LOG_ORIGIN", "") or "localhost/api/v1/log")


def folder() -> Path:
    """`COMPLIANCE_LOG_DIR`: where tiles and the checkpoint are published; `log` in the data folder."""
    return Path(settings.COMPLIANCE_LOG_DIR)


def lock_file() -> Path:
    """`COMPLIANCE_LOG_LOCK`: what was published last, kept outside the database and its backups."""
    return Path(settings.COMPLIANCE_LOG_LOCK)


def key_files() -> list[Path]:
    """`COMPLIANCE_LOG_KEY_FILES`: private keys, newest first; none: they are in the database, encrypted."""
    return [Path(each) for each in getattr(settings, "COMPLIANCE_LOG_KEY_FILES", ())]


def publish_seconds() -> int:
    """`COMPLIANCE_LOG_PUBLISH_SECONDS`: seconds between two checkpoints at least; 60."""
    return int(getattr(settings, "COMPLIANCE_LOG_PUBLISH_SECONDS", 60))


def public() -> bool:
    """`COMPLIANCE_LOG_PUBLIC`: whether checkpoint, tiles, keys and proofs need no credential; False."""
    return bool(getattr(settings, "COMPLIANCE_LOG_PUBLIC", False))


def witnesses() -> list[tuple[Verifier, str]]:
    """`COMPLIANCE_LOG_WITNESSES`: keys of witnesses, each with the address it is asked at, or none.

    Each is `vkey` or `vkey address`; a key of the plain type stands for the one that co-signs.
    """
    found = []
    for each in getattr(settings, "COMPLIANCE_LOG_WITNESSES", ()):
        vkey, _, address = str(each).strip().partition(" ")
        key = note.verifier(vkey)
        found.append((Verifier(key.name, key.public, COSIGNATURE), address.strip()))
    return found


def private_addresses() -> bool:
    """`COMPLIANCE_LOG_PRIVATE_ADDRESSES`: whether witnesses and authorities may be in private networks."""
    return bool(getattr(settings, "COMPLIANCE_LOG_PRIVATE_ADDRESSES", False))


def timestamp_url() -> str:
    """`COMPLIANCE_LOG_TIMESTAMP_URL`: the time-stamping authority (RFC 3161); none: no time-stamps."""
    return str(getattr(settings, "COMPLIANCE_LOG_TIMESTAMP_URL", ""))


def timestamp_roots() -> Path | None:
    """`COMPLIANCE_LOG_TIMESTAMP_ROOTS`: PEM file of the certificates the authority's must lead to."""
    given = str(getattr(settings, "COMPLIANCE_LOG_TIMESTAMP_ROOTS", ""))
    return Path(given) if given else None


def timestamp_seconds() -> int:
    """`COMPLIANCE_LOG_TIMESTAMP_SECONDS`: seconds between two time-stamps at least; 3600."""
    return int(getattr(settings, "COMPLIANCE_LOG_TIMESTAMP_SECONDS", 3600))
