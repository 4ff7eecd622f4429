"""Settings the proof log cannot work with are told before it starts."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from compliance.proof import checks
from compliance.proof.note import Signer

KEY = Signer("academy.hospital.example/api/v1/log", b"k" * 32)


def test_settings_as_they_should_be_are_fine(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.write_text(KEY.written)
    settings.COMPLIANCE_LOG_KEY_FILES = [str(path)]
    settings.COMPLIANCE_LOG_WITNESSES = [f"{KEY.verifier.vkey} https://witness.example", KEY.verifier.vkey]
    assert checks.log_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "identifier"),
    [
        ("COMPLIANCE_LOG_WITNESSES", ["witness"], "compliance.E010"),
        ("COMPLIANCE_LOG_KEY_FILES", ["/nowhere"], "compliance.E011"),
        ("COMPLIANCE_LOG_KEY_FILES", [__file__], "compliance.E011"),
        ("COMPLIANCE_LOG_TIMESTAMP_ROOTS", "/nowhere", "compliance.E012"),
        ("COMPLIANCE_LOG_TIMESTAMP_ROOTS", __file__, "compliance.E012"),
    ],
)
def test_what_cannot_be_used_is_named(settings: Settings, name: str, value: object, identifier: str) -> None:
    setattr(settings, name, value)
    [message] = checks.log_settings()
    assert message.id == identifier
    assert message.hint
    assert name in message.msg


def test_a_lock_that_would_be_published_is_refused(settings: Settings) -> None:
    settings.COMPLIANCE_LOG_LOCK = settings.COMPLIANCE_LOG_DIR / "lock.json"
    assert [each.id for each in checks.log_settings()] == ["compliance.E013"]
