"""The pages of the catalogue, of completions, rules and training records, as people see them."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from compliance.completions.starting import document
from compliance.models import (
    Completion,
    CompletionRule,
    Course,
    CourseEquivalence,
    SeenActivity,
    TrainingFile,
    TrainingRecord,
)
from tests.compliance.courses import FORKLIFT, caught_up, course, days, did, hired, version
from tests.fixtures import Hub
from tests.statements import activity, agent, statement, verb

BASE = "/admin/compliance"


def _signed_in(*codenames: str, superuser: bool = False) -> Client:
    user = User.objects.create_user(f"ada {uuid4().hex[:8]}", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="compliance", codename__in=codenames)
    )
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def ada(database: None) -> Client:
    """The superuser."""
    return _signed_in(superuser=True)


def _seen(client: Client, path: str, store_id: int, **parameters: Any) -> str:
    response = client.get(f"{BASE}/{path}", {"store": store_id, **parameters})
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def _sent(client: Client, path: str, status: Any = 302, **form: Any) -> str:
    response = client.post(f"{BASE}/{path}", form)
    assert response.status_code == status, (response.status_code, response.content[:2000])
    return response.headers.get("Location", "") if status == 302 else response.content.decode()


def test_an_activity_is_assigned_with_one_click(hub: Hub, ada: Client) -> None:
    moodle, _ = hired(hub)
    did(moodle, "passed")
    did(moodle, "passed", what="https://lms.example/other")
    caught_up()
    fork = course(moodle.store_id)
    assert FORKLIFT in _seen(ada, "seenactivity/", moodle.store_id)
    row = SeenActivity.objects.get(store=moodle.store_id, iri=FORKLIFT)
    _sent(ada, f"seenactivity/{row.pk}/assign/", action="assign", course="FORK-1")
    caught_up()
    assert days(fork) == ["2026-02-10"]
    other = SeenActivity.objects.get(store=moodle.store_id, iri="https://lms.example/other")
    _sent(ada, f"seenactivity/{other.pk}/assign/", action="new", course="OTHER", title="Another")
    assert Course.objects.get(store=moodle.store_id, code="OTHER").activities.get().iri == other.iri
    assert FORKLIFT not in _seen(ada, "seenactivity/", moodle.store_id)


def test_an_activity_that_is_no_course_is_set_aside_and_offered_again(hub: Hub, ada: Client) -> None:
    moodle, _ = hired(hub)
    did(moodle, "passed")
    caught_up()
    row = SeenActivity.objects.get(store=moodle.store_id, iri=FORKLIFT)
    _sent(ada, f"seenactivity/{row.pk}/assign/", action="aside")
    assert FORKLIFT not in _seen(ada, "seenactivity/", moodle.store_id)
    assert FORKLIFT in _seen(ada, "seenactivity/", moodle.store_id, aside="1")
    _sent(ada, f"seenactivity/{row.pk}/assign/", action="offer")
    assert FORKLIFT in _seen(ada, "seenactivity/", moodle.store_id)


def test_a_course_is_kept_with_its_versions_and_activities(hub: Hub, ada: Client) -> None:
    moodle, _ = hired(hub)
    form = {
        "store": moodle.store_id, "code": "FORK-1", "title": "Forklift", "kind": "practical",
        "versions-TOTAL_FORMS": 1, "versions-INITIAL_FORMS": 0, "versions-0-label": "2026",
        "versions-0-effective_on": "2026-01-01", "activities-TOTAL_FORMS": 1, "activities-INITIAL_FORMS": 0,
        "activities-0-iri": FORKLIFT,
    }  # fmt: skip
    _sent(ada, "course/add/", **form)
    made = Course.objects.get(store=moodle.store_id, code="FORK-1")
    assert made.activities.get().store_id == moodle.store_id
    assert made.versions.get().label == "2026"
    assert "FORK-1" in _seen(ada, "course/", moodle.store_id)
    assert "Merge into another course" in _seen(ada, f"course/{made.pk}/change/", moodle.store_id)
    form |= {"code": "FORK-2"}
    assert "of the course FORK-1 already" in _sent(ada, "course/add/", status=200, **form)


def test_two_courses_are_merged_on_a_page(hub: Hub, ada: Client) -> None:
    moodle, _ = hired(hub)
    old, new = course(moodle.store_id, "OLD", FORKLIFT), course(moodle.store_id, "NEW")
    assert "There is no course" in _sent(ada, f"course/{old.pk}/merge/", status=200, into="NONE")
    _sent(ada, f"course/{old.pk}/merge/", into="NEW")
    assert new.activities.get().iri == FORKLIFT


def test_a_catalogue_is_tried_then_brought_and_given_out(hub: Hub, ada: Client) -> None:
    moodle, _ = hired(hub)
    _seen(ada, "course/import/", moodle.store_id)
    text = "code,title,iri\nFORK-1,Forklift,https://lms.example/fork\n,,"
    assert "/courses/1/code" in _sent(ada, "course/import/", status=200, text=text)
    text = "code,title,iri\nFORK-1,Forklift,https://lms.example/fork\n"
    assert "1 new" in _sent(ada, "course/import/", status=200, text=text)
    assert not Course.objects.filter(store=moodle.store_id).exists()
    _sent(ada, "course/import/", text=text, sure="1")
    assert b"https://lms.example/fork" in ada.get(f"{BASE}/course/export.csv").content
    assert json.loads(ada.get(f"{BASE}/course/export.json").content)["courses"][0]["code"] == "FORK-1"


def test_an_equivalence_is_approved_and_ended(hub: Hub, ada: Client) -> None:
    moodle, _ = hired(hub)
    course(moodle.store_id, "OLD"), course(moodle.store_id, "NEW")
    _seen(ada, "courseequivalence/add/", moodle.store_id)
    form = {"course": "OLD", "counts_as": "NEW", "reason": "Same contents"}
    assert "There is no course" in _sent(ada, "courseequivalence/add/", status=400, **form | {"course": "X"})
    _sent(ada, "courseequivalence/add/", **form)
    made = CourseEquivalence.objects.get(course__store=moodle.store_id)
    assert made.approved_by is not None
    assert "Same contents" in _seen(ada, "courseequivalence/", moodle.store_id)
    _sent(ada, f"courseequivalence/{made.pk}/end/")
    assert "Same contents" not in _seen(ada, "courseequivalence/", moodle.store_id)
    assert "Same contents" in _seen(ada, "courseequivalence/", moodle.store_id, ended="1")


def test_a_rule_is_tried_on_a_sample_before_it_stands(hub: Hub, ada: Client) -> None:
    moodle, _ = hired(hub)
    _seen(ada, "completionrule/", moodle.store_id)
    _sent(ada, "completionrule/add/", code="ours", name="Ours", order=10)
    rule = CompletionRule.objects.get(store=moodle.store_id, code="ours")
    one = f"completionrule/{rule.pk}/"
    sample = statement(
        actor=agent("ann"), verb=verb("passed"), object=activity("x"), timestamp="2026-02-10T10:00:00Z"
    )
    form = {"document": json.dumps(document("xapi")), "sample": json.dumps(sample), "action": "try"}
    assert "It makes 1 completion" in _sent(ada, one, status=200, **form)
    failed = json.dumps(sample | {"verb": verb("failed")})
    assert "It makes no completion" in _sent(ada, one, status=200, **form | {"sample": failed})
    assert "no xAPI statement" in _sent(ada, one, status=400, **form | {"sample": "[1]"})
    assert "/move_on" in _sent(ada, one, status=400, **form | {"document": '{"format": 1, "move_on": "x"}'})
    assert not rule.versions.exists()
    _sent(ada, one, **form | {"action": "save"})
    assert rule.versions.get().published is None
    _sent(ada, one, **form | {"action": "publish"})
    assert rule.versions.get().published_by is not None
    _sent(ada, f"{one}move/", order=20, name="Ours, later")
    rule.refresh_from_db()
    assert (rule.order, rule.active, rule.name) == (20, False, "Ours, later")


def test_a_training_is_told_shown_posted_and_withdrawn(hub: Hub, ada: Client) -> None:
    moodle, workday = hired(hub)
    fork = course(moodle.store_id)
    version(fork, "2026", "2026-01-01")
    _seen(ada, "trainingrecord/add/", moodle.store_id)
    form = {
        "learner": "21001", "course_code": "FORK-1", "version_label": "2026", "kind": "practical",
        "completed_at": "2026-02-10 10:00", "passed": "true", "trainer_name": "Tom Weld",
        "evidence": SimpleUploadedFile("sheet.pdf", b"%PDF sheet", "application/pdf"),
    }  # fmt: skip
    refused = _sent(ada, "trainingrecord/add/", status=400, **form | {"learner": "nobody", "evidence": ""})
    assert "Nobody is known by this" in refused
    _sent(ada, "trainingrecord/add/", **form)
    record = TrainingRecord.objects.get(store=moodle.store_id)
    page = _seen(ada, f"trainingrecord/{record.pk}/", moodle.store_id)
    assert "Tom Weld" in page
    assert "sheet.pdf" in page
    shown = ada.get(f"{BASE}/trainingrecord/{record.pk}/evidence/{record.evidence.get().pk}/")
    assert shown.content == b"%PDF sheet"
    assert shown.headers["Content-Disposition"].startswith("attachment")
    _sent(ada, f"trainingrecord/{record.pk}/", action="post")
    caught_up()
    assert days(fork, system=workday) == ["2026-02-10"]
    assert "Ann Lee" in _seen(ada, "completion/", moodle.store_id, q="ann lee", course="FORK-1")
    _sent(ada, f"trainingrecord/{record.pk}/", action="withdraw", why="The wrong Ann")
    caught_up()
    assert days(fork) == []
    withdrawn = _seen(ada, "completion/", moodle.store_id, withdrawn="1")
    assert "a statement it stood on was voided" in withdrawn
    one = Completion.objects.get(course=fork)
    assert f"/admin/compliance/completion/{one.pk}/" in withdrawn
    assert str(record.statement_id) in _seen(ada, f"completion/{one.pk}/", moodle.store_id)


def test_records_come_from_a_file(hub: Hub, ada: Client) -> None:
    moodle, workday = hired(hub)
    fork = course(moodle.store_id)
    _seen(ada, "trainingrecord/file/", moodle.store_id)
    lines = b"employee_number,course,completed_at,trainer_name\n"
    lines += b"21001,FORK-1,2026-02-10,Tom\n9,FORK-1,2026-02-10,Tom\n"

    def sent(**form: Any) -> str:
        file = io.BytesIO(lines)
        file.name = "records.csv"
        return _sent(ada, "trainingrecord/file/", status=200, file=file, post="on", **form)

    assert "Line 3" in sent()
    assert not TrainingRecord.objects.filter(store=moodle.store_id).exists()
    sent(sure="1")
    caught_up()
    assert days(fork, system=workday) == ["2026-02-10"]
    [kept] = TrainingFile.objects.filter(store=moodle.store_id)
    assert f"/trainingfile/{kept.pk}/" in _seen(ada, "trainingfile/", moodle.store_id)
    page = _seen(ada, f"trainingfile/{kept.pk}/", moodle.store_id)
    assert "Ann Lee" in page
    assert "Line 3" in page
    assert "Sign and post" not in page


def test_records_of_a_file_wait_for_a_signature_where_one_is_asked_for(
    hub: Hub, ada: Client, settings: Any
) -> None:
    settings.COMPLIANCE_RECORDS_SIGNED = True
    moodle, _ = hired(hub)
    fork = course(moodle.store_id)
    assert "Post them at once" not in _seen(ada, "trainingrecord/file/", moodle.store_id)
    file = io.BytesIO(b"employee_number,course,completed_at,trainer_name\n21001,FORK-1,2026-02-10,Tom\n")
    file.name = "records.csv"
    shown = _sent(ada, "trainingrecord/file/", status=200, file=file, post="on", sure="1")
    [kept] = TrainingFile.objects.filter(store=moodle.store_id)
    assert f"/trainingfile/{kept.pk}/" in shown
    page = _seen(ada, f"trainingfile/{kept.pk}/", moodle.store_id)
    assert f"/audit/sign/training-file/{kept.pk}/" in page
    caught_up()
    assert days(fork) == []


@pytest.mark.parametrize(
    "path",
    ["course/", "seenactivity/", "courseequivalence/", "completion/", "completionrule/", "trainingrecord/"],
)
def test_a_member_of_staff_without_a_role_sees_nothing(database: None, path: str) -> None:
    assert _signed_in().get(f"{BASE}/{path}").status_code == 403


def test_who_only_looks_changes_nothing(hub: Hub) -> None:
    moodle, _ = hired(hub)
    did(moodle, "passed")
    caught_up()
    vera = _signed_in("view_course", "view_seenactivity", "view_completionrule", "view_trainingrecord")
    row = SeenActivity.objects.get(store=moodle.store_id, iri=FORKLIFT)
    course(moodle.store_id)
    _sent(vera, f"seenactivity/{row.pk}/assign/", status=403, action="assign", course="FORK-1")
    _sent(vera, "course/import/", status=403, text="code,title\nA,A")
    rule = CompletionRule.objects.get(store=None, code="xapi")
    _sent(vera, f"completionrule/{rule.pk}/", status=403, document="{}", action="publish")
    _sent(vera, "trainingrecord/add/", status=403)
