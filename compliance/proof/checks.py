"""System checks of the proof log: settings it cannot work with, each with a stable id and a hint.

    compliance.E010  a witness is none
    compliance.E011  a key file cannot be used
    compliance.E012  the file of a time-stamping authority's roots cannot be used
    compliance.E013  the lock lies in the folder that is published

In: settings and the files they name. Out: messages. Never a query, never a word of a private key.
"""

from __future__ import annotations

from typing import Any

from cryptography import x509
from django.core import checks

from compliance.proof import conf, note
from compliance.proof.errors import NoteRefused


@checks.register
def log_settings(**_: Any) -> list[checks.CheckMessage]:
    """compliance.E010 to E013."""
    return [*_witnesses(), *_keys(), *_roots(), *_lock()]


def _witnesses() -> list[checks.CheckMessage]:
    try:
        conf.witnesses()
    except NoteRefused as error:
        return [
            checks.Error(
                f"A witness of COMPLIANCE_LOG_WITNESSES is none: {error}",
                hint="Each is a vkey, name+key id+base64, and after a blank an address or nothing.",
                id="compliance.E010",
            )
        ]
    return []


def _keys() -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for path in conf.key_files():
        try:
            note.signer(path.read_text(encoding="utf-8"))
        except (NoteRefused, OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            found.append(
                checks.Error(
                    f"{path} of COMPLIANCE_LOG_KEY_FILES cannot be used: {said}",
                    hint="manage.py log_key --file makes one.",
                    id="compliance.E011",
                )
            )
    return found


def _roots() -> list[checks.CheckMessage]:
    path = conf.timestamp_roots()
    if path is None:
        return []
    try:
        x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        return [
            checks.Error(
                f"{path} of COMPLIANCE_LOG_TIMESTAMP_ROOTS cannot be used: {error}",
                hint="It holds certificates in PEM.",
                id="compliance.E012",
            )
        ]
    return []


def _lock() -> list[checks.CheckMessage]:
    if conf.folder() in conf.lock_file().parents:
        return [
            checks.Error(
                "COMPLIANCE_LOG_LOCK lies in COMPLIANCE_LOG_DIR, which is published.",
                hint="Keep it somewhere else, best not on the machine of the database.",
                id="compliance.E013",
            )
        ]
    return []
