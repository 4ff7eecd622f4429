"""What is due goes after somebody else signed, by the one way there is; a hold stops it at every step."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from compliance import signing
from compliance.errors import ComplianceError
from compliance.models import (
    AuditEntry,
    Completion,
    Disposition,
    DispositionResult,
    LegalHold,
    Signature,
)
from compliance.proof import checking, proofs
from compliance.retention import certificate, disposition, due, holds
from compliance.signing import Given, NotAllowed
from compliance.training import evidence, file, posting, records
from connectors.models import System
from connectors.workforce.canonical import Identified, Named
from lrs import attachments
from tests.compliance.courses import FORKLIFT, caught_up, course, did
from tests.compliance.proof.academy import Log, row, sound
from tests.compliance.retention.archive import MARK, everywhere, name, rule, today
from tests.compliance.signing.people import PASSWORD, Desk
from tests.compliance.signing.people import person as account
from tests.compliance.trail.trail import as_the_application
from tests.connectors.learning import academy
from tests.connectors.people import ann, day, hris, person, told
from tests.fixtures import Hub, Xapi


def trained(
    hub: Hub, *days: str, mark: str = MARK, end: date | None = date(2026, 6, 30)
) -> tuple[Xapi, System]:
    """Return Moodle and Workday of a store where somebody with a name of her own was trained, and left."""
    moodle, store = academy(hub)
    workday = hris(store=store)
    known: dict[str, Any] = {
        "names": (Named(**name(mark)),),
        "identifiers": (Identified(type="email", value=f"{mark}@example.com", primary=True),),
    }
    told(workday, ann(**known))
    if end is not None:
        told(workday, ann(end_date=end, **known), at="2026-07-01")
    course(moodle.store_id, "FORK-1", FORKLIFT)
    who = {"name": name(mark)["formatted"], "mbox": f"mailto:{mark}@example.com"}
    for each in days or ("2026-02-10",):
        did(moodle, "passed", each, who=who)
    rule(moodle.store_id)
    rule(moodle.store_id, code="completions", record_class="completion", starts="completion")
    rule(moodle.store_id, code="hr", record_class="hr", starts="employment_end", period=30)
    caught_up()
    return moodle, workday


def signed(found: Disposition, *, by: Any = None) -> None:
    """Have Paul approve a disposition."""
    paul = by or account("Paul", "disposition")
    signing.sign(
        signing.signer_of(Desk(paul).request()),
        kind="disposition",
        record_key=str(found.pk),
        shown_hash=disposition.shown(str(found.pk)).digest,
        meaning="disposition",
        given=Given(user_name=paul.username, password=PASSWORD),
    )
    found.refresh_from_db()


def approved(moodle: Xapi) -> Disposition:
    """Return what is due, looked through by Ada and approved by Paul."""
    ada = account("Ada")
    made = disposition.preview(moodle.store_id, by=ada)
    disposition.submit(made, by=ada)
    signed(made)
    return made


def outcomes(of: Disposition) -> dict[str, int]:
    """Return outcome → records."""
    found: dict[str, int] = {}
    for each in DispositionResult.objects.filter(item__disposition=of):
        found[each.outcome] = found.get(each.outcome, 0) + 1
    return found


def test_nothing_goes_before_it_is_due_or_before_somebody_else_signed(hub: Hub, log: Log) -> None:
    moodle, _ = trained(hub)
    log.caught_up()
    with today("2029-02-10"), pytest.raises(ComplianceError, match="Nothing is due"):
        disposition.preview(moodle.store_id, by=None)
    with today("2029-02-11"):
        ada = account("Ada", "disposition")
        made = disposition.preview(moodle.store_id, by=None)
        disposition.submit(made, by=ada)
        with pytest.raises(NotAllowed, match="of their own"):
            signed(made, by=ada)
        with pytest.raises(DatabaseError, match="not approved"):
            disposition.carry_on(made)
        Disposition.objects.filter(pk=made.pk).update(state="approved")
        with pytest.raises(DatabaseError, match="nobody else signed"):
            disposition.carry_on(made)
    assert len(moodle.query()) == 1


def test_what_was_approved_goes_and_leaves_a_certificate_and_sound_proofs(hub: Hub, log: Log) -> None:
    moodle, _ = trained(hub, "2026-02-10", "2029-01-10")
    [new, old] = moodle.query()
    log.caught_up()
    seq = row(moodle, old["id"]).pk
    with today("2029-03-01"):
        made = approved(moodle)
        assert disposition.carry_on(made) == 0
        assert disposition.carry_on(made) == 0
    made.refresh_from_db()
    assert (made.state, outcomes(made)) == ("done", {"destroyed": 2})
    moodle.get(statementId=old["id"]).expect(404)
    assert moodle.found() == [new["id"]]
    assert moodle.found(agent=old["actor"]) == [new["id"]]
    assert Completion.objects.filter(store=moodle.store_id).count() == 1
    said = made.certificate.content
    assert said["approvals"][0]["printed_name"] == "Paul Erdős"
    assert {each["citation"] for each in said["rules"]} == {"29 CFR 1910.1030(h)(2)"}
    assert said["log_disposals"]
    assert "Paul Erdős" in certificate.as_text(made.certificate)
    log.caught_up()
    sound()
    proof = proofs.of_record("statement", seq)
    assert proof.salt is None
    assert checking.includes(proof.index, proof.size, proof.leaf, proof.path, proof.root)
    caught_up()
    # The same statement sent again is the one that was there; another under its id is refused.
    again = {each: old[each] for each in ("id", "actor", "verb", "object", "timestamp")}
    moodle.post([again]).expect(200)
    moodle.post([again | {"result": {"success": False}}]).expect(409)
    moodle.get(statementId=old["id"]).expect(404)


STEPS = ("before the preview", "after the preview", "after the approval", "between batches")


@pytest.mark.parametrize("step", STEPS)
def test_a_hold_stops_it_at_every_step_until_it_is_lifted(hub: Hub, log: Log, step: str) -> None:
    moodle, workday = trained(hub)
    log.caught_up()
    ruth = account("Ruth")

    def hold() -> LegalHold:
        return holds.place(
            moodle.store_id, by=ruth, matter="Lee v. Meridian", custodian="Counsel", reason="Claim",
            person=person(workday),
        )  # fmt: skip

    with today("2029-02-11"):
        if step == STEPS[0]:
            held = hold()
            with pytest.raises(ComplianceError, match="no hold"):
                disposition.preview(moodle.store_id, by=ruth)
            [reported] = holds.report(moodle.store_id, holds.visible_to(ruth))
            assert reported.due == 2
        else:
            made = disposition.preview(moodle.store_id, by=account("Ada"))
            held = hold() if step == STEPS[1] else LegalHold()
            disposition.submit(made, by=ruth)
            signed(made)
            if step == STEPS[2]:
                held = hold()
            if step == STEPS[3]:
                assert disposition.carry_on(made, batches=1, size=1) == 1
                held = hold()
            disposition.carry_on(made)
            expected = {"destroyed": 1, "held": 1} if step == STEPS[3] else {"held": 2}
            assert outcomes(made) == expected
        assert len(moodle.query()) == 1
        holds.lift(held, by=ruth, why="Settled")
        again = approved(moodle)
        disposition.carry_on(again)
    assert moodle.query() == []
    log.caught_up()
    sound()


def test_a_hold_of_a_department_of_a_course_and_of_a_period_hold_alike(hub: Hub) -> None:
    moodle, workday = trained(hub)
    ruth = account("Ruth")
    fork = Completion.objects.get(store=moodle.store_id).course
    [unit] = {
        each.unit
        for each in person(workday).assignment_versions.filter(recorded__upper_inf=True)
        if each.unit
    }
    scopes: list[dict[str, Any]] = [
        {"unit": unit, "as_of": date(2026, 3, 1)},
        {"course": fork},
        {"period_from": date(2026, 2, 1), "period_to": date(2026, 2, 28)},
    ]
    for scope in scopes:
        held = holds.place(
            moodle.store_id,
            by=ruth,
            matter="Audit",
            custodian="Counsel",
            reason="Claim",
            restricted=True,
            **scope,
        )
        rows = due.kept(moodle.store_id, on=date(2029, 3, 1))
        # Whom a held record is about is held with it.
        assert {each.record_class for each in rows if each.holds} == {"statement", "completion", "hr"}
        assert list(holds.visible_to(ruth).filter(store=moodle.store_id, lifted=None)) == [held]
        assert list(holds.visible_to(account("Ines")).filter(store=moodle.store_id)) == []
        holds.lift(held, by=ruth, why="Settled")
    assert not any(each.holds for each in due.kept(moodle.store_id, on=date(2029, 3, 1)))


def test_an_employee_hired_again_is_kept_even_after_the_approval(hub: Hub, log: Log) -> None:
    moodle, workday = trained(hub)
    rule(moodle.store_id, code="employed", starts="employment_end", period=1)
    log.caught_up()
    with today("2029-03-01"):
        made = approved(moodle)
        told(workday, ann(names=(Named(**name(MARK)),)), at="2026-11-01")
        caught_up()
        log.caught_up()
        disposition.carry_on(made)
        assert outcomes(made) == {"not_due": 2}
    assert len(moodle.query()) == 1


def test_the_application_cannot_remove_anything_by_itself(hub: Hub, log: Log) -> None:
    moodle, _ = trained(hub)
    log.caught_up()
    seq = row(moodle, moodle.query()[0]["id"]).pk
    with today("2029-02-11"):
        made = disposition.preview(moodle.store_id, by=account("Ada"))
        Disposition.objects.filter(pk=made.pk).update(state="approved")
        for attempt in (
            f"DELETE FROM lrs_statement WHERE seq = {seq}",
            f"SELECT compliance_destroy_statements(ARRAY[{seq}]::bigint[])",
            "INSERT INTO lrs_disposal_permit VALUES (pg_current_xact_id())",
            f"SELECT compliance_dispose({made.pk}, 10)",
            "UPDATE compliance_disposition_item SET key = 0",
        ):
            with transaction.atomic(), as_the_application(), connection.cursor() as cursor:
                with (
                    pytest.raises(DatabaseError, match=r"permission denied|nobody else signed"),
                    transaction.atomic(),
                ):
                    cursor.execute(attempt)
                transaction.set_rollback(True)
    assert len(moodle.query()) == 1


def test_35_years_after_she_was_hired_nothing_in_the_database_has_her_name(hub: Hub, log: Log) -> None:
    moodle, _ = trained(hub, mark="xanthippe")
    log.caught_up()
    assert len(everywhere("xanthippe")) > 10
    with today("2029-02-11"):
        disposition.carry_on(approved(moodle))
        assert moodle.query() == []
    with today("2056-06-30"), pytest.raises(ComplianceError, match="Nothing is due"):
        disposition.preview(moodle.store_id, by=None)
    with today("2061-07-01"):
        log.caught_up()
        made = approved(moodle)
        assert list(made.items.values_list("record_class", flat=True)) == ["hr"]
        disposition.carry_on(made)
        assert outcomes(made) == {"destroyed": 1}
    assert everywhere("xanthippe") == []
    log.caught_up()
    sound()


def test_a_batch_that_fails_leaves_no_trace_and_a_process_that_ends_is_taken_up(
    hub: Hub, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    moodle, _ = trained(hub)
    log.caught_up()

    def dies(*_given: Any, **_named: Any) -> int:
        raise KeyboardInterrupt

    with today("2029-02-11"):
        made = approved(moodle)
        # Failed and not stored: everything is gone in this transaction, and it ends before the commit.
        with monkeypatch.context() as patched:
            patched.setattr(disposition, "forget_salts", dies)
            with pytest.raises(KeyboardInterrupt):
                disposition.carry_on(made)
        assert (len(moodle.query()), outcomes(made)) == (1, {})
        # Failed but stored: all records are gone, and the process ends before the certificate.
        with monkeypatch.context() as patched:
            patched.setattr(certificate, "write", dies)
            with pytest.raises(KeyboardInterrupt):
                disposition.carry_on(made)
        assert (moodle.query(), outcomes(made)) == ([], {"destroyed": 2})
        assert disposition.carry_on(made) == 0
    made.refresh_from_db()
    assert made.certificate.content["records"] == 2
    log.caught_up()
    sound()


def test_a_rule_that_says_so_lets_records_go_without_review_and_no_other(hub: Hub, log: Log) -> None:
    moodle, _ = trained(hub)
    log.caught_up()
    with today("2029-03-01"):
        reviewed = disposition.preview(moodle.store_id, by=None)
        disposition.approve_without_review(reviewed)
        with pytest.raises(DatabaseError, match="nobody else signed"):
            disposition.carry_on(reviewed)
        rule(moodle.store_id, behaviour="delete")
        rule(
            moodle.store_id,
            code="completions",
            record_class="completion",
            starts="completion",
            behaviour="delete",
        )
        made = disposition.preview(moodle.store_id, by=None, without_review=True)
        disposition.approve_without_review(made)
        disposition.carry_on(made)
        assert outcomes(made) == {"destroyed": 2}
    assert moodle.query() == []


def test_what_carries_an_attachment_takes_its_file_along_when_nothing_else_names_it(
    hub: Hub, log: Log
) -> None:
    moodle, workday = trained(hub)
    of = Completion.objects.filter(store=moodle.store_id)[0].course
    draft = records.draft(
        moodle.store_id,
        {
            "person": person(workday),
            "course": of,
            "completed_at": day("2026-02-10"),
            "trainer_name": "Tom Weld",
        },
    )
    sheet = evidence.add(draft, "sheet.pdf", "application/pdf", b"%PDF-1.7 signed by " + uuid4().bytes)
    path = attachments.path_of(moodle.store_id, sheet.sha256)
    assert attachments.storage().exists(path)
    rule(moodle.store_id, code="told", record_class="training_record")
    with today("2029-02-11"):
        log.caught_up()
        made = approved(moodle)
        disposition.carry_on(made)
        assert outcomes(made) == {"destroyed": 3}
    assert not attachments.storage().exists(path)


def test_what_was_signed_of_a_record_goes_with_it_and_the_signature_stays_sound(hub: Hub, log: Log) -> None:
    moodle, workday = trained(hub, mark="theodora")
    of = Completion.objects.filter(store=moodle.store_id)[0].course
    draft = records.draft(
        moodle.store_id,
        {
            "person": person(workday),
            "course": of,
            "completed_at": day("2026-02-10"),
            "trainer_name": "Tom Weld",
        },
    )
    assert Desk(account("Paul", "approval")).sign_on_page("training-record", draft.pk).status_code == 302
    signature = Signature.objects.get(kind="training-record", record_key=str(draft.pk))
    assert "theodora" in signature.shown.lower()
    caught_up()
    log.caught_up()
    rule(moodle.store_id, code="told", record_class="training_record")
    with today("2029-02-11"):
        disposition.carry_on(approved(moodle))
    signature.refresh_from_db()
    assert signature.shown == ""
    assert not {each for each in everywhere("theodora") if each.startswith("compliance_signature")}
    found = AuditEntry.objects.filter(table_name="compliance_signature", row_key=str(signature.pk))
    assert "theodora" not in str([(each.before, each.after) for each in found]).lower()
    assert signing.verify(signature).faults == ()
    log.caught_up()
    sound()


def test_nobody_else_blanks_what_was_signed(hub: Hub) -> None:
    moodle, workday = trained(hub)
    of = Completion.objects.filter(store=moodle.store_id)[0].course
    draft = records.draft(
        moodle.store_id,
        {
            "person": person(workday),
            "course": of,
            "completed_at": day("2026-02-10"),
            "trainer_name": "Tom Weld",
        },
    )
    Desk(account("Paul", "approval")).sign_on_page("training-record", draft.pk)
    signature = Signature.objects.get(kind="training-record", record_key=str(draft.pk))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Signature.objects.filter(pk=signature.pk).update(shown="")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE compliance_signature DISABLE TRIGGER ALL")
        cursor.execute("UPDATE compliance_signature SET shown = '' WHERE number = %s", [signature.pk])
        signature.refresh_from_db()
        assert signing.verify(signature).faults == ("What was signed is not what is kept of it.",)
        transaction.set_rollback(True)


def test_a_signed_file_stays_sound_when_one_of_its_records_is_disposed_of(hub: Hub, log: Log) -> None:
    moodle, workday = trained(hub)
    told(workday, ann("21002"))
    lines = (
        "email,course,completed_at,trainer_name\n"
        f"{MARK}@example.com,FORK-1,2026-02-10,Tom Weld\nann.21002@example.com,FORK-1,2026-11-01,Tom Weld\n"
    )
    brought = file.take(moodle.store_id, lines.encode()).file
    assert brought is not None
    assert Desk(account("Paul", "approval")).sign_on_page("training-file", brought.pk).status_code == 302
    posting.carry_on(seconds=60)
    signature = Signature.objects.get(kind="training-file", record_key=str(brought.pk))
    assert signing.verify(signature).faults == ()
    caught_up()
    log.caught_up()
    rule(moodle.store_id, code="told", record_class="training_record")
    with today("2029-02-11"):
        disposition.carry_on(approved(moodle))
    assert [each.file_line for each in brought.records.all()] == [3]
    assert signing.verify(signature).faults == ()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE compliance_training_record DISABLE TRIGGER ALL")
        cursor.execute("DELETE FROM compliance_training_record WHERE file_id = %s", [brought.pk])
        assert signing.verify(signature).faults == ("The record was changed after it was signed.",)
        transaction.set_rollback(True)
