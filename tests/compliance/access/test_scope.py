"""Who sees whom: by the tree as it stands now, for as long as granted, and never without an entry in
the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from compliance.access import events, grants, recertification
from compliance.access.disclosure import disclosed
from compliance.access.grants import AUDITOR, NotGranted
from compliance.access.roles import ADMINISTRATOR, EVALUATOR, MANAGER, ROLES, TRAINING_MANAGER
from compliance.access.scope import Scope, require, scope_of
from compliance.models import AccessEvent, Disclosure, Grant, Recertification
from connectors.models import OrganizationUnit
from connectors.workforce.canonical import Unit
from tests.connectors.people import ann, hris, person, told
from tests.fixtures import at_once


@dataclass
class Hospital:
    """A division with two wards: Ann works in intensive care, Bob in surgery, Cem in the kitchen outside."""

    system: Any

    @property
    def store_id(self) -> int:
        return int(self.system.store_id)

    def unit(self, key: str) -> OrganizationUnit:
        return OrganizationUnit.objects.get(store_id=self.store_id, key=key)

    def id_of(self, key: str) -> int:
        return person(self.system, key).pk

    @property
    def everybody(self) -> dict[str, int]:
        return {"Ann": self.id_of("1"), "Bob": self.id_of("2"), "Cem": self.id_of("3")}


@pytest.fixture
def hospital(database: None) -> Hospital:
    system = hris("Workday")
    told(
        system,
        Unit(key="CARE", name="Care"),
        Unit(key="ICU", name="Intensive care", parent="CARE"),
        Unit(key="OR", name="Surgery", parent="CARE"),
        Unit(key="KITCHEN", name="Kitchen"),
    )
    told(system, ann("1", unit="ICU"), ann("2", unit="OR"), ann("3", unit="KITCHEN"))
    return Hospital(system)


def granter() -> User:
    return User.objects.create_user(f"granter-{uuid4().hex[:8]}")


def granted(
    hospital: Hospital, role: str, *, unit: str = "", ends: Any = None, staff: bool = True
) -> tuple[User, Grant]:
    """Return somebody who was granted a role, for a unit or for the whole store."""
    user = User.objects.create_user(f"{uuid4().hex[:10]}", is_staff=staff)
    grant = grants.give(
        user,
        Group.objects.get(name=role),
        store_id=hospital.store_id,
        by=granter(),
        reason="looks after them",
        unit=hospital.unit(unit) if unit else None,
        ends=ends,
    )
    return user, grant


def browser(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_training_manager_sees_the_subtree_and_nobody_else(hospital: Hospital) -> None:
    of = hospital.everybody
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="CARE")
    icu, _ = granted(hospital, TRAINING_MANAGER, unit="ICU")
    whole, _ = granted(hospital, MANAGER)
    nobody = User.objects.create_user(uuid4().hex[:10], is_staff=True)
    assert scope_of(tess).only(of.values()) == {of["Ann"], of["Bob"]}
    assert scope_of(icu).only(of.values()) == {of["Ann"]}
    assert scope_of(whole).only(of.values()) == set(of.values())
    assert scope_of(nobody).only(of.values()) == set()
    assert scope_of(User.objects.create_superuser(uuid4().hex[:10])).everything


def test_who_moves_leaves_and_enters_scopes_at_once(hospital: Hospital) -> None:
    of = hospital.everybody
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="CARE")
    told(hospital.system, ann("3", unit="OR"), ann("2", unit="KITCHEN"), at="2026-01-16")
    assert scope_of(tess).only(of.values()) == {of["Ann"], of["Cem"]}


def test_the_pages_and_the_api_keep_to_the_scope_and_the_log_tells_who_was_shown(hospital: Hospital) -> None:
    of = hospital.everybody
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="CARE")
    client = browser(tess)
    page = client.get("/admin/connectors/person/", {"store": hospital.store_id})
    assert page.status_code == 200
    context: Any = page.context_data
    assert {each.person_id for each in context["rows"]} == {of["Ann"], of["Bob"]}
    entry = Disclosure.objects.filter(user=tess).latest("pk")
    assert (entry.kind, set(entry.people)) == ("admin:connectors_person_changelist", {of["Ann"], of["Bob"]})
    assert entry.filter == {"store": str(hospital.store_id)}

    assert client.get(f"/admin/connectors/person/{of['Ann']}/").status_code == 200
    assert Disclosure.objects.filter(user=tess).latest("pk").people == [of["Ann"]]
    assert client.get(f"/admin/connectors/person/{of['Cem']}/").status_code == 403
    assert AccessEvent.objects.filter(user=tess, kind="refused").exists()

    for resource, name in (("people", "id"), ("roster", "person")):
        found = client.get(f"/api/v1/{resource}", {"store": hospital.store_id}).json()[resource]
        assert {each[name] for each in found} == {of["Ann"], of["Bob"]}
        assert set(Disclosure.objects.filter(user=tess).latest("pk").people) == {of["Ann"], of["Bob"]}
    assert client.get(f"/api/v1/people/{of['Cem']}", {"store": hospital.store_id}).status_code == 403
    assert client.get("/api/v1/statements", {"store": hospital.store_id}).status_code == 403
    assert client.get("/api/v1/export", {"store": hospital.store_id}).status_code == 403


def test_pages_of_statements_are_for_who_sees_whole_stores_and_are_logged_too(
    hospital: Hospital,
) -> None:
    soon = timezone.now() + timedelta(days=7)
    vera, _ = granted(hospital, AUDITOR, unit="ICU", ends=soon)
    assert browser(vera).get("/admin/lrs/statement/").status_code == 403
    ada = User.objects.create_superuser(uuid4().hex[:10])
    assert browser(ada).get("/admin/lrs/statement/", {"store": hospital.store_id}).status_code == 200
    entry = Disclosure.objects.filter(user=ada).latest("pk")
    assert (entry.kind, entry.filter) == (
        "admin:lrs_statement_changelist",
        {"store": str(hospital.store_id)},
    )


def test_a_review_that_is_due_begins_once(hospital: Hospital) -> None:
    _, grant = granted(hospital, MANAGER)
    first = recertification.begin_if_due() or recertification.begin()
    assert recertification.begin_if_due() is None
    Recertification.objects.update(started=timezone.now() - timedelta(days=181))
    begun = at_once([recertification.begin_if_due] * 2)
    assert [each is None for each in begun].count(True) == 1
    made = next(each for each in begun if each is not None)
    assert made.pk > first.pk
    assert made.items.filter(grant=grant).exists()


def test_11_10_d_a_grant_that_is_revoked_or_over_bites_in_the_middle_of_a_session(hospital: Hospital) -> None:
    tess, grant = granted(hospital, TRAINING_MANAGER, unit="CARE")
    client = browser(tess)
    page = "/admin/connectors/person/"
    assert client.get(page).status_code == 200
    grants.revoke(grant, by=granter(), why="moved on")
    assert client.get(page).status_code == 403

    later = timezone.now() + timedelta(hours=1)
    vera, grant = granted(hospital, AUDITOR, ends=later)
    assert scope_of(vera).stores == (hospital.store_id,)
    assert [each.pk for each in grants.standing_grants(vera)] == [grant.pk]
    assert not grants.standing_grants(vera, at=later).exists()


def test_an_auditors_access_always_ends_and_only_looks(hospital: Hospital) -> None:
    with pytest.raises(NotGranted, match="has an end"):
        granted(hospital, AUDITOR)
    with pytest.raises(NotGranted, match="within a year"):
        granted(hospital, AUDITOR, ends=timezone.now() + timedelta(days=400))
    vera, _ = granted(hospital, AUDITOR, ends=timezone.now() + timedelta(days=7))
    permissions = User.objects.get(pk=vera.pk).get_all_permissions()
    assert permissions
    assert all(name.partition(".")[2].startswith(("view_", "pull_")) for name in permissions)


@pytest.mark.parametrize("role", [MANAGER, TRAINING_MANAGER, EVALUATOR, AUDITOR])
def test_11_10_g_no_role_brings_the_authority_to_sign_or_to_give_access(role: str, database: None) -> None:
    names = set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))
    assert names
    assert not {each for each in names if each.startswith("sign_")}
    assert not names & {"add_grant", "change_grant", "reset_password", "add_user", "change_user"}


def test_an_administrator_of_access_sees_no_records(database: None) -> None:
    names = set(Group.objects.get(name=ADMINISTRATOR).permissions.values_list("codename", flat=True))
    assert {"add_grant", "reset_password"} <= names
    assert not names & {"view_person", "view_statement", "view_completion", "view_disclosure"}


def test_every_permission_a_role_names_exists(database: None) -> None:
    from django.contrib.auth.models import Permission

    there = {
        f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert {each for names in ROLES.values() for each in names} - there == set()


def test_nobody_grants_themselves_anything(hospital: Hospital) -> None:
    user = User.objects.create_superuser(uuid4().hex[:10])
    role = Group.objects.get(name=MANAGER)
    with pytest.raises(NotGranted, match="themselves"):
        grants.give(user, role, store_id=hospital.store_id, by=user, reason="because")
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(user=user, role=role, store_id=hospital.store_id, granted_by=user, reason="x")


def test_a_unit_of_another_store_is_not_granted(hospital: Hospital) -> None:
    other = hris("Other")
    with pytest.raises(NotGranted, match="another store"):
        grants.give(
            User.objects.create_user(uuid4().hex[:10]),
            Group.objects.get(name=MANAGER),
            store_id=other.store_id,
            by=granter(),
            reason="x",
            unit=hospital.unit("ICU"),
        )


def test_require_asks_for_the_permission_and_the_scope(hospital: Hospital) -> None:
    of = hospital.everybody
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="ICU")
    require(tess, "connectors.view_person", person_id=of["Ann"])
    with pytest.raises(PermissionDenied, match="outside"):
        require(tess, "connectors.view_person", person_id=of["Bob"])
    with pytest.raises(PermissionDenied, match="permission"):
        require(tess, "connectors.change_person", person_id=of["Ann"])


def test_a_scope_of_nothing_holds_nobody(hospital: Hospital) -> None:
    assert Scope().only(hospital.everybody.values()) == set()
    assert Scope().condition("p.id") == "false"


def test_grants_are_ended_never_changed(hospital: Hospital) -> None:
    _, grant = granted(hospital, MANAGER)
    attempts: list[Callable[[], object]] = [
        lambda: Grant.objects.filter(pk=grant.pk).update(ends=timezone.now() + timedelta(days=999)),
        lambda: Grant.objects.filter(pk=grant.pk).update(role=Group.objects.get(name=ADMINISTRATOR)),
        lambda: connection.cursor().execute("DELETE FROM compliance_grant"),
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            attempt()
    grants.revoke(grant, by=granter(), why="over")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).update(revoked_at=None)


def test_11_300_b_grants_are_reviewed_and_what_is_not_kept_is_revoked(hospital: Hospital) -> None:
    tess, kept = granted(hospital, TRAINING_MANAGER, unit="ICU")
    _, dropped = granted(hospital, MANAGER)
    review = recertification.begin(by=granter())
    items = {each.grant_id: each for each in review.items.all()}
    assert {kept.pk, dropped.pk} <= set(items)
    with pytest.raises(recertification.NotDecided, match="of their own"):
        recertification.decide(items[kept.pk], by=tess, keep=True)
    by = granter()
    for pk, item in items.items():
        recertification.decide(item, by=by, keep=pk != dropped.pk)
    with pytest.raises(recertification.NotDecided, match="already"):
        recertification.decide(items[kept.pk], by=by, keep=False)
    review.refresh_from_db()
    dropped.refresh_from_db()
    kept.refresh_from_db()
    assert review.closed is not None
    assert (kept.revoked_at, dropped.revoked_why) == (None, "not recertified")
    assert not recertification.is_due()


def test_the_disclosure_log_is_append_only_and_keeps_the_purpose(hospital: Hospital) -> None:
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="CARE")
    client = browser(tess)
    client.post("/accounts/purpose/", {"purpose": "Inspection 2026-11"})
    client.get("/admin/connectors/person/", {"store": hospital.store_id})
    entry = Disclosure.objects.filter(user=tess).latest("pk")
    assert entry.purpose == "Inspection 2026-11"
    assert entry.request_id
    assert entry.address == "127.0.0.1"
    for attempt in (
        lambda: Disclosure.objects.filter(pk=entry.pk).update(people=[]),
        lambda: Disclosure.objects.filter(pk=entry.pk).delete(),
        lambda: connection.cursor().execute("TRUNCATE compliance_disclosure"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()


def test_a_purpose_may_be_required(hospital: Hospital) -> None:
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="CARE")
    client = browser(tess)
    there = {"store": hospital.store_id}
    with override_settings(COMPLIANCE_PURPOSE_REQUIRED=True):
        assert client.get("/admin/connectors/person/", there).headers["Location"].startswith("/accounts/")
        assert client.get("/api/v1/people", there).json()["rule"] == "purpose"
        assert client.get("/api/v1/people", there, headers={"X-Purpose": "audit"}).status_code == 200
        client.post("/accounts/purpose/", {"purpose": "audit"})
        assert client.get("/admin/connectors/person/", there).status_code == 200


def test_nothing_is_shown_where_the_log_cannot_be_written(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="CARE")
    client = browser(tess)

    def full(*_: Any, **__: Any) -> None:
        raise DatabaseError("no space left")

    monkeypatch.setattr("compliance.access.middleware.disclosed", full)
    answer = client.get(f"/admin/connectors/person/{hospital.id_of('1')}/")
    assert answer.status_code == 500
    assert b"Ann Lee" not in answer.content


def test_the_door_for_reports_writes_what_it_is_told(hospital: Hospital) -> None:
    tess, _ = granted(hospital, TRAINING_MANAGER, unit="CARE")
    client = browser(tess)
    request: Any = client.get("/accounts/").wsgi_request
    request.user = tess
    of = hospital.everybody
    entry = disclosed(request, "training history", [of["Bob"], of["Ann"], of["Ann"]], purpose="inspection")
    assert (entry.people, entry.purpose) == (sorted([of["Ann"], of["Bob"]]), "inspection")


def test_an_event_never_holds_a_secret(database: None) -> None:
    with pytest.raises(ValueError, match="never holds password"):
        events.record("login", password="x")
