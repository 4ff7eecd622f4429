"""The audit trail stands in the log: whoever changes an entry behind the database's back is found out."""

from __future__ import annotations

import pytest

from compliance.models import AuditEntry, Course
from compliance.proof import checking, proofs
from compliance.proof.verify.run import verify
from tests.compliance.proof.academy import Log, sound
from tests.compliance.proof.test_drill import as_superuser, only
from tests.fixtures import Hub


@pytest.fixture
def entry(hub: Hub, log: Log) -> AuditEntry:
    """The entry of a course whose title was changed; logged and published."""
    course = Course.objects.create(
        store_id=hub.caller("Moodle Berlin").store_id, code="HAZ-1", title="Hazards"
    )
    course.title = "Hazardous substances"
    course.save()
    log.caught_up()
    sound()
    return AuditEntry.objects.filter(table_name="compliance_course", row_key=str(course.pk)).latest("seq")


def test_an_entry_is_proven_to_be_in_the_log(entry: AuditEntry) -> None:
    proof = proofs.of_record("audit", entry.pk)
    assert checking.includes(proof.index, proof.size, proof.leaf, proof.path, proof.root)


@pytest.mark.parametrize(
    "change",
    [
        "actor_name = 'Nobody'",
        "reason = 'as agreed'",
        "at = at - interval '1 day'",
        'before = \'{"title": "Hazardous substances"}\'',
        "after = NULL",
        "row_key = '0'",
        "database_role = 'postgres'",
    ],
)
def test_a_changed_entry_is_named_and_located(entry: AuditEntry, change: str) -> None:
    with as_superuser() as cursor:
        cursor.execute("ALTER TABLE compliance_audit_entry DISABLE TRIGGER ALL")
        cursor.execute(f"UPDATE compliance_audit_entry SET {change} WHERE seq = %s", [entry.pk])
        said = only(verify(), "record.changed")
    assert (said.source, said.key) == ("audit", entry.pk)
    assert said.index == proofs.of_record("audit", entry.pk).index


def test_a_deleted_entry_is_missed(entry: AuditEntry) -> None:
    with as_superuser() as cursor:
        cursor.execute("ALTER TABLE compliance_audit_entry DISABLE TRIGGER ALL")
        cursor.execute("DELETE FROM compliance_audit_entry WHERE seq = %s", [entry.pk])
        said = only(verify(), "record.gone")
    assert (said.source, said.key) == ("audit", entry.pk)


def test_an_entry_slipped_in_under_an_old_transaction_is_found(entry: AuditEntry) -> None:
    columns = [
        str(each.column) for each in AuditEntry._meta.concrete_fields if each.column not in ("seq", "xid")
    ]
    listed = ", ".join(columns)
    with as_superuser() as cursor:
        cursor.execute("ALTER TABLE compliance_audit_entry DISABLE TRIGGER ALL")
        cursor.execute(
            f"INSERT INTO compliance_audit_entry (xid, {listed})"
            f" SELECT xid - 1, {listed} FROM compliance_audit_entry WHERE seq = %s RETURNING seq",
            [entry.pk],
        )
        [slipped_in] = cursor.fetchone()
        said = only(verify(), "record.unlogged")
    assert (said.source, said.key) == ("audit", slipped_in)
