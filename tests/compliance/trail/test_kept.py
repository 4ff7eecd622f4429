"""Nobody changes the trail: not the owner, not the application, not a replica; and nobody but the owner's
triggers adds to it."""

from __future__ import annotations

import time

import pytest
from django.db import DatabaseError, connection, transaction

from compliance.models import AuditEntry
from compliance.trail import read
from tests.compliance.trail.trail import as_the_application, entries, fire_safety
from tests.fixtures import held_open

WAYS = {
    "update": "UPDATE compliance_audit_entry SET reason = 'another'",
    "delete": "DELETE FROM compliance_audit_entry",
    "truncate": "TRUNCATE compliance_audit_entry",
    "merge": "MERGE INTO compliance_audit_entry USING (SELECT 1) v ON true WHEN MATCHED THEN DELETE",
}
ONLY_THE_APPLICATION = {
    "insert": "INSERT INTO compliance_audit_entry (table_name, row_key) VALUES ('auth_user', '1')",
    "disable": "ALTER TABLE compliance_audit_entry DISABLE TRIGGER ALL",
    "replica": "SET LOCAL session_replication_role = replica",
    "drop": "DROP TABLE compliance_audit_entry",
    "drop trigger": "DROP TRIGGER compliance_trail_update ON compliance_course",
    "drop function": "DROP FUNCTION compliance_trail_compliance_course CASCADE",
    "other function": "CREATE OR REPLACE FUNCTION compliance_acting() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "other table": "CREATE TABLE compliance_audit_entry_2 (i int)",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ["owner", "replica"])
def test_entries_are_never_changed_even_by_their_owner(database: None, role: str, way: str) -> None:
    course = fire_safety()
    with transaction.atomic(), connection.cursor() as cursor:
        if role == "replica":
            cursor.execute("SET LOCAL session_replication_role = replica")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(WAYS[way])
    assert [each.reason for each in entries(course)] == [""]


@pytest.mark.parametrize("way", [*WAYS, *ONLY_THE_APPLICATION])
def test_the_application_may_read_entries_and_nothing_else(database: None, way: str) -> None:
    sql = WAYS.get(way) or ONLY_THE_APPLICATION[way]
    with transaction.atomic(), as_the_application(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM compliance_audit_entry")
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
            cursor.execute(sql)
        transaction.set_rollback(True)


def test_what_the_application_changes_is_written_and_says_which_role_it_was(database: None) -> None:
    with transaction.atomic(), as_the_application() as role:
        course = fire_safety()
        [found] = entries(course)
        assert found.database_role.endswith(f" as {role}")
        transaction.set_rollback(True)


def test_changes_are_written_under_replication_too(database: None) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        assert len(entries(fire_safety())) == 1
        transaction.set_rollback(True)


def test_a_reader_waits_for_those_who_commit_late(database: None) -> None:
    first = fire_safety()
    start = AuditEntry.objects.order_by("-xid", "-seq").values_list("xid", "seq")[0]
    made = []
    with held_open(lambda: made.append(fire_safety())) as commit:
        later = fire_safety()
        found, position = read.entries(start, 100)
        assert [each.row_key for each in found if each.table_name == "compliance_course"] == []
        commit()
    keys: list[str] = []
    until = time.monotonic() + 60
    # What other databases of the server have under way holds entries back for a moment.
    while len(keys) < 2 and time.monotonic() < until:
        found, position = read.entries(start, 100)
        keys = [each.row_key for each in found if each.table_name == "compliance_course"]
        time.sleep(0.01)
    assert keys == [str(made[0].pk), str(later.pk)]
    assert read.entries(position, 100)[0] == []
    assert str(first.pk) not in keys
