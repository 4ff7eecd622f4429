"""Whatever changes an audited row leaves an entry: the ORM singly and in bulk, raw SQL, COPY, the admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.models import AuditEntry, Course
from connectors.models import FieldMapping
from lrs import database as lrs_database
from lrs.auth.issue import issue, rotate
from tests.compliance.trail.trail import ann_acts, entries, fire_safety, told
from tests.connectors.people import hris, new_store
from tests.fixtures import Hub

RETITLED = ("update", {"title": "Fire safety"}, {"title": "Fire safety, 2nd edition"})
NEW = RETITLED[2]["title"]


def _saved(course: Course) -> None:
    course.title = NEW
    course.save()


def _bulk(course: Course) -> None:
    course.title = NEW
    Course.objects.bulk_update([course], ["title"])


def _upserted(course: Course) -> None:
    course.title = NEW
    Course.objects.bulk_create([course], update_conflicts=True, update_fields=["title"], unique_fields=["id"])


def _raw(course: Course) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE compliance_course SET title = %s WHERE id = %s", [NEW, course.pk])


def _many(course: Course) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE compliance_course SET title = %s WHERE id = %s", [(NEW, course.pk)])


def _binary(course: Course) -> None:
    with lrs_database.binary_cursor() as cursor:
        cursor.execute("UPDATE compliance_course SET title = %s WHERE id = %s", (NEW, course.pk))


CHANGES: list[Callable[[Course], object]] = [
    _saved,
    _bulk,
    lambda course: Course.objects.filter(pk=course.pk).update(title=NEW),
    _raw,
    _many,
    _binary,
]


@pytest.mark.parametrize("in_transaction", [True, False], ids=["in a transaction", "alone"])
@pytest.mark.parametrize("change", CHANGES, ids=["save", "bulk", "update", "raw", "many", "binary"])
def test_every_way_to_change_a_row_leaves_what_it_was_and_became(
    database: None, change: Callable[[Course], object], in_transaction: bool
) -> None:
    course = fire_safety()
    with ann_acts("The procedure changed."):
        if in_transaction:
            with transaction.atomic():
                change(course)
        else:
            change(course)
    added, changed = entries(course)
    assert added.operation == "insert"
    assert added.after["title"] == "Fire safety"
    assert (changed.operation, changed.before, changed.after) == RETITLED
    assert (changed.actor_kind, changed.actor_id, changed.actor_name) == ("person", "4711", "Ann Lee (ann)")
    assert (changed.reason, changed.request_id) == ("The procedure changed.", "req-1")
    assert (changed.process, changed.address) == ("web", "192.0.2.7")
    assert changed.store_id == course.store_id
    assert changed.database_role
    assert changed.at.utcoffset() is not None


def test_rows_are_added_in_bulk_and_by_copy(database: None) -> None:
    store = new_store()
    made = Course.objects.bulk_create(
        [Course(store=store, code=f"C{number}", title="Course") for number in range(3)]
    )
    assert [len(entries(each)) for each in made] == [1, 1, 1]
    with (
        transaction.atomic(),
        lrs_database.binary_cursor() as cursor,
        cursor.copy("COPY compliance_course (store_id, code, title, description, kind) FROM STDIN") as copy,
    ):
        copy.write_row((store.pk, "C9", "Copied", "", "online"))
    assert [each[0] for each in told(Course.objects.get(store=store, code="C9"))] == ["insert"]


def test_a_row_that_is_removed_leaves_what_it_was(database: None) -> None:
    course = fire_safety()
    key = course.pk
    Course.objects.filter(pk=key).delete()
    course.pk = key
    last = told(course)[-1]
    assert (last[0], last[1]["title"], last[2]) == ("delete", "Fire safety", None)


def test_saving_without_a_change_leaves_no_entry(database: None) -> None:
    course = fire_safety()
    course.save()
    assert len(entries(course)) == 1


def test_a_changed_key_is_a_row_that_went_and_one_that_came(database: None) -> None:
    group = Group.objects.create(name=new_store().name)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE auth_group SET id = -id WHERE id = %s", [group.pk])
    assert [each.operation for each in entries(group)] == ["insert", "delete"]
    group.pk = -group.pk
    assert [each.operation for each in entries(group)] == ["insert"]


def test_an_upsert_is_told_as_what_it_did(database: None) -> None:
    course = fire_safety()
    _upserted(course)
    assert told(course)[-1] == RETITLED


def test_permissions_given_and_taken_are_told(database: None) -> None:
    user = User.objects.create_user(f"Ben {new_store().name}")
    group = Group.objects.create(name=user.username)
    permission = Permission.objects.get(codename="view_auditentry")
    group.permissions.add(permission)
    user.groups.add(group)
    user.groups.clear()
    tables = ("auth_group_permissions", "auth_user_groups")
    found = AuditEntry.objects.filter(table_name__in=tables).order_by("-seq")[:3]
    assert [(each.table_name, each.operation) for each in reversed(found)] == [
        ("auth_group_permissions", "insert"),
        ("auth_user_groups", "insert"),
        ("auth_user_groups", "delete"),
    ]
    assert (found[0].before or {})["group_id"] == group.pk


def test_secrets_show_that_they_changed_and_nothing_else(hub: Hub) -> None:
    issued = issue(store=hub.store_name("Academy"), source="Moodle", scopes=["all"])
    rotate(issued.credential, overlap=timedelta(0))
    user = User.objects.create_user(f"Cleo {new_store().name}", password="first-password-of-cleo")
    user.set_password("second-password-of-cleo")
    user.save()
    [_, changed] = entries(user)
    assert changed.before == {"password": {"secret": "changed"}} == changed.after
    assert entries(user)[0].after["password"] == {"secret": "set"}
    kept = AuditEntry.objects.filter(
        table_name="lrs_credential_secret", store_id=issued.credential.source.store_id
    )
    assert {each.operation for each in kept} >= {"insert"}
    assert all(
        (each.after or {})["keyed_hash"] == {"secret": "set"} for each in kept if each.operation == "insert"
    )
    assert not AuditEntry.objects.filter(after__keyed_hash__startswith="\\x").exists()


def test_large_values_are_told_by_their_digest(database: None) -> None:
    mapping = FieldMapping.objects.create(system=hris(), version=1, document={"text": "x" * 9_000})
    document = entries(mapping)[0].after["document"]
    assert document["bytes"] > 9_000
    assert len(document["sha256"]) == 64


def test_what_changes_by_itself_leaves_no_entry(database: None) -> None:
    system = hris()
    type(system).objects.filter(pk=system.pk).update(watermark={"as_of": "2026-01-01"})
    assert len(entries(system)) == 1


def test_a_change_that_is_rolled_back_leaves_no_entry(database: None) -> None:
    course = fire_safety()
    with transaction.atomic():
        Course.objects.filter(pk=course.pk).update(title=NEW)
        transaction.set_rollback(True)
    assert len(entries(course)) == 1


@pytest.mark.parametrize("how", ["trail full", "trail gone"])
def test_where_the_trail_cannot_be_written_nothing_is_changed(database: None, how: str) -> None:
    harm = {
        "trail full": "ALTER TABLE compliance_audit_entry ADD CONSTRAINT full_now CHECK (false) NOT VALID",
        "trail gone": "ALTER TABLE compliance_audit_entry RENAME TO elsewhere",
    }[how]
    course = fire_safety()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(harm)
        with pytest.raises(DatabaseError), transaction.atomic():
            Course.objects.filter(pk=course.pk).update(title=NEW)
        course.refresh_from_db()
        assert course.title == "Fire safety"
        transaction.set_rollback(True)


def test_truncate_is_refused(database: None) -> None:
    with pytest.raises(DatabaseError, match="would leave no trail"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE compliance_course CASCADE")


def test_the_admin_says_who_and_why(database: None) -> None:
    admin = User.objects.create_superuser(f"Dora {new_store().name}", first_name="Dora")
    group = Group.objects.create(name=admin.username)
    browser = Client()
    browser.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    form = {"name": f"{group.name} 2", "permissions": [], "change_reason": "Renamed by the board."}
    response = browser.post(f"/admin/auth/group/{group.pk}/change/", form, headers={"X-Request-ID": "abc-1"})
    assert response.status_code == 302
    changed = entries(group)[-1]
    assert changed.after == {"name": f"{group.name} 2"}
    assert (changed.actor_kind, changed.actor_id) == ("person", str(admin.pk))
    assert changed.actor_name == f"Dora ({admin.username})"
    assert (changed.reason, changed.request_id) == ("Renamed by the board.", "abc-1")


_TITLES = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=40
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(_TITLES, _TITLES), max_size=6))
def test_the_entries_of_a_row_replayed_give_the_row(database: None, changes: list[tuple[str, str]]) -> None:
    course = fire_safety()
    for title, description in changes:
        Course.objects.filter(pk=course.pk).update(title=title, description=description)
    state: dict[str, object] = {}
    for each in entries(course):
        assert {name: state.get(name) for name in each.before or {}} == (each.before or {})
        state |= each.after
    course.refresh_from_db()
    assert (state["title"], state["description"]) == (course.title, course.description)
