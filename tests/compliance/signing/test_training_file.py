"""A file of training records is signed as one, and its records are posted under that signature."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from pytest_django import Settings

from compliance import signing
from compliance.errors import ComplianceError
from compliance.models import Signature, TrainingFile, TrainingRecord
from compliance.training import file, posting, records
from connectors.models import System
from connectors.workforce.canonical import Identified, Named
from tests.compliance.courses import caught_up, course, days, hired
from tests.compliance.signing.people import Desk, person
from tests.connectors.people import ann, told
from tests.fixtures import Hub, Xapi

LINES = (
    b"employee_number,course,completed_at,trainer_name,score\n"
    b"21001,FORK-1,2026-02-10,Tom Weld,0.95\n"
    b"99999,FORK-1,2026-02-10,Tom Weld,\n"
    b"21002,FORK-1,2026-02-11,Tom Weld,\n"
)


@pytest.fixture(autouse=True)
def no_limits_used_up(database: None) -> None:
    cache.clear()


def _brought(hub: Hub) -> tuple[TrainingFile, Xapi, System]:
    """Return a file Ada brought, whose lines about Ann and Bob were kept."""
    moodle, workday = hired(hub)
    told(workday, ann("21002"))
    course(moodle.store_id)
    ada = person("Ada", "approval")
    report = file.take(moodle.store_id, LINES, name="february.csv", by_id=ada.pk)
    assert report.file is not None
    return report.file, moodle, workday


def _posted(moodle: Xapi, record: TrainingRecord) -> Any:
    return moodle.get(statementId=str(record.statement_id), attachments="false").expect(200).json()


def test_one_signature_posts_every_record_of_a_file(hub: Hub, settings: Settings) -> None:
    settings.COMPLIANCE_RECORDS_SIGNED = True
    brought, moodle, workday = _brought(hub)
    assert (brought.name, brought.lines, [line for line, _ in brought.refused]) == ("february.csv", 3, [3])
    forklift = TrainingRecord.objects.filter(file=brought)[0].course
    caught_up()
    assert days(forklift, system=workday) == []

    answer = Desk(person("Paul", "approval")).sign_on_page("training-file", brought.pk)
    assert answer.status_code == 302, answer.content[:300]
    brought.refresh_from_db()
    assert brought.state == "signed"
    assert posting.carry_on(seconds=60) == 2
    assert posting.carry_on(seconds=60) == 0
    brought.refresh_from_db()
    assert brought.state == "posted"
    caught_up()
    assert days(forklift, system=workday) == ["2026-02-10"]
    signature = Signature.objects.get(kind="training-file", record_key=str(brought.pk))
    for record in TrainingRecord.objects.filter(file=brought):
        extension = next(iter(_posted(moodle, record)["context"]["extensions"].values()))
        assert extension["signature"] == record.signature_id == signature.position
    assert signing.verify(signature).faults == ()
    assert signing.verify(signature).current


def test_a_file_cannot_be_posted_at_once_where_signatures_are_asked_for(hub: Hub, settings: Settings) -> None:
    settings.COMPLIANCE_RECORDS_SIGNED = True
    moodle, _ = hired(hub)
    course(moodle.store_id)
    with pytest.raises(ComplianceError, match="electronic signature"):
        file.take(moodle.store_id, LINES, post=True)
    assert not TrainingFile.objects.filter(store=moodle.store_id).exists()


def test_a_file_none_of_whose_lines_was_kept_is_none(hub: Hub) -> None:
    moodle, _ = hired(hub)
    assert file.take(moodle.store_id, LINES).file is None
    assert not TrainingFile.objects.filter(store=moodle.store_id).exists()


def test_what_is_posted_is_what_was_signed_whatever_became_known_meanwhile(hub: Hub) -> None:
    brought, moodle, workday = _brought(hub)
    Desk(person("Paul", "approval")).sign_on_page("training-file", brought.pk)
    told(workday, ann("21002", names=(Named(formatted="Ann Married", given="Ann", family="Married"),)))
    posting.carry_on(seconds=60)
    record = TrainingRecord.objects.get(file=brought, file_line=4)
    assert "Married" not in _posted(moodle, record)["actor"]["name"]
    assert (
        signing.verify(Signature.objects.get(kind="training-file", record_key=str(brought.pk))).faults == ()
    )


def test_a_draft_that_changed_after_it_was_shown_is_not_signed(hub: Hub) -> None:
    brought, _, _ = _brought(hub)
    shown = signing.shown_of("training-file", str(brought.pk))
    record = TrainingRecord.objects.get(file=brought, file_line=2)
    records.change(record, {"score": 0.4})
    assert signing.shown_of("training-file", str(brought.pk)).digest != shown.digest


def test_a_signed_file_vouches_for_its_statements(hub: Hub) -> None:
    brought, _, _ = _brought(hub)
    Desk(person("Paul", "approval")).sign_on_page("training-file", brought.pk)
    posting.carry_on(seconds=60)
    signature = Signature.objects.get(kind="training-file", record_key=str(brought.pk))
    record = TrainingRecord.objects.get(file=brought, file_line=2)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE lrs_statement DISABLE TRIGGER ALL")
        cursor.execute(
            "UPDATE lrs_statement SET payload = replace(payload, '0.95', '0.99') WHERE statement_id = %s",
            [record.statement_id],
        )
        assert signing.verify(signature).faults == ("The record was changed after it was signed.",)
        transaction.set_rollback(True)


def test_neither_who_brought_a_file_nor_who_is_in_it_signs_it(hub: Hub) -> None:
    brought, _, workday = _brought(hub)
    assert brought.created_by is not None
    refused = Desk(brought.created_by).sign_on_page("training-file", brought.pk)
    assert str(refused.context["fault"]) == "Nobody signs a record of their own here."
    address = f"{uuid4().hex[:12]}@example.com"
    told(workday, ann("21002", identifiers=(Identified(type="email", value=address),)))
    ines = person("Ines", "approval")
    ines.email = address
    ines.save()
    refused = Desk(ines).sign_on_page("training-file", brought.pk)
    assert str(refused.context["fault"]) == "Nobody signs for their own training."
    brought.refresh_from_db()
    assert (brought.state, brought.signature_id) == ("kept", None)


def test_a_record_that_cannot_be_posted_says_why_and_keeps_none_of_the_others(hub: Hub) -> None:
    brought, moodle, _ = _brought(hub)
    Desk(person("Paul", "approval")).sign_on_page("training-file", brought.pk)
    record = TrainingRecord.objects.get(file=brought, file_line=2)
    elsewhere = course(moodle.store_id, "FORK-9", "https://moodle.example.com/fork-9")
    record.course.merged_into = elsewhere
    record.course.save()
    assert posting.carry_on(seconds=60) == 0
    record.refresh_from_db()
    assert record.held_up == "This course is merged into another one."
    record.course.merged_into = None
    record.course.save()
    assert posting.carry_on(seconds=60) == 2
    record.refresh_from_db()
    assert (record.state, record.held_up) == ("posted", "")
