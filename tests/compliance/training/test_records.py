"""Training told by hand becomes statements like any other, with what shows it."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from compliance.completions.facts import RECORD
from compliance.errors import ComplianceError
from compliance.models import Course, TrainingRecord
from compliance.training import evidence, file, records
from connectors.identity import merge
from connectors.models import System
from tests.compliance.courses import caught_up, course, days, hired, known, reasons, version
from tests.connectors.people import ann, day, person, told
from tests.fixtures import Hub, Xapi

SHEET = b"%PDF-1.7 sign-in sheet"


def _told(system: System, of: Course, **fields: Any) -> TrainingRecord:
    values = {
        "person": person(system),
        "course": of,
        "completed_at": day("2026-02-10"),
        "trainer_name": "Tom Weld",
        "trainer_qualification": "OSHA 500",
        "kind": "instructor_led",
    }
    return records.draft(of.store_id, values | fields)


def _posted(moodle: Xapi, record: TrainingRecord) -> Any:
    return moodle.get(statementId=str(record.statement_id), attachments="false").expect(200).json()


def test_a_record_posted_is_a_statement_and_a_completion(hub: Hub) -> None:
    moodle, workday = hired(hub)
    forklift = course(moodle.store_id, kind="practical")
    record = _told(
        workday,
        forklift,
        version=version(forklift, "2026", "2026-01-01"),
        hours=Decimal("4.5"),
        passed=True,
        score=0.95,
        location="Hall 4",
        materials="SOP-17 rev. C",
        content="Stability, pedestrians, refuelling",
        equipment="Reach truck R14",
        evaluated_on=date(2026, 2, 10),
        evaluator_name="Eve Luator",
        trainer_address="1 Yard Road",
    )
    file_ = evidence.add(record, "sheet.pdf", "application/pdf", SHEET)
    records.post(record)
    caught_up()
    said = _posted(moodle, record)
    assert said["verb"]["id"].endswith("/passed")
    assert said["result"] == {
        "completion": True,
        "success": True,
        "score": {"scaled": 0.95},
        "duration": "PT4H30M",
    }
    extension = said["context"]["extensions"][RECORD]
    assert extension["trainer"] == {"name": "Tom Weld", "qualification": "OSHA 500", "address": "1 Yard Road"}
    assert {
        extension[name] for name in ("location", "materials", "equipment", "evaluated_on", "evaluator")
    } == {
        "Hall 4",
        "SOP-17 rev. C",
        "Reach truck R14",
        "2026-02-10",
        "Eve Luator",
    }
    assert (extension["job_title"], extension["version"]) == ("Nurse", "2026")
    assert said["attachments"][0]["sha2"] == file_.sha256 == sha256(SHEET).hexdigest()
    [found] = known(forklift, system=workday)
    assert (found.kind, found.score, found.passed) == ("instructor_led", 0.95, True)
    assert found.version is not None
    assert found.version.label == "2026"
    with_files = moodle.get(statementId=str(record.statement_id), attachments="true").expect(200)
    assert SHEET in with_files.content


def test_posting_twice_is_posting_once(hub: Hub) -> None:
    moodle, workday = hired(hub)
    record = _told(workday, course(moodle.store_id))
    assert records.post(record) == records.post(record)
    caught_up()
    assert len(known(record.course)) == 1


def test_who_failed_has_completed_nothing(hub: Hub) -> None:
    moodle, workday = hired(hub)
    record = _told(workday, course(moodle.store_id), passed=False)
    records.post(record)
    caught_up()
    assert known(record.course) == []
    assert _posted(moodle, record)["verb"]["id"].endswith("/failed")


def test_withdrawing_a_record_voids_its_statement_and_the_completion(hub: Hub) -> None:
    moodle, workday = hired(hub)
    record = _told(workday, course(moodle.store_id))
    records.post(record)
    caught_up()
    records.withdraw(record, why="The wrong Ann", by="Ada")
    caught_up()
    assert known(record.course) == []
    assert reasons(record.course) == ["Withdrawn: a statement it stood on was voided."]
    moodle.get(voidedStatementId=str(record.statement_id)).expect(200)
    with pytest.raises(ComplianceError, match="withdrawn"):
        records.post(record)


def test_a_record_counts_for_whom_the_person_turns_out_to_be(hub: Hub) -> None:
    moodle, workday = hired(hub, "21001", "21002")
    record = _told(workday, course(moodle.store_id))
    records.post(record)
    caught_up()
    merge.merge(person(workday, "21001").pk, person(workday, "21002").pk)
    caught_up()
    assert days(record.course, "21002", system=workday) == ["2026-02-10"]


def test_what_is_signed_is_what_is_posted(hub: Hub) -> None:
    moodle, workday = hired(hub)
    record = _told(workday, course(moodle.store_id))
    shown = records.content(record)
    records.post(record, signature_id=77)
    said = _posted(moodle, record)
    assert said["context"]["extensions"][RECORD].pop("signature") == 77
    assert all(said[name] == shown[name] for name in shown)
    record.refresh_from_db()
    assert (record.state, record.signature_id) == ("posted", 77)


def test_a_signed_record_is_frozen(hub: Hub) -> None:
    moodle, workday = hired(hub)
    record = _told(workday, course(moodle.store_id))
    records.sign(record, signature_id=5)
    for change in (
        lambda: records.change(record, {"location": "Elsewhere"}),
        lambda: evidence.add(record, "late.pdf", "application/pdf", SHEET),
        lambda: records.sign(record, signature_id=6),
    ):
        with pytest.raises(ComplianceError, match="drafts"):
            change()


def test_nothing_is_posted_unsigned_where_signatures_are_asked_for(hub: Hub, settings: Any) -> None:
    moodle, workday = hired(hub)
    settings.COMPLIANCE_RECORDS_SIGNED = True
    record = _told(workday, course(moodle.store_id))
    with pytest.raises(ComplianceError, match="electronic signature"):
        records.post(record)
    records.post(record, signature_id=1)


def test_evidence_that_is_gone_keeps_the_record_a_draft(hub: Hub) -> None:
    moodle, workday = hired(hub)
    record = _told(workday, course(moodle.store_id))
    added = evidence.add(record, "sheet.pdf", "application/pdf", SHEET)
    from lrs import attachments

    attachments.storage().delete(attachments.path_of(record.store_id, added.sha256))
    with pytest.raises(Exception, match="SHA-256"):
        records.post(record)
    record.refresh_from_db()
    assert record.state == "draft"
    moodle.get(statementId=str(record.statement_id)).expect(404)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"completed_at": timezone.now() + timedelta(days=3)}, "completed_at"),
        ({"score": 3.0}, "score"),
        ({"hours": Decimal(0)}, "hours"),
        ({"trainer_name": " "}, "trainer_name"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(hub: Hub, wrong: dict[str, Any], field: str) -> None:
    moodle, workday = hired(hub)
    with pytest.raises(ComplianceError) as refused:
        _told(workday, course(moodle.store_id), **wrong)
    assert refused.value.field == field


def test_nobody_is_recorded_across_stores(hub: Hub) -> None:
    moodle, workday = hired(hub)
    elsewhere = course(hub.caller("Other", store="Elsewhere").store_id)
    with pytest.raises(ComplianceError, match="another store"):
        records.draft(
            moodle.store_id,
            {
                "person": person(workday),
                "course": elsewhere,
                "completed_at": day("2026-01-01"),
                "trainer_name": "T",
            },
        )


HEADER = "employee_number,course,completed_at,trainer_name,passed,reference,evidence\r\n"


def test_a_file_is_tried_then_kept_and_its_faults_have_their_lines(hub: Hub) -> None:
    moodle, workday = hired(hub)
    forklift = course(moodle.store_id)
    content = (
        HEADER
        + "21001,FORK-1,2026-02-10,Tom Weld,yes,R-1,\r\n"
        + "99999,FORK-1,2026-02-10,Tom Weld,yes,R-2,\r\n"
        + "21001,CRANE,2026-02-10,Tom Weld,yes,R-3,\r\n"
        + "21001,FORK-1,soon,Tom Weld,yes,R-4,\r\n"
        + "21001,FORK-1,2026-02-11,Tom Weld,yes,R-5,missing.pdf\r\n"
    ).encode()
    tried = file.take(moodle.store_id, content, post=True, dry=True)
    assert (tried.posted, [line for line, _ in tried.refused]) == (1, [3, 4, 5, 6])
    assert not TrainingRecord.objects.filter(store=moodle.store_id).exists()
    assert file.take(moodle.store_id, content, post=True).posted == 1
    again = file.take(moodle.store_id, content, post=True)
    assert (again.posted, again.repeated) == (0, 1)
    caught_up()
    assert days(forklift, system=workday) == ["2026-02-10"]


def test_a_zip_brings_evidence_along(hub: Hub) -> None:
    moodle, workday = hired(hub)
    told(workday, ann("21002"))
    course(moodle.store_id)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        lines = (
            HEADER
            + "21001,FORK-1,2026-02-10,Tom,yes,,a/sheet.pdf\r\n21002,FORK-1,2026-02-10,Tom,yes,,a/sheet.pdf"
        )
        made.writestr("records.csv", lines)
        made.writestr("a/sheet.pdf", SHEET)
    assert file.take(moodle.store_id, packed.getvalue(), post=True).posted == 2
    for record in TrainingRecord.objects.filter(store=moodle.store_id):
        assert _posted(moodle, record)["attachments"][0]["contentType"] == "application/pdf"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"titel\r\nx", b"PK\x03\x04broken"])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(ComplianceError):
        file.take(0, content)
