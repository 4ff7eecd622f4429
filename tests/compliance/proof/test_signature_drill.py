"""Signatures stand in the proof log, and the self-check looks at their seals: whoever changes, removes
or slips in one behind the database's back is found out twice over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.utils import timezone

from compliance import signing
from compliance.models import Signature
from compliance.proof import checking, nightly, proofs
from compliance.proof.verify.run import verify
from connectors.models import AlertKind
from tests.compliance.proof.academy import Log, sound
from tests.compliance.proof.test_drill import as_superuser, first
from tests.compliance.signing.people import Desk, Procedures, person
from tests.fixtures import Hub


@pytest.fixture(scope="module")
def known() -> Iterator[list[Procedures]]:
    """Procedures stay known as long as the database with their signatures."""
    made: list[Procedures] = []
    yield made
    for each in made:
        signing.unregister(each.kind)


@pytest.fixture
def records(hub: Hub, known: list[Procedures]) -> Procedures:
    """Procedures 1 to 3, to be approved."""
    hub.caller("Moodle Berlin")
    made = Procedures(texts={"1": "Wash your hands.", "2": "Wear gloves.", "3": "Take them off."}).register()
    known.append(made)
    return made


@pytest.fixture
def signature(records: Procedures, log: Log) -> Signature:
    """Paul's approval of procedure 2, between those of 1 and 3; logged and published."""
    desk = Desk(person("Paul", "approval"))
    _, middle, _ = [desk.sign(records, each) for each in ("1", "2", "3")]
    log.caught_up()
    sound()
    return Signature.objects.get(pk=middle.pk)


def test_a_signature_is_proven_to_be_in_the_log(signature: Signature) -> None:
    proof = proofs.of_record("signature", signature.position)
    assert checking.includes(proof.index, proof.size, proof.leaf, proof.path, proof.root)
    sound()


@pytest.mark.parametrize(
    "change",
    [
        "printed_name = 'Eve'",
        "meaning = 'review'",
        "record_key = '1'",
        "signed_at = signed_at - interval '1 day'",
        "shown = '{}'",
        "reason = 'as agreed'",
        "components = '[\"passkey\"]'",
    ],
)
def test_a_changed_signature_is_named_and_located(signature: Signature, change: str) -> None:
    with as_superuser() as cursor:
        cursor.execute("ALTER TABLE compliance_signature DISABLE TRIGGER ALL")
        cursor.execute(f"UPDATE compliance_signature SET {change} WHERE position = %s", [signature.position])
        found = verify()
    said = first(found, "record.changed")
    assert (said.source, said.key) == ("signature", signature.position)
    assert said.index == proofs.of_record("signature", signature.position).index
    assert signature.position in {each.key for each in found.deviations if each.rule == "signature.invalid"}


def test_a_deleted_signature_is_missed_by_the_log_and_by_the_chain(signature: Signature) -> None:
    with as_superuser() as cursor:
        cursor.execute("ALTER TABLE compliance_signature DISABLE TRIGGER ALL")
        cursor.execute("DELETE FROM compliance_signature WHERE position = %s", [signature.position])
        found = verify()
    gone = first(found, "record.gone")
    assert (gone.source, gone.key) == ("signature", signature.position)
    missing = [each for each in found.deviations if each.rule == "signature.invalid"]
    assert missing[0].text == f"Signatures {signature.position} to {signature.position} are missing."


def test_a_signature_slipped_in_under_an_old_transaction_is_found(signature: Signature) -> None:
    apart = ("number", "position", "seal", "xid", "record_key")
    columns = ", ".join(
        str(each.column) for each in Signature._meta.concrete_fields if each.name not in apart
    )
    with as_superuser() as cursor:
        cursor.execute("ALTER TABLE compliance_signature DISABLE TRIGGER ALL")
        cursor.execute(
            f"INSERT INTO compliance_signature (number, position, seal, xid, record_key, {columns})"
            f" SELECT gen_random_uuid(), (SELECT max(position) + 1 FROM compliance_signature), 'x', xid - 1,"
            f" '4', {columns} FROM compliance_signature WHERE position = %s RETURNING position",
            [signature.position],
        )
        [slipped_in] = cursor.fetchone()
        found = verify()
    said = first(found, "record.unlogged")
    assert (said.source, said.key) == ("signature", slipped_in)
    assert slipped_in in {each.key for each in found.deviations if each.rule == "signature.invalid"}


def test_a_record_that_was_changed_after_it_was_signed_is_told_by_night_and_alerted(
    signature: Signature, records: Procedures, capsys: pytest.CaptureFixture[str]
) -> None:
    assert nightly.check().deviations == 0
    records.texts["2"] = "Wear no gloves."
    check = nightly.check()
    assert [each["rule"] for each in check.found] == ["signature.record"]
    assert check.found[0]["key"] == str(signature.position)
    alerts = list(nightly.findings(timezone.now()))
    assert alerts
    assert {each.kind for each in alerts} == {AlertKind.PROOF}
    assert "changed after it was signed" in alerts[0].text
    assert "approval of " in alerts[0].text
    with pytest.raises(SystemExit):
        call_command("verify")
    assert "signature.record: The record was changed after it was signed." in capsys.readouterr().out
    records.texts["2"] = "Wear gloves."
    assert nightly.check().deviations == 0
    assert not list(nightly.findings(timezone.now()))
