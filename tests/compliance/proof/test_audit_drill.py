"""The audit trail stands in the log: whoever changes an entry behind the database's back is found out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from compliance.models import AuditEntry, Course, LogEntry, LogSource
from compliance.proof import audit, checking, proofs, sources
from compliance.proof.sources import Stored
from compliance.proof.verify.run import verify
from tests.compliance.proof.academy import Log, sound
from tests.compliance.proof.test_drill import as_superuser, only
from tests.fixtures import Hub


def _after(last: int) -> Any:
    """Return the reader of entries that leaps over those other tests left unlogged."""

    def read(after: int, most: int) -> Sequence[Stored]:
        while page := audit.AUDIT.stored(after, most):
            keys = [each.record.key for each in page]
            logged = set(LogEntry.objects.filter(source=3, key__in=keys).values_list("key", flat=True))
            if kept := [each for each in page if each.record.key > last or each.record.key in logged]:
                return kept
            after = keys[-1]
        return []

    return read


@pytest.fixture
def entry(hub: Hub, log: Log) -> Iterator[AuditEntry]:
    """The entry of a course whose title was changed; logged and published."""
    last = AuditEntry.objects.order_by("-xid", "-seq").values_list("seq", "xid").first() or (0, 0)
    LogSource.objects.update_or_create(number=3, defaults={"kind": "audit", "xid": last[1], "key": last[0]})
    sources.register(replace(audit.AUDIT, stored=_after(last[0])))
    course = Course.objects.create(
        store_id=hub.caller("Moodle Berlin").store_id, code="HAZ-1", title="Hazards"
    )
    course.title = "Hazardous substances"
    course.save()
    log.caught_up()
    sound()
    yield AuditEntry.objects.filter(table_name="compliance_course", row_key=str(course.pk)).latest("seq")
    sources.forget(audit.KIND)


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
