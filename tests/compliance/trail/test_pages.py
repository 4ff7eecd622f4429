"""The trail as people and programs meet it: searched, by record, as CSV, over the API, reviewed."""

from __future__ import annotations

import csv
import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from compliance.models import AuditEntry, AuditReview, Course
from compliance.tasks import open_audit_reviews
from compliance.trail import review as reviews
from compliance.trail.roles import REVIEWS
from lrs.acting import Acting, Actor, on_behalf_of
from tests.compliance.trail.trail import ann_acts, entries, fire_safety
from tests.connectors.api.client import Api, problem
from tests.fixtures import Hub

TRAIL = "/admin/compliance/auditentry/"


def _signed_in(name: str, *, role: str = "", superuser: bool = False) -> tuple[Client, User]:
    user = User.objects.create_user(f"{name} {uuid4().hex[:8]}", is_staff=True, is_superuser=superuser)
    if role:
        user.groups.add(Group.objects.get(name=role))
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser, user


@pytest.fixture
def rita(database: None) -> Client:
    """Who reviews the trail."""
    return _signed_in("Rita", role=REVIEWS)[0]


def _retitled(title: str, reason: str = "") -> Course:
    course = fire_safety()
    with ann_acts(reason):
        Course.objects.filter(pk=course.pk).update(title=title)
    return course


def test_the_history_of_a_record_shows_before_after_who_and_why(rita: Client) -> None:
    course = _retitled("Fire <b>safety</b>", "New law.")
    page = rita.get(f"{TRAIL}row/compliance_course/{course.pk}/").content.decode()
    for shown in (
        "<del>Fire safety</del>",
        "<ins>Fire &lt;b&gt;safety&lt;/b&gt;</ins>",
        "Ann Lee (ann)",
        "New law.",
    ):
        assert shown in page


def test_the_history_button_of_a_user_leads_to_the_trail(database: None) -> None:
    browser, user = _signed_in("Ada", superuser=True)
    answer = browser.get(f"/admin/auth/user/{user.pk}/history/")
    assert answer.headers["Location"] == f"{TRAIL}row/auth_user/{user.pk}/"
    assert user.username in browser.get(answer.headers["Location"]).content.decode()
    assert "(set; a secret is never shown)" in browser.get(answer.headers["Location"]).content.decode()


def test_the_trail_is_searched_by_who_what_and_when(rita: Client) -> None:
    course = _retitled("Evacuation")
    store = course.store_id
    today = timezone.now().date()

    def rows(query: str) -> int:
        return rita.get(f"{TRAIL}?store={store}&{query}").content.decode().count("<small>entry ")

    assert rows("") == 3  # the store, the course, and its change
    assert rows("table=compliance_course") == 2
    assert rows("table=compliance_course&operation=update&actor=4711&actor_kind=person") == 1
    assert rows("actor=Ben") == 0
    assert rows(f"since={today}&until={today}") == 3
    assert rows(f"since={today + timedelta(days=2)}") == 0
    assert rows("since=nonsense") == 3
    assert rows(f"request_id=req-1&key={course.pk}") == 1


def test_pages_go_by_key_and_miss_nothing(rita: Client) -> None:
    course = fire_safety()
    for number in range(60):
        Course.objects.filter(pk=course.pk).update(title=f"Edition {number}")
    first = rita.get(f"{TRAIL}row/compliance_course/{course.pk}/").content.decode()
    seqs = [each.seq for each in entries(course)]
    assert first.count("<small>entry ") == 50
    second = rita.get(f"{TRAIL}row/compliance_course/{course.pk}/?before={seqs[-50]}").content.decode()
    assert second.count("<small>entry ") == 11


@pytest.mark.parametrize("path", ["", "csv", "row/compliance_course/1/", "../auditreview/"])
def test_nobody_looks_without_the_permission(database: None, path: str) -> None:
    gus, _ = _signed_in("Gus")
    assert gus.get(f"{TRAIL}{path}").status_code in (403, 404)
    assert Client().get(f"{TRAIL}{path}").status_code in (302, 404)


def test_the_file_holds_no_formula_and_every_entry_in_order(rita: Client) -> None:
    course = _retitled('=HYPERLINK("https://evil.example","Click")', "=1+1")
    answer: Any = rita.get(f"{TRAIL}csv?store={course.store_id}")
    assert answer.headers["Content-Type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [each["table_name"] for each in lines] == ["lrs_store", "compliance_course", "compliance_course"]
    assert lines[-1]["reason"] == "'=1+1"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for each in lines for cell in each.values())
    assert '"title": "=HYPERLINK' in lines[-1]["after"]


def test_a_form_asks_why_a_role_is_changed(database: None) -> None:
    browser, _ = _signed_in("Ada", superuser=True)
    group = Group.objects.create(name=uuid4().hex)
    address = f"/admin/auth/group/{group.pk}/change/"
    assert 'name="change_reason"' in browser.get(address).content.decode()
    silent = browser.post(address, {"name": "Renamed", "permissions": []})
    assert silent.status_code == 200
    group.refresh_from_db()
    assert group.name != "Renamed"
    user = User.objects.get(pk=_signed_in("Ben")[1].pk)
    assert 'name="change_reason"' in browser.get(f"/admin/auth/user/{user.pk}/change/").content.decode()
    assert browser.get("/admin/auth/user/add/").status_code == 200


def test_the_api_gives_the_entries_of_its_store_alone(hub: Hub) -> None:
    auditor = Api(hub.caller("GRC tool", scopes=["audit/read"]))
    other = _retitled("Not of this store")
    with ann_acts("Because."):
        made = Course.objects.create(store_id=auditor.store_id, code="FS-1", title="Fire safety")
        Course.objects.filter(pk=made.pk).update(title="Fire safety 2")
    lines = auditor.lines("audit-trail", table="compliance_course", limit=1)
    assert [(each["operation"], each["before"], each["after"]) for each in lines[:1]] == [
        ("update", {"title": "Fire safety"}, {"title": "Fire safety 2"})
    ]
    assert len(lines) == 2
    assert lines[0]["actor"] == {"kind": "person", "id": "4711", "name": "Ann Lee (ann)"}
    assert lines[0]["reason"] == "Because."
    assert str(other.pk) not in [each["key"] for each in lines if each["table"] == "compliance_course"]
    assert auditor.lines("audit-trail", until="2000-01-01") == []


def test_what_the_api_answers_is_as_it_is_described(hub: Hub) -> None:
    auditor = Api(hub.caller("GRC tool", scopes=["audit/read"]))
    Course.objects.create(store_id=auditor.store_id, code="FS-1", title="Fire safety")
    document = Client().get("/api/schema/", headers={"Accept": "application/json"}).json()
    described = document["paths"]["/api/v1/audit-trail"]["get"]
    assert {"token": ["audit/read"]} in described["security"]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator(schema).validate(auditor.get("audit-trail"))
    docs = Path(__file__).resolve().parents[3] / "docs" / "compliance" / "audit-trail.md"
    text = docs.read_text(encoding="utf-8")
    named = {each["name"] for each in described["parameters"]} - {"store", "cursor", "limit"}
    assert sorted(each for each in named if f"`{each}`" not in text) == []


def test_all_does_not_include_the_trail(hub: Hub) -> None:
    lms = Api(hub.caller("Moodle", scopes=["all"]))
    assert lms.refused(403, "audit-trail")["rule"] == "scope"
    reader = Api(hub.caller("Roster reader", scopes=["workforce/read"]))
    assert problem(reader.request("GET", "audit-trail"), 403)["rule"] == "scope"
    assert Api(hub.caller("GRC", scopes=["audit/read"])).refused(403, "people")["rule"] == "scope"


def _due() -> AuditReview:
    """Return a review of what was written since the last one."""
    last = AuditReview.objects.order_by("-to_seq").first()
    newest = AuditEntry.objects.order_by("-seq")[0].seq
    start = last.to_seq if last is not None else newest - 1
    return AuditReview.objects.create(
        from_seq=start, to_seq=newest, entries=newest - start, due=timezone.now().date()
    )


def test_a_review_is_recorded_once_by_a_named_person_and_kept(database: None) -> None:
    browser, rita = _signed_in("Rita", role=REVIEWS)
    _retitled("Reviewed")
    review = _due()
    address = f"/admin/compliance/auditreview/{review.pk}/"
    assert "course" in browser.get(address).content.decode()
    assert browser.post(address, {"note": " "}).status_code == 400
    done = browser.post(address, {"note": "Looked at all changes by people.", "follow_up": "on"})
    assert done.status_code == 302
    review.refresh_from_db()
    assert (review.reviewed_by, review.reviewer_name, review.follow_up) == (rita, rita.username, True)
    assert entries(review)[-1].actor_id == str(rita.pk)
    again = browser.post(address, {"note": "Another word."})
    assert again.status_code == 400
    for change in ({"note": "Nothing was found."}, {"reviewed": None}):
        with pytest.raises(DatabaseError, match="done once"), transaction.atomic():
            AuditReview.objects.filter(pk=review.pk).update(**change)
    with pytest.raises(DatabaseError, match="done once"), transaction.atomic():
        review.delete()


def test_nobody_reviews_a_period_of_their_own_changes_alone(database: None) -> None:
    _, rita = _signed_in("Rita", role=REVIEWS)
    _due()
    with on_behalf_of(Acting(actor=Actor(kind="person", id=str(rita.pk), name="Rita"))):
        fire_safety()
    review = _due()
    with pytest.raises(reviews.NotReviewed, match="your own"):
        reviews.complete(review, by=rita, note="All is well.", follow_up=False)


def test_looking_is_not_reviewing(database: None) -> None:
    browser, user = _signed_in("Vic")
    user.user_permissions.add(Permission.objects.get(codename="view_auditreview"))
    fire_safety()
    review = _due()
    assert browser.get(f"/admin/compliance/auditreview/{review.pk}/").status_code == 200
    assert browser.post(f"/admin/compliance/auditreview/{review.pk}/", {"note": "x"}).status_code == 403


def test_the_next_review_begins_where_the_last_one_ends(database: None, settings: Any) -> None:
    fire_safety()
    last = _due()
    assert open_audit_reviews() == 0
    settings.COMPLIANCE_AUDIT_REVIEW_DAYS = 0
    fire_safety()
    opened = 0
    for _ in range(600):
        opened = open_audit_reviews()
        if opened:
            break
        time.sleep(0.05)
    assert opened == 1
    newest = AuditReview.objects.order_by("-from_seq")[0]
    assert newest.from_seq == last.to_seq
    assert (
        newest.entries == AuditEntry.objects.filter(seq__gt=newest.from_seq, seq__lte=newest.to_seq).count()
    )
