"""Others vouch for the log: witnesses co-sign, an authority stamps, new keys follow old ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import override_settings
from pytest_django import Settings

from compliance.models import LogCosignature, LogKey, LogTimestamp
from compliance.proof import (
    conf,
    cosignature,
    folder,
    keys,
    lock,
    note,
    publish,
    timestamps,
    vouched,
    witnesses,
)
from compliance.proof.errors import LogRefused, NoteRefused, StampRefused, WitnessRefused
from compliance.proof.verify.run import verify
from connectors import vault
from tests.compliance.proof.academy import Log, sound
from tests.compliance.proof.authority import Authority, Witness, listening
from tests.compliance.proof.test_drill import first
from tests.fixtures import Xapi
from tests.statements import statement


@pytest.fixture
def witness(moodle: Xapi, log: Log, settings: Settings) -> Iterator[Witness]:
    """A witness that has never heard of the log."""
    moodle.store(statement())
    log.caught_up()
    made = Witness(keys.verifiers()[-1], name=f"witness.example/{moodle.store_id}")
    with listening(made.answer) as address:
        settings.COMPLIANCE_LOG_WITNESSES = [f"{made.vkey} {address}"]
        yield made


def test_a_witness_co_signs_each_checkpoint_and_is_shown_the_way_from_the_last(
    moodle: Xapi, log: Log, witness: Witness
) -> None:
    assert vouched.vouch() == 1
    assert vouched.vouch() == 0
    moodle.store(*(statement() for _ in range(300)))
    made = log.caught_up()
    assert vouched.vouch() == 1
    assert next(each.split(b"\n", 1)[0] for each in witness.asked) == b"old 0"
    assert witness.size == made.size
    shown = folder.content(folder.CHECKPOINT)
    assert shown is not None
    opened = note.taken_apart(shown.decode())
    [key] = [each for each, _ in conf.witnesses()]
    assert cosignature.moment(key, opened.text, opened.signatures[-1]) > 1_700_000_000
    sound()


def test_a_witness_that_knows_more_than_the_log_remembers_is_asked_from_there(
    moodle: Xapi, log: Log, witness: Witness
) -> None:
    last = publish.latest()
    assert last is not None
    witness.size, witness.root = last.size, bytes(last.root)
    moodle.store(statement())
    log.caught_up()
    assert vouched.vouch() == 1
    assert [each.split(b"\n", 1)[0] for each in witness.asked] == [b"old 0", f"old {last.size}".encode()]


def test_a_witness_that_has_seen_a_larger_log_stops_ours(log: Log, witness: Witness, copied: Path) -> None:
    witness.size = log.head.size + 5
    assert vouched.vouch() == 0
    known = lock.read()
    assert known is not None
    assert known.witnessed == log.head.size + 5
    with pytest.raises(LogRefused, match="published or"):
        publish.publish(now=True)
    first(verify(), "log.rolled_back")


def test_a_witness_that_refuses_or_is_away_keeps_nobody_from_anything(
    moodle: Xapi, log: Log, witness: Witness, settings: Settings
) -> None:
    last = publish.latest()
    assert last is not None
    witness.log = note.Signer(log.head.origin, b"o" * 32).verifier
    [(key, address)] = conf.witnesses()
    with pytest.raises(WitnessRefused, match="does not know the key"):
        witnesses.ask(last, key, address)
    settings.COMPLIANCE_LOG_WITNESSES = [f"{witness.vkey} http://127.0.0.1:9"]
    assert vouched.vouch() == 0
    assert not LogCosignature.objects.filter(witness=witness.signer.name).exists()


def test_a_co_signature_may_be_brought_by_hand_and_only_of_a_known_witness(
    moodle: Xapi, log: Log, witness: Witness, tmp_path: Path
) -> None:
    last = publish.latest()
    assert last is not None
    text = note.taken_apart(last.note).text
    stranger = note.Signer("stranger.example", b"s" * 32)
    path = tmp_path / "checkpoint"
    path.write_text(note.joined(last.note, [cosignature.line(stranger, text, 1_790_000_000)]))
    with pytest.raises(CommandError, match="No witness this log knows"):
        call_command("log_cosign", str(path))
    path.write_text(note.joined(last.note, [cosignature.line(witness.signer, text, 1_790_000_000)]))
    call_command("log_cosign", str(path), verbosity=0)
    row = LogCosignature.objects.get(checkpoint=last, witness=witness.signer.name)
    assert row.moment.timestamp() == 1_790_000_000
    forged = note.signed(text.replace(f"\n{last.size}\n", f"\n{last.size + 1}\n"), [stranger])
    with pytest.raises(NoteRefused):
        witnesses.record(forged)
    line = cosignature.line(note.Signer(witness.signer.name, b"x" * 32), text, 1_790_000_000)
    assert witnesses.record(note.joined(last.note, [line])) == []


@pytest.fixture
def authority(settings: Settings, tmp_path: Path) -> Iterator[Authority]:
    """A time-stamping authority whose root is trusted."""
    made = Authority()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(made.roots)
    with listening(made.answer) as address:
        settings.COMPLIANCE_LOG_TIMESTAMP_URL = address
        settings.COMPLIANCE_LOG_TIMESTAMP_ROOTS = str(roots)
        settings.COMPLIANCE_LOG_TIMESTAMP_SECONDS = 0
        yield made


def test_a_checkpoint_is_stamped_and_the_stamp_holds_for_this_one_alone(
    moodle: Xapi, log: Log, authority: Authority, settings: Settings, tmp_path: Path
) -> None:
    moodle.store(statement())
    last = log.caught_up()
    assert vouched.vouch() == 1
    assert vouched.vouch() == 0
    row = LogTimestamp.objects.get(checkpoint=last)
    response = bytes(row.response)
    assert timestamps.check(response, last.note.encode()) == row.moment
    with pytest.raises(StampRefused, match="something else"):
        timestamps.check(response, last.note.encode() + b"\n")
    sound()
    other = tmp_path / "other.pem"
    other.write_bytes(Authority().roots)
    settings.COMPLIANCE_LOG_TIMESTAMP_ROOTS = str(other)
    with pytest.raises(StampRefused, match="signature does not hold"):
        timestamps.check(response, last.note.encode())
    first(verify(), "timestamp.wrong")
    # Who has no roots checks what is stamped, not by whom.
    settings.COMPLIANCE_LOG_TIMESTAMP_ROOTS = ""
    sound()
    settings.COMPLIANCE_LOG_TIMESTAMP_SECONDS = 3600
    moodle.store(statement())
    log.caught_up()
    assert vouched.vouch() == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("nonce", 7, "another nonce"),
        ("imprint", b"x" * 32, "something else"),
        ("status", 2, "did not grant"),
    ],
)
def test_an_answer_that_is_not_of_what_was_asked_is_not_kept(
    moodle: Xapi, log: Log, authority: Authority, name: str, value: object, said: str
) -> None:
    moodle.store(statement())
    last = log.caught_up()
    setattr(authority, name, value)
    with pytest.raises(StampRefused, match=said):
        timestamps.stamp(last, conf.timestamp_url())
    assert not LogTimestamp.objects.filter(checkpoint=last).exists()


def test_a_new_key_is_vouched_for_by_the_old_and_what_that_signed_stays_verifiable(
    moodle: Xapi, log: Log
) -> None:
    moodle.store(statement())
    before = log.caught_up()
    old = LogKey.objects.filter(retired=None).exclude(encrypted_seed=None).get()
    call_command("log_key", rotate=True, verbosity=0)
    between = publish.latest()
    assert between is not None
    _, by = note.opened(between.note, keys.verifiers())
    new = LogKey.objects.filter(retired=None).exclude(encrypted_seed=None).get()
    assert {each.public for each in by} == {bytes(old.public), bytes(new.public)}
    old.refresh_from_db()
    assert old.retired is not None
    assert old.encrypted_seed is None
    moodle.store(statement())
    after = log.caught_up()
    _, by = note.opened(after.note, keys.verifiers())
    assert [each.public for each in by] == [bytes(new.public)]
    note.opened(before.note, keys.verifiers())
    sound()


def test_keys_are_kept_encrypted_and_follow_a_rotation_of_the_vault(moodle: Xapi, log: Log) -> None:
    row = LogKey.objects.filter(retired=None).exclude(encrypted_seed=None).get()
    [signer] = keys.signers(log.head.origin)
    assert signer.seed not in bytes(row.encrypted_seed or b"")
    new = Fernet.generate_key().decode()
    current = [each.decode() for each in vault._derived([_secret()])]
    with override_settings(CONNECTORS_VAULT_KEYS=[new, *current]):
        assert keys.rotate_encryption() == 1
    with override_settings(CONNECTORS_VAULT_KEYS=[new]):
        assert keys.signers(log.head.origin) == [signer]
    with override_settings(CONNECTORS_VAULT_KEYS=[*current, new]):
        assert keys.rotate_encryption() == 1


def _secret() -> str:
    from django.conf import settings

    return str(settings.SECRET_KEY)


def test_a_key_may_be_kept_in_a_file_and_be_changed_there(
    moodle: Xapi, log: Log, tmp_path: Path, settings: Settings
) -> None:
    first_file, second = tmp_path / "first.key", tmp_path / "second.key"
    for each in (first_file, second):
        call_command("log_key", file=each, verbosity=0)
        assert each.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError):
        call_command("log_key", file=second, verbosity=0)
    settings.COMPLIANCE_LOG_KEY_FILES = [str(first_file)]
    moodle.store(statement())
    made = log.caught_up()
    assert len(note.taken_apart(made.note).signatures) == 1
    settings.COMPLIANCE_LOG_KEY_FILES = [str(second), str(first_file)]
    moodle.store(statement())
    made = log.caught_up()
    assert len(note.taken_apart(made.note).signatures) == 2
    with pytest.raises(CommandError, match="are in files"):
        call_command("log_key", rotate=True, verbosity=0)
    sound()
    other = note.Signer("factory.example/log", b"f" * 32)
    first_file.write_text(other.written)
    settings.COMPLIANCE_LOG_KEY_FILES = [str(first_file)]
    with pytest.raises(NoteRefused, match="is of factory"):
        keys.signers(log.head.origin)
