"""Who is named: people, credentials, SCIM tokens, sync runs, tasks, commands; else the database's role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from celery import shared_task
from django.db import connection, transaction

from compliance.models import AuditEntry, Course
from connectors.models import Person, WorkAssignmentVersion
from lrs import acting
from tests.compliance.trail.trail import ann_acts, entries, fire_safety
from tests.connectors.api.client import hired, portal
from tests.connectors.people import ann, person, told
from tests.connectors.scim.idp import Idp
from tests.connectors.sync.source import Roster, staff, synced
from tests.fixtures import Hub


def _retitle(course: Course, title: str) -> None:
    Course.objects.filter(pk=course.pk).update(title=title)


def _last(course: Course) -> Any:
    return entries(course)[-1]


def test_without_a_word_from_the_program_the_databases_role_is_named(database: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user::text")
        (role,) = cursor.fetchone()
    found = _last(fire_safety())
    assert (found.actor_kind, found.actor_id, found.process) == ("database", role, "lrs-hub")


def test_a_rolled_back_savepoint_does_not_lose_who_acts(database: None) -> None:
    course = fire_safety()
    with ann_acts(), transaction.atomic():
        with transaction.atomic():
            _retitle(course, "undone")
            transaction.set_rollback(True)
        _retitle(course, "kept")
    assert _last(course).actor_name == "Ann Lee (ann)"
    assert _last(course).after == {"title": "kept"}


@pytest.mark.parametrize("undone", [True, False])
def test_a_second_transaction_that_begins_with_reading_is_told_too(database: None, undone: bool) -> None:
    course = fire_safety()
    with ann_acts():
        with transaction.atomic():
            _retitle(course, "first")
            transaction.set_rollback(undone)
        with transaction.atomic():
            Course.objects.get(pk=course.pk)
            _retitle(course, "second")
    assert _last(course).after == {"title": "second"}
    assert _last(course).actor_name == "Ann Lee (ann)"


def test_who_acts_changes_within_a_transaction(database: None) -> None:
    course = fire_safety()
    with transaction.atomic():
        with ann_acts():
            _retitle(course, "by Ann")
        _retitle(course, "by nobody")
    assert [each.actor_kind for each in entries(course)[1:]] == ["person", "database"]


@pytest.mark.parametrize("in_transaction", [True, False])
def test_what_was_told_ends_with_the_transaction(database: None, in_transaction: bool) -> None:
    course = fire_safety()
    with ann_acts():
        if in_transaction:
            with transaction.atomic():
                _retitle(course, "by Ann")
        else:
            _retitle(course, "by Ann")
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('hub.acting', true), '')")
        assert cursor.fetchone() == ("",)
    _retitle(course, "by nobody")
    assert _last(course).actor_kind == "database"


@pytest.mark.parametrize("reason", ["\\u0000", "a\0b", "\ud800", '"}', "'; --", "\\", "ünï €"])
def test_no_reason_can_keep_a_change_from_being_written(database: None, reason: str) -> None:
    course = fire_safety()
    with ann_acts(reason):
        _retitle(course, "alone")
        with transaction.atomic():
            _retitle(course, "in a transaction")
    expected = reason.replace("\0", "").replace("\ud800", "?")
    assert [each.reason for each in entries(course)[1:]] == [expected, expected]


def test_a_failing_statement_of_its_own_leaves_the_connection_usable(database: None) -> None:
    course = fire_safety()
    with ann_acts():
        with pytest.raises(Exception, match="duplicate key"):
            Course.objects.create(store=course.store, code=course.code, title="Twice")
        _retitle(course, "after")
    assert _last(course).actor_name == "Ann Lee (ann)"


def test_an_api_credential_is_named_with_its_reason_and_request(hub: Hub) -> None:
    _, workday, _ = hired(hub)
    told(workday, ann())
    gate = portal(hub, "workforce/read", "workforce/write")
    cleo = {
        "name": {"formatted": "Cleo Hart", "given": "Cleo", "family": "Hart"},
        "worker_type": "contractor",
        "start_date": "2026-01-01",
        "end_date": "2027-12-31",
        "sponsor": person(workday).pk,
    }
    sent = {"X-Change-Reason": "Hired for the façade".encode().decode("latin-1"), "X-Request-ID": "r-77"}
    kept = gate.request("POST", "people", body=cleo, headers=sent).expect(201).json()
    found = entries(Person.objects.get(pk=kept["id"]))[0]
    issued = gate.caller.issued
    assert issued is not None
    assert (found.actor_kind, found.actor_id) == ("credential", issued.key)
    assert found.credential_id == issued.credential.pk
    assert (found.reason, found.request_id, found.process) == ("Hired for the façade", "r-77", "web")
    assert found.store_id == gate.store_id


def test_a_scim_token_is_named(hub: Hub) -> None:
    idp = Idp()
    idp.made()
    found = AuditEntry.objects.filter(table_name="connectors_person", store_id=idp.system.store_id).get()
    # What a connection writes at once goes through a run of its own.
    assert found.actor_kind in {"scim_token", "sync_run"}
    assert idp.system.name in found.actor_name


def test_a_sync_run_is_named_for_every_row_of_it(database: None, tmp_path: Path) -> None:
    roster = Roster(tmp_path)
    roster.say(staff(3), announced=3)
    system = roster.system()
    run = synced(system)
    found = AuditEntry.objects.filter(
        store_id=system.store_id, table_name__in=("connectors_person", "connectors_work_assignment_version")
    )
    assert found.count() == (
        Person.objects.filter(store=system.store_id).count()
        + WorkAssignmentVersion.objects.filter(person__store=system.store_id).count()
    )
    assert found.count() >= 6
    assert {(each.actor_kind, each.actor_id) for each in found} == {("sync_run", str(run.pk))}
    assert {each.actor_name for each in found} == {f"{system.name}, run {run.pk}"}


@shared_task(name="tests.retitle")
def retitle(course_id: int, title: str) -> None:
    """A task that changes configuration."""
    Course.objects.filter(pk=course_id).update(title=title)


def test_a_task_is_named_and_whoever_asked_for_it(database: None) -> None:
    from hub import task_acting

    course = fire_safety()
    headers: dict[str, Any] = {}
    with ann_acts():
        task_acting.hand_over(headers)
    for sent, kind in (({}, "task"), (headers, "person")):
        retitle.apply(args=(course.pk, f"by a {kind}"), headers=sent, task_id=f"task-{kind}")
        found = _last(course)
        assert (found.actor_kind, found.process) == (kind, "task tests.retitle")
    assert found.request_id == "req-1"
    assert acting.now() is None


def test_a_command_is_named_without_its_words(database: None) -> None:
    from hub.command_line import acting_command

    course = fire_safety()
    with acting_command(["manage.py", "loaddata", "secret-word"]):
        _retitle(course, "loaded")
    found = _last(course)
    assert (found.actor_kind, found.actor_id, found.process) == ("command", "loaddata", "command loaddata")
    assert found.actor_name
    assert "secret-word" not in str(vars(found))
