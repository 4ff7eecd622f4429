"""A signature is bound to exactly what was shown, shows who, when and why, and cannot be cut out or moved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from compliance import signing
from compliance.models import AccessEvent, CompletedRecord, Signature
from compliance.signing import NotAllowed, RecordChanged, SigningError, Step
from tests.compliance.signing.people import Desk, Procedures, person


def test_it_is_bound_to_what_was_shown(records: Procedures) -> None:
    records.register()
    paul = person("Paul", "approval")
    signature = Desk(paul).sign(records, reason="As agreed.", zone="Europe/Berlin")

    assert signature.shown_hash == records.shown("1").digest
    assert json.loads(signature.shown)["content"] == {"text": "Wash your hands."}
    assert signing.verify(signature).valid
    assert signing.is_fulfilled(records.kind, "1")
    assert records.completed == [("1", 1)]


def test_what_changed_since_it_was_shown_is_not_signed(records: Procedures) -> None:
    records.register()
    seen = records.shown("1").digest
    records.texts["1"] = "Do not wash your hands."
    with pytest.raises(RecordChanged):
        Desk(person("Paul", "approval")).sign(records, shown_hash=seen)
    assert not Signature.objects.filter(kind=records.kind).exists()
    assert AccessEvent.objects.filter(kind="signing_refused", what=f"approval of {records.kind} 1").exists()


def test_11_50_it_shows_printed_name_date_time_zone_and_meaning_in_every_form(records: Procedures) -> None:
    records.register()
    paul = person("Paul", "approval")
    Desk(paul).sign(records, zone="Asia/Kolkata", reason="As agreed.")
    paul.first_name, paul.last_name = "Pál", "Somebody Else"
    paul.save()

    shown = signing.signatures_of(records.kind, "1")
    text, html, data = signing.as_text(shown), signing.as_html(shown), signing.as_json(shown)
    for form in (text, html):
        assert "Paul Erdős" in form
        assert "Somebody Else" not in form
        assert "Approval" in form
        assert "As agreed." in form
        assert re.search(
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+05:30 \(Asia/Kolkata\)", form.replace("&#x27;", "'")
        )
    assert data[0]["printed_name"] == "Paul Erdős"
    assert data[0]["signed_at"].endswith("+05:30")
    assert data[0]["meaning"] == "Approval"
    assert data[0]["valid"] is True


def test_11_70_an_edited_record_is_told_from_the_signed_one(records: Procedures) -> None:
    records.register()
    signature = Desk(person("Paul", "approval")).sign(records)
    records.texts["1"] = "Wash one hand."

    found = signing.verify(signature)
    assert not found.valid
    assert "The record was changed after it was signed." in found.faults
    assert not signing.is_fulfilled(records.kind, "1")
    assert "INVALID" in signing.as_text(signing.signatures_of(records.kind, "1"))


def test_a_new_version_leaves_signatures_of_the_old_one_valid(records: Procedures) -> None:
    records.register()
    signature = Desk(person("Paul", "approval")).sign(records)
    records.texts["1"], records.versions["1"] = "Wash both hands.", "2"

    found = signing.verify(signature)
    assert (found.valid, found.current) == (True, False)
    assert not signing.is_fulfilled(records.kind, "1")


def _without_triggers(change: str, *values: Any) -> None:
    """Change rows as the superuser with the triggers taken away, in a transaction that is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE compliance_signature DISABLE TRIGGER USER")
        cursor.execute(change, values)


_SET = "UPDATE compliance_signature SET {} WHERE number = %s"
TAMPERINGS = {
    "moved to another record": "record_key = '2'",
    "given another meaning": "meaning = 'review'",
    "given another name": "printed_name = 'Eve'",
    "dated back": "signed_at = signed_at - interval '1 day'",
    "given another content": "shown = '{}'",
    "said to be made otherwise": "components = '[\"passkey\"]'",
    "asked for less": "steps = '[]'",
    "given to somebody else": "signer_id = author_id",
    "given another reason": "reason = 'x'",
}


@pytest.mark.parametrize("change", [_SET.replace("{}", each) for each in TAMPERINGS.values()], ids=TAMPERINGS)
def test_11_70_a_signature_that_was_moved_or_altered_is_invalid(records: Procedures, change: str) -> None:
    records.author = person("Ada")
    records.register()
    signature = Desk(person("Paul", "approval")).sign(records)
    with transaction.atomic():
        _without_triggers(change, signature.number)
        found = Signature.objects.get(number=signature.number)
        assert not signing.verify(found).valid
        assert "seal" in " ".join(signing.verify(found).faults)
        assert not signing.is_fulfilled(records.kind, "1")
        assert signature.position in [position for position, _ in signing.verify_all()]
        transaction.set_rollback(True)


def test_11_70_a_copy_of_a_signature_is_invalid(records: Procedures) -> None:
    records.register()
    signature = Desk(person("Paul", "approval")).sign(records)
    with transaction.atomic():
        copy = Signature.objects.get(number=signature.number)
        copy.number, copy.record_key, copy.position = uuid4(), "2", signature.position + 1
        copy.shown_hash, copy.seal = records.shown("2").digest, "0" * 64
        copy.save(force_insert=True)
        assert not signing.verify(copy).valid
        transaction.set_rollback(True)


def test_11_70_a_signature_taken_out_is_missed(records: Procedures) -> None:
    records.register()
    paul = Desk(person("Paul", "approval"))
    first = paul.sign(records, "1")
    second = paul.sign(records, "2", every=False)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        _without_triggers("DELETE FROM compliance_signature WHERE number = %s", first.number)
        assert not signing.verify(Signature.objects.get(number=second.number)).valid
        assert second.position in [position for position, _ in signing.verify_all()]
        transaction.set_rollback(True)


def test_11_70_the_newest_signature_taken_out_is_missed_too(records: Procedures) -> None:
    records.register()
    signature = Desk(person("Paul", "approval")).sign(records)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        _without_triggers("DELETE FROM compliance_signature WHERE number = %s", signature.number)
        assert any("had 1 signatures and has 0" in fault for _, fault in signing.verify_all())
        transaction.set_rollback(True)


def test_11_70_the_database_refuses_every_change(records: Procedures) -> None:
    records.register()
    signature = Desk(person("Paul", "approval")).sign(records)
    attempts: list[Callable[[], object]] = [
        lambda: Signature.objects.filter(pk=signature.pk).update(meaning="review"),
        lambda: Signature.objects.filter(pk=signature.pk).delete(),
        signature.save,
        lambda: CompletedRecord.objects.filter(kind=records.kind).update(signatures=0),
        lambda: connection.cursor().execute("TRUNCATE compliance_signature CASCADE"),
        lambda: connection.cursor().execute("DELETE FROM compliance_signature"),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match=r"append-only|protected foreign keys"), transaction.atomic():
            attempt()
    assert signing.verify(Signature.objects.get(pk=signature.pk)).valid


def test_the_chain_of_signatures_is_whole(records: Procedures) -> None:
    records.register()
    paul = Desk(person("Paul", "approval"))
    paul.sign(records, "1")
    paul.sign(records, "2", every=False)
    assert list(signing.verify_all()) == []


def test_the_last_signature_and_what_follows_happen_together_or_not_at_all(records: Procedures) -> None:
    records.register()
    records.fails = True
    paul = Desk(person("Paul", "approval"))
    with pytest.raises(RuntimeError):
        paul.sign(records)
    assert not Signature.objects.filter(kind=records.kind).exists()
    assert not CompletedRecord.objects.filter(kind=records.kind).exists()

    records.fails = False
    paul.sign(records)
    assert records.completed == [("1", 1)]


def test_a_policy_asks_for_order_and_different_people(records: Procedures) -> None:
    records.author = ada = person("Ada", "approval", "review")
    records.register(Step(meaning="review", step=1), Step(meaning="approval", step=2, signers=2))
    ruth, paul = Desk(person("Ruth", "review", "approval")), Desk(person("Paul", "approval"))
    ines = Desk(person("Ines", "approval"))

    _refused("order", lambda: paul.sign(records))
    _refused("own", lambda: Desk(ada).sign(records, meaning="review"))
    ruth.sign(records, meaning="review")
    _refused("done", lambda: ruth.sign(records, meaning="review", every=False))
    _refused("segregation", lambda: ruth.sign(records, every=False))
    paul.sign(records)
    _refused("twice", lambda: paul.sign(records, every=False))
    assert records.completed == []
    assert not signing.is_fulfilled(records.kind, "1")
    ines.sign(records)
    assert records.completed == [("1", 3)]
    assert signing.is_fulfilled(records.kind, "1")


def test_a_policy_that_changes_meanwhile_changes_no_record_half_signed(records: Procedures) -> None:
    from compliance.models import SignaturePolicy

    records.register(Step(meaning="approval", signers=2))
    Desk(person("Paul", "approval")).sign(records)
    SignaturePolicy.objects.create(kind=records.kind, meaning="approval", signers=1)
    assert not signing.is_fulfilled(records.kind, "1")
    Desk(person("Ines", "approval")).sign(records)
    assert records.completed == [("1", 2)]
    Desk(person("Ruth", "approval")).sign(records, "2")
    assert records.completed == [("1", 2), ("2", 1)]


def _refused(rule: str, call: Callable[[], object]) -> None:
    with pytest.raises(SigningError) as caught:
        call()
    assert caught.value.rule == rule, caught.value


def test_11_10_g_nobody_signs_by_being_able_to_edit_or_by_being_a_superuser(records: Procedures) -> None:
    records.register()
    ada = person("Ada", "review")
    ada.is_superuser = True
    ada.save()
    with pytest.raises(NotAllowed, match="authority"):
        Desk(ada).sign(records)
