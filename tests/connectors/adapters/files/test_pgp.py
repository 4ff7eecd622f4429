"""Encrypted and signed files, with keys made here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pysequoia
import pytest

from connectors.adapters.files.damage import Damaged
from connectors.errors import NotAuthorized
from tests.connectors.adapters.files.incoming import Incoming

CONTENT = b"worker_id,last_name\n21001,Lee\n"


@dataclass(frozen=True)
class Keys:
    hub: pysequoia.Tsk
    sender: pysequoia.Tsk
    stranger: pysequoia.Tsk


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys(
        *(pysequoia.Tsk.generate(f"{name} <{name}@x.test>") for name in ("hub", "sender", "stranger"))
    )


@pytest.fixture
def incoming(tmp_path: Path, keys: Keys) -> Incoming:
    return Incoming(
        tmp_path,
        settings={"pgp": "signed", "pgp_signers": [str(keys.sender.extract_certificate())]},
        secrets={"pgp_key": str(keys.hub)},
    )


def _sealed(
    keys: Keys, content: bytes = CONTENT, *, by: pysequoia.Tsk | None = None, to: pysequoia.Tsk | None = None
) -> bytes:
    recipient = (to or keys.hub).extract_certificate()
    return pysequoia.encrypt(content, [recipient], signer=by.signer() if by else None, armor=False)


def test_a_file_of_a_known_signer_is_read(incoming: Incoming, keys: Keys) -> None:
    incoming.announce("workers.csv.pgp", _sealed(keys, by=keys.sender), 1)
    assert [each.key for each in incoming.run()] == ["21001"]
    assert incoming.names("processed") == {"workers.csv.pgp", "workers.csv.pgp.manifest.json"}


@pytest.mark.parametrize("signer", ["stranger", ""])
def test_a_file_of_a_stranger_or_of_nobody_is_refused(incoming: Incoming, keys: Keys, signer: str) -> None:
    incoming.announce("workers.csv.pgp", _sealed(keys, by=getattr(keys, signer) if signer else None), 1)
    with pytest.raises(Damaged, match="no valid signature"):
        incoming.run()
    incoming.fail()
    assert len(incoming.names("failed")) == 2


def test_a_signature_is_not_asked_for_where_encryption_is_enough(incoming: Incoming, keys: Keys) -> None:
    incoming.settings = {"pgp": "encrypted"}
    incoming.announce("workers.csv.pgp", _sealed(keys), 1)
    assert [each.key for each in incoming.run()] == ["21001"]


def test_a_file_to_somebody_else_is_refused(incoming: Incoming, keys: Keys) -> None:
    incoming.announce("workers.csv.pgp", _sealed(keys, by=keys.sender, to=keys.stranger), 1)
    with pytest.raises(Damaged, match="cannot be decrypted"):
        incoming.run()


def test_a_plain_file_is_refused_where_an_encrypted_one_is_expected(incoming: Incoming) -> None:
    incoming.announce("workers.csv", CONTENT, 1)
    with pytest.raises(Damaged, match="cannot be decrypted"):
        incoming.run()


def test_a_file_that_was_tampered_with_is_refused(incoming: Incoming, keys: Keys) -> None:
    sealed = bytearray(_sealed(keys, by=keys.sender))
    sealed[-30] ^= 1
    incoming.announce("workers.csv.pgp", bytes(sealed), 1)
    with pytest.raises(Damaged):
        incoming.run()


def test_an_encrypted_file_is_refused_where_none_is_expected(incoming: Incoming, keys: Keys) -> None:
    incoming.settings = {"pgp": "off"}
    incoming.announce("workers.csv.pgp", _sealed(keys, by=keys.sender), 1)
    with pytest.raises(Damaged, match="does not expect"):
        incoming.run()


def test_a_message_that_opens_to_more_than_the_limit_is_refused(incoming: Incoming, keys: Keys) -> None:
    incoming.settings["most_bytes"] = 200_000
    incoming.announce("workers.csv.pgp", _sealed(keys, b"worker_id\n" + b"1\n" * 90_000, by=keys.sender), 1)
    with pytest.raises(Damaged):
        incoming.run()
    incoming.settings["most_bytes"] = 100_000
    incoming.fail()
    assert len(incoming.names("failed")) == 2


def test_a_key_that_cannot_be_used_is_not_the_files_fault(incoming: Incoming, keys: Keys) -> None:
    incoming.announce("workers.csv.pgp", _sealed(keys, by=keys.sender), 1)
    incoming.secrets = {"pgp_key": "not a key"}
    with pytest.raises(NotAuthorized) as caught:
        incoming.run()
    assert "not a key" not in str(caught.value)
    assert len(incoming.names()) == 2
